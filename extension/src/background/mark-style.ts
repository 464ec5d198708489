/**
 * The style of the marks: put into a tab's page, and into those of its frames that have marks, whenever they come.
 *
 * Nothing is put into the document for it, as a style sheet of a shadow root's own would be.
 */
const FILE = "marks.css";

/**
 * Chromium paints highlights by the page's own style sheets, in shadow trees too; Firefox in those by the user's alone.
 * Not by both, as each has the browser compute the style of the whole page anew: 70 ms for 10,000 elements.
 */
const origin = chrome.runtime.getURL("").startsWith("moz-extension:") ? "USER" : "AUTHOR";

export async function styleMarks(tabId: number, frameId = 0): Promise<void> {
  await chrome.scripting.insertCSS({ target: { tabId, frameIds: [frameId] }, files: [FILE], origin });
}

/** Into the frames that have none yet, as what is put in twice would have to be taken out twice. */
export async function styleMarksInFrames(tabId: number): Promise<void> {
  const before = await setHasStyle(tabId, true);
  const frames = before.filter(({ frameId, result }) => frameId !== 0 && result === false);
  await Promise.allSettled(frames.map(({ frameId }) => styleMarks(tabId, frameId)));
}

/** A tab that is closed or elsewhere has none any more. */
export async function unstyleMarks(tabId: number): Promise<void> {
  void setHasStyle(tabId, false).catch(() => undefined);
  await chrome.scripting.removeCSS({ target: { tabId, allFrames: true }, files: [FILE], origin }).catch(() => undefined);
}

/** Notes it in each frame, in this extension's own world of it; and says what was noted there before. */
function setHasStyle(tabId: number, hasStyle: boolean): Promise<chrome.scripting.InjectionResult<boolean>[]> {
  return chrome.scripting.executeScript({
    target: { tabId, allFrames: true },
    // Else it would wait for frames that never end loading.
    injectImmediately: true,
    func: (now: boolean) => {
      const world = globalThis as { saysoHasStyle?: boolean };
      const isStyled = world.saysoHasStyle === true;
      world.saysoHasStyle = now;
      return isStyled;
    },
    args: [hasStyle],
  });
}
