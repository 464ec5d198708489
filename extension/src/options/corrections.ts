/** What the reader has corrected: to be looked through, taken back, and saved as a table. */
import { h } from "../shared/dom.js";
import { listCorrections, onCorrectionsChanged, removeCorrections, toTsv, type Answer, type Correction } from "../shared/corrections.js";
import { t, type MessageName } from "../shared/i18n.js";
import { saveFile } from "../shared/save-file.js";
import { keep, Outcome, paragraph, section } from "./section.js";

const NAMES: Record<Answer, MessageName> = {
  opinion: "kindOpinion",
  fact: "kindFact",
  mixed_opinion: "kindMixedOpinion",
  mixed_fact: "kindMixedFact",
  other: "answerOther",
};

/** So many are listed; all are exported. */
const MOST_LISTED = 200;

export function corrections(): HTMLElement {
  const list = h("ul", { class: "list corrections", "data-testid": "corrections" });
  const count = paragraph("", { "data-testid": "corrections-count" });
  const outcome = new Outcome("corrections-outcome");
  const save = h("button", { type: "button", "data-testid": "export", onclick: () => void exportAll() }, t("correctionsExport"));
  const deleteAll = h("button", { type: "button", class: "danger", "data-testid": "delete-all", onclick: () => { dialog.showModal(); } }, t("correctionsDeleteAll"));
  const dialog = h(
    "dialog",
    { "aria-labelledby": "delete-heading", "data-testid": "confirm" },
    h("h3", { id: "delete-heading" }, t("correctionsConfirm")),
    paragraph(t("correctionsConfirmDetail")),
    h(
      "div",
      { class: "together" },
      h("button", { type: "button", autofocus: true, "data-testid": "cancel", onclick: () => { dialog.close(); } }, t("cancel")),
      h("button", { type: "button", class: "danger", "data-testid": "confirm-delete", onclick: onConfirmed }, t("correctionsDeleteAll")),
    ),
  );

  function onConfirmed(): void {
    dialog.close();
    void listCorrections().then((all) => { remove(all); });
  }

  function remove(which: readonly Correction[]): void {
    keep(removeCorrections(new Set(which.map(({ id }) => id))));
    outcome.say(t("correctionsDeleted"));
  }

  async function exportAll(): Promise<void> {
    const text = toTsv(await listCorrections());
    saveFile(document, { name: "sayso-corrections.tsv", mediaType: "text/tab-separated-values", text });
  }

  function item(correction: Correction): HTMLElement {
    const { sentence, given, right } = correction;
    return h(
      "li",
      {},
      h("div", { class: "grow" }, h("q", {}, sentence), h("p", { class: "fine" }, t("correctionsWas", t(NAMES[given]), t(NAMES[right])))),
      h(
        "button",
        {
          type: "button",
          "aria-label": t("correctionsRemoveName", sentence.slice(0, 80)),
          onclick: () => {
            remove([correction]);
            save.focus(); // the button that had the focus goes
          },
        },
        t("remove"),
      ),
    );
  }

  function render(all: readonly Correction[]): void {
    count.textContent = all.length === 0 ? t("correctionsNone") : t("correctionsCount", all.length);
    save.hidden = deleteAll.hidden = list.hidden = all.length === 0;
    list.replaceChildren(...all.slice(-MOST_LISTED).reverse().map(item));
  }

  void listCorrections().catch(() => []).then(render);
  onCorrectionsChanged(render);
  return section(
    "corrections",
    "optionsCorrections",
    paragraph(t("correctionsIntro")),
    count,
    list,
    h("div", { class: "together" }, save, deleteAll),
    outcome.element,
    dialog,
  );
}
