/**
 * Reads what the reader has selected, in place of the article: its blocks, cut to the selection, whatever they are.
 *
 * The selection is kept as a live range, which the browser keeps right while the page changes, so that what is marked
 * does not depend on what is selected later.
 */
import { walkBlocks, type BlockFilter } from "./blocks.js";
import { computedElementStyle } from "./element-style.js";
import { snapshot } from "./live-text.js";
import type { Pace } from "./pace.js";
import type { Look } from "./page-text.js";
import type { Passage, Passages } from "./passages.js";

/** The reader's choice stands: nothing in it is left out for not reading like an article. */
const ALL: BlockFilter = { pass: (block) => [block] };

/** A copy of what is selected in the page, or null where nothing is, as in a field. */
export function selectedRange(page: Document): Range | null {
  const selection = page.getSelection();
  if (selection === null || selection.rangeCount === 0 || selection.isCollapsed) return null;
  return selection.getRangeAt(0).cloneRange();
}

export class SelectedText {
  readonly root: Element | null;
  private hasLooked = false;

  constructor(
    private readonly range: Range,
    private readonly passages: Passages,
    private readonly onTree: (root: ShadowRoot | Document) => void,
  ) {
    const around = range.commonAncestorContainer;
    this.root = around.nodeType === Node.ELEMENT_NODE ? (around as Element) : around.parentElement;
  }

  /** Can a change to this element concern the selected text? */
  concerns(element: Element): boolean {
    return !this.isInTree(element) || this.range.intersectsNode(element);
  }

  /** Looks at the selected part of the page. Null where the signal says to stop meanwhile. */
  async look(pace: Pace, heldStill: () => boolean, signal: AbortSignal): Promise<Look | null> {
    const seen = new Set<Passage>();
    const fresh: Passage[] = [];
    const options = {
      scope: (element: Element) => (this.concerns(element) ? ("own" as const) : ("out" as const)),
      style: computedElementStyle,
      proseOnly: false,
      filter: () => ALL,
      onTree: this.onTree,
    };
    for (const block of this.root?.isConnected === true ? walkBlocks(this.root, options) : []) {
      if (pace.isUp) {
        await pace.rest();
        if (signal.aborted) return null;
      }
      const map = block?.map.within(this.range);
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
    const gone = heldStill() ? [...this.passages].filter((passage) => !seen.has(passage)) : [];
    const isAnotherArticle = !this.hasLooked;
    this.hasLooked = true;
    return { fresh, gone, isAnotherArticle };
  }

  /** What is in a shadow tree or a frame within the selection is in the selection. */
  private isInTree(element: Element): boolean {
    return element.getRootNode() === this.range.startContainer.getRootNode();
  }
}
