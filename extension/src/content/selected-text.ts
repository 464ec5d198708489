/**
 * Reads what the reader has selected, in place of the article: its blocks, cut to the selection, whatever they are.
 *
 * The selection is kept as live ranges, which the browser keeps right while the page changes, so that what is marked
 * does not depend on what is selected later. Firefox has several where the reader holds Ctrl, or where something that cannot
 * be selected lies between.
 */
import { walkBlocks, type BlockFilter } from "./blocks.js";
import { computedElementStyle } from "./element-style.js";
import { frameBodies, frameBodyOf, shadowRootOf } from "./flat-tree.js";
import { snapshot } from "./live-text.js";
import type { Pace } from "./pace.js";
import type { Look } from "./page-text.js";
import type { Passage, Passages } from "./passages.js";

/** The reader's choice stands: nothing in it is left out for not reading like an article. */
const ALL: BlockFilter = { pass: (block) => [block] };

/** A copy of what is selected in the page, or in one of its frames; nothing where it is in a field. */
export function selectedRanges(page: Document): Range[] {
  for (const document of documentsOf(page)) {
    const selection = document.getSelection();
    if (selection === null) continue;
    const ranges = Array.from({ length: selection.rangeCount }, (_, index) => selection.getRangeAt(index)).filter(({ collapsed }) => !collapsed);
    if (ranges.length > 0) return ranges.map((range) => range.cloneRange());
  }
  return [];
}

/** Each has a selection of its own: the one with the focus is where the reader has last been. */
function* documentsOf(page: Document): Generator<Document, void, void> {
  yield focusedDocument(page);
  yield page;
  for (const body of frameBodies(page.documentElement)) yield body.ownerDocument;
}

function focusedDocument(page: Document): Document {
  let focused = page;
  for (let active = page.activeElement; active !== null; ) {
    const frame = frameBodyOf(active)?.ownerDocument;
    focused = frame ?? focused;
    active = (frame ?? shadowRootOf(active))?.activeElement ?? null;
  }
  return focused;
}

export class SelectedText {
  private hasLooked = false;

  constructor(
    private readonly ranges: readonly Range[],
    private readonly passages: Passages,
    private readonly onTree: (root: ShadowRoot | Document) => void,
  ) {}

  /** The elements that hold it. */
  get roots(): Element[] {
    return this.ranges.flatMap((range) => rootOf(range) ?? []);
  }

  /** Can a change to this element concern the selected text? */
  concerns(element: Element): boolean {
    const inItsTree = this.ranges.filter((range) => rootOf(range) !== null && isInTree(element, range));
    return inItsTree.length === 0 || inItsTree.some((range) => range.intersectsNode(element));
  }

  /** Looks at the selected part of the page. Null where the signal says to stop meanwhile. */
  async look(pace: Pace, heldStill: () => boolean, signal: AbortSignal): Promise<Look | null> {
    const seen = new Set<Passage>();
    const fresh: Passage[] = [];
    for (const range of this.ranges) {
      const root = rootOf(range);
      if (root === null) continue;
      this.onTree(root.getRootNode() as ShadowRoot | Document);
      const options = {
        scope: (element: Element) => (!isInTree(element, range) || range.intersectsNode(element) ? ("own" as const) : ("out" as const)),
        style: computedElementStyle,
        proseOnly: false,
        filter: () => ALL,
        onTree: this.onTree,
      };
      for (const block of walkBlocks(root, options)) {
        if (pace.isUp) {
          await pace.rest();
          if (signal.aborted) return null;
        }
        const map = block?.map.within(range);
        if (block == null || map == null) continue;
        const cut = { ...block, map, snapshot: snapshot(map) };
        let passage = this.passages.find(cut);
        if (passage === undefined) {
          passage = this.passages.add(cut);
          fresh.push(passage);
        }
        passage.order = seen.size;
        seen.add(passage);
      }
    }
    const gone = heldStill() ? [...this.passages].filter((passage) => !seen.has(passage)) : [];
    const isAnotherArticle = !this.hasLooked;
    this.hasLooked = true;
    return { fresh, gone, isAnotherArticle };
  }
}

/** The element around all of a range; null where it is not on the page any more. */
function rootOf(range: Range): Element | null {
  let around: Node;
  try {
    around = range.commonAncestorContainer;
  } catch {
    return null; // dead with its frame, as `isDead` says of nodes
  }
  const root = around.nodeType === 1 ? (around as Element) : around.parentElement; // a frame's nodes are not of this window
  // What a frame that has gone had is still in its document, but that is in no window.
  return root?.isConnected === true && root.ownerDocument.defaultView !== null ? root : null;
}

/** What is in a shadow tree or a frame within the range is in the range. */
function isInTree(element: Element, range: Range): boolean {
  return element.getRootNode() === range.startContainer.getRootNode();
}
