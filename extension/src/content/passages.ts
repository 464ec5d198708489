/**
 * The passages of text that are on the page now: what each is, what is known of it, and where it is.
 *
 * A passage is a block as it was read once. It never changes: when its text does, it goes, and what stands in its place
 * is another passage. All that the panel counts is counted here, as passages come, get their answers, and go.
 */
import type { SentenceResult } from "../shared/contract.js";
import type { Block } from "./blocks.js";
import { frameOffset } from "./frame-offset.js";
import type { MarkedSentence } from "./hit-test.js";
import { isUnchanged } from "./live-text.js";
import type { Place, Queued } from "./queue.js";

/** What became of a question about a text; where `isPartial` the rest of it is still to come. */
export type Outcome = { sentences: SentenceResult[]; isPartial?: true } | { failed: string } | { foreign: string };

export class Passage implements Queued {
  outcome: Outcome | null = null;
  order = 0;
  /** What is painted of it. */
  marks: MarkedSentence[] = [];
  /** On the page, as far as is known. */
  isThere = true;

  constructor(
    readonly id: string,
    readonly block: Block,
  ) {}

  get text(): string {
    return this.block.map.text;
  }

  /** Nothing more is to come of it. */
  get isConcluded(): boolean {
    return this.outcome !== null && !("isPartial" in this.outcome);
  }

  place(): Place {
    if (!this.isThere) return { top: 0, bottom: 0 }; // with the frame that it was in, perhaps, of which nothing can be asked
    const first = this.block.map.start();
    if (first === undefined) return this.block.element.getBoundingClientRect();
    const { y } = frameOffset(first.node.ownerDocument);
    const range = first.node.ownerDocument.createRange();
    range.setStart(first.node, Math.min(first.offset, first.node.length));
    const last = this.block.map.nodes().at(-1);
    if (last?.getRootNode() === first.node.getRootNode()) range.setEnd(last, last.length);
    const { top, bottom } = range.getBoundingClientRect();
    return { top: top + y, bottom: bottom + y };
  }
}

export class Passages {
  private readonly all = new Set<Passage>();
  /** By each text node between their first and last, and by the element whose text they are. */
  private readonly byNode = new Map<Node, Set<Passage>>();
  private readonly byText = new Map<string, Set<Passage>>();
  private serial = 0;

  chars = 0;
  /** Characters that are done with, those of failed passages included. */
  charsDone = 0;
  failed = 0;
  /** Of passages left alone, by language. */
  readonly foreign = new Map<string, number>();

  get size(): number {
    return this.all.size;
  }

  [Symbol.iterator](): Iterator<Passage> {
    return this.all.values();
  }

  /** The passage that a block is, if it is known: the same text, from the same places. */
  find(block: Block): Passage | undefined {
    for (const passage of this.byText.get(block.map.text) ?? []) if (passage.block.map.equals(block.map)) return passage;
    return undefined;
  }

  add(block: Block): Passage {
    const passage = new Passage(`b${this.serial++}`, block);
    this.all.add(passage);
    for (const key of keysOf(passage)) put(this.byNode, key, passage);
    put(this.byText, passage.text, passage);
    this.chars += passage.text.length;
    return passage;
  }

  remove(passage: Passage): void {
    if (!this.all.delete(passage)) return;
    this.count(passage, -1);
    passage.isThere = false;
    for (const key of keysOf(passage)) drop(this.byNode, key, passage);
    drop(this.byText, passage.text, passage);
    this.chars -= passage.text.length;
  }

  withText(text: string): Passage[] {
    return [...(this.byText.get(text) ?? [])];
  }

  /** Those with this text that have no answer, or only a part of it. */
  waitingFor(text: string): Passage[] {
    return this.withText(text).filter(({ isConcluded }) => !isConcluded);
  }

  conclude(passage: Passage, outcome: Outcome | null): void {
    this.count(passage, -1);
    passage.outcome = outcome;
    this.count(passage, 1);
  }

  /** Those that changes to the page may concern and that are no longer what they were. */
  changedBy(records: readonly MutationRecord[]): Set<Passage> {
    const concerned = new Set<Passage>();
    const concern = (node: Node): void => {
      for (const passage of this.byNode.get(node) ?? []) concerned.add(passage);
    };
    for (const { type, target, removedNodes, addedNodes } of records) {
      if (type === "characterData") concern(target);
      if (type !== "childList") continue;
      for (const node of removedNodes) this.concernTree(node, concern);
      if (addedNodes.length > 0) {
        // The text around it belongs to the nearest element around it that owns any.
        let owner: Node | null = target;
        while (owner !== null && !this.byNode.has(owner)) owner = owner.parentNode;
        if (owner !== null) concern(owner);
      }
    }
    for (const passage of concerned) if (isUnchanged(passage.block.snapshot)) concerned.delete(passage);
    return concerned;
  }

  private concernTree(top: Node, concern: (node: Node) => void): void {
    concern(top);
    if (top.firstChild === null) return;
    const walker = (top.ownerDocument ?? document).createTreeWalker(top, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_CDATA_SECTION);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) concern(node);
  }

  private count(passage: Passage, sign: 1 | -1): void {
    const { outcome, text } = passage;
    if (outcome === null) return;
    this.charsDone += sign * ("isPartial" in outcome ? charsOf(outcome.sentences) : text.length);
    if ("failed" in outcome) this.failed += sign;
    else if ("foreign" in outcome) this.foreign.set(outcome.foreign, (this.foreign.get(outcome.foreign) ?? 0) + sign);
  }
}

function charsOf(sentences: readonly SentenceResult[]): number {
  return sentences.reduce((sum, { start, end }) => sum + end - start, 0);
}

function keysOf(passage: Passage): Set<Node> {
  const { element, snapshot } = passage.block;
  return new Set<Node>([element, ...snapshot.trees.flatMap(({ nodes }) => nodes)]);
}

function put<K>(map: Map<K, Set<Passage>>, key: K, passage: Passage): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([passage]));
  else set.add(passage);
}

function drop<K>(map: Map<K, Set<Passage>>, key: K, passage: Passage): void {
  const set = map.get(key);
  set?.delete(passage);
  if (set?.size === 0) map.delete(key);
}
