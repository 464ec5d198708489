/**
 * Which marked sentence is under the pointer.
 *
 * Highlights have no elements and get no events. Where the browser can say which highlights are at a point, it is
 * asked (Chrome 140); elsewhere the caret's place at the point is looked up in our own offsets, and the text's client
 * rectangles then tell a click on the sentence from one in the margin beside it, for which the nearest caret answers.
 */
import type { MarkedKind } from "../shared/kinds.js";
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

/** Newer than TypeScript's own description of the registry. */
interface HighlightsAtPoint {
  highlightsFromPoint?: (x: number, y: number) => { ranges: AbstractRange[] }[];
}

export class HitTest {
  private readonly byRange = new Map<AbstractRange, MarkedSentence>();
  private readonly byNode = new Map<Node, MarkedBlock[]>();

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

  /** The sentence at a point of the viewport, of those whose kind `isShown`. */
  at(x: number, y: number, isShown: (kind: MarkedKind) => boolean): MarkedSentence | null {
    const found = this.fromHighlights(x, y) ?? this.fromCaret(x, y);
    return found !== null && isShown(found.kind) ? found : null;
  }

  private fromHighlights(x: number, y: number): MarkedSentence | null {
    const registry = CSS.highlights as unknown as HighlightsAtPoint;
    if (typeof registry.highlightsFromPoint !== "function") return null;
    for (const { ranges } of registry.highlightsFromPoint(x, y)) {
      for (const range of ranges) {
        const sentence = this.byRange.get(range);
        if (sentence !== undefined) return sentence;
      }
    }
    return null;
  }

  private fromCaret(x: number, y: number): MarkedSentence | null {
    const caret = document.caretPositionFromPoint(x, y);
    if (caret === null) return null;
    const node = caret.offsetNode as Text;
    for (const { map, sentences } of this.byNode.get(node) ?? []) {
      // The caret stands between two characters, and the point may be on either of them.
      for (const side of [caret.offset, caret.offset - 1]) {
        const offset = side < 0 ? null : map.offsetOf(node, side);
        const sentence = offset === null ? null : sentenceAt(sentences, offset);
        if (sentence !== null && rectsOf(sentence).some((rect) => contains(rect, x, y))) return sentence;
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

/** Where a sentence is in the viewport now, one rectangle a line and element. Empty once its text is gone. */
export function rectsOf(sentence: MarkedSentence): DOMRect[] {
  const range = document.createRange();
  return sentence.ranges.flatMap(({ startContainer, startOffset, endContainer, endOffset }) => {
    if (!startContainer.isConnected || !endContainer.isConnected) return [];
    try {
      range.setStart(startContainer, startOffset);
      range.setEnd(endContainer, endOffset);
    } catch {
      return []; // the text became shorter than it was
    }
    return Array.from(range.getClientRects());
  });
}

function contains(rect: DOMRect, x: number, y: number): boolean {
  return x >= rect.left && x <= rect.right && y >= rect.top && y <= rect.bottom;
}
