/**
 * Talks to the server. Only the background may: a content script on an https page cannot reach loopback, and the
 * page's own rules apply to what it fetches.
 *
 * Whatever goes wrong is told as a `ServerProblem`, found out by asking `/health` where the failure alone does not
 * say: a browser gives the same "failed to fetch" for a closed port, a reset and a server that talks no HTTP.
 */
import { parseError, parseExplanation, parseHealth, parseLine, type BlockResult, type ErrorBody, type ModelName, type TextBlock } from "../shared/contract.js";
import type { ExplainReply, ProbeReply, ServerProblem } from "../shared/protocol.js";
import { readJsonLines } from "./jsonl.js";

/** The API version that this extension speaks. */
const API = "v1";

/**
 * A server that says nothing for this long to `/health`, which never waits for the model, hangs. Not less: on a machine
 * that is busy with other things 5 s were seen to pass.
 */
const HEALTH_TIMEOUT_MS = 10_000;

/** One sentence in as many variants as it has words: a second on an idle server, more behind a page that is being read. */
const EXPLAIN_TIMEOUT_MS = 60_000;

/** Nothing about the reader goes along, nothing is kept, and a redirect (away from loopback?) is not followed. */
const PRIVATE: RequestInit = {
  cache: "no-store",
  credentials: "omit",
  redirect: "error",
  referrerPolicy: "no-referrer",
};

/**
 * Statuses that may be about a single block: malformed, over a limit, an invalid field, and whatever made the server
 * fail. The others are about the request as such, and would be the same for any part of it.
 */
const MAY_BE_ONE_BLOCK = new Set([400, 413, 422, 500]);

/**
 * A request of this many characters is more than the buffers between here and the server hold. A server that refuses it
 * by its size does so while it is still being sent, and the browser may then report a broken connection and no answer.
 */
const LARGE_BODY = 64_000;

export type Analysis = { ok: true; model: ModelName | null } | { ok: false; problem: ServerProblem };

/** One request's outcome; `rejected`, with the server's words, where a part of the blocks might do better. */
type Outcome = Analysis | { rejected: string };

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
 * Blocks that the server rejects together are asked about again by halves, so that one that it cannot do leaves no other
 * without an answer; a block that is rejected alone is handed on as failed.
 *
 * Resolves when all is answered or nothing more can be had, and never rejects; aborted by `signal` it resolves as
 * interrupted, which nobody is left to read.
 */
export async function analyze(
  base: string,
  blocks: TextBlock[],
  signal: AbortSignal,
  onBlock: (block: BlockResult) => void,
): Promise<Analysis> {
  const batches = [blocks];
  let model: ModelName | null = null;
  for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
    const unanswered = new Map(batch.map((block) => [block.id, block]));
    const outcome = await request(base, batch, signal, (block) => {
      unanswered.delete(block.id);
      onBlock(block);
    });
    if (!("rejected" in outcome)) {
      if (!outcome.ok) return outcome;
      model = outcome.model ?? model;
      continue;
    }
    const left = [...unanswered.values()];
    if (batch.length === 1) {
      for (const { id } of left) onBlock({ id, failed: outcome.rejected });
      continue;
    }
    const middle = Math.ceil(left.length / 2);
    // The last is taken first: what is nearest to the reader stays in front.
    batches.push(...[left.slice(middle), left.slice(0, middle)].filter((half) => half.length > 0));
  }
  return { ok: true, model };
}

async function request(
  base: string,
  blocks: TextBlock[],
  signal: AbortSignal,
  onBlock: (block: BlockResult) => void,
): Promise<Outcome> {
  const body = JSON.stringify({ blocks, offset_unit: "utf16" });
  let response: Response;
  try {
    response = await fetch(`${base}/v1/analyze`, {
      ...PRIVATE,
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/jsonl" },
      body,
      signal,
    });
  } catch {
    if (signal.aborted) return problem({ state: "interrupted" });
    const cause = await explainFailure(base);
    return cause.state === "interrupted" && body.length > LARGE_BODY ? { rejected: "" } : problem(cause);
  }
  if (!response.ok || response.body === null) return explainStatus(base, response);
  try {
    for await (const value of readJsonLines(response.body)) {
      const line = parseLine(value);
      if (line === null) return problem(await explainNonsense(base));
      if ("done" in line) return { ok: true, model: line.model };
      if ("broken" in line) return { rejected: inWords(line.broken) };
      onBlock(line);
    }
  } catch (error) {
    // JSON.parse throws a SyntaxError; everything else is the connection.
    if (error instanceof SyntaxError) return problem(await explainNonsense(base));
  }
  return problem({ state: "interrupted" });
}

/** Which words a sentence's answer hangs on. Never rejects. */
export async function explain(base: string, sentence: string): Promise<ExplainReply> {
  let response: Response;
  try {
    response = await fetch(`${base}/v1/explain`, {
      ...PRIVATE,
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ sentence }),
      signal: AbortSignal.timeout(EXPLAIN_TIMEOUT_MS),
    });
  } catch (error) {
    const isSlow = error instanceof DOMException && error.name === "TimeoutError";
    return { problem: isSlow ? { state: "silent" } : await explainFailure(base) };
  }
  if (response.status === 404 || response.status === 405) {
    const health = await probe(base);
    return { problem: health.ready ? { state: "too-old" } : health.problem };
  }
  if (!response.ok) {
    const outcome = await explainStatus(base, response);
    return { problem: "rejected" in outcome || outcome.ok ? { state: "not-this-one" } : outcome.problem };
  }
  const words = parseExplanation(await response.json().catch(() => null), sentence.length);
  return words === null ? { problem: await explainNonsense(base) } : { words };
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
async function explainStatus(base: string, response: Response): Promise<Outcome> {
  const body = parseError(await response.json().catch(() => null));
  if (body === null) return problem(await explainNonsense(base));
  const detail = inWords(body);
  if (MAY_BE_ONE_BLOCK.has(response.status)) return { rejected: detail };
  switch (response.status) {
    case 401:
    case 403:
      return problem({ state: "refused", detail });
    case 429:
      return problem({ state: "busy", retryAfter: retryAfterSeconds(response.headers.get("Retry-After")) });
    case 503:
      return problem({ state: "loading" });
    default:
      return problem({ state: "server-error", detail });
  }
}

function inWords({ message, hint }: ErrorBody): string {
  return hint === "" ? message : `${message} ${hint}`;
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
