/**
 * Cuts a part of the page into blocks of text: paragraphs, list items, cells, quotes, captions, headings.
 *
 * Computed style decides what is a block, not the element's name. A block that holds both text and blocks of its own
 * is split around them, so that no sentence runs from one into the next; around what is out of the line (a float, a note
 * placed in the margin) its text goes on.
 */
import { childrenOf, frameBodyOf, shadowRootOf, type Children } from "./flat-tree.js";
import { snapshot, type Snapshot } from "./live-text.js";
import { ArticleFilter, Tally } from "./prose.js";
import { isNotProse } from "./skipped.js";
import { TextMapBuilder, type TextMap, type WhiteSpace } from "./text-map.js";
import type { StyleReader } from "./element-style.js";

export interface Block {
  /** The element whose text it is: what is scrolled to, and measured for the distance to the viewport. */
  element: Element;
  map: TextMap;
  snapshot: Snapshot;
  /** What a `lang` attribute on the way from the root says of it; empty where none does. */
  lang: string;
}

/** Whether an element is the article's: with its own text, only as the way to descendants that are, or not at all. */
export type Scope = (element: Element) => "own" | "through" | "out";

/** Is given the blocks of one walk in their order, and says which may now pass; see `ArticleFilter`. */
export type BlockFilter = Pick<ArticleFilter, "pass">;

export interface CollectOptions {
  scope: Scope;
  style: StyleReader;
  /** Keep only blocks that look like prose: for a page on which no article was found. */
  proseOnly: boolean;
  /** Which of the blocks are kept: by default, those that are the article's by what they say. */
  filter?: () => BlockFilter;
  /** Is told of each shadow root and each frame's document that was gone into. */
  onTree?: (root: ShadowRoot | Document) => void;
}

interface Frame {
  element: Element;
  children: Children;
  /** Its text is taken: in scope and visible. */
  taken: boolean;
  whiteSpace: WhiteSpace;
  flow: "inline" | "block" | "apart";
  lang: string;
  link: Element | null;
  inCode: boolean;
  inFrame: boolean;
}

/** Text that is being put together, and what is known of it so far. */
interface Line {
  owner: { element: Element; lang: string };
  builder: TextMapBuilder;
  tally: Tally;
  /** Keep it only if it looks like prose. */
  proseOnly: boolean;
}

/** All blocks under `root`, in document order, at once. */
export function* collectBlocks(root: Element, options: CollectOptions): Generator<Block, void, void> {
  for (const block of walkBlocks(root, options)) if (block !== null) yield block;
}

/**
 * Yields the blocks under `root` in document order, and null now and then where there are none: at each the caller may
 * pause, as no text is half put together then. A loop with a stack of its own, as pages can be nested deeper than a call
 * stack.
 */
export function* walkBlocks(root: Element, options: CollectOptions): Generator<Block | null, void, void> {
  const found: Block[] = [];
  const filter = options.filter?.() ?? new ArticleFilter();
  const newLine = (owner: Line["owner"], proseOnly: boolean): Line => {
    const line: Line = {
      owner,
      proseOnly,
      tally: new Tally(),
      builder: new TextMapBuilder((map) => {
        found.push(...filter.pass({ ...line.owner, map, snapshot: snapshot(map) }, line.tally, line.proseOnly));
        line.tally.reset();
      }),
    };
    return line;
  };

  let line = newLine({ element: root, lang: "" }, options.proseOnly);
  /** Lines that go on after what is out of them. */
  const outer: Line[] = [];
  const stack: Frame[] = [];

  const enter = (element: Element, flow: Frame["flow"], taken: boolean, whiteSpace: WhiteSpace): void => {
    const parent = stack.at(-1);
    const shadow = shadowRootOf(element);
    if (shadow !== null) options.onTree?.(shadow);
    const frameBody = frameBodyOf(element);
    if (frameBody !== null) options.onTree?.(frameBody.ownerDocument);
    const frame: Frame = {
      element,
      children: childrenOf(element, shadow),
      taken,
      whiteSpace,
      // Where no text has begun there is none to go on with.
      flow: flow === "apart" && line.builder.isEmpty && frameBody === null ? "block" : flow,
      lang: flow === "inline" ? (parent?.lang ?? "") : (element.getAttribute("lang") ?? parent?.lang ?? ""),
      link: element.localName === "a" ? element : (parent?.link ?? null),
      inCode: parent?.inCode === true || CODE.has(element.localName),
      inFrame: parent?.inFrame === true || frameBody !== null,
    };
    stack.push(frame);
    if (frame.flow === "apart") {
      outer.push(line);
      // A frame may be anything: an advertisement, a game, a form.
      line = newLine({ element, lang: frame.lang }, options.proseOnly || frame.inFrame);
    } else if (frame.flow === "block") {
      line.builder.finish();
      line.owner = { element, lang: frame.lang };
    }
    if (frame.children.isOtherTree) line.builder.addGap();
  };

  const leave = (frame: Frame): void => {
    if (frame.children.isOtherTree) line.builder.addGap();
    if (frame.flow === "inline") return;
    line.builder.finish();
    if (frame.flow === "apart") {
      line = outer.pop() ?? line;
      line.builder.addGap();
      return;
    }
    const block = stack.findLast((around) => around.flow !== "inline");
    if (block !== undefined) line.owner = { element: block.element, lang: block.lang };
  };

  const rootStyle = options.style(root);
  enter(root, "block", options.scope(root) === "own" && rootStyle.visible, rootStyle.whiteSpace);

  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    if (line.builder.isEmpty && outer.every(({ builder }) => builder.isEmpty)) {
      if (found.length > 0) yield* found.splice(0);
      else yield null;
    }
    const node = frame.children.next();
    if (node === null) {
      stack.pop();
      leave(frame);
    } else if (isText(node)) {
      if (frame.children.isOtherTree) line.builder.addGap();
      if (frame.taken) {
        line.tally.add(node.data, frame);
        line.builder.addText(node, frame.whiteSpace);
      } else if (node.data.trim() !== "") {
        line.builder.addGap();
      }
    } else if (isElement(node)) {
      if (node.localName === "br") {
        line.builder.addBreak();
        continue;
      }
      const scope = options.scope(node);
      const isFrame = frameBodyOf(node) !== null;
      const isLeftOut = scope === "out" || (isNotProse(node) && !isFrame);
      const style = options.style(node);
      if (isLeftOut || style.flow === "none") {
        // A block parts what is around it; something in the line leaves a gap in the line.
        if (style.flow === "block") line.builder.finish();
        else line.builder.addGap();
        continue;
      }
      enter(node, isFrame ? "apart" : style.flow, scope === "own" && style.visible, style.whiteSpace);
    }
  }
  yield* found;
}

const CODE = new Set(["code", "kbd", "samp"]);

/** `instanceof` would ask for this window's constructors, which in Firefox are not the page's. */
function isText(node: Node): node is Text {
  return node.nodeType === 3 || node.nodeType === 4;
}

function isElement(node: Node): node is Element {
  return node.nodeType === 1;
}
