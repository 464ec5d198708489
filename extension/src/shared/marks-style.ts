/**
 * How each kind is painted, as a style sheet made of the reader's settings. The page, the panel's legend and the preview
 * in the options are all painted by it, so they cannot differ.
 *
 * Line style tells the kinds apart: wavy for opinion, straight for a factual claim, two lines for a sentence with both.
 * It is what is left under forced colours, in print and to a colour-blind reader. Tint says it again; of the two mixed
 * kinds, which share style and tint, the line's colour says which way the sentence leans, and the card says it in words.
 * Text keeps its colour.
 */
import { MARKED_KINDS, highlightName, type MarkedKind } from "./kinds.js";
import type { MarkStyle, Palette, Settings } from "./settings.js";

/** What of the settings the look of marks depends on. */
export type Look = Pick<Settings, "markStyle" | "palette">;

export interface Colours {
  /** A line's colour, as #rrggbb. */
  line: string;
  /** A tint's colour, as the three parts of `rgb()`. */
  tint: string;
  /** The line's colour where the surface is known to be dark, as in our own pages and panel. */
  onDark: string;
}

/**
 * The lines are of middling luminance, to be at least 3:1 on white and on dark pages alike, since nothing tells a
 * highlight which of the two it is on. tests/marks-style.test.ts measures that, and how far the colours are apart to
 * readers who lack one kind of cone.
 */
export const PALETTES: Record<Palette, { opinion: Colours; fact: Colours; mixedTint: string }> = {
  "orange-teal": {
    opinion: { line: "#d9480f", tint: "232 89 12", onDark: "#ff8a3d" },
    fact: { line: "#0c8599", tint: "16 152 173", onDark: "#35c6dd" },
    mixedTint: "132 94 247",
  },
  "purple-green": {
    opinion: { line: "#b14acc", tint: "177 74 204", onDark: "#d98bec" },
    fact: { line: "#2b8a3e", tint: "43 138 62", onDark: "#6bcb80" },
    mixedTint: "134 142 150",
  },
  "blue-yellow": {
    opinion: { line: "#1c7ed6", tint: "28 126 214", onDark: "#74b6f5" },
    fact: { line: "#a67c00", tint: "178 137 0", onDark: "#e3b93c" },
    mixedTint: "134 142 150",
  },
};

/** How much of the tint lies over the page: more where there is no line to help it. */
export const TINT_ALPHA: Record<MarkStyle, number> = { both: 0.14, line: 0, tint: 0.26 };

/** Whole pixels: Firefox rounds a line's width down and Chromium to the nearest: 1.25 px was a hair line in both. */
const LINES: Record<MarkedKind, string> = {
  opinion: "wavy 2px",
  fact: "solid 2px",
  "mixed-opinion": "double 1px",
  "mixed-fact": "double 1px",
};

/** The rules for marks in a page. */
export function marksStyle({ markStyle, palette }: Look): string {
  const colours = PALETTES[palette];
  const lean = (kind: MarkedKind): Colours => (kind === "opinion" || kind === "mixed-opinion" ? colours.opinion : colours.fact);
  const isMixed = (kind: MarkedKind): boolean => kind.startsWith("mixed");
  const rules = (declare: (kind: MarkedKind) => string): string =>
    MARKED_KINDS.map((kind) => `::highlight(${highlightName(kind)}) { ${declare(kind)} }`).join("\n");
  const line = (kind: MarkedKind): string => `text-decoration: underline ${LINES[kind]} ${lean(kind).line};`;

  return [
    rules((kind) =>
      [
        markStyle === "line" ? "" : `background-color: rgb(${isMixed(kind) ? colours.mixedTint : lean(kind).tint} / ${TINT_ALPHA[markStyle]});`,
        markStyle === "tint" ? "" : line(kind),
        // Below the place of a link's own underline, which would else be covered: a link in a marked sentence must still
        // look like one where the page gives links no colour of their own. In em, to be as far down in a heading as in
        // small print.
        "text-underline-offset: 0.2em;",
      ].join(" "),
    ),
    // Under forced colours Chromium paints every highlight as selected text: a solid block, with lines in the colour of
    // the text on it. Nothing said here changes that: not system colours, no background, `!important`;
    // `forced-color-adjust` is not a highlight's but its element's (css-pseudo-4), and the page's elements are not ours
    // to restyle. Below the block a line of that colour cannot be seen, so the lines are drawn up into it, where their
    // styles stay apart; there are lines whatever the reader chose, as nothing else is left. Firefox paints no block, and
    // leaves a line out wherever it meets a letter: up there that is nearly everywhere.
    `@media (forced-colors: active) {\n${rules(line)}\n}`,
    `@media (forced-colors: active) { @supports not (-moz-orient: inline) {\n${rules(() => "text-underline-offset: 0;")}\n} }`,
    "",
  ].join("\n");
}

/**
 * The same rules for a legend's samples (`::highlight(sayso-fact)` becomes `.sayso-fact`), and the two colours for whatever
 * else is drawn in them, as `--opinion` and `--fact`.
 */
export function legendStyle(look: Look): string {
  const { opinion, fact } = PALETTES[look.palette];
  const drawn = `--opinion: ${onSurface(opinion)}; --fact: ${onSurface(fact)};`;
  return [
    marksStyle(look).replace(/::highlight\(([\w-]+)\)/g, ".$1"),
    `@media (forced-colors: none) { .panel, .card { ${drawn} } }`,
  ].join("\n");
}

/** A colour for one of our own surfaces, which are light or dark as the reader's system is. */
export function onSurface({ line, onDark }: Colours): string {
  return `light-dark(${line}, ${onDark})`;
}
