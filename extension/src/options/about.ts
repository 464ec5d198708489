/** What this is, which model answers, what becomes of what is read, and under which terms. */
import { findServer } from "../background/server-client.js";
import { h } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { readSettings } from "../shared/settings.js";
import { paragraph, section } from "./section.js";

export function about(): HTMLElement {
  const model = h("dd", { "data-testid": "model" }, t("aboutModelUnknown"));
  void readSettings().then(findServer).then((found) => {
    if ("problem" in found || found.health.model === null) return;
    const { id, revision } = found.health.model;
    model.textContent = t("aboutModelName", id, revision);
  });
  return section(
    "about",
    "optionsAbout",
    h(
      "dl",
      { class: "pairs" },
      h("dt", {}, t("aboutVersion")),
      h("dd", { "data-testid": "version" }, chrome.runtime.getManifest().version),
      h("dt", {}, t("aboutModel")),
      model,
      h("dt", {}, t("aboutCard")),
      h("dd", {}, t("aboutCardWhere"), " ", h("code", {}, "models/weights/default/README.md")),
      h("dt", {}, t("aboutLicence")),
      h("dd", {}, t("aboutLicenceText")),
    ),
    h("h3", {}, t("aboutPrivacy")),
    h("ul", { class: "plain" }, ...([t("privacyText"), t("privacyPages"), t("privacyKept"), t("privacyNobody")] as const).map((line) => h("li", {}, line))),
    paragraph(t("neverTruth"), { class: "fine" }),
  );
}
