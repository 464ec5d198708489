/** The marks in the page: paints passages, takes the paint off, and finds a sentence again under the pointer. */
import { kindOf, type Switches } from "../shared/kinds.js";
import type { SentenceResult } from "../shared/contract.js";
import { Highlighter } from "./highlighter.js";
import { HitTest, type MarkedSentence } from "./hit-test.js";
import { isUnchanged } from "./live-text.js";
import { Pace } from "./pace.js";
import type { Passage } from "./passages.js";

export class Marks {
  private readonly highlighter = new Highlighter();
  private readonly hitTest = new HitTest();

  /**
   * Marks a passage's sentences, where it still says what was asked about; else resolves to false. In pieces, as a page
   * may have ten thousand sentences in one passage.
   */
  async paint(passage: Passage, sentences: readonly SentenceResult[], pace = new Pace()): Promise<boolean> {
    const { map, snapshot } = passage.block;
    if (!isUnchanged(snapshot)) return false;
    const marks: MarkedSentence[] = [];
    passage.marks = marks;
    for (const { start, end, label, confidence, mixed } of sentences) {
      if (pace.isUp) {
        await pace.rest();
        // Taken back while it was being painted?
        if (passage.marks !== marks) return passage.isThere;
      }
      const kind = kindOf({ label, mixed });
      if (kind === "other") continue;
      marks.push({ kind, confidence, start, end, ranges: this.highlighter.add(kind, map.spans(start, end)) });
    }
    this.hitTest.addBlock(map, marks);
    return true;
  }

  /** Before anything else is painted, where it is called when the page changes. */
  erase(passage: Passage): void {
    for (const { kind, ranges } of passage.marks) this.highlighter.delete(kind, ranges);
    this.hitTest.removeBlock(passage.block.map, passage.marks);
    passage.marks = [];
  }

  /** There is marked text in it, perhaps. */
  addShadowRoot(root: ShadowRoot): void {
    this.hitTest.addShadowRoot(root);
  }

  at(page: Document, x: number, y: number): MarkedSentence | null {
    return this.hitTest.at(page, x, y, (kind) => this.highlighter.isShown(kind));
  }

  show(switches: Switches): void {
    this.highlighter.show(switches);
  }

  clear(): void {
    this.highlighter.clear();
  }
}
