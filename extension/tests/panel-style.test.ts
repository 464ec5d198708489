/** The panel's and the card's colours, light and dark, as far as contrast goes (WCAG 1.4.3 and 1.4.11). */
import { readFileSync } from "node:fs";
import { interpolate, wcagContrast, type Color } from "culori";
import { describe, expect, it } from "vitest";

const CSS = readFileSync(new URL("../src/content/panel.css", import.meta.url), "utf8");

/** A custom property as it is in the light and in the dark. */
function colour(name: string): [string, string] {
  const value = new RegExp(`--${name}: ([^;]+);`).exec(CSS)?.[1] ?? "";
  const both = /light-dark\((#\w+), (#\w+)\)/.exec(value);
  return both === null ? [value, value] : [both[1]!, both[2]!];
}

/** How much of its colour the heaviest word's shade has. */
const SHADE = Number(/var\(--weight, [\d.]+\) \* (\d+)%/.exec(CSS)?.[1]) / 100;

describe.each([
  ["light", 0],
  ["dark", 1],
] as const)("in the %s", (_, scheme) => {
  const of = (name: string): string => colour(name)[scheme];

  it.each([
    ["ink", "surface"],
    ["ink", "raised"],
    ["quiet", "surface"],
    ["quiet", "raised"],
    ["on-accent", "accent"],
  ])("text of %s on %s has 4.5:1", (text, ground) => {
    expect(wcagContrast(of(text), of(ground))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(["accent", "edge", "opinion", "fact"])("what a control is seen by, %s, has 3:1", (name) => {
    expect(wcagContrast(of(name), of("surface"))).toBeGreaterThanOrEqual(3);
  });

  it("a word with the strongest shade can be read", () => {
    const shaded: Color = interpolate([of("surface"), of("accent")], "rgb")(SHADE);
    expect(SHADE).toBeGreaterThan(0);
    expect(wcagContrast(of("ink"), shaded)).toBeGreaterThanOrEqual(4.5);
  });
});
