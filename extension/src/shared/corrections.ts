/**
 * The reader's corrections: sentences that Sayso named wrongly, and what they are.
 *
 * They are kept in `chrome.storage.local` and nowhere else, without the page they are from. Only the extension's own
 * pages and its background may call this: a content script has another origin's locks. The export is the table that
 * `python -m models.evaluate --tsv` reads.
 */
import { isRecord } from "./is-record.js";

/** The guideline's five answers, in the server's words; "opinion" and "fact" are those without the other. */
export const ANSWERS = ["opinion", "fact", "mixed_opinion", "mixed_fact", "other"] as const;
export type Answer = (typeof ANSWERS)[number];

/** The guideline's codes for them. `models.data` takes "opinion" for a label that leaves open whether it is mixed; a code leaves nothing open. */
const CODES: Record<Answer, string> = { opinion: "O", fact: "F", mixed_opinion: "MO", mixed_fact: "MF", other: "X" };

export interface Correction {
  /** Unlike any other's, and the same in each export. */
  id: string;
  sentence: string;
  /** What Sayso said. */
  given: Answer;
  /** What the reader says. */
  right: Answer;
  /** Which model said it, as id@revision; may be empty. */
  model: string;
  /** When, as ISO 8601. */
  at: string;
}

const KEY = "corrections";

/** Longer than any sentence of a page should be; what is longer is not kept. */
const MAX_LENGTH = 5_000;

export function isAnswer(value: unknown): value is Answer {
  return (ANSWERS as readonly unknown[]).includes(value);
}

function parseCorrection(value: unknown): Correction | null {
  if (!isRecord(value)) return null;
  const { id, sentence, given, right, model, at } = value;
  if (typeof id !== "string" || typeof sentence !== "string" || !isAnswer(given) || !isAnswer(right)) return null;
  return { id, sentence, given, right, model: typeof model === "string" ? model : "", at: typeof at === "string" ? at : "" };
}

/** The newest last. */
export async function listCorrections(): Promise<Correction[]> {
  const stored = (await chrome.storage.local.get(KEY))[KEY];
  return Array.isArray(stored) ? stored.map(parseCorrection).filter((each) => each !== null) : [];
}

/** One change after the other, in whichever of the extension's pages: each reads the list and writes it whole. */
async function change(to: (list: Correction[]) => Correction[]): Promise<void> {
  await navigator.locks.request(`sayso:${KEY}`, async () => {
    await chrome.storage.local.set({ [KEY]: to(await listCorrections()) });
  });
}

/** Keeps a correction; a sentence's newest takes the place of an older one. */
export function addCorrection(correction: Omit<Correction, "id" | "at">): Promise<void> {
  if (correction.sentence.length > MAX_LENGTH) return Promise.reject(new RangeError("The sentence is too long to keep."));
  const kept: Correction = { ...correction, id: crypto.randomUUID(), at: new Date().toISOString() };
  return change((list) => [...list.filter(({ sentence }) => sentence !== kept.sentence), kept]);
}

export function removeCorrections(ids: ReadonlySet<string>): Promise<void> {
  return change((list) => list.filter(({ id }) => !ids.has(id)));
}

/** Calls back with the whole list after each change, until the signal says to stop. */
export function onCorrectionsChanged(callback: (list: Correction[]) => void, signal?: AbortSignal): void {
  const listener = (changes: Record<string, chrome.storage.StorageChange>, area: string): void => {
    if (area === "local" && KEY in changes) void listCorrections().then(callback);
  };
  chrome.storage.onChanged.addListener(listener);
  signal?.addEventListener("abort", () => {
    chrome.storage.onChanged.removeListener(listener);
  });
}

/**
 * A table of `id`, `text`, `label` and what else is known, tab-separated and unquoted, as the models' tools read it. `label` is
 * the reader's answer and `given` the model's, both as the guideline's codes.
 */
export function toTsv(list: readonly Correction[]): string {
  const lines = list.map(({ id, sentence, right, given, model, at }) => [id, sentence, CODES[right], CODES[given], model, at].map(cell).join("\t"));
  return [["id", "text", "label", "given", "model", "at"].join("\t"), ...lines, ""].join("\n");
}

/** A cell holds no tab and no end of line. */
function cell(text: string): string {
  return text.replace(/[\t\r\n\v\f\u0085\u2028\u2029]+/g, " ");
}
