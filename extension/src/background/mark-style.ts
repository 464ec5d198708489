/**
 * The style of the marks, in the look that the reader has set: put into every frame of a tab, also those that come later,
 * and taken out of all again.
 *
 * As the page's own style and as the user's: Chromium paints highlights by the first alone, in shadow trees too; Firefox
 * by both, in shadow trees by the second alone. Nothing is put into the page for it, as a style sheet of a shadow root's
 * own would be. Frames of other origins are passed over by the browser.
 */
import { marksStyle } from "../shared/marks-style.js";
import { readSettings } from "../shared/settings.js";

const ORIGINS = ["AUTHOR", "USER"] as const;

/**
 * Puts it where it is not yet, and in the place of another look: what is put in twice would have to be taken out twice.
 * Rejects where the tab may not be touched.
 */
export async function addMarkStyle(tabId: number): Promise<void> {
  const css = marksStyle(await readSettings());
  for (const { frameId, before } of await exchange(tabId, css)) {
    if (before === css) continue;
    // The new before the old goes: the page is at no time without.
    await inFrame(tabId, frameId, css, chrome.scripting.insertCSS);
    if (before !== null) await inFrame(tabId, frameId, before, chrome.scripting.removeCSS);
  }
}

/** A tab that is closed or elsewhere has none any more. */
export async function removeMarkStyle(tabId: number): Promise<void> {
  const frames = await exchange(tabId, null).catch(() => []);
  for (const { frameId, before } of frames) {
    if (before !== null) await inFrame(tabId, frameId, before, chrome.scripting.removeCSS);
  }
}

/** A frame that has gone meanwhile takes the call down, and no other's with it. */
async function inFrame(
  tabId: number,
  frameId: number,
  css: string,
  call: (injection: chrome.scripting.CSSInjection) => Promise<void>,
): Promise<void> {
  const target = { tabId, frameIds: [frameId] };
  await Promise.allSettled(ORIGINS.map((origin) => call({ target, css, origin })));
}

/** Each frame remembers the style that it has, as a worker forgets: says which was there before. */
async function exchange(tabId: number, css: string | null): Promise<{ frameId: number; before: string | null }[]> {
  const frames = await chrome.scripting.executeScript({ target: { tabId, allFrames: true }, func: setStyle, args: [css] });
  return frames.map(({ frameId, result }) => ({ frameId, before: result ?? null }));
}

/** Runs in a frame, in this extension's own world of it. */
function setStyle(css: string | null): string | null {
  const world = globalThis as { saysoStyle?: string | null };
  const before = world.saysoStyle ?? null;
  world.saysoStyle = css;
  return before;
}
