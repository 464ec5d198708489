/**
 * What a sentence may be called, and the name under which the browser paints it.
 *
 * The server answers with `label` (opinion, fact or other) and `mixed`; a reader sees one of five kinds. "Fact" is
 * short for *factual claim* throughout: a kind of sentence, never a verdict that it is true.
 */

export const LABELS = ["opinion", "fact", "other"] as const;
export type Label = (typeof LABELS)[number];

/** The kinds that are painted. Everything else stays as the page has it. */
export const MARKED_KINDS = ["opinion", "fact", "mixed-opinion", "mixed-fact"] as const;
export type MarkedKind = (typeof MARKED_KINDS)[number];
export type Kind = MarkedKind | "other";

/**
 * The name of a kind in `CSS.highlights`, which `marks-style` styles and the browser tests read.
 * The registry is shared with the page, hence the prefix.
 */
export function highlightName(kind: MarkedKind): `sayso-${MarkedKind}` {
  return `sayso-${kind}`;
}

/**
 * The kind that a server's answer amounts to.
 *
 * `mixed` can be true while the largest label is `other` (the two mixed classes together beat each single class, but
 * are split between opinion and fact): the label rules then, and nothing is marked.
 */
export function kindOf(answer: { label: Label; mixed: boolean }): Kind {
  if (answer.label === "other") return "other";
  return answer.mixed ? `mixed-${answer.label}` : answer.label;
}

/** Which of the two kinds the reader has switched on. */
export interface Switches {
  opinion: boolean;
  fact: boolean;
}

/**
 * Whether a kind is painted under these switches. A mixed sentence carries both an opinion and a claim, so it stays
 * while either is on: a reader who looks for claims only would otherwise miss those wrapped in a verdict.
 */
export function isShown(kind: MarkedKind, switches: Switches): boolean {
  switch (kind) {
    case "opinion":
      return switches.opinion;
    case "fact":
      return switches.fact;
    case "mixed-opinion":
    case "mixed-fact":
      return switches.opinion || switches.fact;
  }
}

/** How many sentences of each kind; the two mixed kinds are one number, as in the panel. */
export interface Counts {
  opinion: number;
  fact: number;
  mixed: number;
  other: number;
}

export function noCounts(): Counts {
  return { opinion: 0, fact: 0, mixed: 0, other: 0 };
}

/** Counts a sentence in, or, by -1, out again. */
export function countKind(counts: Counts, kind: Kind, by: 1 | -1 = 1): void {
  if (kind === "mixed-opinion" || kind === "mixed-fact") counts.mixed += by;
  else counts[kind] += by;
}
