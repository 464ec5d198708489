/**
 * Every message between the background and a page's content script, and the checks each side makes on arrival.
 *
 * Two channels: single messages for the toolbar click, and one port a reading, whose messages also keep a Chromium
 * worker alive. Neither side trusts the other's version: after an update an old content script may still be there.
 */
import { parseModel, type BlockResult, type ModelName, type TextBlock, parseLine } from "./contract.js";
import { isRecord } from "./is-record.js";
import type { Readable } from "./readable.js";

/** The port on which a page's text is analysed. It is open while there is work and closing it aborts the work. */
export const ANALYZE_PORT = "sayso:analyze";

// --- single messages ------------------------------------------------------------------------------------------------

/** Background to content script: the toolbar button was clicked. */
export interface ToggleMessage {
  type: "sayso:toggle";
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

/** Content script to background: is a server there? (Asked while the panel waits for one.) */
export interface ProbeMessage {
  type: "sayso:probe";
}

/** Content script to background: a frame has marks now, and perhaps no style for them. */
export interface StyleMessage {
  type: "sayso:style";
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

export function isToggleMessage(value: unknown): value is ToggleMessage {
  return isRecord(value) && value.type === "sayso:toggle";
}

export function isStateMessage(value: unknown): value is StateMessage {
  return isRecord(value) && value.type === "sayso:state" && typeof value.on === "boolean";
}

export function isProbeMessage(value: unknown): value is ProbeMessage {
  return isRecord(value) && value.type === "sayso:probe";
}

export function isStyleMessage(value: unknown): value is StyleMessage {
  return isRecord(value) && value.type === "sayso:style";
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
  /** Nothing answers at the address. */
  | { state: "not-running" }
  /** It was answering and stopped: killed, or the machine slept. */
  | { state: "interrupted" }
  /** It is a Sayso server whose model is not loaded yet. */
  | { state: "loading" }
  /** Something answers that is not Sayso. */
  | { state: "other-server"; address: string }
  /** A Sayso server of another API version. */
  | { state: "incompatible"; version: string }
  /** It refuses this extension. */
  | { state: "refused"; detail: string }
  /** Its queue is full; seconds after which to ask again. */
  | { state: "busy"; retryAfter: number }
  /** It accepted the connection and says nothing. */
  | { state: "silent" }
  /** It answered that something went wrong. */
  | { state: "server-error"; detail: string };

function parseProblem(value: unknown): ServerProblem | null {
  if (!isRecord(value)) return null;
  const { state, address, detail, retryAfter, version } = value;
  switch (state) {
    case "not-running":
    case "interrupted":
    case "loading":
    case "silent":
      return { state };
    case "other-server":
      return { state, address: typeof address === "string" ? address : "" };
    case "refused":
    case "server-error":
      return { state, detail: typeof detail === "string" ? detail : "" };
    case "incompatible":
      return { state, version: typeof version === "string" ? version : "" };
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

// --- the port -------------------------------------------------------------------------------------------------------

/** Content script to background: analyse these blocks. Several may be under way; `batch` tells their answers apart. */
export interface AnalyzeRequest {
  type: "analyze";
  batch: number;
  blocks: TextBlock[];
}

/** Background to content script. */
export type AnalyzeEvent =
  /** One block's answer, as soon as the server has it. */
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
      return block === null || "done" in block || "broken" in block ? null : { type: "block", batch: batch as number, block };
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
