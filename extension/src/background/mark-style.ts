/**
 * The style of the marks: put into a tab's page, and into those of its frames that have marks, whenever they come; in the
 * look that the reader has set, and in another when that changes.
 *
 * As the page's own style and as the user's: Chromium paints highlights by the first alone, in shadow trees too; Firefox
 * by both, in shadow trees by the second alone. Nothing is put into the page for it, as a style sheet of a shadow root's
 * own would be.
 */
import { marksStyle } from "../shared/marks-style.js";
import { readSettings } from "../shared/settings.js";

type Target = chrome.scripting.InjectionTarget;

const ORIGINS = ["AUTHOR", "USER"] as const;

/** Into the page itself. Rejects where the tab may not be touched. */
export function styleMarks(tabId: number): Promise<void> {
  return update({ tabId, frameIds: [0] });
}

let updating = Promise.resolve();

/** Into every frame, and anew where there is another look: one after the other, as each has to know what was before. */
export function restyleMarks(tabId: number): void {
  updating = updating.then(() => update({ tabId, allFrames: true })).catch(() => undefined);
}

/** A tab that is closed or elsewhere has none any more. */
export async function unstyleMarks(tabId: number): Promise<void> {
  const before = await exchange({ tabId, allFrames: true }, null).catch(() => []);
  await Promise.allSettled(before.map(async ({ frameId, style }) => { if (style !== null) await remove(tabId, frameId, style); }));
}

async function update(target: Target): Promise<void> {
  const css = marksStyle(await readSettings());
  const before = await exchange(target, css);
  // Each by itself: a frame that has gone meanwhile takes the call down.
  const updates = before.map(async ({ frameId, style }) => {
    if (style === css) return; // what is put in twice would have to be taken out twice
    // The new before the old goes: the page is at no time without.
    for (const injection of injections(target.tabId, frameId, css)) await chrome.scripting.insertCSS(injection);
    if (style !== null) await remove(target.tabId, frameId, style);
  });
  await Promise.allSettled(updates);
}

async function remove(tabId: number, frameId: number, css: string): Promise<void> {
  for (const injection of injections(tabId, frameId, css)) await chrome.scripting.removeCSS(injection);
}

function injections(tabId: number, frameId: number, css: string): chrome.scripting.CSSInjection[] {
  return ORIGINS.map((origin) => ({ target: { tabId, frameIds: [frameId] }, css, origin }));
}

/** Notes in each frame, in this extension's own world of it, which style it has from now on; and says which it had. */
async function exchange(target: Target, css: string | null): Promise<{ frameId: number; style: string | null }[]> {
  const frames = await chrome.scripting.executeScript({
    target,
    // Else it would wait for frames that never end loading.
    injectImmediately: true,
    func: (now: string | null): string | null => {
      const world = globalThis as { saysoStyle?: string | null };
      const before = world.saysoStyle ?? null;
      world.saysoStyle = now;
      return before;
    },
    args: [css],
  });
  return frames.map(({ frameId, result }) => ({ frameId, style: result ?? null }));
}
