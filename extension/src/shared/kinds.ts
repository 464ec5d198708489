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

/**
 * What a sentence counts as: the two mixed kinds are one number, as in the panel, and one that the model is less sure
 * about than the reader asks for counts as none of the kinds.
 */
export const COUNTED = ["opinion", "fact", "mixed", "other", "unsure"] as const;
export type Counted = (typeof COUNTED)[number];
export type Counts = Record<Counted, number>;

export function noCounts(): Counts {
  return { opinion: 0, fact: 0, mixed: 0, other: 0, unsure: 0 };
}

export function countedAs(kind: Kind): Counted {
  return kind === "mixed-opinion" || kind === "mixed-fact" ? "mixed" : kind;
}

export function total(counts: Counts): number {
  return COUNTED.reduce((sum, name) => sum + counts[name], 0);
}

/** Whole per cent of the total, each rounded by itself: equal counts have equal shares, and the sum may miss 100. All 0 of nothing. */
export function percentages(counts: Counts): Counts {
  const all = total(counts);
  const shares = noCounts();
  if (all > 0) for (const name of COUNTED) shares[name] = Math.round((100 * counts[name]) / all);
  return shares;
}
