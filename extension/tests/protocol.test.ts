import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHealth, parseLine } from "../src/shared/contract.js";
import {
  isCorrectMessage,
  isExplainMessage,
  isOptionsMessage,
  isProbeMessage,
  isReadableMessage,
  isSiteMessage,
  isStateMessage,
  isStyleMessage,
  isToggleMessage,
  parseAnalyzeEvent,
  parseAnalyzeRequest,
  parseCorrectReply,
  parseExplainReply,
  parseProbeReply,
  parseReadableReply,
  parseToggleReply,
} from "../src/shared/protocol.js";

const SENTENCE = { start: 0, end: 3, label: "opinion", confidence: 0.5, mixed: true };

describe("messages", () => {
  it("in the right shape are read", () => {
    expect(isToggleMessage({ type: "sayso:toggle" })).toBe(true);
    expect(isToggleMessage({ type: "sayso:toggle", scope: "selection", bySite: false })).toBe(true);
    expect(isToggleMessage({ type: "sayso:toggle", scope: "web" })).toBe(false);
    expect(isSiteMessage({ type: "sayso:site" })).toBe(true);
    expect(isStyleMessage({ type: "sayso:style" })).toBe(true);
    expect(isStateMessage({ type: "sayso:state", on: false })).toBe(true);
    expect(isProbeMessage({ type: "sayso:probe" })).toBe(true);
    expect(parseToggleReply({ state: "on" })).toEqual({ state: "on" });
    expect(parseProbeReply({ ready: true })).toEqual({ ready: true });
    expect(isReadableMessage({ type: "sayso:find-readable", transcript: "<html>" })).toBe(true);
    expect(parseReadableReply({ readable: null })).toBeNull();
    expect(parseReadableReply({ readable: { kept: [1], made: ["a"] } })).toEqual({ kept: [1], made: ["a"] });
    expect(parseAnalyzeRequest({ type: "analyze", batch: 1, blocks: [{ id: "a", text: "b", more: 1 }] })).toEqual({
      type: "analyze",
      batch: 1,
      blocks: [{ id: "a", text: "b" }],
    });
    const block = { id: "a", sentences: [SENTENCE] };
    expect(parseAnalyzeEvent({ type: "block", batch: 0, block })).toEqual({ type: "block", batch: 0, block });
    const part = { ...block, partial: true };
    expect(parseAnalyzeEvent({ type: "block", batch: 0, block: part })).toEqual({ type: "block", batch: 0, block: part });
    expect(parseAnalyzeEvent({ type: "block", batch: 0, block: { id: "a", failed: "x" } })).toEqual({
      type: "block",
      batch: 0,
      block: { id: "a", failed: "x" },
    });
    expect(parseAnalyzeEvent({ type: "problem", batch: 0, problem: { state: "busy", retryAfter: 2 } })).toMatchObject({
      problem: { state: "busy", retryAfter: 2 },
    });
  });

  it.each([
    { type: "block", batch: "0", block: { id: "a", sentences: [] } },
    { type: "block", batch: 0, block: { done: true, model: null } },
    { type: "block", batch: 0, block: { id: "a", sentences: [{ ...SENTENCE, end: 0 }] } },
    { type: "problem", batch: 0, problem: { state: "on fire" } },
    { type: "else", batch: 0 },
  ])("in another shape are refused: %o", (message) => {
    expect(parseAnalyzeEvent(message)).toBeNull();
  });

  it("of any other kind are refused without an exception", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const parse of [parseAnalyzeEvent, parseAnalyzeRequest, parseToggleReply, parseProbeReply, parseLine, parseHealth]) {
          expect(parse(value)).toBeNull();
        }
        expect(parseReadableReply(value)).toBeUndefined();
        for (const is of [isToggleMessage, isStateMessage, isProbeMessage, isReadableMessage, isSiteMessage, isStyleMessage]) expect(is(value)).toBe(false);
      }),
    );
  });
});

describe("a line of an answer", () => {
  it.each([
    ["a label that is none", { ...SENTENCE, label: "true" }],
    ["a confidence beyond 1", { ...SENTENCE, confidence: 7 }],
    ["no number for a confidence", { ...SENTENCE, confidence: Number.NaN }],
    ["an offset that is no integer", { ...SENTENCE, start: 0.5 }],
    ["a negative offset", { ...SENTENCE, start: -1 }],
  ])("with %s is refused whole", (_, sentence) => {
    expect(parseLine({ id: "a", sentences: [SENTENCE, sentence] })).toBeNull();
  });
});

describe("messages about a sentence", () => {
  const correction = { type: "sayso:correct", sentence: "One.", given: "fact", right: "mixed_fact", model: "m@1" };

  it("in the right shape are read", () => {
    expect(isExplainMessage({ type: "sayso:explain", sentence: "One." })).toBe(true);
    expect(isCorrectMessage(correction)).toBe(true);
    expect(isOptionsMessage({ type: "sayso:options" })).toBe(true);
    expect(parseCorrectReply({ kept: false })).toEqual({ kept: false });
    expect(parseExplainReply({ words: [{ start: 0, end: 3, weight: -0.5, more: 1 }] }, 4)).toEqual({ words: [{ start: 0, end: 3, weight: -0.5 }] });
    expect(parseExplainReply({ problem: { state: "too-old" } }, 4)).toEqual({ problem: { state: "too-old" } });
    expect(parseExplainReply({ problem: { state: "not-running" } }, 4)).toEqual({ problem: { state: "not-running" } });
  });

  it.each([{ sentence: " " }, { sentence: 7 }, { given: "wrong" }, { right: "toString" }, { model: undefined }])("that are not are not: %j", (spoilt) => {
    expect(isCorrectMessage({ ...correction, ...spoilt })).toBe(false);
  });

  it("never throw, whatever comes", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const check of [isExplainMessage, isCorrectMessage, isOptionsMessage]) expect(typeof check(value)).toBe("boolean");
        parseCorrectReply(value);
        parseExplainReply(value, 10);
      }),
    );
  });

  it("have a correction from the background only: a server's is dropped", () => {
    const block = { id: "a", sentences: [{ ...SENTENCE, corrected: "other" }] };
    expect(parseLine(block)).toEqual({ id: "a", sentences: [SENTENCE] });
    expect(parseAnalyzeEvent({ type: "block", batch: 0, block })).toEqual({ type: "block", batch: 0, block });
    const spoilt = { id: "a", sentences: [{ ...SENTENCE, corrected: "lie" }] };
    expect(parseAnalyzeEvent({ type: "block", batch: 0, block: spoilt })).toMatchObject({ block: { sentences: [SENTENCE] } });
  });
});
