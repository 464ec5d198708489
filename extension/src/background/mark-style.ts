/**
 * The style of the marks, in the look that the reader has set: put into a tab's page and its frames, whenever they come, and
 * taken out again.
 *
 * Nothing is put into the document for it, as a style sheet of a shadow root's own would be.
 */
import { marksStyle } from "../shared/marks-style.js";
import { readSettings } from "../shared/settings.js";

/**
 * Chromium paints highlights by the page's own style sheets, in shadow trees too; Firefox in those by the user's alone.
 * Not by both, as each has the browser compute the style of the whole page anew: 70 ms for 10,000 elements.
 */
const origin = chrome.runtime.getURL("").startsWith("moz-extension:") ? "USER" : "AUTHOR";

type Target = chrome.scripting.InjectionTarget;

/** Into the page itself. Rejects where it may not be touched. */
export function styleMarks(tabId: number): Promise<void> {
  return style({ tabId, frameIds: [0] });
}

/** Into the frames that have another look or none yet, the page itself among them. */
export function styleMarksInFrames(tabId: number): Promise<void> {
  return style({ tabId, allFrames: true });
}

/** A tab that is closed or elsewhere has none any more. */
export async function unstyleMarks(tabId: number): Promise<void> {
  await exchange({ tabId, allFrames: true }, null).catch(() => undefined);
}

async function style(target: Target): Promise<void> {
  await exchange(target, marksStyle(await readSettings()));
}

/** Puts the style into each frame that does not have it, and takes out of it what was there before. */
async function exchange(target: Target, css: string | null): Promise<void> {
  const frames = await note(target, css);
  await Promise.allSettled(
    frames.map(async ({ frameId, result: before = null }) => {
      // What is put in twice would have to be taken out twice.
      if (before === css) return;
      const frame: Pick<chrome.scripting.CSSInjection, "origin" | "target"> = { target: { tabId: target.tabId, frameIds: [frameId] }, origin };
      // The new before the old goes: the frame is at no time without.
      if (css !== null) await chrome.scripting.insertCSS({ ...frame, css });
      if (before !== null) await chrome.scripting.removeCSS({ ...frame, css: before });
    }),
  );
}

/** Notes in each frame, in this extension's own world of it, which style it has; says what was noted there before. */
function note(target: Target, css: string | null): Promise<chrome.scripting.InjectionResult<string | null>[]> {
  return chrome.scripting.executeScript({
    target,
    // Else it would wait for frames that never end loading.
    injectImmediately: true,
    func: (now: string | null) => {
      const world = globalThis as { saysoStyle?: string | null };
      const before = world.saysoStyle ?? null;
      world.saysoStyle = now;
      return before;
    },
    args: [css],
  });
}
