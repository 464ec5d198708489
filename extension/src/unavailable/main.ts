/** The small page that a click shows on a tab that may not be touched. */
import { t } from "../shared/i18n.js";

document.documentElement.lang = t("languageTag");
document.title = t("extensionName");
for (const [id, text] of [
  ["heading", t("unavailableHeading")],
  ["reason", t("unavailableReason")],
  ["advice", t("unavailableAdvice")],
] as const) {
  const element = document.getElementById(id);
  if (element !== null) element.textContent = text;
}

/**
 * What it says is true of one document only. Firefox leaves a popup open when its tab navigates, and the next click on
 * the button would then do no more than close it.
 */
void chrome.tabs.query({ active: true, currentWindow: true }).then(([tab]) => {
  chrome.tabs.onUpdated.addListener((tabId, change) => {
    if (tabId === tab?.id && change.status === "loading") window.close();
  });
});
