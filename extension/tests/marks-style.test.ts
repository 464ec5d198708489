/** The look of the marks, as far as it can be measured without a screen. */
import { readFileSync } from "node:fs";
import {
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  rgb,
  wcagContrast,
  type Rgb,
} from "culori";
import { describe, expect, it } from "vitest";
import { MARKED_KINDS, highlightName, type MarkedKind } from "../src/shared/kinds.js";
import { legendStyle, marksStyle, PALETTES, TINT_ALPHA, type Look } from "../src/shared/marks-style.js";
import { DEFAULT_SETTINGS, MARK_STYLES, PALETTE_NAMES } from "../src/shared/settings.js";

const WHITE = "#ffffff";
const PAGES = { white: WHITE, paper: "#faf9f5", dark: "#181a1e", black: "#000000" };

/** Colour vision as Machado, Oliveira and Fernandes (2009) simulate it, for readers without one of the three cones. */
const READERS: Record<string, (colour: Rgb) => Rgb> = {
  "all cones": (colour) => colour,
  protanopia: filterDeficiencyProt(1),
  deuteranopia: filterDeficiencyDeuter(1),
  tritanopia: filterDeficiencyTrit(1),
};

/** CIEDE2000. 1 is just noticeable side by side; a few units are told apart at a glance. */
const difference = differenceCiede2000();

function rule(look: Look, kind: MarkedKind): Record<string, string> {
  const body = new RegExp(`^::highlight\\(${highlightName(kind)}\\) \\{([^}]*)\\}`, "m").exec(marksStyle(look))?.[1] ?? "";
  return Object.fromEntries(Array.from(body.matchAll(/([\w-]+): ([^;]+);/g), ([, name, value]) => [name!, value!]));
}

function lineOf(look: Look, kind: MarkedKind): Rgb {
  return rgb(/#\w{6}/.exec(rule(look, kind)["text-decoration"]!)![0])!;
}

/** What a page's colour becomes under the tint. */
function tinted(look: Look, kind: MarkedKind, page: string): Rgb {
  const top = rgb(rule(look, kind)["background-color"] ?? "rgb(0 0 0 / 0)")!;
  const under = rgb(page)!;
  const mix = (part: "r" | "g" | "b"): number => top[part] * (top.alpha ?? 1) + under[part] * (1 - (top.alpha ?? 1));
  return { mode: "rgb", r: mix("r"), g: mix("g"), b: mix("b") };
}

const LOOKS = MARK_STYLES.flatMap((markStyle) => PALETTE_NAMES.map((palette) => ({ markStyle, palette })));

describe.each(LOOKS)("the look $markStyle in $palette", (look) => {
  describe.each(MARKED_KINDS)("of %s", (kind) => {
    it.each(Object.entries(PAGES))("has a line of 3:1 on %s, tinted or not", (_, page) => {
      if (look.markStyle === "tint") return;
      expect(wcagContrast(lineOf(look, kind), page)).toBeGreaterThanOrEqual(3);
      expect(wcagContrast(lineOf(look, kind), tinted(look, kind, page))).toBeGreaterThanOrEqual(3);
    });

    it("leaves text readable: 4.5:1 for text that had 7:1", () => {
      expect(wcagContrast("#595959", tinted(look, kind, WHITE))).toBeGreaterThanOrEqual(4.5);
      expect(wcagContrast("#a3a3a3", tinted(look, kind, PAGES.dark))).toBeGreaterThanOrEqual(4.5);
    });
  });

  it.each(Object.entries(READERS))("tells opinion from claim to readers with %s", (_, see) => {
    const apart = (one: Rgb, other: Rgb): number => difference(see(one), see(other));
    if (look.markStyle !== "tint") expect(apart(lineOf(look, "opinion"), lineOf(look, "fact"))).toBeGreaterThan(30);
    if (look.markStyle === "line") return;
    for (const page of [WHITE, PAGES.dark]) {
      const opinion = tinted(look, "opinion", page);
      const fact = tinted(look, "fact", page);
      const mixed = tinted(look, "mixed-fact", page);
      const least = look.markStyle === "tint" ? 14 : 7;
      expect(apart(opinion, fact)).toBeGreaterThan(least);
      // With lines the mixed kinds are told by those; without, by the tint alone.
      if (look.markStyle === "tint") for (const other of [opinion, fact]) expect(apart(mixed, other)).toBeGreaterThan(5);
      if (look.markStyle === "tint") for (const each of [opinion, fact, mixed]) expect(apart(each, rgb(page)!)).toBeGreaterThan(5);
    }
  });
});

describe.each(PALETTE_NAMES)("the colours %s on our own dark surfaces", (palette) => {
  const { opinion, fact } = PALETTES[palette];

  it("can be seen and told apart", () => {
    for (const { onDark } of [opinion, fact]) expect(wcagContrast(onDark, "#1c1f24")).toBeGreaterThanOrEqual(4.5);
    for (const see of Object.values(READERS)) expect(difference(see(rgb(opinion.onDark)!), see(rgb(fact.onDark)!))).toBeGreaterThan(20);
  });

  it("are said to the panel", () => {
    expect(legendStyle({ markStyle: "both", palette })).toContain(`--fact: light-dark(${fact.line}, ${fact.onDark});`);
  });
});

describe("the marks", () => {
  it("differ by line style, not by colour alone, in lines of whole pixels", () => {
    for (const palette of PALETTE_NAMES) {
      const lines = MARKED_KINDS.map((kind) => rule({ markStyle: "both", palette }, kind)["text-decoration"]!.replace(/ #\w+$/, ""));
      expect(lines).toEqual(["underline wavy 2px", "underline solid 2px", "underline double 1px", "underline double 1px"]);
    }
  });

  it("have what the reader asked for and nothing else", () => {
    const properties = (markStyle: Look["markStyle"]): string[] => Object.keys(rule({ markStyle, palette: "blue-yellow" }, "fact"));
    expect(properties("line")).toEqual(["text-decoration", "text-underline-offset"]);
    expect(properties("tint")).toEqual(["background-color", "text-underline-offset"]);
    expect(TINT_ALPHA.line).toBe(0);
  });

  it("have lines under forced colours, whatever the reader asked for", () => {
    for (const look of LOOKS) {
      const forced = marksStyle(look).split("@media (forced-colors: active)")[1]!;
      expect(forced.match(/text-decoration: underline/g)).toHaveLength(MARKED_KINDS.length);
    }
  });

  it("are no two the same in any two looks", () => {
    expect(new Set(LOOKS.map(marksStyle)).size).toBe(LOOKS.length);
    expect(Object.keys(PALETTES)).toEqual([...PALETTE_NAMES]);
  });

  it("are the legend's own rules", () => {
    const legend = legendStyle(DEFAULT_SETTINGS);
    for (const kind of MARKED_KINDS) expect(legend).toContain(`.${highlightName(kind)} {`);
    expect(legend).not.toContain("::highlight");
  });

  it("are those of the server's demo page, which has a file of its own", () => {
    const demo = readFileSync(new URL("../../server/static/marks.css", import.meta.url), "utf8");
    for (const kind of MARKED_KINDS) {
      const { "background-color": tint, "text-decoration": line } = rule(DEFAULT_SETTINGS, kind);
      const body = new RegExp(`^\\.${kind} \\{([^}]*)\\}`, "m").exec(demo)?.[1];
      expect(body).toContain(`background-color: ${tint!};`);
      const [, style, width, colour] = /underline (\w+) (\S+) (\S+)/.exec(line!)!;
      expect(body).toContain(`text-decoration: underline ${style!} ${colour!} ${width!};`);
    }
  });
});
