/**
 * The marks in the page: paints passages, takes the paint off, and finds a sentence again under the pointer.
 *
 * Chromium looks at every range of every highlight again whenever the page's text changes, so where there are very many
 * only those near to what the reader sees are in the registry, and it follows the reader.
 */
import { kindOf, type Switches } from "../shared/kinds.js";
import type { SentenceResult } from "../shared/contract.js";
import { Highlighter, rangesOf } from "./highlighter.js";
import { HitTest, type MarkedSentence } from "./hit-test.js";
import { isUnchanged } from "./live-text.js";
import { Pace } from "./pace.js";
import type { Passage } from "./passages.js";
import { Vicinity } from "./vicinity.js";

/** With this many Chromium takes about 15 ms of each frame for them. */
const MANY = 3_000;

export class Marks {
  private readonly highlighter = new Highlighter();
  private readonly hitTest = new HitTest();
  /** Whether what is painted is in the registry. */
  private readonly painted = new Map<Passage, boolean>();
  private count = 0;
  private readonly vicinity = new Vicinity(this.follow.bind(this));
  private isCrowded = false;

  /**
   * Marks a passage's sentences, where it still says what was asked about; else resolves to false. In pieces, as a page
   * may have ten thousand sentences in one passage.
   */
  async paint(passage: Passage, sentences: readonly SentenceResult[], pace = new Pace()): Promise<boolean> {
    const { map, snapshot } = passage.block;
    if (!isUnchanged(snapshot)) return false;
    const marks: MarkedSentence[] = [];
    passage.marks = marks;
    this.painted.set(passage, !this.isCrowded || this.vicinity.isNear(passage));
    for (const { start, end, label, confidence, mixed } of sentences) {
      if (pace.isUp) {
        await pace.rest();
        // Taken back while it was being painted?
        if (passage.marks !== marks) return passage.isThere;
      }
      const kind = kindOf({ label, mixed });
      if (kind === "other") continue;
      const ranges = rangesOf(map.spans(start, end));
      marks.push({ kind, confidence, start, end, ranges });
      this.count += ranges.length;
      if (this.painted.get(passage) === true) this.highlighter.add(kind, ranges);
    }
    this.hitTest.addBlock(map, marks);
    if (!this.isCrowded && this.count > MANY) {
      this.isCrowded = true;
      this.follow();
    }
    return true;
  }

  /** Before anything else is painted, where it is called when the page changes. */
  erase(passage: Passage): void {
    if (this.painted.get(passage) === true) this.unregister(passage);
    this.painted.delete(passage);
    for (const { ranges } of passage.marks) this.count -= ranges.length;
    this.hitTest.removeBlock(passage.block.map, passage.marks);
    passage.marks = [];
  }

  /** The reader is somewhere else. */
  private follow(): void {
    if (!this.isCrowded) return;
    const near = this.vicinity.near(this.painted.keys());
    for (const [passage, isIn] of this.painted) {
      const isNear = near.has(passage);
      if (isNear === isIn) continue;
      this.painted.set(passage, isNear);
      if (isNear) for (const { kind, ranges } of passage.marks) this.highlighter.add(kind, ranges);
      else this.unregister(passage);
    }
  }

  private unregister({ marks }: Passage): void {
    for (const { kind, ranges } of marks) this.highlighter.delete(kind, ranges);
  }

  /** There is marked text in it, perhaps. */
  addShadowRoot(root: ShadowRoot): void {
    this.hitTest.addShadowRoot(root);
    this.vicinity.watch(root);
  }

  at(page: Document, x: number, y: number): MarkedSentence | null {
    return this.hitTest.at(page, x, y, (kind) => this.highlighter.isShown(kind));
  }

  show(switches: Switches): void {
    this.highlighter.show(switches);
  }

  clear(): void {
    this.vicinity.close();
    this.highlighter.clear();
  }
}
