/** A sentence's kind and how sure of it the model is, in words. */
import type { Kind } from "../shared/kinds.js";
import { percent, sureness, type Sureness } from "../shared/confidence.js";
import { t, type MessageName } from "../shared/i18n.js";

const KIND_NAME: Record<Kind, MessageName> = {
  opinion: "kindOpinion",
  fact: "kindFact",
  "mixed-opinion": "kindMixedOpinion",
  "mixed-fact": "kindMixedFact",
  other: "kindNeither",
};

const SURE_NAME: Record<Sureness, MessageName> = {
  very: "sureVery",
  fairly: "sureFairly",
  somewhat: "sureSomewhat",
  barely: "sureBarely",
};

export function kindText(kind: Kind): string {
  return t(KIND_NAME[kind]);
}

/** "very sure, 93 %" */
export function surenessText(confidence: number): string {
  return t("cardSure", t(SURE_NAME[sureness(confidence)]), percent(confidence));
}
