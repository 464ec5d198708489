import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { addCorrection, ANSWERS, listCorrections, removeCorrections, toTsv, type Correction } from "../src/shared/corrections.js";
import { correct, correctionsByText, withCorrections } from "../src/background/correct.js";
import { fakeStorage } from "./storage.js";

const MODEL = "sayso@1";

describe("corrections", () => {
  let items: Record<string, unknown>;
  beforeEach(() => {
    items = fakeStorage();
  });

  it("are kept in their order, all of those that come at once", async () => {
    const sentences = ["One.", "Two.", "Three."];
    await Promise.all(sentences.map((sentence) => addCorrection({ sentence, given: "fact", right: "opinion", model: MODEL })));
    const list = await listCorrections();
    expect(list.map(({ sentence }) => sentence)).toEqual(sentences);
    expect(new Set(list.map(({ id }) => id)).size).toBe(3);
  });

  it("are replaced by a newer one of the same sentence", async () => {
    await addCorrection({ sentence: "One.", given: "fact", right: "opinion", model: MODEL });
    await addCorrection({ sentence: "One.", given: "fact", right: "other", model: MODEL });
    expect((await listCorrections()).map(({ right }) => right)).toEqual(["other"]);
  });

  it("are removed, the others stay", async () => {
    for (const sentence of ["One.", "Two."]) await addCorrection({ sentence, given: "fact", right: "opinion", model: MODEL });
    const [first] = await listCorrections();
    await removeCorrections(new Set([first?.id ?? ""]));
    expect((await listCorrections()).map(({ sentence }) => sentence)).toEqual(["Two."]);
  });

  it("are read around what is spoilt", async () => {
    await addCorrection({ sentence: "One.", given: "fact", right: "opinion", model: MODEL });
    (items.corrections as unknown[]).push(null, { sentence: 1 }, "x");
    expect(await listCorrections()).toHaveLength(1);
    items.corrections = "spoilt";
    expect(await listCorrections()).toEqual([]);
  });

  it("are not kept where they are no sentence", async () => {
    await expect(addCorrection({ sentence: "x".repeat(5001), given: "fact", right: "other", model: MODEL })).rejects.toThrow(RangeError);
  });

  it("are a table of as many lines and columns whatever they say", () => {
    const correction = fc.record<Correction>({
      id: fc.uuid(),
      sentence: fc.string({ unit: fc.oneof(fc.constantFrom("\t", "\n", "\r", "\u2028", '"'), fc.string({ minLength: 1, maxLength: 1 })) }),
      given: fc.constantFrom("fact", "opinion"),
      right: fc.constantFrom("other", "mixed_fact"),
      model: fc.constant(MODEL),
      at: fc.constant("2026-01-01T00:00:00.000Z"),
    });
    fc.assert(
      fc.property(fc.array(correction), (list) => {
        const lines = toTsv(list).split(/\r\n|[\n\r\u2028\u2029]/);
        expect(lines.pop()).toBe("");
        expect(lines).toHaveLength(list.length + 1);
        for (const line of lines) expect(line.split("\t")).toHaveLength(6);
      }),
    );
  });

  it("are saved as the guideline's codes: a plain \"opinion\" would leave open whether it is mixed", () => {
    const list = ANSWERS.map((right) => ({ id: "1", sentence: "One.", given: "opinion" as const, right, model: MODEL, at: "" }));
    const rows = toTsv(list).split("\n").slice(1, -1).map((line) => line.split("\t"));
    expect(rows.map(([, , label]) => label)).toEqual(["O", "F", "MO", "MF", "X"]);
    expect(new Set(rows.map(([, , , given]) => given))).toEqual(new Set(["O"]));
  });
});

describe("corrections, as pages send them and hear of them", () => {
  beforeEach(() => {
    fakeStorage();
  });
  const message = { type: "sayso:correct", sentence: "One.", given: "fact", right: "opinion", model: MODEL } as const;
  const sentence = { start: 5, end: 9, label: "fact", confidence: 0.8, mixed: false } as const;

  it("come back with the sentence wherever it stands", async () => {
    expect(await correct(message)).toEqual({ kept: true });
    const block = { id: "b", sentences: [{ ...sentence, start: 0, end: 4 }, sentence], partial: true as const };
    expect(withCorrections(block, "Two. One.", await correctionsByText())).toEqual({
      id: "b",
      sentences: [block.sentences[0], { ...sentence, corrected: "opinion" }],
      partial: true,
    });
  });

  it("are taken back by what Sayso said", async () => {
    await correct(message);
    await correct({ ...message, right: "fact" });
    expect(await listCorrections()).toEqual([]);
  });

  it("that cannot be kept are said not to be", async () => {
    expect(await correct({ ...message, sentence: "x".repeat(6_000) })).toEqual({ kept: false });
  });
});
