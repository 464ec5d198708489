/** What blocks.ts needs to know of an element's computed style; an interface, so that tests can do without layout. */
import type { WhiteSpace } from "./text-map.js";

export interface ElementStyle {
  /**
   * "none" also for content that exists but is folded away, or that only a screen reader gets. "apart" is what is taken
   * out of the line (floats, absolutely placed elements): text of its own, around which the line goes on.
   */
  flow: "none" | "inline" | "block" | "apart";
  /** `visibility`: a hidden element's descendants may be visible again, so this concerns its own text alone. */
  visible: boolean;
  whiteSpace: WhiteSpace;
}

export type StyleReader = (element: Element) => ElementStyle;

/** A letter or two that a page floats out of its word (a drop cap). */
const DROP_CAP_LENGTH = 3;

/** Pages put text this far out to keep it from sight. */
const OUT_OF_SIGHT_PX = -900;

/**
 * Reads the computed style.
 *
 * Edge cases: a float is a block to CSS even inside a word, so a drop cap would part its word; a few letters that float
 * stay in the line. Text that is clipped away or put out of sight for screen readers is not on the page that a reader
 * sees and cannot be marked. Transparent text stays: pages fade paragraphs in when they are scrolled to.
 */
export const computedElementStyle: StyleReader = (element) => {
  // Of its own window: another window's computes nothing in a frame.
  const style = (element.ownerDocument.defaultView ?? window).getComputedStyle(element);
  return {
    flow: flowOf(element, style),
    visible: style.visibility === "visible" && style.fontSize !== "0px",
    whiteSpace: whiteSpaceOf(style),
  };
};

function flowOf(element: Element, style: CSSStyleDeclaration): ElementStyle["flow"] {
  const { display } = style;
  if (display === "contents") return "inline";
  if (display === "none" || style.contentVisibility === "hidden" || isClippedAway(style)) return "none";
  if (display.startsWith("inline") || display.startsWith("ruby") || display === "math") return "inline";
  if (style.float !== "none") return element.textContent.trim().length <= DROP_CAP_LENGTH ? "inline" : "apart";
  return isPlaced(style) ? "apart" : "block";
}

function isPlaced({ position }: CSSStyleDeclaration): boolean {
  return position === "absolute" || position === "fixed";
}

/** The usual recipes: clipped to nothing or to a pixel, moved far out, or folded to no height. */
function isClippedAway(style: CSSStyleDeclaration): boolean {
  const clips = style.overflowX !== "visible" || style.overflowY !== "visible";
  if (clips && (parseFloat(style.height) < 1 || parseFloat(style.textIndent) < OUT_OF_SIGHT_PX)) return true;
  if (!isPlaced(style)) return false;
  if (/^rect\((0|1)px, (0|1)px, (0|1)px, (0|1)px\)$/.test(style.getPropertyValue("clip"))) return true;
  if (/^inset\((50|100)%/.test(style.clipPath)) return true;
  if (parseFloat(style.left) < OUT_OF_SIGHT_PX || parseFloat(style.top) < OUT_OF_SIGHT_PX) return true;
  return clips && parseFloat(style.width) <= 1 && parseFloat(style.height) <= 1;
}

function whiteSpaceOf(style: CSSStyleDeclaration): WhiteSpace {
  switch (style.getPropertyValue("white-space-collapse")) {
    case "preserve":
    case "break-spaces":
      return "preserve";
    case "preserve-breaks":
      return "preserve-breaks";
    default: // "collapse", and "preserve-spaces", which makes newlines spaces: as good as collapsed to a reader
      return "collapse";
  }
}
