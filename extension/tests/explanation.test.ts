import { JSDOM } from "jsdom";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Explanation, heaviestWords } from "../src/content/explanation.js";

describe("the words that count most", () => {
  it("are three at the most, the heaviest first, each once", () => {
    const text = "a bb a ccc dd";
    const words = [
      { start: 0, end: 1, weight: 0.1 },
      { start: 2, end: 4, weight: 0.3 },
      { start: 5, end: 6, weight: 0.2 },
      { start: 7, end: 10, weight: -0.4 },
      { start: 11, end: 13, weight: 0.05 },
    ];
    expect(heaviestWords(text, words, 1)).toEqual(["bb", "a", "dd"]);
    expect(heaviestWords(text, words, -1)).toEqual(["ccc"]);
  });
});

describe("what is said of how it was found out", () => {
  const api = chrome;
  beforeEach(() => {
    vi.stubGlobal("document", new JSDOM().window.document);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.stubGlobal("chrome", api);
  });

  async function said(...weights: number[]): Promise<string> {
    const words = weights.map((weight, index) => ({ start: index * 4, end: index * 4 + 3, weight }));
    vi.stubGlobal("chrome", { ...api, runtime: { sendMessage: () => Promise.resolve({ words }) } });
    const explanation = new Explanation(() => undefined);
    await explanation.show("one two");
    return explanation.element.textContent;
  }

  it("tells of shades where there are any: words that speak against the answer have none", async () => {
    expect(await said(0.5, -0.2)).toContain("shade");
    expect(await said(-0.5, -0.2)).toContain("Speak against it: “one”, “two”");
    expect(await said(-0.5, -0.2)).not.toContain("shade");
  });
});
