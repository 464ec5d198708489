/**
 * Paints sentences with the CSS Custom Highlight API, which leaves the page's elements alone.
 *
 * The registry is the page's too: it can list our ranges, but kinds, scores and text stay in this world's objects.
 * Everything is kept in Maps of our own, because in a Firefox content script each iteration over a `Highlight` or the
 * registry throws. A frame's document has a registry of its own.
 */
import { MARKED_KINDS, highlightName, isShown, type MarkedKind, type Switches } from "../shared/kinds.js";
import type { StyleMessage } from "../shared/protocol.js";
import { isDead } from "./flat-tree.js";
import type { Span } from "./text-map.js";

type Registry = typeof CSS.highlights;

/** A document's own registry, and what is in it of ours. */
interface Painted {
  registry: Registry;
  highlights: Map<MarkedKind, Highlight>;
}

/** What is added, taken back, and found again by a hit test. */
export function rangesOf(spans: readonly Span[]): StaticRange[] {
  return spans.map(({ startNode, startOffset, endNode, endOffset }) => {
    return new StaticRange({ startContainer: startNode, startOffset, endContainer: endNode, endOffset });
  });
}

export class Highlighter {
  private readonly byDocument = new Map<Document, Painted>();
  private switches: Switches = { opinion: true, fact: true };

  constructor() {
    // Every kind, those without sentences too: what an orphaned content script painted is replaced by it.
    this.paintedIn(document);
  }

  add(kind: MarkedKind, ranges: readonly StaticRange[]): void {
    for (const range of ranges) {
      const page = range.startContainer.ownerDocument;
      if (page !== null) this.paintedIn(page)?.highlights.get(kind)?.add(range);
    }
  }

  /** Takes marks back. */
  delete(kind: MarkedKind, ranges: readonly StaticRange[]): void {
    for (const range of ranges) {
      const page = range.startContainer.ownerDocument;
      if (page !== null) this.byDocument.get(page)?.highlights.get(kind)?.delete(range);
    }
  }

  /** Shows and hides kinds; nothing is asked or built anew. */
  show(switches: Switches): void {
    this.switches = { ...switches };
    for (const painted of this.living()) this.register(painted);
  }

  isShown(kind: MarkedKind): boolean {
    return isShown(kind, this.switches);
  }

  clear(): void {
    for (const { registry, highlights } of this.living()) {
      for (const [kind, highlight] of highlights) {
        registry.delete(highlightName(kind));
        highlight.clear();
      }
    }
  }

  /** What a frame had goes with it. */
  private living(): Painted[] {
    for (const page of this.byDocument.keys()) if (isDead(page)) this.byDocument.delete(page);
    return [...this.byDocument.values()];
  }

  private paintedIn(page: Document): Painted | undefined {
    const view = page.defaultView;
    let painted = this.byDocument.get(page);
    if (painted !== undefined || view === null) return painted; // null for a frame that has gone
    painted = { registry: registryOf(page, view), highlights: new Map(MARKED_KINDS.map((kind) => [kind, new view.Highlight()])) };
    this.byDocument.set(page, painted);
    this.register(painted);
    if (page !== document) void askForStyle();
    return painted;
  }

  private register({ registry, highlights }: Painted): void {
    for (const [kind, highlight] of highlights) {
      if (this.isShown(kind)) registry.set(highlightName(kind), highlight);
      else registry.delete(highlightName(kind));
    }
  }
}

/**
 * In a Firefox content script a frame's own `CSS` was seen to give the registry of another frame, or of the page; the one
 * that the frame's scripts see gives the right one.
 */
function registryOf(page: Document, view: Window & typeof globalThis): Registry {
  const { wrappedJSObject: asScriptsSeeIt } = view as { wrappedJSObject?: typeof view };
  return (page === document || asScriptsSeeIt === undefined ? view : asScriptsSeeIt).CSS.highlights;
}

/** The style was put into the page at the click, and into no frame. */
async function askForStyle(): Promise<void> {
  const message: StyleMessage = { type: "sayso:style" };
  await chrome.runtime.sendMessage(message).catch(() => undefined);
}
