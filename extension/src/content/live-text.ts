/**
 * Whether a block's text is still on the page as it was when it was read.
 *
 * A page may change between the question and the answer. Offsets into changed text would mark the wrong words, so a
 * block that changed is left unmarked.
 */
import type { TextMap } from "./text-map.js";

/** What stood between a block's first and last text node: every text node, those that were left out included. */
export interface Snapshot {
  nodes: readonly Text[];
  data: readonly string[];
}

/** Taken when the block is read, before anything else runs. */
export function snapshot(map: TextMap): Snapshot {
  const nodes = map.nodes();
  const between = textNodesBetween(nodes[0], nodes.at(-1));
  return { nodes: between, data: between.map((node) => node.data) };
}

/** The same nodes in the same order with the same data: nothing changed, moved, came in or went. */
export function isUnchanged({ nodes, data }: Snapshot): boolean {
  const first = nodes[0];
  if (first?.isConnected !== true) return false;
  const now = textNodesBetween(first, nodes.at(-1), nodes.length + 1);
  return now.length === nodes.length && now.every((node, index) => node === nodes[index] && node.data === data[index]);
}

function textNodesBetween(first: Text | undefined, last: Text | undefined, limit = Infinity): Text[] {
  if (first === undefined || last === undefined) return [];
  const walker = document.createTreeWalker(first.getRootNode(), NodeFilter.SHOW_TEXT | NodeFilter.SHOW_CDATA_SECTION);
  walker.currentNode = first;
  const nodes: Text[] = [first];
  while (nodes.at(-1) !== last && nodes.length < limit) {
    const next = walker.nextNode() as Text | null;
    if (next === null) break;
    nodes.push(next);
  }
  return nodes;
}
