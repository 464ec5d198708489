/**
 * "Why": the sentence with the weight of each word behind it, asked for when the reader wants it.
 *
 * What speaks for the answer is shaded and underlined, what speaks against it has a broken line and no shade, so that
 * the two differ without colour; and the words that count most are named in a sentence of their own, which is what a
 * screen reader has of it.
 */
import type { WordWeight } from "../shared/contract.js";
import { t } from "../shared/i18n.js";
import { parseExplainReply, type ExplainFailure, type ExplainMessage } from "../shared/protocol.js";
import { ask } from "./background.js";
import { h } from "../shared/dom.js";
import { problemText } from "../shared/problem-text.js";

/** A word that moves the answer less than this share of what the heaviest does is left plain. */
const SMALLEST_SHARE = 0.1;
/** And where no word moves it by more than this, there is nothing to show. */
const SMALLEST_WEIGHT = 0.005;
/** How many words are named. */
const NAMED = 3;

export class Explanation {
  readonly element = h("div", { class: "why", "data-testid": "why", "aria-live": "polite", hidden: true });
  /** Counts what was asked: an answer to an earlier question is late. */
  private serial = 0;

  constructor(private readonly resized: () => void) {}

  clear(): void {
    this.serial += 1;
    this.element.hidden = true;
    this.element.replaceChildren();
  }

  async show(sentence: string): Promise<void> {
    const serial = ++this.serial;
    this.fill(h("p", {}, t("whyAsking")));
    const message: ExplainMessage = { type: "sayso:explain", sentence };
    const reply = await ask(message, (value) => parseExplainReply(value, sentence.length));
    if (serial !== this.serial) return;
    if (reply === null) this.fill(h("p", {}, t("whyFailed")));
    else if ("problem" in reply) this.fill(h("p", { "data-testid": "why-problem" }, failureText(reply.problem)));
    else this.fill(...weighted(sentence, reply.words));
  }

  private fill(...children: Node[]): void {
    this.element.replaceChildren(...children);
    this.element.hidden = false;
    this.resized();
  }
}

function failureText(failure: ExplainFailure): string {
  if (failure.state === "too-old") return t("whyTooOld");
  if (failure.state === "not-this-one") return t("whyNotThisOne");
  return t("whyProblem", problemText(failure).heading);
}

function weighted(sentence: string, words: readonly WordWeight[]): Node[] {
  const heaviest = Math.max(0, ...words.map(({ weight }) => Math.abs(weight)));
  if (heaviest < SMALLEST_WEIGHT) return [h("p", { "data-testid": "why-words" }, t("whyNoWord"))];
  const shown = words.filter(({ weight }) => Math.abs(weight) >= SMALLEST_SHARE * heaviest);
  const parts: (Node | string)[] = [];
  let after = 0;
  for (const { start, end, weight } of shown) {
    parts.push(sentence.slice(after, start));
    const word = h("span", { class: weight > 0 ? "for" : "against" }, sentence.slice(start, end));
    word.style.setProperty("--weight", (Math.abs(weight) / heaviest).toFixed(2));
    parts.push(word);
    after = end;
  }
  parts.push(sentence.slice(after));
  const named = (sign: 1 | -1): string => heaviestWords(sentence, shown, sign).map((word) => t("quoted", word)).join(", ");
  const [speakFor, speakAgainst] = [named(1), named(-1)];
  return [
    h("p", { class: "weighted", dir: "auto", "data-testid": "why-words" }, ...parts),
    ...(speakFor === "" ? [] : [h("p", { "data-testid": "why-for" }, h("span", { class: "for" }, t("whyFor")), ` ${speakFor}`)]),
    ...(speakAgainst === "" ? [] : [h("p", { "data-testid": "why-against" }, h("span", { class: "against" }, t("whyAgainst")), ` ${speakAgainst}`)]),
    // What speaks against it has no shade to tell of.
    h("p", { class: "fine" }, speakFor === "" ? t("whyHow") : `${t("whyHow")} ${t("whyShade")}`),
  ];
}

/** The words that count most, one way or the other, each once. */
export function heaviestWords(sentence: string, words: readonly WordWeight[], sign: 1 | -1): string[] {
  const sorted = words.filter(({ weight }) => weight * sign > 0).sort((a, b) => (b.weight - a.weight) * sign);
  return [...new Set(sorted.map(({ start, end }) => sentence.slice(start, end)))].slice(0, NAMED);
}
