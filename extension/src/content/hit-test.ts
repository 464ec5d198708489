/**
 * Which marked sentence is under the pointer.
 *
 * Highlights have no elements and get no events. Where the browser can say which highlights are at a point, it is
 * asked (Chrome 140); elsewhere the caret's place at the point is looked up in our own offsets, and the text's client
 * rectangles then tell a click on the sentence from one in the margin beside it, for which the nearest caret answers.
 */
import type { MarkedKind } from "../shared/kinds.js";
import { isDead } from "./flat-tree.js";
import { frameOffset } from "./frame-offset.js";
import type { TextMap } from "./text-map.js";

export interface MarkedSentence {
  kind: MarkedKind;
  confidence: number;
  /** Offsets in its block's text. */
  start: number;
  end: number;
  ranges: readonly StaticRange[];
}

interface MarkedBlock {
  map: TextMap;
  /** In the order of their offsets. */
  sentences: readonly MarkedSentence[];
}

/** Without them the browsers stop at a shadow host. */
interface IntoShadow {
  shadowRoots: ShadowRoot[];
}

/** Newer than TypeScript's own description of the registry. */
interface HighlightsAtPoint {
  highlightsFromPoint?: (x: number, y: number, options: IntoShadow) => { ranges: AbstractRange[] }[];
}

export class HitTest {
  private readonly byRange = new Map<AbstractRange, MarkedSentence>();
  private readonly byNode = new Map<Node, MarkedBlock[]>();
  private readonly shadowRoots = new Set<ShadowRoot>();

  /** There is marked text in it, perhaps. */
  addShadowRoot(root: ShadowRoot): void {
    this.shadowRoots.add(root);
  }

  addBlock(map: TextMap, sentences: readonly MarkedSentence[]): void {
    for (const sentence of sentences) {
      for (const range of sentence.ranges) this.byRange.set(range, sentence);
    }
    const block = { map, sentences: [...sentences].sort((a, b) => a.start - b.start) };
    for (const node of map.nodes()) this.byNode.set(node, [...(this.byNode.get(node) ?? []), block]);
  }

  removeBlock(map: TextMap, sentences: readonly MarkedSentence[]): void {
    for (const sentence of sentences) for (const range of sentence.ranges) this.byRange.delete(range);
    for (const node of map.nodes()) {
      const left = (this.byNode.get(node) ?? []).filter((block) => block.map !== map);
      if (left.length === 0) this.byNode.delete(node);
      else this.byNode.set(node, left);
    }
  }

  /** The sentence at a point of a document's viewport, of those whose kind `isShown`. */
  at(page: Document, x: number, y: number, isShown: (kind: MarkedKind) => boolean): MarkedSentence | null {
    const found = this.fromHighlights(page, x, y) ?? this.fromCaret(page, x, y);
    return found !== null && isShown(found.kind) ? found : null;
  }

  private get intoShadow(): IntoShadow {
    return { shadowRoots: [...this.shadowRoots].filter((root) => !isDead(root) && root.isConnected) };
  }

  private fromHighlights(page: Document, x: number, y: number): MarkedSentence | null {
    const registry = page.defaultView?.CSS.highlights as unknown as HighlightsAtPoint | undefined;
    if (typeof registry?.highlightsFromPoint !== "function") return null;
    for (const { ranges } of registry.highlightsFromPoint(x, y, this.intoShadow)) {
      for (const range of ranges) {
        const sentence = this.byRange.get(range);
        if (sentence !== undefined) return sentence;
      }
    }
    return null;
  }

  private fromCaret(page: Document, x: number, y: number): MarkedSentence | null {
    const caret = page.caretPositionFromPoint(x, y, this.intoShadow);
    if (caret === null) return null;
    const offset = frameOffset(page);
    const node = caret.offsetNode as Text;
    for (const { map, sentences } of this.byNode.get(node) ?? []) {
      // The caret stands between two characters, and the point may be on either of them.
      for (const side of [caret.offset, caret.offset - 1]) {
        const place = side < 0 ? null : map.offsetOf(node, side);
        const sentence = place === null ? null : sentenceAt(sentences, place);
        if (sentence !== null && rectsOf(sentence).some((rect) => contains(rect, x + offset.x, y + offset.y))) return sentence;
      }
    }
    return null;
  }
}

/** Binary search: the sentence that holds an offset, if one does. */
export function sentenceAt<S extends { start: number; end: number }>(sentences: readonly S[], offset: number): S | null {
  let low = 0;
  let high = sentences.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const sentence = sentences[middle];
    if (sentence === undefined) return null;
    if (offset < sentence.start) high = middle - 1;
    else if (offset >= sentence.end) low = middle + 1;
    else return sentence;
  }
  return null;
}

/** Where a sentence is in the page's viewport now, one rectangle a line and element. Empty once its text is gone. */
export function rectsOf({ ranges }: Pick<MarkedSentence, "ranges">): DOMRect[] {
  return ranges.flatMap(({ startContainer, startOffset, endContainer, endOffset }) => {
    if (isDead(startContainer)) return [];
    const page = startContainer.ownerDocument;
    if (page === null || !startContainer.isConnected || !endContainer.isConnected) return [];
    const range = page.createRange();
    const { x, y } = frameOffset(page);
    try {
      range.setStart(startContainer, startOffset);
      range.setEnd(endContainer, endOffset);
    } catch {
      return []; // the text became shorter than it was
    }
    return Array.from(range.getClientRects(), (rect) => new DOMRect(rect.x + x, rect.y + y, rect.width, rect.height));
  });
}

function contains(rect: DOMRect, x: number, y: number): boolean {
  return x >= rect.left && x <= rect.right && y >= rect.top && y <= rect.bottom;
}
