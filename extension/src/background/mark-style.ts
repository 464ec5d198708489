/**
 * The style of the marks: put into every frame of a tab, also those that come later, in the look that the reader has
 * set, and taken out of all again.
 *
 * As the page's own style and as the user's: Chromium paints highlights by the first alone, in shadow trees too; Firefox
 * by both, in shadow trees by the second alone. Nothing is put into the page for it, as a style sheet of a shadow root's
 * own would be. Frames of other origins are passed over by the browser.
 */
import { marksStyle } from "../shared/marks-style.js";
import { readSettings } from "../shared/settings.js";

const ORIGINS = ["AUTHOR", "USER"] as const;

/**
 * Puts it where it is not yet, also in the place of another look. What is put in twice would have to be taken out twice,
 * so each frame keeps what it has. Rejects where the tab may not be touched.
 */
export async function updateMarkStyle(tabId: number): Promise<void> {
  const css = marksStyle(await readSettings());
  const before = await exchange(tabId, css);
  // Each by itself: a frame that has gone meanwhile takes the call down.
  await Promise.allSettled(
    before.map(async ({ frameId, style }) => {
      if (style === css) return;
      // The new before the old goes: the page is at no time without.
      for (const injection of injections(tabId, frameId, css)) await chrome.scripting.insertCSS(injection);
      if (style !== null) await remove(tabId, frameId, style);
    }),
  );
}

/** A tab that is closed or elsewhere has none any more. */
export async function removeMarkStyle(tabId: number): Promise<void> {
  const before = await exchange(tabId, null).catch(() => []);
  await Promise.allSettled(before.map(async ({ frameId, style }) => { if (style !== null) await remove(tabId, frameId, style); }));
}

function injections(tabId: number, frameId: number, css: string): chrome.scripting.CSSInjection[] {
  return ORIGINS.map((origin) => ({ target: { tabId, frameIds: [frameId] }, css, origin }));
}

async function remove(tabId: number, frameId: number, css: string): Promise<void> {
  for (const injection of injections(tabId, frameId, css)) await chrome.scripting.removeCSS(injection);
}

/** Notes in each frame which style it has from now on, and says which it had. */
async function exchange(tabId: number, css: string | null): Promise<{ frameId: number; style: string | null }[]> {
  const frames = await chrome.scripting.executeScript({ target: { tabId, allFrames: true }, func: exchangeInFrame, args: [css] });
  return frames.map(({ frameId, result }) => ({ frameId, style: result ?? null }));
}

/** Runs in a frame, in this extension's own world of it. */
function exchangeInFrame(css: string | null): string | null {
  const world = globalThis as { saysoStyle?: string | null };
  const before = world.saysoStyle ?? null;
  world.saysoStyle = css;
  return before;
}
