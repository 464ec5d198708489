/** The sites that are marked by themselves: added with the browser's consent, listed, removed. */
import { giveBack } from "../background/sites.js";
import { h } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { readSettings } from "../shared/settings.js";
import { addSite, listSites, onSitesChanged, removeSite, siteName, siteOf } from "../shared/sites.js";
import { keep, Outcome, paragraph, section } from "./section.js";

export function sites(): HTMLElement {
  const list = h("ul", { class: "list", "data-testid": "sites" });
  const none = paragraph(t("sitesNone"), { class: "fine" });
  const input = h("input", { id: "site", type: "text", inputmode: "url", spellcheck: "false", autocomplete: "off", placeholder: "example.org", "data-testid": "site" });
  const outcome = new Outcome("sites-outcome");

  async function render(): Promise<void> {
    const known = await listSites();
    none.hidden = known.length > 0;
    list.hidden = known.length === 0;
    list.replaceChildren(
      ...known.map((site) =>
        h(
          "li",
          {},
          h("span", { class: "grow" }, siteName(site)),
          h(
            "button",
            {
              type: "button",
              "aria-label": t("sitesRemoveName", siteName(site)),
              onclick: () => {
                keep(removeSite(site).then(readSettings).then(({ serverUrl }) => giveBack(site, serverUrl)));
                outcome.say(t("sitesRemoved", siteName(site)));
                input.focus(); // the button that had the focus goes
              },
            },
            t("remove"),
          ),
        ),
      ),
    );
  }

  function onSubmit(event: Event): void {
    event.preventDefault();
    outcome.say(""); // of the last try; the browser may ask the reader now
    const site = siteOf(input.value);
    if (site === null) {
      outcome.say(t("sitesNoAddress"), true);
      return;
    }
    // At once: a browser asks the reader only within the click itself.
    void chrome.permissions.request({ origins: [site] }).catch(() => false).then((granted) => {
      if (granted) keep(addSite(site));
      outcome.say(granted ? t("sitesAdded", siteName(site)) : t("sitesNotAllowed", siteName(site)), !granted);
      if (granted) input.value = "";
    });
  }

  void render();
  onSitesChanged(() => void render());
  return section(
    "sites",
    "optionsSites",
    paragraph(t("sitesIntro")),
    list,
    none,
    h(
      "form",
      { novalidate: true, onsubmit: onSubmit },
      h("div", { class: "field" }, h("label", { for: "site" }, t("sitesAddLabel")), h("div", { class: "together" }, input, h("button", { "data-testid": "add-site" }, t("sitesAdd")))),
      outcome.element,
    ),
  );
}
