/**
 * The server's HTTP contract, v1, as far as the extension uses it, with a check for every shape that comes back.
 *
 * A server on this port need not be Sayso's, and a Sayso server need not be this version's: an answer that does not
 * have the shape is refused here and never reaches the page.
 */
import type { Answer } from "./corrections.js";
import { LABELS, type Label } from "./kinds.js";
import { isRecord } from "./is-record.js";

/** What is sent: a block of the page's text. `text` must be well-formed Unicode (`toWellFormed()`). */
export interface TextBlock {
  id: string;
  text: string;
}

export interface ModelName {
  id: string;
  revision: string;
}

/** One classified sentence; `start` and `end` are UTF-16 offsets in its block's text. */
export interface SentenceResult {
  start: number;
  end: number;
  label: Label;
  confidence: number;
  mixed: boolean;
  /** What the reader has said it is. Never the server's: the background adds it (`withCorrections`). */
  corrected?: Answer;
}

/** A word of a sentence, in UTF-16 offsets, and what leaving it out takes from the confidence: -1 to 1. */
export interface WordWeight {
  start: number;
  end: number;
  weight: number;
}

/**
 * A block's answer; `failed` where the server could not do this block alone. A `partial` one has the sentences that are
 * answered so far, and another answer follows with all of them, the same ones among them.
 */
export type BlockResult = { id: string; sentences: SentenceResult[]; partial?: true } | { id: string; failed: string };

/** The last line of a stream. A stream that ends without it was cut off. */
export interface DoneLine {
  done: true;
  model: ModelName | null;
}

/** The last line of a stream that the server had to give up. */
export interface BrokenLine {
  broken: ErrorBody;
}

export interface Health {
  version: string;
  api: string;
  status: "loading" | "ready";
  model: ModelName | null;
}

export interface ErrorBody {
  code: string;
  message: string;
  hint: string;
}

function isLabel(value: unknown): value is Label {
  return (LABELS as readonly unknown[]).includes(value);
}

function parseSentence(value: unknown): SentenceResult | null {
  if (!isRecord(value)) return null;
  const { start, end, label, confidence, mixed } = value;
  if (!Number.isInteger(start) || !Number.isInteger(end)) return null;
  if ((start as number) < 0 || (end as number) <= (start as number)) return null;
  if (!isLabel(label) || typeof confidence !== "number" || !(confidence >= 0 && confidence <= 1.000001)) return null;
  return { start: start as number, end: end as number, label, confidence, mixed: mixed === true };
}

export function parseModel(value: unknown): ModelName | null {
  if (!isRecord(value) || typeof value.id !== "string") return null;
  return { id: value.id, revision: typeof value.revision === "string" ? value.revision : "" };
}

/** A line of the stream, or null where it is neither a block nor an end. */
export function parseLine(value: unknown): BlockResult | DoneLine | BrokenLine | null {
  if (!isRecord(value)) return null;
  if (value.done === true) return { done: true, model: parseModel(value.model) };
  const { id, sentences } = value;
  if (typeof id !== "string") {
    const broken = parseError(value);
    return broken === null ? null : { broken };
  }
  if (isRecord(value.error)) {
    const message = value.error.message;
    return { id, failed: typeof message === "string" ? message : "" };
  }
  if (!Array.isArray(sentences)) return null;
  const parsed = sentences.map(parseSentence);
  if (parsed.includes(null)) return null;
  return { id, sentences: parsed as SentenceResult[], ...(value.partial === true ? { partial: true } : {}) };
}

/** `GET /health` of a Sayso server; null for anything else that may listen on the port. */
export function parseHealth(value: unknown): Health | null {
  if (!isRecord(value) || value.name !== "sayso") return null;
  const { version, api, status } = value;
  if (typeof version !== "string" || typeof api !== "string") return null;
  if (status !== "loading" && status !== "ready") return null;
  return { version, api, status, model: parseModel(value.model) };
}

/** The contract's one error shape; null says that whatever answered is not a Sayso server (or broke badly). */
export function parseError(value: unknown): ErrorBody | null {
  if (!isRecord(value) || !isRecord(value.error)) return null;
  const { code, message, hint } = value.error;
  if (typeof code !== "string" || typeof message !== "string") return null;
  return { code, message, hint: typeof hint === "string" ? hint : "" };
}

/** `POST /v1/explain`: the words of a sentence of this length, in order. */
export function parseExplanation(value: unknown, length: number): WordWeight[] | null {
  if (!isRecord(value) || !Array.isArray(value.words)) return null;
  const words: WordWeight[] = [];
  let after = 0;
  for (const word of value.words as unknown[]) {
    if (!isRecord(word)) return null;
    const { start, end, weight } = word;
    if (!Number.isInteger(start) || !Number.isInteger(end) || typeof weight !== "number" || !(Math.abs(weight) <= 1.000001)) return null;
    if ((start as number) < after || (end as number) <= (start as number) || (end as number) > length) return null;
    after = end as number;
    words.push({ start: start as number, end: after, weight });
  }
  return words;
}
