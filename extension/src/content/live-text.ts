/**
 * Whether a block's text is still on the page as it was when it was read.
 *
 * A page may change at any time, also between the question and the answer. Offsets into changed text would mark the
 * wrong words, so a block that changed is not marked, and read again.
 */
import type { TextMap } from "./text-map.js";

/**
 * What stood between a block's first and last text node: every text node, those that were left out included. One list
 * for each tree that the block has text in: that of the document, those of shadow roots.
 */
export interface Snapshot {
  trees: readonly { nodes: readonly Text[]; data: readonly string[] }[];
}

/** Taken when the block is read, before anything else runs. */
export function snapshot(map: TextMap): Snapshot {
  const byTree = new Map<Node, Text[]>();
  for (const node of map.nodes()) {
    const root = node.getRootNode();
    const nodes = byTree.get(root);
    if (nodes === undefined) byTree.set(root, [node]);
    else nodes.push(node);
  }
  const trees = Array.from(byTree.values(), (nodes) => {
    // Slots may show a tree's nodes in another order than its own.
    if (byTree.size > 1) nodes.sort((a, b) => (a.compareDocumentPosition(b) & FOLLOWING ? -1 : 1));
    const between = textNodesBetween(nodes[0], nodes.at(-1));
    return { nodes: between, data: between.map((node) => node.data) };
  });
  return { trees };
}

/** The same nodes in the same order with the same data: nothing changed, moved, came in or went. */
export function isUnchanged({ trees }: Snapshot): boolean {
  return trees.every(({ nodes, data }) => {
    const first = nodes[0];
    // The nodes of a frame that has gone are still in their document, but that is in no window.
    if (first?.isConnected !== true || first.ownerDocument.defaultView === null) return false;
    const now = textNodesBetween(first, nodes.at(-1), nodes.length + 1);
    return now.length === nodes.length && now.every((node, index) => node === nodes[index] && node.data === data[index]);
  });
}

/** `Node.DOCUMENT_POSITION_FOLLOWING`, and what `NodeFilter` calls its masks. */
const FOLLOWING = 0x4;
const TEXT_AND_CDATA = 0x4 | 0x8;

function textNodesBetween(first: Text | undefined, last: Text | undefined, limit = Infinity): Text[] {
  if (first === undefined || last === undefined) return [];
  const nodes: Text[] = [first];
  if (first === last) return nodes;
  const walker = first.ownerDocument.createTreeWalker(first.getRootNode(), TEXT_AND_CDATA);
  walker.currentNode = first;
  while (nodes.at(-1) !== last && nodes.length < limit) {
    const next = walker.nextNode() as Text | null;
    if (next === null) break;
    nodes.push(next);
  }
  return nodes;
}
