import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { percent, sureness } from "../src/shared/confidence.js";
import { COUNTED, countedAs, highlightName, isShown, kindOf, noCounts, percentages, total } from "../src/shared/kinds.js";
import { t } from "../src/shared/i18n.js";
import { DEFAULT_SERVER_URL, parseServerUrl } from "../src/shared/settings.js";

describe("how sure", () => {
  it.each([
    [0.34, "barely"],
    [0.55, "somewhat"],
    [0.78, "fairly"],
    [0.9, "very"],
    [1, "very"],
  ] as const)("%d is %s", (confidence, word) => {
    expect(sureness(confidence)).toBe(word);
  });

  it("is never said to be 100 %", () => {
    expect([percent(0.784), percent(0.996), percent(1)]).toEqual([78, 99, 99]);
  });
});

describe("kinds", () => {
  it("follow the label, and mixed leans to it", () => {
    expect(kindOf({ label: "opinion", mixed: false })).toBe("opinion");
    expect(kindOf({ label: "fact", mixed: true })).toBe("mixed-fact");
    expect(kindOf({ label: "opinion", mixed: true })).toBe("mixed-opinion");
    expect(kindOf({ label: "other", mixed: true })).toBe("other");
  });

  it("are painted under the names that other parts rely on", () => {
    expect((["opinion", "fact", "mixed-opinion", "mixed-fact"] as const).map(highlightName)).toEqual([
      "sayso-opinion",
      "sayso-fact",
      "sayso-mixed-opinion",
      "sayso-mixed-fact",
    ]);
  });

  it("are switched on and off; mixed stays while either is on", () => {
    expect(isShown("opinion", { opinion: false, fact: true })).toBe(false);
    expect(isShown("mixed-opinion", { opinion: false, fact: true })).toBe(true);
    expect(isShown("mixed-fact", { opinion: false, fact: false })).toBe(false);
  });

  it("are counted, the mixed ones together", () => {
    expect((["opinion", "mixed-opinion", "mixed-fact", "other"] as const).map(countedAs)).toEqual(["opinion", "mixed", "mixed", "other"]);
  });

  it("have shares in whole per cent, each rounded by itself: what is equal is shown as equal", () => {
    const number = fc.oneof(fc.constant(0), fc.nat(5), fc.nat(20_000));
    fc.assert(
      fc.property(fc.record({ opinion: number, fact: number, mixed: number, other: number, unsure: number }), (counts) => {
        const shares = percentages(counts);
        const all = total(counts);
        for (const one of COUNTED) {
          if (all > 0) expect(Math.abs(shares[one] - (100 * counts[one]) / all)).toBeLessThanOrEqual(0.5);
          for (const other of COUNTED) if (counts[one] <= counts[other]) expect(shares[one]).toBeLessThanOrEqual(shares[other]);
        }
      }),
    );
    expect(percentages({ ...noCounts(), opinion: 4, fact: 4, other: 4 })).toMatchObject({ opinion: 33, fact: 33, other: 33 });
    expect(percentages(noCounts())).toEqual(noCounts());
  });
});

describe("the server's address", () => {
  it.each([
    ["http://127.0.0.1:9000", "http://127.0.0.1:9000"],
    ["http://localhost:9000/", "http://127.0.0.1:9000"],
    ["http://127.0.0.1:9000/path?x", "http://127.0.0.1:9000"],
    ["https://127.0.0.1:9000", DEFAULT_SERVER_URL],
    ["http://example.com", DEFAULT_SERVER_URL],
    ["http://127.0.0.1.example.com", DEFAULT_SERVER_URL],
    ["http://user@127.0.0.1:1", DEFAULT_SERVER_URL],
    ["file:///etc/passwd", DEFAULT_SERVER_URL],
    ["nonsense", DEFAULT_SERVER_URL],
    [undefined, DEFAULT_SERVER_URL],
    [7, DEFAULT_SERVER_URL],
  ])("%s is %s", (setting, url) => {
    expect(parseServerUrl(setting)).toBe(url);
  });
});

describe("words in a page whose extension was reloaded", () => {
  const api = chrome;
  afterEach(() => {
    vi.stubGlobal("chrome", api);
  });

  it("are the English ones, as no other can be had", () => {
    const getMessage = (): never => {
      throw new Error("Extension context invalidated.");
    };
    const before = [t("minimize"), t("cardSure", "very sure", 97)];
    vi.stubGlobal("chrome", { i18n: { getMessage } });
    expect([t("minimize"), t("cardSure", "very sure", 97)]).toEqual(before);
    vi.stubGlobal("chrome", {});
    expect(t("cardSure", "very sure", 97)).toBe("very sure, 97 %");
  });
});
