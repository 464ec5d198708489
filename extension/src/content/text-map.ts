/**
 * The text of a block as a reader reads it, with the way back from each of its characters to the page.
 *
 * The text is what CSS would lay out: white space collapsed or kept as the style says, `<br>` a newline, characters
 * that show nothing (soft hyphens, zero-width spaces) left out. The way back is a list of segments, each a stretch of
 * one text node that went into the text unchanged.
 */

/** What CSS `white-space-collapse` says of a run of text. */
export type WhiteSpace = "collapse" | "preserve" | "preserve-breaks";

/** `length` UTF-16 units of the block's text, from `start` on, are those of `node` from `offset` on. */
interface Segment {
  start: number;
  length: number;
  node: Text;
  offset: number;
  /**
   * How many gaps lie before it: places where something that is not part of the text (a footnote mark, a formula)
   * stands. Two segments with the same number have none between them.
   */
  gaps: number;
}

/** A stretch of the page, in the terms of `StaticRange`. */
export interface Span {
  startNode: Text;
  startOffset: number;
  endNode: Text;
  endOffset: number;
}

/** Shown as nothing: soft hyphen, zero-width space, word joiner, byte order mark. Joiners stay: emoji need them. */
const INVISIBLE = /[\u00AD\u200B\u2060\uFEFF]/;
/** Collapsible in CSS's sense. A no-break space is white space that CSS never collapses. */
const COLLAPSIBLE = /[ \t\n\r\f]/;
const NO_BREAK_SPACE = "\u00A0";

export class TextMap {
  constructor(
    /** Well-formed even where the page is not: a lone surrogate becomes U+FFFD, which is one unit long as well. */
    readonly text: string,
    private readonly segments: readonly Segment[],
  ) {}

  /** The text nodes that the text was taken from, in document order. */
  nodes(): Text[] {
    return [...new Set(this.segments.map((segment) => segment.node))];
  }

  /**
   * Where `[start, end)` of the text is on the page.
   *
   * One span reaches across links and emphasis; a new one begins after everything that is not in the text, so that
   * what is painted is what was classified and nothing else. Empty where the stretch holds only a `<br>`.
   */
  spans(start: number, end: number): Span[] {
    const spans: Span[] = [];
    let gaps = -1;
    for (let index = this.firstSegmentAfter(start); index < this.segments.length; index++) {
      const segment = this.segments[index];
      if (segment === undefined || segment.start >= end) break;
      const from = segment.offset + Math.max(0, start - segment.start);
      const to = segment.offset + Math.min(segment.length, end - segment.start);
      const last = spans.at(-1);
      if (last !== undefined && segment.gaps === gaps) {
        last.endNode = segment.node;
        last.endOffset = to;
      } else {
        spans.push({ startNode: segment.node, startOffset: from, endNode: segment.node, endOffset: to });
      }
      gaps = segment.gaps;
    }
    return spans;
  }

  /**
   * The offset in the text of a place on the page, or null where the place is in none of its nodes. A character that
   * was left out has the offset of the one before it, as a click on it means that one's sentence.
   */
  offsetOf(node: Text, offset: number): number | null {
    let found: number | null = null;
    for (const segment of this.segments) {
      if (segment.node !== node) continue;
      if (found !== null && segment.offset > offset) break;
      found = segment.start + Math.min(Math.max(0, offset - segment.offset), segment.length - 1);
    }
    return found;
  }

  /** Binary search for the first segment that ends after an offset. */
  private firstSegmentAfter(offset: number): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const segment = this.segments[middle];
      if (segment !== undefined && segment.start + segment.length <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** White space that is not yet in the text: whether and as what it gets there depends on what follows. */
interface PendingSpace {
  char: string;
  node: Text | null;
  offset: number;
  collapsible: boolean;
  gaps: number;
}

/**
 * Puts block texts together, character by character.
 *
 * White space waits in `pending` until something visible follows; that is how it is trimmed at both ends, and how two
 * newlines in a row (`<br><br>`, a blank line in a `pre-wrap`) are seen to part two blocks rather than two lines.
 */
export class TextMapBuilder {
  private text = "";
  private segments: Segment[] = [];
  private pending: PendingSpace[] = [];
  private gaps = 0;

  /** `onBlock` gets each finished text; blank ones are not finished texts. */
  constructor(private readonly onBlock: (map: TextMap) => void) {}

  addText(node: Text, whiteSpace: WhiteSpace): void {
    const { data } = node;
    for (let offset = 0; offset < data.length; offset++) {
      const char = data.charAt(offset);
      if (INVISIBLE.test(char)) continue;
      if (char === NO_BREAK_SPACE) {
        this.pending.push({ char, node, offset, collapsible: false, gaps: this.gaps });
      } else if (COLLAPSIBLE.test(char)) {
        const isBreak = char === "\n" && whiteSpace !== "collapse";
        this.pending.push({
          char: isBreak || whiteSpace === "preserve" ? char : " ",
          node,
          offset,
          collapsible: !isBreak && whiteSpace !== "preserve",
          gaps: this.gaps,
        });
      } else {
        this.settlePending();
        this.append(char, node, offset, this.gaps);
      }
    }
  }

  /** A `<br>`: a newline in the text that is no character of the page. */
  addBreak(): void {
    this.pending.push({ char: "\n", node: null, offset: 0, collapsible: false, gaps: this.gaps });
  }

  /** Something visible is left out here: no span may reach across it. */
  addGap(): void {
    this.gaps += 1;
  }

  /** The block ends. */
  finish(): void {
    this.pending = [];
    if (this.text !== "") this.onBlock(new TextMap(this.text.toWellFormed(), this.segments));
    this.text = "";
    this.segments = [];
  }

  private settlePending(): void {
    const { pending } = this;
    if (pending.length === 0) return;
    this.pending = [];
    const breaks = pending.filter((space) => space.char === "\n" && !space.collapsible);
    if (breaks.length > 1) {
      this.finish();
      return;
    }
    if (this.text === "") return;
    const kept = breaks.length === 1 ? breaks : pending.filter((space) => !space.collapsible);
    for (const space of kept.length > 0 ? kept : pending.slice(0, 1)) {
      this.append(space.char, space.node, space.offset, space.gaps);
    }
  }

  private append(char: string, node: Text | null, offset: number, gaps: number): void {
    const start = this.text.length;
    this.text += char;
    if (node === null) return;
    const last = this.segments.at(-1);
    if (
      last?.node === node &&
      last.gaps === gaps &&
      last.start + last.length === start &&
      last.offset + last.length === offset
    ) {
      last.length += 1;
      return;
    }
    this.segments.push({ start, length: 1, node, offset, gaps });
  }
}
