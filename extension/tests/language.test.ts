import { afterEach, describe, expect, it, vi } from "vitest";
import { blockLanguage, languageName, languageNames, pageLanguage } from "../src/content/language.js";

const api = chrome;
const LONG = "ein Wort ".repeat(40);

/** A detector that finds these languages, in percent, in everything that it is asked about. */
function detecting(percent: Record<string, number>, isReliable = true): string[] {
  const asked: string[] = [];
  const detectLanguage = (text: string): Promise<unknown> => {
    asked.push(text);
    return Promise.resolve({ isReliable, languages: Object.entries(percent).map(([language, percentage]) => ({ language, percentage })) });
  };
  vi.stubGlobal("chrome", { ...api, i18n: { ...api.i18n, detectLanguage } });
  return asked;
}

afterEach(() => {
  vi.stubGlobal("chrome", api);
});

describe("a block's language", () => {
  it("is what the text is in, whatever the page says", async () => {
    detecting({ de: 97 });
    expect(await blockLanguage(LONG, "en", "en")).toBe("de");
    expect(await blockLanguage(LONG, "", "en")).toBe("de");
  });

  it("is what the page says of it where the text is short, mixed or doubtful", async () => {
    detecting({ de: 97 });
    expect(await blockLanguage("Ja, natürlich.", "fr-CA", "en")).toBe("fr");
    expect(await blockLanguage("Ja, natürlich.", "", "en")).toBe("en");
    detecting({ de: 55, en: 45 });
    expect(await blockLanguage(LONG, "", "en")).toBe("en");
    detecting({ de: 97 }, false);
    expect(await blockLanguage(LONG, "", "en")).toBe("en");
  });

  it("is English where the words are, whatever the browser's detector makes of them", async () => {
    const asked = detecting({ ja: 100 });
    expect(await blockLanguage("The council sold the pool. ".repeat(3), "", "de")).toBe("en");
    expect(asked).toEqual([]);
  });

  it("is not told from names, nor from letters that the language is not written in", async () => {
    detecting({ ht: 97 });
    expect(await blockLanguage("Northport (3-0): O. Osaro 3 goals, 1 assist. A. Hupfer 1 goal. L. Patikas 1 goal.", "", "en")).toBe("en");
    detecting({ ja: 97 });
    expect(await blockLanguage("The points: 15 points, 2 points, 6 points, 4 points, 3 points, 6 points, 4 points.", "", "en")).toBe("en");
  });

  it("is told by its script, short or not, and whatever the detector makes of it", async () => {
    detecting({ de: 97 }, false);
    expect(await blockLanguage("それは残念です。", "", "en")).toBe("ja");
    expect(await blockLanguage("Google Chromeは70％以上のマーケットシェアを持つ", "", "en")).toBe("ja");
    expect(await blockLanguage("Как жаль", "", "en")).toBe("ru");
    expect(await blockLanguage("아쉽다 정말", "", "en")).toBe("ko");
    expect(await blockLanguage("Its angle is α.", "", "en")).toBe("en");
    expect(await blockLanguage("They call it 積ん読, which is buying books that one never reads.", "", "en")).toBe("en");
    detecting({ bg: 97 });
    expect(await blockLanguage("Колко жалко", "", "en")).toBe("bg");
  });

  it("is asked about in no more than its beginning", async () => {
    const asked = detecting({ de: 97 });
    await blockLanguage(LONG.repeat(1_000), "", "en");
    expect(asked[0]!.length).toBeLessThanOrEqual(1_000);
  });

  it("is its page's where the browser has no detector", async () => {
    expect(await blockLanguage(LONG, "", "en")).toBe("en");
  });
});

describe("a page's language", () => {
  it("is that of its text, else what it declares, else English", async () => {
    detecting({ de: 97 });
    expect(await pageLanguage("en", [LONG])).toBe("de");
    expect(await pageLanguage("fr-FR", ["Short."])).toBe("fr");
    expect(await pageLanguage("", [])).toBe("en");
  });

  it("is that of its words where it is a list of names", async () => {
    const detectLanguage = (text: string): Promise<unknown> =>
      Promise.resolve({ isReliable: !/\p{Lu}/u.test(text), languages: [{ language: "pt", percentage: 99 }] });
    vi.stubGlobal("chrome", { ...api, i18n: { ...api.i18n, detectLanguage } });
    const results = Array.from({ length: 40 }, (_, i) => `${i}. Kyle Busch, Joe Gibbs Racing, com volta completa`);
    expect(await pageLanguage("en", results)).toBe("pt");
    expect(await pageLanguage("en", results.slice(0, 3))).toBe("en");
  });

  it("is told from a sample of all of it", async () => {
    const asked = detecting({ en: 99 });
    await pageLanguage("", Array.from({ length: 1_000 }, (_, i) => `${i} ${LONG}`));
    expect(asked[0]!.length).toBeLessThanOrEqual(6_000);
    expect(asked[0]).toContain("\n9");
  });
});

describe("the name of a language", () => {
  it("is the reader's word for it", () => {
    expect(languageName("de-AT")).toBe("German");
    expect(languageName("not a tag!")).toBe("not a tag!");
    expect(languageNames(["de", "fr"])).toBe("German and French");
  });
});
