/**
 * Tells the reader that this page may not be touched (a browser page, an add-on store, a PDF viewer).
 *
 * With nothing of ours in the page there is no panel to say it in, so the tab gets a popup that does. The browser
 * forgets a tab's popup when the tab navigates, which is when it stops being true.
 */
const POPUP = "unavailable.html";
const BADGE_COLOUR = "#6b7280";

/**
 * Shows the popup in the click that found out, where the browser lets it: Firefox only inside the click's own call, so
 * nothing may be awaited before this, Chrome at any time. The badge is set in any case, so that no click goes unanswered
 * and the tab still says so when the popup is closed; where there was no popup, the next click shows it.
 */
export async function showUnavailable(tab: chrome.tabs.Tab): Promise<void> {
  const tabId = tab.id;
  if (tabId === undefined) return;
  await Promise.allSettled([
    chrome.action.setPopup({ tabId, popup: POPUP }),
    chrome.action.openPopup({ windowId: tab.windowId }),
    chrome.action.setBadgeBackgroundColor({ tabId, color: BADGE_COLOUR }),
    chrome.action.setBadgeText({ tabId, text: "!" }),
  ]);
}

/**
 * Whether an address is one that no extension may touch, as far as it can be seen from outside.
 *
 * Said before trying, because only then is the click still fresh enough to open a popup in Firefox. A tab whose
 * address is withheld (no access even after a click) is one of them. When in doubt: no, and the attempt decides.
 */
export function isOffLimits(url: string | undefined): boolean {
  if (url === undefined || url === "") return true;
  return !/^(https?|file):/i.test(url);
}
