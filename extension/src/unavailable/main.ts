/** The small page that a click shows on a tab that may not be touched. */
import { t } from "../shared/i18n.js";

document.title = t("extensionName");
for (const [id, text] of [
  ["heading", t("unavailableHeading")],
  ["reason", t("unavailableReason")],
  ["advice", t("unavailableAdvice")],
] as const) {
  const element = document.getElementById(id);
  if (element !== null) element.textContent = text;
}
