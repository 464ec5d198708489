/**
 * Which blocks are asked about next: those nearest to what the reader is looking at, in small batches.
 *
 * The first batch is a few paragraphs, so that the first marks appear after one short run of the model; later ones grow
 * to what keeps the server busy. Blocks follow each other down the page, so the one at the viewport is found by
 * bisection and the next nearest are its neighbours: a batch measures as many blocks as it takes and a few more, however
 * long the page is. Where they do not follow each other (columns, floats), the order is a little off and nothing else.
 */

export interface Queued {
  text: string;
  /** Its place among all blocks of the page. */
  order: number;
  /** Where it is in the viewport now. */
  place: () => Place;
}

export interface Place {
  top: number;
  bottom: number;
}

const FIRST_BATCH_CHARS = 1_200;
const LARGEST_BATCH_CHARS = 9_600;
/** Far below the server's limit of blocks, whatever it is set to. */
const LARGEST_BATCH_BLOCKS = 200;

export class BlockQueue<B extends Queued> {
  /** In the order of the page. */
  private waiting: B[] = [];
  private batchChars = FIRST_BATCH_CHARS;

  get size(): number {
    return this.waiting.length;
  }

  add(blocks: readonly B[]): void {
    this.waiting.push(...blocks);
    this.waiting.sort((a, b) => a.order - b.order);
  }

  /** Takes out what is no longer to be asked about. */
  keep(isWanted: (block: B) => boolean): void {
    this.waiting = this.waiting.filter(isWanted);
  }

  /** Small batches again: after a failure or a change, first marks are what is waited for. */
  startSmall(): void {
    this.batchChars = FIRST_BATCH_CHARS;
  }

  /** The next batch, nearest first; empty when all have been taken. A block larger than a batch goes alone. */
  take(viewportHeight: number): B[] {
    const batch: B[] = [];
    let chars = 0;
    const { waiting } = this;
    const distance = (block: B | undefined): number => (block === undefined ? Infinity : distanceToViewport(block.place(), viewportHeight));
    let below = firstBelow(waiting);
    let above = below - 1;
    let distanceBelow = distance(waiting[below]);
    let distanceAbove = distance(waiting[above]);
    while (batch.length < LARGEST_BATCH_BLOCKS) {
      const isBelow = distanceBelow <= distanceAbove;
      const block = waiting[isBelow ? below : above];
      if (block === undefined || (batch.length > 0 && chars + block.text.length > this.batchChars)) break;
      batch.push(block);
      chars += block.text.length;
      if (isBelow) distanceBelow = distance(waiting[++below]);
      else distanceAbove = distance(waiting[--above]);
    }
    this.waiting.splice(above + 1, below - above - 1); // what lies between the two ends is what was taken
    this.batchChars = Math.min(LARGEST_BATCH_CHARS, this.batchChars * 2);
    return batch;
  }
}

/** The first block that does not end above the viewport. */
function firstBelow(blocks: readonly Queued[]): number {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const block = blocks[middle];
    if (block !== undefined && block.place().bottom < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Pixels between a block and the viewport, along the page; 0 where they meet. */
export function distanceToViewport(rect: Place, viewportHeight: number): number {
  if (rect.bottom < 0) return -rect.bottom;
  if (rect.top > viewportHeight) return rect.top - viewportHeight;
  return 0;
}
