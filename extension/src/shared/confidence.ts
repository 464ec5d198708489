/** How sure the model is, in words: a number alone reads as a grade, a word alone hides how close a call it was. */

export type Sureness = "very" | "fairly" | "somewhat" | "barely";

/**
 * The word for a calibrated confidence. Of three labels the largest is at least 1/3, so "barely" is the range in
 * which another label was nearly, or together with the third was, as likely.
 */
export function sureness(confidence: number): Sureness {
  if (confidence >= 0.9) return "very";
  if (confidence >= 0.75) return "fairly";
  if (confidence >= 0.55) return "somewhat";
  return "barely";
}

/** Whole per cent, never 100: a classifier is not certain, and 0.996 must not round to a promise. */
export function percent(confidence: number): number {
  return Math.min(99, Math.max(0, Math.round(confidence * 100)));
}
