/**
 * Which blocks are asked about next: those nearest to what the reader is looking at, in small batches.
 *
 * The first batch is a few paragraphs, so that the first marks appear after one short run of the model; later ones grow
 * to what keeps the server busy. Distances are measured when a batch is taken, as the reader scrolls meanwhile.
 */

export interface Queued {
  id: string;
  text: string;
  /** How far the block is from the viewport, in pixels; 0 where it can be seen. */
  distance: () => number;
}

const FIRST_BATCH_CHARS = 1_200;
const LARGEST_BATCH_CHARS = 9_600;
/** Far below the server's limit of blocks, whatever it is set to. */
const LARGEST_BATCH_BLOCKS = 200;

export class BlockQueue<B extends Queued> {
  /** In document order. */
  private waiting: B[];
  private batchChars = FIRST_BATCH_CHARS;

  constructor(blocks: readonly B[]) {
    this.waiting = [...blocks];
  }

  get size(): number {
    return this.waiting.length;
  }

  /** The next batch, nearest first; empty when all have been taken. A block larger than a batch goes alone. */
  take(): B[] {
    const byDistance = this.waiting
      .map((block, order) => ({ block, order, distance: block.distance() }))
      .sort((a, b) => a.distance - b.distance || a.order - b.order);
    const batch: B[] = [];
    let chars = 0;
    for (const { block } of byDistance) {
      if (batch.length > 0 && chars + block.text.length > this.batchChars) break;
      if (batch.length >= LARGEST_BATCH_BLOCKS) break;
      batch.push(block);
      chars += block.text.length;
    }
    this.batchChars = Math.min(LARGEST_BATCH_CHARS, this.batchChars * 2);
    const taken = new Set(batch);
    this.waiting = this.waiting.filter((block) => !taken.has(block));
    return batch;
  }

  /** Puts back what got no answer. Small batches again: whatever went wrong, first marks are what is waited for. */
  putBack(blocks: readonly B[]): void {
    this.waiting.push(...blocks);
    this.batchChars = FIRST_BATCH_CHARS;
  }
}

/** Pixels between a block and the viewport, along the page; 0 where they meet. */
export function distanceToViewport(rect: { top: number; bottom: number }, viewportHeight: number): number {
  if (rect.bottom < 0) return -rect.bottom;
  if (rect.top > viewportHeight) return rect.top - viewportHeight;
  return 0;
}
