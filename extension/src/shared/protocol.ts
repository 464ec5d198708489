/**
 * Every message between the background and a page's content script, and the checks each side makes on arrival.
 *
 * Two channels: single messages for the toolbar click, and one port a reading, whose messages also keep a Chromium
 * worker alive. Neither side trusts the other's version: after an update an old content script may still be there.
 */
import { parseExplanation, parseLine, parseModel, type BlockResult, type ModelName, type TextBlock, type WordWeight } from "./contract.js";
import { isAnswer, type Answer } from "./corrections.js";
import { isRecord } from "./is-record.js";
import type { Readable } from "./readable.js";
import type { TextFile } from "./save-file.js";

/** The port on which a page's text is analysed. It is open while there is work and closing it aborts the work. */
export const ANALYZE_PORT = "sayso:analyze";

// --- single messages ------------------------------------------------------------------------------------------------

/** What of a page is to be marked. */
export type Scope = "page" | "selection";

/**
 * Background to content script: the toolbar button was clicked, which turns the marks on or off; or, with a scope, that
 * much is to be marked, whatever is marked now.
 */
export interface ToggleMessage {
  type: "sayso:toggle";
  scope?: Scope;
  /** The reader did not ask for this page, but for all of its site: what there is nothing to say about is left alone. */
  bySite?: boolean;
}

/** Background to content script: the reader wants the focus in the panel. */
export interface FocusMessage {
  type: "sayso:focus";
}

/** The script of chosen sites to background: a page of such a site is there. */
export interface SiteMessage {
  type: "sayso:site";
}

/** What the content script answers: whether the page is now marked, or that this document cannot be. */
export interface ToggleReply {
  state: "on" | "off" | "unsupported";
}

/** Content script to background: whether the page is being read, for the toolbar's title and the page's style. */
export interface StateMessage {
  type: "sayso:state";
  on: boolean;
}

/** Content script to background: the page needs the marks' style (anew): another look was set, or a frame has marks now. */
export interface StyleMessage {
  type: "sayso:style";
}

/** Content script to background: is a server there? (Asked while the panel waits for one.) */
export interface ProbeMessage {
  type: "sayso:probe";
}

/** Content script to background: which elements of this transcript of the page are its article? */
export interface ReadableMessage {
  type: "sayso:find-readable";
  transcript: string;
}

/** Null where there is none. */
export interface ReadableReply {
  readable: Readable | null;
}

/** Content script to background: which words does this sentence's answer hang on? */
export interface ExplainMessage {
  type: "sayso:explain";
  sentence: string;
}

/** Content script to background: the reader says that a sentence is something else. `right` as `given` takes it back. */
export interface CorrectMessage {
  type: "sayso:correct";
  sentence: string;
  given: Answer;
  right: Answer;
  /** As id@revision. */
  model: string;
}

/** Content script to background: save this, if you can without the page. */
export interface SaveMessage {
  type: "sayso:save";
  file: TextFile;
}

/** Content script to background: open the options page, which a page's script may not. */
export interface OptionsMessage {
  type: "sayso:options";
}

/** More than the server reads of a sentence; what is longer is no message of ours. */
const LONGEST_SENTENCE = 1_000_000;

function isSentence(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "" && value.length <= LONGEST_SENTENCE;
}

export function isExplainMessage(value: unknown): value is ExplainMessage {
  return isRecord(value) && value.type === "sayso:explain" && isSentence(value.sentence);
}

export function isCorrectMessage(value: unknown): value is CorrectMessage {
  if (!isRecord(value) || value.type !== "sayso:correct" || !isSentence(value.sentence)) return false;
  return isAnswer(value.given) && isAnswer(value.right) && typeof value.model === "string" && value.model.length <= 1_000;
}

export function isOptionsMessage(value: unknown): value is OptionsMessage {
  return isRecord(value) && value.type === "sayso:options";
}

export function isSaveMessage(value: unknown): value is SaveMessage {
  if (!isRecord(value) || value.type !== "sayso:save" || !isRecord(value.file)) return false;
  const { name, mediaType, text } = value.file;
  return typeof name === "string" && typeof mediaType === "string" && typeof text === "string";
}

export interface SaveReply {
  saved: boolean;
}

export function parseSaveReply(value: unknown): SaveReply | null {
  return isRecord(value) && typeof value.saved === "boolean" ? { saved: value.saved } : null;
}

/** The answer to a correction: whether it is kept. */
export interface CorrectReply {
  kept: boolean;
}

export function parseCorrectReply(value: unknown): CorrectReply | null {
  return isRecord(value) && typeof value.kept === "boolean" ? { kept: value.kept } : null;
}

export function isToggleMessage(value: unknown): value is ToggleMessage {
  if (!isRecord(value) || value.type !== "sayso:toggle") return false;
  const { scope, bySite } = value;
  return (scope === undefined || scope === "page" || scope === "selection") && (bySite === undefined || typeof bySite === "boolean");
}

export function isFocusMessage(value: unknown): value is FocusMessage {
  return isRecord(value) && value.type === "sayso:focus";
}

export function isSiteMessage(value: unknown): value is SiteMessage {
  return isRecord(value) && value.type === "sayso:site";
}

export function isStateMessage(value: unknown): value is StateMessage {
  return isRecord(value) && value.type === "sayso:state" && typeof value.on === "boolean";
}

export function isStyleMessage(value: unknown): value is StyleMessage {
  return isRecord(value) && value.type === "sayso:style";
}

export function isProbeMessage(value: unknown): value is ProbeMessage {
  return isRecord(value) && value.type === "sayso:probe";
}

export function isReadableMessage(value: unknown): value is ReadableMessage {
  return isRecord(value) && value.type === "sayso:find-readable" && typeof value.transcript === "string";
}

/** Undefined where it is no answer. */
export function parseReadableReply(value: unknown): Readable | null | undefined {
  if (!isRecord(value)) return undefined;
  if (value.readable === null) return null;
  if (!isRecord(value.readable)) return undefined;
  const { kept, made } = value.readable;
  if (!Array.isArray(kept) || !kept.every((number) => Number.isInteger(number))) return undefined;
  if (!Array.isArray(made) || !made.every((text) => typeof text === "string")) return undefined;
  return { kept: kept as number[], made };
}

export function parseToggleReply(value: unknown): ToggleReply | null {
  if (!isRecord(value)) return null;
  const { state } = value;
  return state === "on" || state === "off" || state === "unsupported" ? { state } : null;
}

// --- what can be wrong with the server ------------------------------------------------------------------------------

/** Why there are no (more) answers. Each has its own words, and its own way on, in the panel. */
export type ServerProblem =
  /** Nothing answers at this port of the reader's machine. */
  | { state: "not-running"; port?: string }
  /** It was answering and stopped: killed, or the machine slept. */
  | { state: "interrupted"; port?: string }
  /** Nothing answers on another machine. */
  | { state: "unreachable"; address: string }
  /** The reader, in the browser's settings, has not let the extension reach the server. */
  | { state: "no-access"; address: string }
  /** It asks for another token than the one in the settings, or for one at all. */
  | { state: "unauthorized" }
  /** It is a Sayso server whose model is not loaded yet. */
  | { state: "loading" }
  /** Something answers that is not Sayso. */
  | { state: "other-server"; address: string }
  /** A Sayso server of another API version than ours, a lower or a higher one. */
  | { state: "incompatible"; version: string; isOlder: boolean }
  /** It refuses this extension. */
  | { state: "refused"; detail: string }
  /** Its queue is full; seconds after which to ask again. */
  | { state: "busy"; retryAfter: number }
  /** It accepted the connection and says nothing. */
  | { state: "silent"; port?: string }
  /** It answered that something went wrong. */
  | { state: "server-error"; detail: string };

function parseProblem(value: unknown): ServerProblem | null {
  if (!isRecord(value)) return null;
  const { state, address, detail, isOlder, port, retryAfter, version } = value;
  switch (state) {
    case "not-running":
    case "interrupted":
    case "silent":
      return { state, ...(typeof port === "string" && /^\d{1,5}$/.test(port) ? { port } : {}) };
    case "loading":
    case "unauthorized":
      return { state };
    case "other-server":
    case "unreachable":
    case "no-access":
      return { state, address: typeof address === "string" ? address : "" };
    case "refused":
    case "server-error":
      return { state, detail: typeof detail === "string" ? detail : "" };
    case "incompatible":
      return { state, version: typeof version === "string" ? version : "", isOlder: isOlder === true };
    case "busy":
      return { state, retryAfter: typeof retryAfter === "number" && retryAfter > 0 ? retryAfter : 1 };
    default:
      return null;
  }
}

/** The background's answer to a probe. */
export type ProbeReply = { ready: true } | { ready: false; problem: ServerProblem };

export function parseProbeReply(value: unknown): ProbeReply | null {
  if (!isRecord(value)) return null;
  if (value.ready === true) return { ready: true };
  const problem = parseProblem(value.problem);
  return problem === null ? null : { ready: false, problem };
}

/** Why there is no explanation, where it is not the server as such: it has no such call, or not for this sentence. */
export type ExplainFailure = { state: "too-old" } | { state: "not-this-one" } | ServerProblem;

export type ExplainReply = { words: WordWeight[] } | { problem: ExplainFailure };

export function parseExplainReply(value: unknown, length: number): ExplainReply | null {
  const words = parseExplanation(value, length);
  if (words !== null) return { words };
  if (!isRecord(value) || !isRecord(value.problem)) return null;
  const { state } = value.problem;
  if (state === "too-old" || state === "not-this-one") return { problem: { state } };
  const problem = parseProblem(value.problem);
  return problem === null ? null : { problem };
}

// --- the port -------------------------------------------------------------------------------------------------------

/** Content script to background: analyse these blocks. Several may be under way; `batch` tells their answers apart. */
export interface AnalyzeRequest {
  type: "analyze";
  batch: number;
  blocks: TextBlock[];
}

/** Background to content script. */
export type AnalyzeEvent =
  /** One block's answer, as soon as the server has it, and before that perhaps a part of it. */
  | { type: "block"; batch: number; block: BlockResult }
  /** Every block of the batch is answered. */
  | { type: "done"; batch: number; model: ModelName | null }
  /** The batch ended early; blocks without an answer have none. */
  | { type: "problem"; batch: number; problem: ServerProblem }
  /** Nothing new: sent so that a Chromium worker is not put to sleep under a slow answer. */
  | { type: "alive" };

function isTextBlock(value: unknown): value is TextBlock {
  return isRecord(value) && typeof value.id === "string" && typeof value.text === "string";
}

export function parseAnalyzeRequest(value: unknown): AnalyzeRequest | null {
  if (!isRecord(value) || value.type !== "analyze") return null;
  const { batch, blocks } = value;
  if (!Number.isInteger(batch) || !Array.isArray(blocks) || !blocks.every(isTextBlock)) return null;
  return {
    type: "analyze",
    batch: batch as number,
    blocks: blocks.map(({ id, text }) => ({ id, text })),
  };
}

export function parseAnalyzeEvent(value: unknown): AnalyzeEvent | null {
  if (!isRecord(value)) return null;
  if (value.type === "alive") return { type: "alive" };
  const batch = value.batch;
  if (!Number.isInteger(batch)) return null;
  switch (value.type) {
    case "block": {
      // The background has parsed the server's line already; this is the same check, one wire further on.
      const raw = value.block;
      const block = isRecord(raw) && typeof raw.failed === "string" && typeof raw.id === "string"
        ? { id: raw.id, failed: raw.failed }
        : parseLine(raw);
      if (block === null || "done" in block || "broken" in block) return null;
      return { type: "block", batch: batch as number, block: withCorrected(block, raw) };
    }
    case "done":
      return { type: "done", batch: batch as number, model: parseModel(value.model) };
    case "problem": {
      const problem = parseProblem(value.problem);
      return problem === null ? null : { type: "problem", batch: batch as number, problem };
    }
    default:
      return null;
  }
}

/** A server has no say in what the reader corrected, so `parseLine` drops it: here it is the background's. */
function withCorrected(block: BlockResult, raw: unknown): BlockResult {
  if (!("sentences" in block) || !isRecord(raw) || !Array.isArray(raw.sentences)) return block;
  const from = raw.sentences as unknown[];
  const sentences = block.sentences.map((sentence, index) => {
    const its = from[index];
    return isRecord(its) && isAnswer(its.corrected) ? { ...sentence, corrected: its.corrected } : sentence;
  });
  return { ...block, sentences };
}
