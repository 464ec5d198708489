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
  /** How many units of the node it takes: `length`, but 1 for a ligature, which the text has as letters. */
  size: number;
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

/**
 * Shown as nothing: soft hyphen, zero-width space, word joiner and invisible operators, byte order mark, and what sets
 * the direction of writing. Joiners stay: emoji need them.
 */
const INVISIBLE = /[\u00AD\u200B\u200E\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFF]+/y;
/** One character of a page for several letters, which the model knows as letters only. */
const LIGATURES: Record<string, string> = { "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st" };
/** A no-break space is white space that CSS never collapses; the others are collapsible in its sense. */
const NO_BREAK_SPACE = "\u00A0";
const WHITE_SPACE = /[ \t\n\r\f\u00A0]/y;
/** All else, a run at a time, as most of a page is this. */
const ORDINARY = /[^ \t\n\r\f\u00A0\u00AD\u200B\u200E\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFFﬀ-ﬆ]+/y;

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

  /** Where it begins. */
  start(): { node: Text; offset: number } | undefined {
    return this.segments[0];
  }

  /** The same text from the same places, with gaps in the same places. */
  equals(other: TextMap): boolean {
    const { segments } = other;
    if (this.text !== other.text || this.segments.length !== segments.length) return false;
    const gaps = (segments[0]?.gaps ?? 0) - (this.segments[0]?.gaps ?? 0);
    return this.segments.every((mine, index) => {
      const its = segments[index];
      return its?.node === mine.node && its.offset === mine.offset && its.start === mine.start && its.length === mine.length && its.gaps - mine.gaps === gaps;
    });
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
      const isWhole = segment.size !== segment.length;
      const from = segment.offset + (isWhole ? 0 : Math.max(0, start - segment.start));
      const to = segment.offset + (isWhole ? segment.size : Math.min(segment.size, end - segment.start));
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

  /** What of the text lies in a range of the page; null where nothing does. */
  within(range: Range): TextMap | null {
    const isInTree = (node: Node): boolean => node.getRootNode() === range.startContainer.getRootNode();
    const inside: Segment[] = [];
    for (const segment of this.segments) {
      const { node, offset, size } = segment;
      // A shadow tree in the range is inside of it as a whole.
      const isWhole = !isInTree(node) || (range.intersectsNode(node) && node !== range.startContainer && node !== range.endContainer);
      const from = isWhole ? offset : node === range.startContainer ? Math.max(offset, range.startOffset) : range.intersectsNode(node) ? offset : offset + size;
      const to = isWhole || node !== range.endContainer ? offset + size : Math.min(offset + size, range.endOffset);
      if (from >= to) continue;
      const isCut = size === segment.length; // a ligature is taken as a whole
      inside.push(isCut ? { ...segment, start: segment.start + from - offset, length: to - from, offset: from, size: to - from } : segment);
    }
    const [first, last] = [inside[0], inside.at(-1)];
    if (first === undefined || last === undefined) return null;
    const stretch = this.text.slice(first.start, last.start + last.length);
    const text = stretch.trim();
    if (text === "") return null;
    const start = first.start + stretch.indexOf(text);
    const end = start + text.length;
    const segments = inside.flatMap((segment) => {
      const [from, to] = [Math.max(start, segment.start), Math.min(end, segment.start + segment.length)];
      if (from >= to) return [];
      if (segment.size !== segment.length) return [{ ...segment, start: segment.start - start }];
      return [{ ...segment, start: from - start, length: to - from, offset: segment.offset + from - segment.start, size: to - from }];
    });
    return new TextMap(text, segments);
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
 * newlines in a row (`<br><br>`, a blank line in a `pre-wrap`) are seen.
 */
export class TextMapBuilder {
  private text = "";
  private segments: Segment[] = [];
  private pending: PendingSpace[] = [];
  private gaps = 0;

  /** `onBlock` gets each finished text; blank ones are not finished texts. */
  constructor(private readonly onBlock: (map: TextMap) => void) {}

  /** Nothing has been begun: the block before is finished, and no text of the next is there. */
  get isEmpty(): boolean {
    return this.text === "";
  }

  addText(node: Text, whiteSpace: WhiteSpace): void {
    const { data } = node;
    const run = (pattern: RegExp, offset: number): number => {
      pattern.lastIndex = offset;
      return pattern.test(data) ? pattern.lastIndex : offset;
    };
    for (let offset = 0; offset < data.length; ) {
      const after = run(ORDINARY, offset);
      if (after > offset) {
        this.settlePending();
        this.append(data.slice(offset, after), node, offset, after - offset, this.gaps);
        offset = after;
        continue;
      }
      const char = data.charAt(offset);
      const letters = LIGATURES[char];
      if (letters !== undefined) {
        this.settlePending();
        this.append(letters, node, offset, 1, this.gaps);
      } else if (run(WHITE_SPACE, offset) > offset) {
        this.addSpace(char, node, offset, whiteSpace);
      } else {
        offset = run(INVISIBLE, offset);
        continue;
      }
      offset += 1;
    }
  }

  private addSpace(char: string, node: Text, offset: number, whiteSpace: WhiteSpace): void {
    const isBreak = char === "\n" && whiteSpace !== "collapse";
    const isKept = char === NO_BREAK_SPACE || isBreak || whiteSpace === "preserve";
    this.pending.push({ char: isKept ? char : " ", node, offset, collapsible: !isKept, gaps: this.gaps });
    if (isBreak) this.finishAtBlankLine();
  }

  /** A `<br>`: a newline in the text that is no character of the page. */
  addBreak(): void {
    this.pending.push({ char: "\n", node: null, offset: 0, collapsible: false, gaps: this.gaps });
    this.finishAtBlankLine();
  }

  /** Two newlines in a row part two blocks rather than two lines. */
  private finishAtBlankLine(): void {
    if (this.pending.filter(isBreak).length > 1) this.finish();
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
    if (this.text === "") return;
    const breaks = pending.filter(isBreak);
    const kept = breaks.length === 1 ? breaks : pending.filter((space) => !space.collapsible);
    for (const space of kept.length > 0 ? kept : pending.slice(0, 1)) {
      this.append(space.char, space.node, space.offset, 1, space.gaps);
    }
  }

  private append(text: string, node: Text | null, offset: number, size: number, gaps: number): void {
    const start = this.text.length;
    this.text += text;
    if (node === null) return;
    const last = this.segments.at(-1);
    if (
      last?.node === node &&
      last.gaps === gaps &&
      last.size === last.length &&
      size === text.length &&
      last.start + last.length === start &&
      last.offset + last.size === offset
    ) {
      last.length += size;
      last.size += size;
      return;
    }
    this.segments.push({ start, length: text.length, node, offset, size, gaps });
  }
}

function isBreak(space: PendingSpace): boolean {
  return space.char === "\n" && !space.collapsible;
}
