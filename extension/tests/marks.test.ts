/** The look of the marks, as far as it can be measured without a screen. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MARKED_KINDS, highlightName } from "../src/shared/kinds.js";
import { legendStyle } from "../src/content/legend-style.js";

const CSS = readFileSync(new URL("../src/content/marks.css", import.meta.url), "utf8");

type Rgb = [number, number, number];

function ruleOf(name: string): { tint: Rgb; alpha: number; line: Rgb; style: string } {
  const rule = new RegExp(`::highlight\\(${name}\\) \\{([^}]*)\\}`).exec(CSS)?.[1] ?? "";
  const [, r, g, b, alpha] = /rgb\((\d+) (\d+) (\d+) \/ ([\d.]+)\)/.exec(rule)!;
  const [, style, hex] = /underline (\w+) #(\w{6})/.exec(rule)!;
  const line = [0, 2, 4].map((at) => parseInt(hex!.slice(at, at + 2), 16)) as Rgb;
  return { tint: [Number(r), Number(g), Number(b)], alpha: Number(alpha), line, style: style! };
}

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const over = (top: Rgb, alpha: number, under: Rgb): Rgb => top.map((part, i) => part * alpha + under[i]! * (1 - alpha)) as Rgb;

describe.each(MARKED_KINDS)("the mark of %s", (kind) => {
  const { tint, alpha, line } = ruleOf(highlightName(kind));

  it.each<[string, Rgb]>([
    ["white", [255, 255, 255]],
    ["paper", [250, 249, 245]],
    ["dark", [24, 26, 30]],
    ["black", [0, 0, 0]],
  ])("has a line of 3:1 on %s, tinted or not", (_, page) => {
    expect(contrast(line, page)).toBeGreaterThanOrEqual(3);
    expect(contrast(line, over(tint, alpha, page))).toBeGreaterThanOrEqual(3);
  });

  it("leaves text readable: 4.5:1 for text that had 7:1", () => {
    const white: Rgb = [255, 255, 255];
    expect(contrast([89, 89, 89], over(tint, alpha, white))).toBeGreaterThanOrEqual(4.5);
    expect(contrast([160, 160, 160], over(tint, alpha, [24, 26, 30]))).toBeGreaterThanOrEqual(4.5);
  });
});

describe("the marks", () => {
  it("differ by line style, not by colour alone", () => {
    const styles = MARKED_KINDS.map((kind) => ruleOf(highlightName(kind)).style);
    expect(styles).toEqual(["wavy", "solid", "double", "double"]);
  });

  it("have lines of whole pixels, of which no browser makes a hair line", () => {
    const widths = MARKED_KINDS.map((kind) => /underline \w+ #\w{6} ([\d.]+)px/.exec(CSS.split(`::highlight(${highlightName(kind)}) {`)[1] ?? "")?.[1]);
    expect(widths).toEqual(["2", "2", "1", "1"]);
  });

  it("are the legend's own rules", () => {
    const legend = legendStyle(CSS);
    for (const kind of MARKED_KINDS) expect(legend).toContain(`.${highlightName(kind)} {`);
    expect(legend).not.toContain("::highlight");
  });
});
