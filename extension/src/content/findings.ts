/**
 * What each sentence that was read is to the reader: the model's answer or their own, and whether it is sure enough.
 *
 * Marks, counts, list and overview are all taken from here, so that they agree. It is worked out anew from the answers
 * that are at hand, some milliseconds for ten thousand sentences, rather than kept up to date.
 */
import type { SentenceResult } from "../shared/contract.js";
import { ANSWERS, type Answer } from "../shared/corrections.js";
import { countedAs, isShown, kindOf, noCounts, type Counts, type Kind, type Switches } from "../shared/kinds.js";
import type { Passage } from "./passages.js";

export interface Finding {
  passage: Passage;
  /** As it was answered. */
  sentence: SentenceResult;
  kind: Kind;
  /** As sure as the reader asks for. What they corrected themselves always is. */
  isSure: boolean;
  /** Where it begins in all of the text that was found, in characters. */
  offset: number;
}

export interface Findings {
  /** In the order of the page. */
  all: readonly Finding[];
  /** Those of them that are painted. */
  marked: readonly Finding[];
  counts: Counts;
  /** Everything that was found to read, in the order of the page, and where each begins. */
  passages: readonly PlacedPassage[];
  /** Characters of all of the text. */
  chars: number;
}

export interface PlacedPassage {
  passage: Passage;
  offset: number;
}

export const NO_FINDINGS: Findings = { all: [], marked: [], counts: noCounts(), passages: [], chars: 0 };

/** What the reader asks to see. */
export interface Filter {
  minConfidence: number;
  switches: Switches;
}

/** The kind that an answer of the guideline is. */
export function kindOfAnswer(answer: Answer): Kind {
  return answer.replace("_", "-") as Kind;
}

export function answerOfKind(kind: Kind): Answer {
  return ANSWERS.find((answer) => kindOfAnswer(answer) === kind) ?? "other";
}

/** The sentence's text, as it was classified. */
export function textOf({ passage, sentence: { start, end } }: Pick<Finding, "passage" | "sentence">): string {
  return passage.text.slice(start, end);
}

export function findingOf(passage: Passage, sentence: SentenceResult, minConfidence: number, offset = 0): Finding {
  const { corrected, confidence } = sentence;
  const kind = corrected === undefined ? kindOf(sentence) : kindOfAnswer(corrected);
  return { passage, sentence, kind, isSure: corrected !== undefined || confidence >= minConfidence, offset };
}

/** What is to be painted of a passage's sentences. */
export function toPaint(passage: Passage, sentences: readonly SentenceResult[], minConfidence: number): SentenceResult[] {
  return sentences.flatMap((sentence) => {
    const { kind, isSure } = findingOf(passage, sentence, minConfidence);
    if (!isSure || kind === "other") return [];
    return [{ ...sentence, label: kind.endsWith("opinion") ? "opinion" : "fact", mixed: kind.startsWith("mixed") }];
  });
}

export function findingsOf(passages: Iterable<Passage>, { minConfidence, switches }: Filter): Findings {
  const all: Finding[] = [];
  const placed: PlacedPassage[] = [];
  const counts = noCounts();
  let chars = 0;
  for (const passage of [...passages].sort((a, b) => a.order - b.order)) {
    placed.push({ passage, offset: chars });
    const { outcome } = passage;
    if (outcome !== null && "sentences" in outcome) {
      for (const sentence of outcome.sentences) {
        const finding = findingOf(passage, sentence, minConfidence, chars + sentence.start);
        counts[finding.isSure ? countedAs(finding.kind) : "unsure"] += 1;
        all.push(finding);
      }
    }
    chars += passage.text.length;
  }
  const marked = all.filter(({ kind, isSure }) => isSure && kind !== "other" && isShown(kind, switches));
  return { all, marked, counts, passages: placed, chars };
}

/** Where a stretch of a passage's text is on the page. */
export function rangesOf(passage: Passage, start: number, end: number): StaticRange[] {
  return passage.block.map.spans(start, end).map(
    ({ startNode, startOffset, endNode, endOffset }) => new StaticRange({ startContainer: startNode, startOffset, endContainer: endNode, endOffset }),
  );
}

/** The same sentence at the same place: findings are made anew all the time. */
export function isSame(a: Finding | null, b: Finding | null): boolean {
  return a !== null && b !== null && a.passage === b.passage && a.sentence.start === b.sentence.start;
}
