/** What was found, to take along: as a file or on the clipboard, in one of three formats. */
import { t } from "../shared/i18n.js";
import { copyText } from "../shared/clipboard.js";
import { h, setText } from "../shared/dom.js";
import { FORMATS, type Format } from "./report.js";
import { savePrivately } from "./save-privately.js";

const FILES = {
  markdown: { mediaType: "text/markdown", ending: "md" },
  csv: { mediaType: "text/csv", ending: "csv" },
  json: { mediaType: "application/json", ending: "json" },
} as const;

const FORMAT_NAME = { markdown: "formatMarkdown", csv: "formatCsv", json: "formatJson" } as const;

export class SaveMenu {
  readonly element: HTMLElement;
  private readonly said = h("p", { class: "fine", role: "status", "data-testid": "save-said" });

  /** `write` gives the report in a format, `name` the file's name without its ending. */
  constructor(
    private readonly write: (format: Format) => string,
    private readonly name: () => string,
  ) {
    this.element = h(
      "div",
      { class: "save" },
      h("ul", { role: "list" }, ...FORMATS.map((format) => this.row(format))),
      this.said,
    );
  }

  private row(format: Format): HTMLElement {
    const name = t(FORMAT_NAME[format]);
    return h(
      "li",
      {},
      h("span", {}, name),
      this.button(`copy-${format}`, t("copy"), t("copyAs", name), () => void this.copy(format)),
      this.button(`save-${format}`, t("save"), t("saveAs", name), () => void this.save(format)),
    );
  }

  private button(testid: string, label: string, name: string, onclick: () => void): HTMLElement {
    return h("button", { type: "button", class: "small", "data-testid": testid, "aria-label": name, onclick }, label);
  }

  private async copy(format: Format): Promise<void> {
    setText(this.said, (await copyText(this.write(format))) ? t("copied") : t("notCopied"));
  }

  private async save(format: Format): Promise<void> {
    const { mediaType, ending } = FILES[format];
    await savePrivately(this.element, { name: `${this.name()}.${ending}`, mediaType, text: this.write(format) });
    setText(this.said, t("saved"));
  }
}
