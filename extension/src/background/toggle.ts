/**
 * Turns the marks of a tab on and off: a click on the toolbar button turns them on, another turns them off; menus and
 * chosen sites turn them on.
 *
 * Whether they are on is asked of the page each time. The worker may have been stopped and started in between, so
 * anything it remembered could be wrong.
 */
import { t } from "../shared/i18n.js";
import { parseToggleReply, type FocusMessage, type ToggleMessage, type ToggleReply } from "../shared/protocol.js";
import { readSettings } from "../shared/settings.js";
import { styleMarks, styleMarksInFrames, unstyleMarks } from "./mark-style.js";
import { probe } from "./server-client.js";
import { isOffLimits, showUnavailable } from "./unavailable.js";

type Wanted = Omit<ToggleMessage, "type">;

const SCRIPT = "content.js";

/** What is being done to a tab: the next thing waits for it, so that two quick clicks are on and off, not on twice. */
const underWay = new Map<number, Promise<void>>();

function enqueue(tabId: number, task: () => Promise<void>): void {
  const before = underWay.get(tabId) ?? Promise.resolve();
  const after = before.then(task).catch((error: unknown) => {
    console.error("sayso:", error);
  });
  underWay.set(tabId, after);
  void after.finally(() => {
    if (underWay.get(tabId) === after) underWay.delete(tabId);
  });
}

/** Turns the tab's marks on or off, or says why not. */
export function onToolbarClick(tab: chrome.tabs.Tab): void {
  markTab(tab, {});
}

/** What `wanted` says, of a tab that the reader has just let us touch. */
export function markTab(tab: chrome.tabs.Tab, wanted: Wanted): void {
  const tabId = tab.id;
  if (tabId === undefined) return;
  // Not queued: Firefox opens a popup only within the click itself.
  if (isOffLimits(tab.url)) void showUnavailable(tab);
  else enqueue(tabId, () => toggle(tab, tabId, wanted));
}

/** A page of a site that is to be marked by itself; left alone while there is no server to ask. */
export function onSitePage(tab: chrome.tabs.Tab, tabId: number): void {
  enqueue(tabId, async () => {
    const { ready } = await probe(await readSettings());
    if (ready) await toggle(tab, tabId, { scope: "page", bySite: true });
  });
}

/** The focus goes to the panel; a page without one is marked first. */
export function onCommand(command: string, tab?: chrome.tabs.Tab): void {
  const tabId = tab?.id;
  if (command !== "go-to-panel" || tab === undefined || tabId === undefined) return;
  const message: FocusMessage = { type: "sayso:focus" };
  const focus = (): Promise<unknown> => chrome.tabs.sendMessage(tabId, message, { frameId: 0 });
  void focus().catch(() => {
    markTab(tab, {});
    enqueue(tabId, async () => { await focus().catch(() => undefined); });
  });
}

/** The page says by itself that it is off (its panel was closed) or on again (it came back with the back button). */
export function onPageState(tabId: number, on: boolean): void {
  enqueue(tabId, () => (on ? showOn(tabId) : showOff(tabId)));
}

/** The reader has set another look. Not in turn with the button's clicks: a frame may be long in answering. */
export function onStyleWanted(tabId: number): void {
  void styleMarksInFrames(tabId).catch(() => undefined);
}

async function toggle(tab: chrome.tabs.Tab, tabId: number, wanted: Wanted): Promise<void> {
  let reply = await askPage(tabId, wanted);
  if (reply === null) {
    try {
      await inject(tabId);
    } catch {
      // The browser's words differ ("Cannot access a chrome:// URL", "Missing host permission"); the meaning does not.
      if (wanted.bySite !== true) await showUnavailable(tab);
      return;
    }
    reply = await askPage(tabId, wanted);
  }
  switch (reply?.state) {
    case "on":
      return showOn(tabId);
    case "off":
      return showOff(tabId);
    case "unsupported":
      return wanted.bySite === true ? undefined : showUnavailable(tab);
    case undefined:
      return; // it navigated or was closed meanwhile: nothing to do for a page that is gone
  }
}

/** Null where no content script of ours, or only that of an extension since reloaded, is there to answer. */
async function askPage(tabId: number, wanted: Wanted): Promise<ToggleReply | null> {
  const message: ToggleMessage = { type: "sayso:toggle", ...wanted };
  try {
    return parseToggleReply(await chrome.tabs.sendMessage(tabId, message, { frameId: 0 }));
  } catch {
    return null;
  }
}

async function inject(tabId: number): Promise<void> {
  await styleMarks(tabId);
  void styleMarksInFrames(tabId).catch(() => undefined); // which may be long in answering
  await chrome.scripting.executeScript({ target: { tabId }, files: [SCRIPT] });
}

async function showOn(tabId: number): Promise<void> {
  await ignoringClosedTab(chrome.action.setTitle({ tabId, title: t("actionTitleOn") }));
}

async function showOff(tabId: number): Promise<void> {
  await ignoringClosedTab(chrome.action.setTitle({ tabId, title: t("actionTitleOff") }));
  await unstyleMarks(tabId);
}

async function ignoringClosedTab(call: Promise<unknown>): Promise<void> {
  await call.catch(() => undefined);
}
