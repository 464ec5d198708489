/** How sure the model must be for a sentence to be marked, as the reader sets it. */
import { t } from "../shared/i18n.js";
import { h, setText } from "../shared/dom.js";
import { surenessText } from "./sentence-text.js";

/** Of three labels the likeliest has a third at least: down here nothing is filtered. */
const ANY = 30;
const HIGHEST = 95;
const STEP = 5;

export class SurenessSlider {
  readonly element: HTMLElement;
  private readonly words = h("output", { "data-testid": "sureness-words" });
  private readonly input: HTMLInputElement;

  /** `isFinal` once the reader lets go: that is what is kept. */
  constructor(changed: (minConfidence: number, isFinal: boolean) => void) {
    this.input = h("input", {
      type: "range",
      class: "slider",
      "data-testid": "sureness",
      "aria-label": t("surenessName"),
      min: ANY,
      max: HIGHEST,
      step: STEP,
      value: ANY,
      oninput: () => {
        this.say();
        changed(this.value, false);
      },
      onchange: () => {
        changed(this.value, true);
      },
    });
    this.element = h("div", { class: "sureness" }, h("span", { "aria-hidden": "true" }, t("surenessLabel")), this.words, this.input);
    this.say();
  }

  get value(): number {
    const chosen = this.input.valueAsNumber;
    return chosen <= ANY ? 0 : chosen / 100;
  }

  set value(minConfidence: number) {
    if (minConfidence === this.value) return; // it may be in the reader's hand
    this.input.valueAsNumber = minConfidence * 100;
    this.say();
  }

  private say(): void {
    const words = this.value === 0 ? t("surenessAny") : t("surenessAtLeast", surenessText(this.value));
    setText(this.words, words);
    this.input.setAttribute("aria-valuetext", words);
  }
}
