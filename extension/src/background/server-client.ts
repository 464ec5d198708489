/**
 * Talks to the server. Only the background may: a content script on an https page cannot reach loopback, and the
 * page's own rules apply to what it fetches.
 *
 * Whatever goes wrong is told as a `ServerProblem`, found out by asking `/health` where the failure alone does not
 * say: a browser gives the same "failed to fetch" for a closed port, a reset and a server that talks no HTTP.
 */
import { parseError, parseHealth, parseLine, type BlockResult, type ModelName, type TextBlock } from "../shared/contract.js";
import type { ProbeReply, ServerProblem } from "../shared/protocol.js";
import { readJsonLines } from "./jsonl.js";

/** The API version that this extension speaks. */
const API = "v1";

/**
 * A server that says nothing for this long to `/health`, which never waits for the model, hangs. Not less: on a machine
 * that is busy with other things 5 s were seen to pass.
 */
const HEALTH_TIMEOUT_MS = 10_000;

/** Nothing about the reader goes along, nothing is kept, and a redirect (away from loopback?) is not followed. */
const PRIVATE: RequestInit = {
  cache: "no-store",
  credentials: "omit",
  redirect: "error",
  referrerPolicy: "no-referrer",
};

export type Analysis = { ok: true; model: ModelName | null } | { ok: false; problem: ServerProblem };

/** Is a Sayso server there, and ready? */
export async function probe(base: string): Promise<ProbeReply> {
  let response: Response;
  try {
    response = await fetch(`${base}/health`, { ...PRIVATE, signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) });
  } catch (error) {
    const silent = error instanceof DOMException && error.name === "TimeoutError";
    return { ready: false, problem: { state: silent ? "silent" : "not-running" } };
  }
  const body: unknown = await response.json().catch(() => null);
  const health = parseHealth(body);
  if (health === null) {
    const refusal = response.status === 403 || response.status === 401 ? parseError(body) : null;
    return {
      ready: false,
      problem: refusal === null ? { state: "other-server", address: new URL(base).host } : { state: "refused", detail: refusal.message },
    };
  }
  if (health.api !== API) return { ready: false, problem: { state: "incompatible", version: health.version } };
  return health.status === "ready" ? { ready: true } : { ready: false, problem: { state: "loading" } };
}

/**
 * Sends blocks and hands on each answer as it arrives.
 *
 * Resolves when the stream is over, one way or the other, and never rejects; aborted by `signal` it resolves as
 * interrupted, which nobody is left to read.
 */
export async function analyze(
  base: string,
  blocks: TextBlock[],
  signal: AbortSignal,
  onBlock: (block: BlockResult) => void,
): Promise<Analysis> {
  let response: Response;
  try {
    response = await fetch(`${base}/v1/analyze`, {
      ...PRIVATE,
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/jsonl" },
      body: JSON.stringify({ blocks, offset_unit: "utf16" }),
      signal,
    });
  } catch {
    return problem(signal.aborted ? { state: "interrupted" } : await explainFailure(base));
  }
  if (!response.ok || response.body === null) return problem(await explainStatus(base, response));
  try {
    for await (const value of readJsonLines(response.body)) {
      const line = parseLine(value);
      if (line === null) return problem(await explainNonsense(base));
      if ("done" in line) return { ok: true, model: line.model };
      onBlock(line);
    }
  } catch (error) {
    // JSON.parse throws a SyntaxError; everything else is the connection.
    if (error instanceof SyntaxError) return problem(await explainNonsense(base));
  }
  return problem({ state: "interrupted" });
}

function problem(cause: ServerProblem): Analysis {
  return { ok: false, problem: cause };
}

/** The request got no response at all. */
async function explainFailure(base: string): Promise<ServerProblem> {
  const health = await probe(base);
  // A server that answers /health all right but dropped the request has broken off in between.
  return health.ready ? { state: "interrupted" } : health.problem;
}

/** The request got a response that is not an answer. */
async function explainStatus(base: string, response: Response): Promise<ServerProblem> {
  const body = parseError(await response.json().catch(() => null));
  if (body === null) return explainNonsense(base);
  const detail = body.hint === "" ? body.message : `${body.message} ${body.hint}`;
  switch (response.status) {
    case 401:
    case 403:
      return { state: "refused", detail };
    case 429:
      return { state: "busy", retryAfter: retryAfterSeconds(response.headers.get("Retry-After")) };
    case 503:
      return { state: "loading" };
    default:
      return { state: "server-error", detail };
  }
}

/** The response is not in the contract's shape: another program, another version, or ours gone wrong. */
async function explainNonsense(base: string): Promise<ServerProblem> {
  const health = await probe(base);
  if (!health.ready) return health.problem;
  return { state: "server-error", detail: "" };
}

/** `Retry-After` in seconds, within what a reader would wait for; the header's date form is not in the contract. */
export function retryAfterSeconds(header: string | null): number {
  const seconds = Number(header ?? "");
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 60) : 1;
}
