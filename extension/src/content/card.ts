/**
 * The card: what a marked sentence is, how sure the model is, and which model said so.
 *
 * It belongs to the reader's click and not to the page: shown beside the sentence, it goes with Esc, with a click
 * elsewhere, and when its line scrolls away.
 */
import { highlightName, type MarkedKind } from "../shared/kinds.js";
import { percent, sureness, type Sureness } from "../shared/confidence.js";
import type { ModelName } from "../shared/contract.js";
import { t, type MessageName } from "../shared/i18n.js";
import { h, setText } from "./dom.js";
import { rectsOf, type MarkedSentence } from "./hit-test.js";

const KIND_NAME: Record<MarkedKind, MessageName> = {
  opinion: "kindOpinion",
  fact: "kindFact",
  "mixed-opinion": "kindMixedOpinion",
  "mixed-fact": "kindMixedFact",
};

const EXPLANATION: Record<MarkedKind, MessageName> = {
  opinion: "explainOpinion",
  fact: "explainFact",
  "mixed-opinion": "explainMixed",
  "mixed-fact": "explainMixed",
};

const SURE_NAME: Record<Sureness, MessageName> = {
  very: "sureVery",
  fairly: "sureFairly",
  somewhat: "sureSomewhat",
  barely: "sureBarely",
};

const MARGIN = 8;

export class Card {
  private readonly kind = h("strong", { "data-testid": "card-kind" });
  private readonly meaning = h("p", {});
  private readonly confidence = h("dd", { "data-testid": "card-confidence" });
  private readonly model = h("dd", { "data-testid": "card-model" });
  private readonly element: HTMLElement;
  private sentence: MarkedSentence | null = null;
  /** Where it was asked for: which of the sentence's rectangles, and how far along. */
  private line = 0;
  private x = 0;
  private readonly listeners = { keydown: this.onKeydown.bind(this), scroll: this.onScroll.bind(this) };

  constructor(root: ShadowRoot) {
    this.element = h(
      "section",
      { class: "card", "data-testid": "card", role: "dialog", "aria-label": t("cardName"), popover: "manual" },
      h(
        "header",
        {},
        h("div", {}, this.kind),
        h("button", {
          type: "button",
          class: "icon close",
          "data-testid": "card-close",
          "aria-label": t("cardClose"),
          onclick: () => {
            this.hide();
          },
        }),
      ),
      this.meaning,
      h(
        "dl",
        {},
        h("dt", {}, t("cardSureLabel")),
        this.confidence,
        h("dt", {}, t("cardModelLabel")),
        this.model,
      ),
    );
    root.append(this.element);
  }

  /** Shows the card below the sentence's line at `y` (above it where there is no room below). */
  show(sentence: MarkedSentence, model: ModelName | null, x: number, y: number): void {
    this.sentence = sentence;
    setText(this.kind, t(KIND_NAME[sentence.kind]));
    this.kind.className = highlightName(sentence.kind);
    setText(this.meaning, t(EXPLANATION[sentence.kind]));
    setText(this.confidence, t("cardSure", t(SURE_NAME[sureness(sentence.confidence)]), percent(sentence.confidence)));
    setText(this.model, model?.id ?? "–");
    if (!this.element.matches(":popover-open")) this.element.showPopover();
    this.x = x;
    this.line = Math.max(0, rectsOf(sentence).findIndex((rect) => y >= rect.top && y <= rect.bottom));
    this.place();
    document.addEventListener("keydown", this.listeners.keydown, true);
    document.addEventListener("scroll", this.listeners.scroll, { capture: true, passive: true });
  }

  /** Whether it is shown, and about one of these sentences. */
  isAbout(sentences: readonly MarkedSentence[]): boolean {
    return this.sentence !== null && sentences.includes(this.sentence);
  }

  hide(): void {
    if (this.sentence === null) return;
    this.sentence = null;
    if (this.element.matches(":popover-open")) this.element.hidePopover();
    document.removeEventListener("keydown", this.listeners.keydown, true);
    document.removeEventListener("scroll", this.listeners.scroll, true);
  }

  private place(): void {
    const line = this.sentence === null ? undefined : rectsOf(this.sentence)[this.line];
    if (line === undefined || line.bottom < 0 || line.top > window.innerHeight) {
      this.hide();
      return;
    }
    const { width, height } = this.element.getBoundingClientRect();
    // Without the page's scroll bar, under which the card's button would lie; the root's own width in a quirky page.
    const room = Math.min(window.innerWidth, document.documentElement.clientWidth);
    const left = Math.max(MARGIN, Math.min(this.x - width / 2, room - width - MARGIN));
    const below = line.bottom + MARGIN;
    const top = below + height + MARGIN <= window.innerHeight ? below : Math.max(MARGIN, line.top - height - MARGIN);
    this.element.style.setProperty("left", `${left}px`);
    this.element.style.setProperty("top", `${top}px`);
  }

  private onKeydown(event: KeyboardEvent): void {
    if (event.isTrusted && event.key === "Escape") this.hide();
  }

  /** Follows its line. */
  private onScroll(): void {
    this.place();
  }
}
