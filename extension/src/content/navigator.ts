/**
 * From mark to mark: which is the current one, and the way to the next, to the one before, and to any place in the text.
 * The page scrolls there, and for a moment it is shown which sentence is meant.
 */
import { isSame, rangesOf, NO_FINDINGS, type Finding, type Findings, type PlacedPassage } from "./findings.js";
import { rectsOf } from "./hit-test.js";
import { scrollToText, type Band } from "./scroll-to.js";
import { Spotlight } from "./spotlight.js";

/** A window's share from which on the panel leaves no room beside it. */
const WIDE_PANEL = 0.6;

export class Navigator {
  /** The mark that the reader last went to. */
  current: Finding | null = null;
  private readonly spotlight: Spotlight;
  private findings: Findings = NO_FINDINGS;

  constructor(
    root: ShadowRoot,
    /** Where the panel is in the window: what lies below it cannot be seen. */
    private readonly covered: () => DOMRect,
  ) {
    this.spotlight = new Spotlight(root);
  }

  open(): void {
    this.spotlight.open();
  }

  hide(): void {
    this.spotlight.hide();
  }

  render(findings: Findings): void {
    this.findings = findings;
  }

  /** The mark after or before the current one; null at the end. */
  neighbour(by: 1 | -1): Finding | null {
    return neighbour(this.findings.marked, this.current, by, topOf, window.innerHeight);
  }

  goTo(finding: Finding): void {
    this.current = finding;
    this.spotlight.show(this.bringIntoView(finding));
  }

  /** Scrolls to a sentence; gives where it is. */
  bringIntoView({ passage, sentence: { start, end } }: Finding): readonly StaticRange[] {
    const ranges = rangesOf(passage, start, end);
    scrollToText({ ranges }, this.freeBand());
    return ranges;
  }

  /** To a place in the text, from 0 to 1. */
  jump(share: number): void {
    const { passages, chars } = this.findings;
    const offset = Math.min(chars - 1, Math.floor(share * chars));
    const placed = passages.findLast((each) => each.offset <= offset);
    if (placed === undefined) return;
    const start = offset - placed.offset;
    scrollToText({ ranges: rangesOf(placed.passage, start, start + 1) }, this.freeBand());
  }

  /** What of the text is in the window, from 0 to 1; null where there is no text. */
  view(): { from: number; to: number } | null {
    const { passages, chars } = this.findings;
    if (chars === 0) return null;
    const first = firstInView(passages);
    let after = first;
    while (after < passages.length && (passages[after]?.passage.place().top ?? Infinity) < window.innerHeight) after += 1;
    return { from: offsetAt(passages, first, 0) / chars, to: offsetAt(passages, after - 1, window.innerHeight) / chars };
  }

  /** The part of the window's height that the panel leaves free, where it leaves nothing beside it. */
  private freeBand(): Band {
    const { top, bottom, width } = this.covered();
    const whole = { top: 0, bottom: window.innerHeight };
    if (width < WIDE_PANEL * window.innerWidth) return whole;
    const [above, below] = [{ top: 0, bottom: top }, { top: bottom, bottom: whole.bottom }];
    const larger = above.bottom - above.top >= below.bottom - below.top ? above : below;
    return larger.bottom - larger.top < whole.bottom / 4 ? whole : larger;
  }
}

/**
 * The finding `by` away from the current one, also where that is no mark any more, as after a correction; from where the
 * reader is on the page, where there is none or they have gone elsewhere. `topOf` is where a finding is in the window. Null at either end.
 */
export function neighbour(
  findings: readonly Finding[],
  current: Finding | null,
  by: 1 | -1,
  topOf: (finding: Finding) => number,
  windowHeight: number,
): Finding | null {
  const top = current?.passage.isThere === true ? topOf(current) : NaN;
  if (current !== null && top >= 0 && top <= windowHeight) {
    const index = firstThat(findings, (finding) => !isBefore(finding, current));
    const isThere = isSame(findings[index] ?? null, current);
    return findings[by === -1 ? index - 1 : isThere ? index + 1 : index] ?? null;
  }
  const first = firstThat(findings, (finding) => topOf(finding) >= 0);
  return findings[by === 1 ? first : first - 1] ?? null;
}

/** In the order of the page. */
function isBefore(one: Finding, other: Finding): boolean {
  return one.passage === other.passage ? one.sentence.start < other.sentence.start : one.passage.order < other.passage.order;
}

/** The index of the first passage that does not end above the window. */
export function firstInView(passages: readonly PlacedPassage[]): number {
  return firstThat(passages, ({ passage }) => passage.place().bottom >= 0);
}

/** By bisection, as they follow each other down the page: where the condition holds, it holds for all that follow. */
function firstThat<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && !holds(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function topOf({ passage, sentence: { start, end } }: Finding): number {
  return rectsOf({ ranges: rangesOf(passage, start, end) })[0]?.top ?? passage.place().top;
}

/** How far into the text a height of the window is: the lines of a passage are taken to be of the same length. */
function offsetAt(passages: readonly PlacedPassage[], index: number, height: number): number {
  const placed = passages[Math.max(0, Math.min(passages.length - 1, index))];
  if (placed === undefined) return 0;
  const { top, bottom } = placed.passage.place();
  const share = bottom > top ? (height - top) / (bottom - top) : 0;
  return placed.offset + Math.max(0, Math.min(1, share)) * placed.passage.text.length;
}
