/** The context menus: of a page, of selected text, and of the toolbar button. */
import { t, type MessageName } from "../shared/i18n.js";
import { readSettings } from "../shared/settings.js";
import { addSite, removeSite, siteOf } from "../shared/sites.js";
import { giveBack } from "./sites.js";
import { markTab } from "./toggle.js";
import { showUnavailable } from "./unavailable.js";

interface Item {
  id: "page" | "selection" | "site-on" | "site-off" | "options";
  title: MessageName;
  context: "page" | "selection" | "action";
}

/**
 * Two items for a site and no box to tick: whether it is ticked would have to be known before the menu opens, and a page's
 * address is not ours to know before the reader has chosen an item. Each is right at any time.
 */
const ITEMS: readonly Item[] = [
  { id: "page", title: "menuPage", context: "page" },
  { id: "selection", title: "menuSelection", context: "selection" },
  { id: "site-on", title: "menuSiteOn", context: "action" },
  { id: "site-off", title: "menuSiteOff", context: "action" },
  // Chrome has an item of its own for it.
  ...(chrome.runtime.getURL("").startsWith("moz-extension:") ? [{ id: "options", title: "menuOptions", context: "action" } as const] : []),
];

/** Once for each installation or update: both browsers keep the menus of a background that comes and goes. */
export function createMenus(): void {
  chrome.contextMenus.removeAll(() => {
    for (const { id, title, context } of ITEMS) chrome.contextMenus.create({ id, title: t(title), contexts: [context] });
  });
}

/** The choice of an item lets us touch the tab, as a click on the button does. */
export function onMenuClicked({ menuItemId }: chrome.contextMenus.OnClickData, tab: chrome.tabs.Tab | undefined): void {
  if (tab === undefined) return;
  switch (menuItemId as Item["id"]) {
    case "page":
    case "selection":
      markTab(tab, { scope: menuItemId as "page" | "selection" });
      return;
    case "site-on":
      alwaysMark(tab);
      return;
    case "site-off":
      void noLongerMark(tab);
      return;
    case "options":
      void chrome.runtime.openOptionsPage();
  }
}

function alwaysMark(tab: chrome.tabs.Tab): void {
  const site = siteOf(tab.url ?? "");
  if (site === null) {
    void showUnavailable(tab);
    return;
  }
  // At once: a browser asks the reader only within the click itself.
  void chrome.permissions.request({ origins: [site] }).then(async (granted) => {
    if (!granted) return;
    await addSite(site);
    markTab(tab, { scope: "page" });
  });
}

async function noLongerMark({ url }: chrome.tabs.Tab): Promise<void> {
  const site = siteOf(url ?? "");
  if (site === null) return;
  await removeSite(site);
  await giveBack(site, (await readSettings()).serverUrl);
}
