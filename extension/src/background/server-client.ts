/**
 * Talks to the server. Only the background may: a content script on an https page cannot reach loopback, and the
 * page's own rules apply to what it fetches.
 *
 * Whatever goes wrong is told as a `ServerProblem`, found out by asking `/health` where the failure alone does not
 * say: a browser gives the same "failed to fetch" for a closed port, a reset and a server that talks no HTTP.
 */
import {
  parseError,
  parseExplanation,
  parseHealth,
  parseLine,
  type BlockResult,
  type ErrorBody,
  type Health,
  type ModelName,
  type TextBlock,
} from "../shared/contract.js";
import type { ExplainReply, ProbeReply, ServerProblem } from "../shared/protocol.js";
import { DEFAULT_SERVER_URL, type Settings } from "../shared/settings.js";
import { readJsonLines } from "./jsonl.js";

/** Where the server is, and what it asks for. */
export type Server = Pick<Settings, "serverUrl" | "token">;

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
export async function probe(server: Server): Promise<ProbeReply> {
  const found = await findServer(server);
  if ("problem" in found) return { ready: false, problem: found.problem };
  return found.health.status === "ready" ? { ready: true } : { ready: false, problem: { state: "loading" } };
}

/** What the server says of itself, loading or ready; or why there is none that this extension can use. */
export async function findServer(server: Server): Promise<{ health: Health } | { problem: ServerProblem }> {
  let response: Response;
  try {
    response = await ask(server, "/health");
  } catch (error) {
    return { problem: await noAnswer(server, error) };
  }
  const body: unknown = await response.json().catch(() => null);
  const health = parseHealth(body);
  if (health === null) {
    const refusal = response.status === 403 ? parseError(body) : null;
    const address = new URL(server.serverUrl).host;
    return { problem: refusal === null ? { state: "other-server", address } : { state: "refused", detail: inWords(refusal) } };
  }
  if (health.api !== API) return { problem: { state: "incompatible", version: health.version, isOlder: isOlder(health.api) } };
  return { health };
}

/** Whether the server takes the token that is set: the first of its calls that asks for one, and does nothing. */
export async function isTokenAccepted(server: Server): Promise<boolean> {
  const status = await ask(server, "/ready", withToken(server)).then((response) => response.status, () => 0);
  return status !== 401;
}

function ask({ serverUrl }: Server, path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${serverUrl}${path}`, { ...PRIVATE, headers, signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) });
}

function withToken({ token }: Server): Record<string, string> {
  return token === "" ? {} : { Authorization: `Bearer ${token}` };
}

/** A browser tells a fetch that fails nothing of why: it is the same where it was not allowed to try. */
async function noAnswer({ serverUrl }: Server, error: unknown): Promise<ServerProblem> {
  const { protocol, hostname, host } = new URL(serverUrl);
  // Without the port, which Firefox takes for a host that no permission names.
  const isAllowed = await chrome.permissions.contains({ origins: [`${protocol}//${hostname}/*`] });
  if (!isAllowed) return { state: "no-access", address: host };
  if (protocol === "https:") return { state: "unreachable", address: host };
  const isSilent = error instanceof DOMException && error.name === "TimeoutError";
  return { state: isSilent ? "silent" : "not-running", ...otherPort(serverUrl) };
}

/** The port to start the reader's own server at, where it is not the one that it takes by itself. */
function otherPort(serverUrl: string): { port?: string } {
  const { protocol, port } = new URL(serverUrl);
  return serverUrl === DEFAULT_SERVER_URL || protocol === "https:" ? {} : { port: port || "80" };
}

function isOlder(api: string): boolean {
  return Number(/\d+/.exec(api)?.[0] ?? 0) < Number(API.slice(1));
}

/**
 * Sends blocks and hands on each answer as it arrives, parts of one too.
 *
 * Blocks that the server rejects together are asked about again by halves, so that one that it cannot do leaves no other
 * without an answer; a block that is rejected alone is handed on as failed.
 *
 * Resolves when all is answered or nothing more can be had, and never rejects; aborted by `signal` it resolves as
 * interrupted, which nobody is left to read.
 */
export async function analyze(
  server: Server,
  blocks: TextBlock[],
  signal: AbortSignal,
  onBlock: (block: BlockResult) => void,
): Promise<Analysis> {
  const batches = [blocks];
  let model: ModelName | null = null;
  for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
    const unanswered = new Map(batch.map((block) => [block.id, block]));
    const outcome = await request(server, batch, signal, (block) => {
      if (!("partial" in block)) unanswered.delete(block.id);
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
  server: Server,
  blocks: TextBlock[],
  signal: AbortSignal,
  onBlock: (block: BlockResult) => void,
): Promise<Outcome> {
  const body = JSON.stringify({ blocks, offset_unit: "utf16", partial: true });
  let response: Response;
  try {
    response = await fetch(`${server.serverUrl}/v1/analyze`, {
      ...PRIVATE,
      method: "POST",
      headers: { ...withToken(server), "Content-Type": "application/json", Accept: "application/jsonl" },
      body,
      signal,
    });
  } catch {
    if (signal.aborted) return problem(interrupted(server));
    const cause = await explainFailure(server);
    return cause.state === "interrupted" && body.length > LARGE_BODY ? { rejected: "" } : problem(cause);
  }
  if (!response.ok || response.body === null) return explainStatus(server, response);
  try {
    for await (const value of readJsonLines(response.body)) {
      const line = parseLine(value);
      if (line === null) return problem(await explainNonsense(server));
      if ("done" in line) return { ok: true, model: line.model };
      if ("broken" in line) return { rejected: inWords(line.broken) };
      onBlock(line);
    }
  } catch (error) {
    // JSON.parse throws a SyntaxError; everything else is the connection.
    if (error instanceof SyntaxError) return problem(await explainNonsense(server));
  }
  return problem(interrupted(server));
}

/** Which words a sentence's answer hangs on. Never rejects. */
export async function explain(server: Server, sentence: string): Promise<ExplainReply> {
  let response: Response;
  try {
    response = await fetch(`${server.serverUrl}/v1/explain`, {
      ...PRIVATE,
      method: "POST",
      headers: { "Content-Type": "application/json", ...withToken(server) },
      body: JSON.stringify({ sentence }),
      signal: AbortSignal.timeout(EXPLAIN_TIMEOUT_MS),
    });
  } catch (error) {
    const isSlow = error instanceof DOMException && error.name === "TimeoutError";
    return { problem: isSlow ? { state: "silent" } : await explainFailure(server) };
  }
  if (response.status === 404 || response.status === 405) {
    const health = await probe(server);
    return { problem: health.ready ? { state: "too-old" } : health.problem };
  }
  if (!response.ok) {
    const outcome = await explainStatus(server, response);
    return { problem: "rejected" in outcome || outcome.ok ? { state: "not-this-one" } : outcome.problem };
  }
  const words = parseExplanation(await response.json().catch(() => null), sentence.length);
  return words === null ? { problem: await explainNonsense(server) } : { words };
}

function problem(cause: ServerProblem): Analysis {
  return { ok: false, problem: cause };
}

/** The request got no response at all. */
async function explainFailure(server: Server): Promise<ServerProblem> {
  const health = await probe(server);
  // A server that answers /health all right but dropped the request has broken off in between.
  return health.ready ? interrupted(server) : health.problem;
}

function interrupted({ serverUrl }: Server): ServerProblem {
  return { state: "interrupted", ...otherPort(serverUrl) };
}

/** The request got a response that is not an answer. */
async function explainStatus(server: Server, response: Response): Promise<Outcome> {
  const body = parseError(await response.json().catch(() => null));
  if (body === null) return problem(await explainNonsense(server));
  const detail = inWords(body);
  if (MAY_BE_ONE_BLOCK.has(response.status)) return { rejected: detail };
  switch (response.status) {
    case 401:
      return problem({ state: "unauthorized" });
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
async function explainNonsense(server: Server): Promise<ServerProblem> {
  const health = await probe(server);
  if (!health.ready) return health.problem;
  return { state: "server-error", detail: "" };
}

/** `Retry-After` in seconds, within what a reader would wait for; the header's date form is not in the contract. */
export function retryAfterSeconds(header: string | null): number {
  const seconds = Number(header ?? "");
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 60) : 1;
}
