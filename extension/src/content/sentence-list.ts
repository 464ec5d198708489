/**
 * The marked sentences, in the order of the page. Only the rows that are in view are elements, however many there are:
 * all have the same height, and padding stands for the others.
 */
import { t } from "../shared/i18n.js";
import { highlightName } from "../shared/kinds.js";
import { h } from "../shared/dom.js";
import { isSame, textOf, type Finding } from "./findings.js";
import { kindText } from "./sentence-text.js";

/** So many rows beyond each end of what is in view. */
const MARGIN = 4;
/** Two lines of text; what is cut off can be read on the page. */
const MAX_CHARS = 160;

interface Row {
  row: HTMLElement;
  button: HTMLButtonElement;
}

export class SentenceList {
  readonly element: HTMLElement;
  private readonly list = h("ol", { class: "list", role: "list", "data-testid": "list" });
  private readonly empty = h("p", { class: "fine" }, t("listEmpty"));
  private rowHeight = 0;
  private findings: readonly Finding[] = [];
  private current: Finding | null = null;
  private readonly rows = new Map<number, Row>();

  constructor(private readonly choose: (finding: Finding) => void) {
    this.element = h("div", { class: "scroller" }, this.empty, this.list);
    this.element.addEventListener("scroll", () => { this.draw(); }, { passive: true });
  }

  render(findings: readonly Finding[], current: Finding | null): void {
    const same =
      findings.length === this.findings.length &&
      findings.every((finding, index) => isSame(finding, this.findings[index] ?? null) && finding.kind === this.findings[index]?.kind);
    const focused = this.findings[this.focusedIndex()] ?? null;
    this.findings = findings;
    this.current = current;
    this.empty.hidden = findings.length > 0;
    if (same) {
      this.mark();
      return;
    }
    this.clear();
    this.draw();
    if (focused !== null) this.focusOn(Math.max(0, findings.findIndex((finding) => isSame(finding, focused))));
  }

  /** Brings the current row into view, and, where the focus is in the list, the focus to it. */
  reveal(): void {
    const index = this.indexOfCurrent();
    if (index < 0 || this.rows.size === 0) return;
    if (this.hasFocus) this.focusOn(index);
    else this.scrollTo(index);
  }

  get hasFocus(): boolean {
    return this.focusedIndex() >= 0;
  }

  private focusedIndex(): number {
    for (const [index, { button }] of this.rows) if (button.matches(":focus")) return index;
    return -1;
  }

  private focusOn(index: number): void {
    this.scrollTo(index);
    this.rows.get(index)?.button.focus({ preventScroll: true });
  }

  private scrollTo(index: number): void {
    const top = index * this.rowHeight;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.rowHeight > scrollTop + clientHeight) this.element.scrollTop = top + this.rowHeight - clientHeight;
    this.draw();
  }

  /** Makes the rows that are in view, and only those. */
  draw(): void {
    const { findings } = this;
    // Asked only where it is open: a height is a layout of all of the page.
    if (findings.length === 0 || this.element.hidden || this.element.clientHeight === 0) {
      this.clear();
      return;
    }
    this.rowHeight ||= this.measure();
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / this.rowHeight) - MARGIN);
    const after = Math.min(findings.length, Math.ceil((scrollTop + clientHeight) / this.rowHeight) + MARGIN);
    for (const [index, { row, button }] of this.rows) {
      // One with the focus stays, or scrolling would take the focus away.
      if ((index >= first && index < after) || button.matches(":focus")) continue;
      row.remove();
      this.rows.delete(index);
    }
    findings.slice(first, after).forEach((finding, place) => {
      if (!this.rows.has(first + place)) this.rows.set(first + place, this.makeRow(first + place, finding));
    });
    this.place();
    this.mark();
  }

  private measure(): number {
    const [finding] = this.findings;
    if (finding === undefined) return 1;
    const { row } = this.makeRow(0, finding);
    this.list.append(row);
    const { height } = row.getBoundingClientRect();
    row.remove();
    return Math.max(1, height);
  }

  /** In their order, and each at its place: the rows that are not there are its margin, or the list's padding. */
  private place(): void {
    let next = 0;
    let child = this.list.firstElementChild;
    for (const [index, { row }] of [...this.rows].sort(([a], [b]) => a - b)) {
      if (row === child) child = row.nextElementSibling;
      else this.list.insertBefore(row, child);
      row.style.setProperty("margin-block-start", `${(index - next) * this.rowHeight}px`);
      next = index + 1;
    }
    this.list.style.setProperty("padding-block-end", `${(this.findings.length - next) * this.rowHeight}px`);
  }

  private mark(): void {
    const current = this.indexOfCurrent();
    const stop = this.rows.has(current) ? current : Math.min(...this.rows.keys());
    for (const [index, { button }] of this.rows) {
      if (index === current) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      // One stop for Tab; the arrow keys go on from there.
      button.tabIndex = index === stop ? 0 : -1;
    }
  }

  private indexOfCurrent(): number {
    return this.findings.findIndex((finding) => isSame(finding, this.current));
  }

  private clear(): void {
    this.list.style.removeProperty("padding-block-end");
    this.list.replaceChildren();
    this.rows.clear();
  }

  private makeRow(index: number, finding: Finding): Row {
    const text = textOf(finding);
    const kind = finding.kind === "other" ? "" : highlightName(finding.kind);
    const cut = text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…`.toWellFormed() : text;
    const button = h(
      "button",
      { type: "button", class: "sentence", "data-testid": "sentence", onclick: () => { this.choose(this.findings[index] ?? finding); } },
      h("span", { class: "tag" }, h("span", { class: kind }, kindText(finding.kind))),
      h("span", { class: "words", dir: "auto" }, cut),
    );
    return { row: h("li", { "aria-setsize": this.findings.length, "aria-posinset": index + 1 }, button), button };
  }
}
