import { describe, expect, it } from "vitest";
import { sentenceAt } from "../src/content/hit-test.js";

describe("the sentence at an offset", () => {
  const sentences = [
    { start: 0, end: 5 },
    { start: 6, end: 9 },
    { start: 20, end: 30 },
  ];

  it.each([
    [0, 0],
    [4, 0],
    [5, undefined],
    [6, 1],
    [12, undefined],
    [29, 2],
    [30, undefined],
  ])("%i is number %s", (offset, index) => {
    expect(sentenceAt(sentences, offset)).toBe(index === undefined ? null : sentences[index]);
  });

  it("is none where there are none", () => {
    expect(sentenceAt([], 0)).toBeNull();
  });
});
