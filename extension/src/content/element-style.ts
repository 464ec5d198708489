/** What blocks.ts needs to know of an element's computed style; an interface, so that tests can do without layout. */
import type { WhiteSpace } from "./text-map.js";

export interface ElementStyle {
  /** "none" also for content that exists but is folded away, or that only a screen reader gets. */
  flow: "none" | "inline" | "block";
  /** `visibility`: a hidden element's descendants may be visible again, so this concerns its own text alone. */
  visible: boolean;
  whiteSpace: WhiteSpace;
}

export type StyleReader = (element: Element) => ElementStyle;

/** A letter or two that a page floats out of its word (a drop cap). */
const DROP_CAP_LENGTH = 3;

/**
 * Reads the computed style.
 *
 * Edge cases: a float or an absolutely placed element is a block to CSS even inside a word, so a drop cap would part
 * its word; a few letters that float stay in the line. Text clipped to a pixel for screen readers is not on the page
 * that a reader sees and cannot be marked.
 */
export const computedElementStyle: StyleReader = (element) => {
  const style = getComputedStyle(element);
  return {
    flow: flowOf(element, style),
    visible: style.visibility === "visible",
    whiteSpace: whiteSpaceOf(style),
  };
};

function flowOf(element: Element, style: CSSStyleDeclaration): ElementStyle["flow"] {
  const { display } = style;
  if (display === "none" || style.contentVisibility === "hidden" || isClippedAway(style)) return "none";
  if (display === "contents" || display.startsWith("inline") || display.startsWith("ruby")) return "inline";
  if (style.float !== "none" && element.textContent.trim().length <= DROP_CAP_LENGTH) return "inline";
  return "block";
}

/** The "visually hidden" recipe in its usual forms: out of the flow, and clipped to nothing or to a pixel. */
function isClippedAway(style: CSSStyleDeclaration): boolean {
  if (style.position !== "absolute" && style.position !== "fixed") return false;
  if (/^rect\((0|1)px, (0|1)px, (0|1)px, (0|1)px\)$/.test(style.getPropertyValue("clip"))) return true;
  if (/^inset\((50|100)%/.test(style.clipPath)) return true;
  return style.overflow === "hidden" && parseFloat(style.width) <= 1 && parseFloat(style.height) <= 1;
}

function whiteSpaceOf(style: CSSStyleDeclaration): WhiteSpace {
  const { whiteSpace } = style;
  if (whiteSpace.startsWith("pre-line") || whiteSpace.startsWith("preserve-breaks")) return "preserve-breaks";
  if (whiteSpace.startsWith("pre") || whiteSpace.startsWith("break-spaces")) return "preserve";
  return "collapse";
}
