/**
 * The style of the marks: put into every frame of a tab, also those that come later, and taken out of all again.
 *
 * As the page's own style and as the user's: Chromium paints highlights by the first alone, in shadow trees too; Firefox
 * by both, in shadow trees by the second alone. Nothing is put into the page for it, as a style sheet of a shadow root's
 * own would be. Frames of other origins are passed over by the browser.
 */
const FILE = "marks.css";
const ORIGINS = ["AUTHOR", "USER"] as const;

/** Puts it where it is not yet: what is put in twice would have to be taken out twice. */
export async function addMarkStyle(tabId: number): Promise<void> {
  const frames = await chrome.scripting.executeScript({ target: { tabId, allFrames: true }, func: setHasStyle, args: [true] });
  const frameIds = frames.filter(({ result }) => result === false).map(({ frameId }) => frameId);
  if (frameIds.length === 0) return;
  // Each by itself: a frame that has gone meanwhile takes the call down.
  const calls = frameIds.flatMap((frameId) =>
    ORIGINS.map((origin) => chrome.scripting.insertCSS({ target: { tabId, frameIds: [frameId] }, files: [FILE], origin })),
  );
  await Promise.allSettled(calls);
}

/** A tab that is closed or elsewhere has none any more. */
export async function removeMarkStyle(tabId: number): Promise<void> {
  const target = { tabId, allFrames: true };
  const calls = ORIGINS.map((origin) => chrome.scripting.removeCSS({ target, files: [FILE], origin }));
  await Promise.allSettled([...calls, chrome.scripting.executeScript({ target, func: setHasStyle, args: [false] })]);
}

/** Runs in a frame, in this extension's own world of it: whether it had the style before. */
function setHasStyle(hasStyle: boolean): boolean {
  const world = globalThis as { saysoHasStyle?: boolean };
  const before = world.saysoHasStyle === true;
  world.saysoHasStyle = hasStyle;
  return before;
}
