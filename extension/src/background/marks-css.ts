/** Puts the style of marks into a tab, in the look that the reader has set, and takes it out again. */
import { marksStyle } from "../shared/marks-style.js";
import { MARK_STYLES, PALETTE_NAMES, readSettings } from "../shared/settings.js";

/**
 * As the page's own style and as the user's: Chromium paints highlights by the first alone, in shadow trees too; Firefox
 * by both, in shadow trees by the second alone. Nothing is put into the page for it, as a style sheet of a shadow root's
 * own would be. And in all frames: those of other origins are passed over.
 */
function injections(tabId: number, css: string): chrome.scripting.CSSInjection[] {
  const target = { tabId, allFrames: true };
  return [
    { target, css, origin: "AUTHOR" },
    { target, css, origin: "USER" },
  ];
}

/** Inserts the style, also in the place of an older look. Rejects where the tab may not be touched. */
export async function insertMarksCss(tabId: number): Promise<void> {
  const css = marksStyle(await readSettings());
  // The new before the old goes: the page is at no time without.
  for (const injection of injections(tabId, css)) await chrome.scripting.insertCSS(injection);
  await remove(tabId, looks().filter((other) => other !== css));
}

export async function removeMarksCss(tabId: number): Promise<void> {
  await remove(tabId, looks());
}

/** Every look there is: which of them a tab has is known to nobody, as a worker forgets. */
function looks(): string[] {
  return MARK_STYLES.flatMap((markStyle) => PALETTE_NAMES.map((palette) => marksStyle({ markStyle, palette })));
}

/** What is not there, or whose tab is closed, is passed over. */
async function remove(tabId: number, sheets: readonly string[]): Promise<void> {
  await Promise.allSettled(sheets.flatMap((css) => injections(tabId, css)).map((injection) => chrome.scripting.removeCSS(injection)));
}
