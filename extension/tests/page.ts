/**
 * A page for the tests, without layout. jsdom computes `display` from its own default style sheet and inline styles
 * only for some elements, so the style a test needs is said here, by element name and by `style` attribute.
 */
import { JSDOM } from "jsdom";
import { collectBlocks, type Block, type CollectOptions } from "../src/content/blocks.js";
import type { StyleReader } from "../src/content/element-style.js";
import type { Span } from "../src/content/text-map.js";

const INLINE = new Set("a abbr b bdi cite code em i kbd mark q s samp slot small span strong sub sup u var wbr x-inline".split(" "));

export const testStyle: StyleReader = (element) => {
  const style = element.getAttribute("style") ?? "";
  const said = (property: string): string | undefined => new RegExp(`(?:^|;)\\s*${property}:\\s*([\\w-]+)`).exec(style)?.[1];
  const display = said("display") ?? (INLINE.has(element.localName) ? "inline" : "block");
  const space = inherited(element, "white-space") ?? "normal";
  return {
    flow: display === "none" ? "none" : said("float") !== undefined ? "apart" : display.startsWith("inline") ? "inline" : "block",
    visible: inherited(element, "visibility") !== "hidden",
    whiteSpace: space === "pre-line" ? "preserve-breaks" : space.startsWith("pre") ? "preserve" : "collapse",
  };
};

function inherited(element: Element, property: string): string | undefined {
  for (let outer: Element | null = element; outer !== null; outer = outer.parentElement) {
    const found = new RegExp(`(?:^|;)\\s*${property}:\\s*([\\w-]+)`).exec(outer.getAttribute("style") ?? "")?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** All text that can be read at all. */
export const EVERYTHING: CollectOptions = {
  scope: () => "own",
  style: testStyle,
  proseOnly: false,
};

export function page(html: string): Document {
  return new JSDOM(html, { url: "http://blog.example/post" }).window.document;
}

export function blocksOf(html: string, options: Partial<CollectOptions> = {}): Block[] {
  return Array.from(collectBlocks(page(html).body, { ...EVERYTHING, ...options }));
}

export function textsOf(html: string, options: Partial<CollectOptions> = {}): string[] {
  return blocksOf(html, options).map((block) => block.map.text);
}

/** What is on the page between the ends of the spans: what a highlight over them paints. */
export function painted(spans: readonly Span[]): string {
  return spans
    .map(({ startNode, startOffset, endNode, endOffset }) => {
      const range = startNode.ownerDocument.createRange();
      range.setStart(startNode, startOffset);
      range.setEnd(endNode, endOffset);
      return range.toString();
    })
    .join("");
}
