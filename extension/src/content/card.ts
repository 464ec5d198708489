/**
 * The card: what a marked sentence is, how sure the model is and why, and what the reader can do about it.
 *
 * Shown beside its sentence, it follows it, and goes with Esc, with a click elsewhere and with its text. A click on the
 * page leaves the focus where it is; asked for by key, the card takes the focus and gives it back.
 */
import type { ModelName, SentenceResult } from "../shared/contract.js";
import type { Answer } from "../shared/corrections.js";
import { kindOf, highlightName, type Kind } from "../shared/kinds.js";
import { t, type MessageName } from "../shared/i18n.js";
import { copyText } from "../shared/clipboard.js";
import { CorrectionForm, type Correctable } from "./correction-form.js";
import { h, setText } from "../shared/dom.js";
import { Explanation } from "./explanation.js";
import { answerOfKind, findingOf, textOf } from "./findings.js";
import { rectsOf } from "./hit-test.js";
import type { Passage } from "./passages.js";
import { kindText, surenessText } from "./sentence-text.js";

const MEANING: Record<Kind, MessageName> = {
  opinion: "explainOpinion",
  fact: "explainFact",
  "mixed-opinion": "explainMixed",
  "mixed-fact": "explainMixed",
  other: "explainOther",
};

const MARGIN = 8;

/** What the card is about, and where that is. */
export interface Subject {
  passage: Passage;
  sentence: SentenceResult;
  ranges: readonly StaticRange[];
}

export interface CardActions {
  corrected: (sentence: string, right: Answer, given: Answer) => void;
  /** The card has gone, and had the focus. */
  left: () => void;
}

export class Card {
  private readonly kind = h("strong", { id: "card-kind", "data-testid": "card-kind" });
  private readonly meaning = h("p", { id: "card-meaning" });
  private readonly confidence = h("dd", { "data-testid": "card-confidence" });
  private readonly model = h("dd", { "data-testid": "card-model" });
  private readonly explanation = new Explanation(() => { this.place(); });
  private readonly form: CorrectionForm;
  private readonly whyButton: HTMLButtonElement;
  private readonly correctButton: HTMLButtonElement;
  private readonly copyButton: HTMLButtonElement;
  private readonly element: HTMLElement;
  private subject: Subject | null = null;
  private modelName: ModelName | null = null;
  /** Where it was asked for: which of the sentence's rectangles, and how far along. */
  private line = 0;
  private x = 0;
  private readonly listeners = { keydown: this.onKeydown.bind(this), scroll: this.place.bind(this) };

  constructor(
    private readonly root: ShadowRoot,
    private readonly actions: CardActions,
  ) {
    this.form = new CorrectionForm(() => { this.place(); }, this.onCorrected.bind(this));
    this.whyButton = this.disclosure("card-why", t("why"), () => { void this.explanation.show(this.text); });
    this.correctButton = this.disclosure("card-correct", t("correct"), () => { this.form.show(this.correctable); });
    this.copyButton = h("button", { type: "button", class: "small", "data-testid": "card-copy", onclick: () => void this.copy() }, t("copySentence"));
    this.element = h(
      "section",
      { class: "card", "data-testid": "card", role: "dialog", "aria-labelledby": "card-kind", "aria-describedby": "card-meaning", tabindex: -1, popover: "manual", lang: t("languageTag"), dir: t("direction") },
      h(
        "div",
        { class: "card-head" },
        this.kind,
        h("button", { type: "button", class: "icon close", "data-testid": "card-close", "aria-label": t("cardClose"), title: t("cardClose"), onclick: () => { this.close(); } }),
      ),
      this.meaning,
      h("dl", {}, h("dt", {}, t("cardSureLabel")), this.confidence, h("dt", {}, t("cardModelLabel")), this.model),
      h("div", { class: "actions" }, this.whyButton, this.copyButton, this.correctButton),
      this.explanation.element,
      this.form.element,
    );
    root.append(this.element);
  }

  /** Shows the card below the sentence's line at `y` (above it where there is no room below); null is the first in view. */
  show(subject: Subject, model: ModelName | null, at: { x: number; y: number } | null): void {
    this.subject = subject;
    this.modelName = model;
    this.collapse();
    this.fill();
    if (!this.element.matches(":popover-open")) this.element.showPopover();
    const rects = rectsOf(subject);
    const isAt = ({ top, bottom }: DOMRect): boolean => (at === null ? top >= 0 : at.y >= top && at.y <= bottom);
    this.line = Math.max(0, rects.findIndex(isAt));
    const rect = rects[this.line];
    this.x = at?.x ?? (rect === undefined ? 0 : (rect.left + rect.right) / 2);
    if (at === null) this.element.focus({ preventScroll: true });
    this.place();
    document.addEventListener("keydown", this.listeners.keydown, true);
    document.addEventListener("scroll", this.listeners.scroll, { capture: true, passive: true });
    window.addEventListener("resize", this.listeners.scroll);
  }

  get isShown(): boolean {
    return this.subject !== null;
  }

  get hasFocus(): boolean {
    return this.root.activeElement !== null && this.element.contains(this.root.activeElement);
  }

  isAbout(passage: Passage): boolean {
    return this.subject?.passage === passage;
  }

  /** The reader is done with it: the focus goes back to where it was. */
  close(): void {
    const hadFocus = this.hasFocus;
    this.hide();
    if (hadFocus) this.actions.left();
  }

  hide(): void {
    if (this.subject === null) return;
    this.subject = null;
    this.collapse();
    if (this.element.matches(":popover-open")) this.element.hidePopover();
    document.removeEventListener("keydown", this.listeners.keydown, true);
    document.removeEventListener("scroll", this.listeners.scroll, true);
    window.removeEventListener("resize", this.listeners.scroll);
  }

  private get text(): string {
    return this.subject === null ? "" : textOf(this.subject);
  }

  private get correctable(): Correctable {
    const sentence = this.subject?.sentence;
    const given = sentence === undefined ? "other" : answerOfKind(kindOf(sentence));
    const model = this.modelName === null ? "" : `${this.modelName.id}@${this.modelName.revision}`;
    return { text: this.text, given, now: sentence?.corrected ?? given, model };
  }

  private fill(): void {
    if (this.subject === null) return;
    const { passage, sentence } = this.subject;
    const { kind } = findingOf(passage, sentence, 0);
    setText(this.kind, kindText(kind));
    this.kind.className = kind === "other" ? "" : highlightName(kind);
    setText(this.meaning, t(MEANING[kind]));
    setText(this.confidence, sentence.corrected === undefined ? surenessText(sentence.confidence) : t("cardCorrected"));
    this.whyButton.hidden = sentence.corrected !== undefined; // it is the model's answer that it takes apart
    setText(this.model, this.modelName?.id ?? "–");
    setText(this.copyButton, t("copySentence"));
  }

  private onCorrected({ text, given }: Correctable, right: Answer): void {
    this.actions.corrected(text, right, given);
    this.fill();
    this.place();
  }

  private async copy(): Promise<void> {
    setText(this.copyButton, (await copyText(this.text)) ? t("copied") : t("notCopied"));
  }

  private collapse(): void {
    for (const button of [this.whyButton, this.correctButton]) button.setAttribute("aria-expanded", "false");
    this.explanation.clear();
    this.form.clear();
  }

  /** A button that shows one of the card's two further parts, and hides the other. */
  private disclosure(testid: string, label: string, open: () => void): HTMLButtonElement {
    const button = h(
      "button",
      {
        type: "button",
        class: "small",
        "data-testid": testid,
        "aria-expanded": "false",
        onclick: () => {
          const isOpen = button.getAttribute("aria-expanded") === "true";
          this.collapse();
          if (!isOpen) open();
          button.setAttribute("aria-expanded", String(!isOpen));
          this.place();
        },
      },
      label,
    );
    return button;
  }

  private place(): void {
    const line = this.subject === null ? undefined : rectsOf(this.subject)[this.line];
    const isInView = line !== undefined && line.bottom >= 0 && line.top <= window.innerHeight;
    // While its own controls are in use it stays at the edge.
    if (line === undefined || (!isInView && !this.hasFocus)) {
      this.close();
      return;
    }
    const { width, height } = this.element.getBoundingClientRect();
    // Without the page's scroll bar, under which the card's button would lie; the root's own width in a quirky page.
    const room = Math.min(window.innerWidth, document.documentElement.clientWidth);
    const left = Math.max(MARGIN, Math.min(this.x - width / 2, room - width - MARGIN));
    const below = line.bottom + MARGIN;
    const above = line.top - height - MARGIN;
    const lowest = Math.max(MARGIN, window.innerHeight - height - MARGIN);
    const top = Math.max(MARGIN, below <= lowest ? below : above >= MARGIN ? above : lowest);
    this.element.style.setProperty("left", `${left}px`);
    this.element.style.setProperty("top", `${top}px`);
  }

  /** With the focus in the page; in the card, `isolate` hands the key on. */
  private onKeydown(event: KeyboardEvent): void {
    if (event.isTrusted && event.key === "Escape") this.close();
  }
}
