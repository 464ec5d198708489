import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerOfKind, findingsOf, kindOfAnswer, textOf, toPaint, type Finding } from "../src/content/findings.js";
import { neighbour } from "../src/content/navigator.js";
import { runs } from "../src/content/overview.js";
import type { Passage } from "../src/content/passages.js";
import type { SentenceResult } from "../src/shared/contract.js";
import { ANSWERS } from "../src/shared/corrections.js";
import { LABELS, kindOf, total } from "../src/shared/kinds.js";

const ALL = { opinion: true, fact: true };

function passage(text: string, order: number, sentences: SentenceResult[] | null): Passage {
  return { text, order, isThere: true, outcome: sentences === null ? null : { sentences } } as unknown as Passage;
}

const sentence = (start: number, more: Partial<SentenceResult> = {}): SentenceResult => ({ start, end: start + 10, label: "opinion", confidence: 0.8, mixed: false, ...more });

const results: fc.Arbitrary<SentenceResult[]> = fc
  .array(
    fc.record(
      { label: fc.constantFrom(...LABELS), confidence: fc.double({ min: 0, max: 1, noNaN: true }), mixed: fc.boolean(), corrected: fc.constantFrom(...ANSWERS) },
      { requiredKeys: ["label", "confidence", "mixed"] },
    ),
    { maxLength: 6 },
  )
  .map((all) => all.map((each, index) => sentence(index * 10, each)));

const pages = fc.array(fc.option(results), { maxLength: 6 }).map((all) => all.map((each, index) => passage("x".repeat(60), all.length - index, each)));

describe("findings", () => {
  it("count every sentence once, and mark what is painted", () => {
    fc.assert(
      fc.property(pages, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), fc.boolean(), (passages, minConfidence, opinion, fact) => {
        const { all, marked, counts, chars } = findingsOf(passages, { minConfidence, switches: { opinion, fact } });
        const outcomes = passages.flatMap(({ outcome }) => (outcome !== null && "sentences" in outcome ? outcome.sentences : []));
        expect(all).toHaveLength(outcomes.length);
        expect(total(counts)).toBe(outcomes.length);
        expect(chars).toBe(60 * passages.length);
        expect(all.every(({ offset }, index) => index === 0 || offset > all[index - 1]!.offset), "in the order of the page").toBe(true);
        const painted = passages.flatMap((each) => (each.outcome !== null && "sentences" in each.outcome ? toPaint(each, each.outcome.sentences, minConfidence) : []));
        const everything = findingsOf(passages, { minConfidence, switches: ALL });
        expect(everything.marked.map(({ kind }) => kind).sort()).toEqual(painted.map(kindOf).sort());
        expect(marked.length).toBeLessThanOrEqual(everything.marked.length);
      }),
    );
  });

  it("leave out what the model is not sure enough of, and count it as that", () => {
    const page = [passage("x".repeat(40), 0, [sentence(0), sentence(10, { confidence: 0.6 }), sentence(20, { label: "other", confidence: 0.5 })])];
    const { marked, counts } = findingsOf(page, { minConfidence: 0.7, switches: ALL });
    expect(marked).toHaveLength(1);
    expect(counts).toEqual({ opinion: 1, fact: 0, mixed: 0, other: 0, unsure: 2 });
  });

  it("hold the reader's own answer for sure", () => {
    const page = [passage("x".repeat(40), 0, [sentence(0, { confidence: 0.4, corrected: "mixed_fact" }), sentence(10, { corrected: "other" })])];
    const { marked, counts } = findingsOf(page, { minConfidence: 0.9, switches: ALL });
    expect(marked.map(({ kind }) => kind)).toEqual(["mixed-fact"]);
    expect(counts).toMatchObject({ mixed: 1, other: 1, unsure: 0 });
  });

  it("know answers and kinds as each other's names", () => {
    for (const answer of ANSWERS) expect(answerOfKind(kindOfAnswer(answer))).toBe(answer);
  });

  it("give the sentence's own text", () => {
    expect(textOf({ passage: passage("One. Two.", 0, null), sentence: sentence(5, { end: 9 }) })).toBe("Two.");
  });
});

describe("the next mark", () => {
  const page = [passage("x".repeat(50), 0, [0, 10, 20, 30, 40].map((start) => sentence(start)))];
  const { marked } = findingsOf(page, { minConfidence: 0, switches: ALL });
  /** Lines of 100 pixels, of which 1,000 are in the window. */
  const scrolledBy = (by: number) => ({ sentence: { start } }: Finding) => start * 100 - by;
  const at = (index: number): Finding => marked[index]!;

  it("follows the current one while that is in the window", () => {
    expect(neighbour(marked, at(0), 1, scrolledBy(0), 1000)).toBe(at(1));
    expect(neighbour(marked, at(1), -1, scrolledBy(0), 1000)).toBe(at(0));
    expect(neighbour(marked, at(0), -1, scrolledBy(0), 1000)).toBeNull();
    expect(neighbour(marked, at(4), 1, scrolledBy(4000), 1000)).toBeNull();
  });

  it("follows where the current one was, when it is a mark no more", () => {
    const without = marked.filter((_, index) => index !== 2);
    expect(neighbour(without, at(2), 1, scrolledBy(0), 1e4)).toBe(at(3));
    expect(neighbour(without, at(2), -1, scrolledBy(0), 1e4)).toBe(at(1));
    expect(neighbour(marked.slice(0, 4), at(4), 1, scrolledBy(0), 1e4)).toBeNull();
  });

  it("is the first in the window where the reader has gone elsewhere", () => {
    expect(neighbour(marked, at(0), 1, scrolledBy(2500), 1000)).toBe(at(3));
    expect(neighbour(marked, at(0), -1, scrolledBy(2500), 1000)).toBe(at(2));
    expect(neighbour(marked, null, 1, scrolledBy(0), 1000)).toBe(at(0));
    expect(neighbour([], null, 1, scrolledBy(0), 1000)).toBeNull();
  });
});

describe("the overview", () => {
  it("covers each finding, without overlaps and in order", () => {
    fc.assert(
      fc.property(pages, (passages) => {
        const { all, chars } = findingsOf(passages, { minConfidence: 0, switches: ALL });
        const spans = runs(all, chars);
        spans.forEach(([start, end], index) => {
          expect(end).toBeGreaterThan(start);
          expect(start).toBeGreaterThan(spans[index - 1]?.[1] ?? -1);
          expect(end).toBeLessThanOrEqual(512);
        });
        for (const { offset } of all) {
          const step = Math.floor((offset / chars) * 512);
          expect(spans.some(([start, end]) => start <= step && step < end)).toBe(true);
        }
      }),
    );
  });
});
