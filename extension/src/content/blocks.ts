/**
 * Cuts a part of the page into blocks of text: paragraphs, list items, cells, quotes, captions, headings.
 *
 * Computed style decides what is a block, not the element's name. A block that holds both text and blocks of its own
 * is split around them, so that no sentence runs from one into the next.
 */
import { ArticleFilter, Tally } from "./prose.js";
import { isNotProse } from "./skipped.js";
import { TextMapBuilder, type TextMap, type WhiteSpace } from "./text-map.js";
import type { StyleReader } from "./element-style.js";

export interface Block {
  id: string;
  /** The element whose text it is: what is scrolled to, and measured for the distance to the viewport. */
  element: Element;
  map: TextMap;
}

/** Whether an element is the article's: with its own text, only as the way to descendants that are, or not at all. */
export type Scope = (element: Element) => "own" | "through" | "out";

export interface CollectOptions {
  scope: Scope;
  style: StyleReader;
  /** Whether text in this language (a `lang` attribute's value) is read. */
  readsLanguage: (lang: string) => boolean;
  /** Keep only blocks that look like prose: for a page on which no article was found. */
  proseOnly: boolean;
}

interface Frame {
  element: Element;
  next: ChildNode | null;
  /** Its text is taken: in scope and visible. */
  taken: boolean;
  whiteSpace: WhiteSpace;
  isBlock: boolean;
  link: Element | null;
  inCode: boolean;
}

/**
 * Yields the blocks under `root` in document order. A generator, so that the caller can pause on a long page; a loop
 * with a stack of its own, as pages can be nested deeper than a call stack.
 */
export function* collectBlocks(root: Element, options: CollectOptions): Generator<Block, void, void> {
  const found: Block[] = [];
  let serial = 0;
  let owner = root;
  const article = new ArticleFilter();
  const tally = new Tally();
  const builder = new TextMapBuilder((map) => {
    found.push(...article.pass({ id: `b${serial++}`, element: owner, map }, tally, options.proseOnly));
    tally.reset();
  });

  const stack: Frame[] = [];
  const enter = (element: Element, isBlock: boolean, taken: boolean, whiteSpace: WhiteSpace): void => {
    const parent = stack.at(-1);
    if (isBlock) builder.finish();
    if (isBlock) owner = element;
    stack.push({
      element,
      next: element.firstChild,
      taken,
      whiteSpace,
      isBlock,
      link: element.localName === "a" ? element : (parent?.link ?? null),
      inCode: parent?.inCode === true || CODE.has(element.localName),
    });
  };
  const rootStyle = options.style(root);
  enter(root, true, options.scope(root) === "own" && rootStyle.visible, rootStyle.whiteSpace);

  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const node = frame.next;
    if (node === null) {
      stack.pop();
      if (frame.isBlock) {
        builder.finish();
        owner = stack.findLast((outer) => outer.isBlock)?.element ?? root;
      }
      yield* found.splice(0);
      continue;
    }
    frame.next = node.nextSibling;
    if (isText(node)) {
      if (frame.taken) {
        tally.add(node.data, frame);
        builder.addText(node, frame.whiteSpace);
      } else if (node.data.trim() !== "") {
        builder.addGap();
      }
    } else if (isElement(node)) {
      if (node.localName === "br") {
        builder.addBreak();
        continue;
      }
      const scope = options.scope(node);
      const style = scope === "out" || isNotProse(node) ? null : options.style(node);
      if (style === null) {
        // Left out of the text. A block parts what is around it; something in the line leaves a gap in the line.
        if (options.style(node).flow === "block") builder.finish();
        else builder.addGap();
        continue;
      }
      if (style.flow === "none") {
        builder.addGap();
        continue;
      }
      const isBlock = style.flow === "block";
      if (isBlock && isForeign(node, options)) {
        builder.finish();
        continue;
      }
      enter(node, isBlock, scope === "own" && style.visible, style.whiteSpace);
    }
  }
}

const CODE = new Set(["code", "kbd", "samp"]);

/** `instanceof` would ask for this window's constructors, which in Firefox are not the page's. */
function isText(node: Node): node is Text {
  return node.nodeType === 3 || node.nodeType === 4;
}

function isElement(node: Node): node is Element {
  return node.nodeType === 1;
}

/** A whole block in another language. A foreign word in an English sentence stays part of its sentence. */
function isForeign(element: Element, options: CollectOptions): boolean {
  const lang = element.getAttribute("lang");
  return lang !== null && lang !== "" && !options.readsLanguage(lang);
}
