/**
 * Whether the extension is still there. Chromium leaves a page's content script running when its extension goes, tells it
 * nothing, and closes no port; so it is looked for as long as the page is marked. (Firefox ends the script.)
 */

/** How often to look, while the reader can see the page. */
const STILL_THERE_MS = 2_000;

/**
 * Whether the extension was updated, reloaded or removed under this content script. It then has no way to anything but
 * the page, and never will again: a click on the new extension's button puts another in its place.
 */
export function isOrphaned(): boolean {
  // The types do not know that `runtime` goes bare when its extension goes.
  const runtime = chrome.runtime as typeof chrome.runtime | undefined;
  return runtime?.id === undefined;
}

/** Calls back once, when the extension has gone; unless the signal says to stop before. */
export function onceOrphaned(callback: () => void, until: AbortSignal): void {
  const found = new AbortController();
  const signal = AbortSignal.any([until, found.signal]);
  let timer: ReturnType<typeof setInterval> | undefined;
  const look = (): void => {
    if (!isOrphaned()) return;
    found.abort();
    callback();
  };
  /** Not in a tab that is not in front: nobody would read it. */
  const follow = (): void => {
    clearInterval(timer);
    timer = document.hidden ? undefined : setInterval(look, STILL_THERE_MS);
  };
  follow();
  signal.addEventListener("abort", () => { clearInterval(timer); });
  document.addEventListener("visibilitychange", () => {
    follow();
    if (!document.hidden) look();
  }, { signal });
  // What the reader does may need the extension: better told before than by what then fails.
  for (const type of ["pointerdown", "keydown"]) window.addEventListener(type, look, { capture: true, passive: true, signal });
}
