/**
 * Paints sentences with the CSS Custom Highlight API, which leaves the page's elements alone.
 *
 * The registry is the page's too: it can list our ranges, but kinds, scores and text stay in this world's objects.
 * Everything is kept in Maps of our own, because in a Firefox content script each iteration over a `Highlight` or the
 * registry throws.
 */
import { MARKED_KINDS, highlightName, isShown, type MarkedKind, type Switches } from "../shared/kinds.js";
import type { Span } from "./text-map.js";

export class Highlighter {
  private readonly highlights = new Map<MarkedKind, Highlight>();
  private switches: Switches = { opinion: true, fact: true };

  constructor() {
    // Every kind, those without sentences too: what an orphaned content script painted is replaced by it.
    for (const kind of MARKED_KINDS) this.highlights.set(kind, new Highlight());
    this.register();
  }

  /** Marks the spans and returns the ranges made of them, which are what a hit test finds again. */
  add(kind: MarkedKind, spans: readonly Span[]): StaticRange[] {
    const ranges = spans.map(
      ({ startNode, startOffset, endNode, endOffset }) =>
        new StaticRange({ startContainer: startNode, startOffset, endContainer: endNode, endOffset }),
    );
    const highlight = this.highlights.get(kind);
    for (const range of ranges) highlight?.add(range);
    return ranges;
  }

  /** Takes marks back. */
  delete(kind: MarkedKind, ranges: readonly StaticRange[]): void {
    const highlight = this.highlights.get(kind);
    for (const range of ranges) highlight?.delete(range);
  }

  /** Shows and hides kinds; nothing is asked or built anew. */
  show(switches: Switches): void {
    this.switches = { ...switches };
    this.register();
  }

  isShown(kind: MarkedKind): boolean {
    return isShown(kind, this.switches);
  }

  clear(): void {
    for (const kind of MARKED_KINDS) CSS.highlights.delete(highlightName(kind));
    for (const highlight of this.highlights.values()) highlight.clear();
  }

  private register(): void {
    for (const [kind, highlight] of this.highlights) {
      if (this.isShown(kind)) CSS.highlights.set(highlightName(kind), highlight);
      else CSS.highlights.delete(highlightName(kind));
    }
  }
}
