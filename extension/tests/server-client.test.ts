import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { analyze, explain, isTokenAccepted, probe, retryAfterSeconds, type Server } from "../src/background/server-client.js";
import type { BlockResult } from "../src/shared/contract.js";

const BASE = "http://127.0.0.1:8377";
const SERVER: Server = { serverUrl: BASE, token: "" };
const HEALTH = { name: "sayso", version: "0.1.0", api: "v1", status: "ready", model: { id: "m", revision: "r" } };
const SENTENCE = { start: 0, end: 3, label: "fact", confidence: 0.8, mixed: false, probabilities: {} };

type Handler = (init: RequestInit) => Response | Promise<Response>;

function serve(routes: { health?: Handler; analyze?: Handler; explain?: Handler }): ReturnType<typeof vi.fn> {
  const refuse: Handler = () => {
    throw new TypeError("Failed to fetch");
  };
  const fake = vi.fn(async (url: string, init: RequestInit) => {
    const handler = (url.endsWith("/health") ? routes.health : url.endsWith("/explain") ? routes.explain : routes.analyze) ?? refuse;
    return handler(init);
  });
  vi.stubGlobal("fetch", fake);
  return fake;
}

const json = (body: unknown, status = 200, headers = {}): Response => new Response(JSON.stringify(body), { status, headers });
const error = (status: number, headers = {}): Handler => () =>
  json({ error: { code: "c", message: "What happened.", hint: "What to do." } }, status, headers);
const lines = (...values: unknown[]): Handler => () => new Response(values.map((value) => `${JSON.stringify(value)}\n`).join(""));
const healthy: Handler = () => json(HEALTH);

async function run(server = SERVER): Promise<{ result: Awaited<ReturnType<typeof analyze>>; blocks: BlockResult[] }> {
  const blocks: BlockResult[] = [];
  const { signal } = new AbortController();
  const result = await analyze(server, [{ id: "b0", text: "Hi." }], signal, (block) => blocks.push(block));
  return { result, blocks };
}

const contains = vi.fn(() => Promise.resolve(true));
const api = chrome;

beforeEach(() => {
  vi.stubGlobal("chrome", { ...api, permissions: { contains } });
  contains.mockResolvedValue(true);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.stubGlobal("chrome", api);
});

describe("analyze", () => {
  it("hands on each block and the model", async () => {
    const fetched = serve({
      analyze: lines({ id: "b0", sentences: [SENTENCE] }, { done: true, model: { id: "m", revision: "r" }, blocks: 1 }),
    });
    const { result, blocks } = await run();
    expect(result).toEqual({ ok: true, model: { id: "m", revision: "r" } });
    expect(blocks).toEqual([{ id: "b0", sentences: [{ start: 0, end: 3, label: "fact", confidence: 0.8, mixed: false }] }]);
    const [url, init] = fetched.mock.calls[0] as [string, RequestInit];
    expect(url).toBe(`${BASE}/v1/analyze`);
    expect(init).toMatchObject({ method: "POST", credentials: "omit", redirect: "error", headers: { Accept: "application/jsonl" } });
    expect(JSON.parse(init.body as string)).toEqual({ blocks: [{ id: "b0", text: "Hi." }], offset_unit: "utf16", partial: true });
  });

  it("hands on a part of a block, and asks about it again where the rest does not come", async () => {
    const part = { id: "b0", sentences: [SENTENCE], partial: true };
    const whole = { id: "b0", sentences: [SENTENCE, { ...SENTENCE, start: 4, end: 7 }] };
    serve({ analyze: lines(part, whole, { done: true, model: null }) });
    expect((await run()).blocks).toMatchObject([{ sentences: [{}], partial: true }, { sentences: [{}, {}] }]);
    serve({ analyze: lines(part, { error: { code: "internal", message: "No.", hint: "" } }) });
    expect((await run()).blocks).toMatchObject([{ partial: true }, { id: "b0", failed: "No." }]);
  });

  it("hands on a block that failed alone", async () => {
    serve({ analyze: lines({ id: "b0", error: { code: "x", message: "No.", hint: "" } }, { done: true, model: null }) });
    expect((await run()).blocks).toEqual([{ id: "b0", failed: "No." }]);
  });

  it.each<[string, Parameters<typeof serve>[0], object]>([
    ["nothing listens", {}, { state: "not-running" }],
    ["the connection breaks but the server is there", { health: healthy }, { state: "interrupted" }],
    ["the stream ends too early", { analyze: lines({ id: "b0", sentences: [] }) }, { state: "interrupted" }],
    ["the model is loading", { analyze: error(503) }, { state: "loading" }],
    ["the queue is full", { analyze: error(429, { "Retry-After": "7" }) }, { state: "busy", retryAfter: 7 }],
    ["we are refused", { analyze: error(403) }, { state: "refused", detail: "What happened. What to do." }],
    ["it knows no such address", { analyze: error(404) }, { state: "server-error", detail: "What happened. What to do." }],
    [
      "it is another program",
      { analyze: () => new Response("<h1>404</h1>", { status: 404 }), health: () => new Response("<h1>404</h1>", { status: 404 }) },
      { state: "other-server", address: "127.0.0.1:8377" },
    ],
    [
      "it is another program that says yes to everything",
      { analyze: () => new Response("OK\n"), health: () => json({ name: "tea-kettle" }) },
      { state: "other-server", address: "127.0.0.1:8377" },
    ],
    [
      "it is a later version of Sayso",
      { analyze: () => new Response("{}", { status: 404 }), health: () => json({ ...HEALTH, api: "v2", version: "3.0" }) },
      { state: "incompatible", version: "3.0", isOlder: false },
    ],
    [
      "it is an earlier version of Sayso",
      { analyze: () => new Response("{}", { status: 404 }), health: () => json({ ...HEALTH, api: "v0", version: "0.0.1" }) },
      { state: "incompatible", version: "0.0.1", isOlder: true },
    ],
    ["it asks for a token", { analyze: error(401) }, { state: "unauthorized" }],
    ["it is Sayso and talks nonsense", { analyze: lines({ id: 7 }), health: healthy }, { state: "server-error", detail: "" }],
  ])("says so when %s", async (_, routes, problem) => {
    serve(routes);
    expect((await run()).result).toEqual({ ok: false, problem });
  });
});

describe("blocks that the server rejects", () => {
  const NAMES = ["a", "b", "bad", "d", "e", "worse", "g"];
  const asked: string[][] = [];
  const fits = (names: string[]): boolean => !names.includes("bad") && !names.includes("worse");

  /** Answers a request of good blocks, and anything else as `rejection` says. */
  function server(rejection: (ids: string[], init: RequestInit) => Response): void {
    asked.length = 0;
    serve({
      health: healthy,
      analyze: (init) => {
        const ids = (JSON.parse(init.body as string) as { blocks: { id: string }[] }).blocks.map(({ id }) => id);
        asked.push(ids);
        if (!fits(ids)) return rejection(ids, init);
        return lines(...ids.map((id) => ({ id, sentences: [SENTENCE] })), { done: true, model: { id: "m", revision: "r" } })(init);
      },
    });
  }

  async function answers(text = "Hi."): Promise<{ result: Awaited<ReturnType<typeof analyze>>; done: string[]; failed: string[] }> {
    const [done, failed]: [string[], string[]] = [[], []];
    const result = await analyze(SERVER, NAMES.map((id) => ({ id, text })), new AbortController().signal, (block) => {
      ("failed" in block ? failed : done).push(block.id);
    });
    return { result, done, failed };
  }

  it.each([400, 413, 422, 500])("cost no other its answer (%i)", async (status) => {
    server((_, init) => error(status)(init) as Response);
    expect(await answers()).toEqual({
      result: { ok: true, model: { id: "m", revision: "r" } },
      done: ["a", "b", "d", "e", "g"],
      failed: ["bad", "worse"],
    });
    expect(asked.length).toBeLessThanOrEqual(2 * NAMES.length - 1);
  });

  it("are not asked about again with those that were answered before the stream broke", async () => {
    server((ids, init) => {
      const before = ids.slice(0, ids.findIndex((id) => id === "bad" || id === "worse"));
      return lines(...before.map((id) => ({ id, sentences: [] })), { error: { code: "internal", message: "No.", hint: "" } })(init) as Response;
    });
    const { done, failed } = await answers();
    expect(done).toEqual(["a", "b", "d", "e", "g"]);
    expect(failed).toEqual(["bad", "worse"]);
    expect(asked.flat().filter((id) => id === "a")).toHaveLength(1);
  });

  it("may be so large that the connection breaks before the answer comes", async () => {
    server(() => {
      throw new TypeError("Failed to fetch");
    });
    expect((await answers("x".repeat(100_000))).failed).toEqual(["bad", "worse"]);
    server(() => {
      throw new TypeError("Failed to fetch");
    });
    expect((await answers()).result).toEqual({ ok: false, problem: { state: "interrupted" } });
  });

  it("do not hide that the server is gone meanwhile", async () => {
    let first = true;
    serve({
      analyze: (init) => {
        if (!first) throw new TypeError("Failed to fetch");
        first = false;
        return error(500)(init);
      },
    });
    expect(await answers()).toEqual({ result: { ok: false, problem: { state: "not-running" } }, done: [], failed: [] });
  });
});

describe("probe", () => {
  it.each<[string, Handler | undefined, object]>([
    ["ready", healthy, { ready: true }],
    ["loading", () => json({ ...HEALTH, status: "loading", model: null }), { ready: false, problem: { state: "loading" } }],
    ["not there", undefined, { ready: false, problem: { state: "not-running" } }],
    [
      "silent",
      () => {
        throw new DOMException("timed out", "TimeoutError");
      },
      { ready: false, problem: { state: "silent" } },
    ],
    ["refusing", error(403), { ready: false, problem: { state: "refused", detail: "What happened. What to do." } }],
    ["not Sayso", () => new Response("hello"), { ready: false, problem: { state: "other-server", address: "127.0.0.1:8377" } }],
  ])("tells a server that is %s", async (_, health, reply) => {
    serve(health === undefined ? {} : { health });
    expect(await probe(SERVER)).toEqual(reply);
  });
});

describe("a server that is not where it is by default", () => {
  it("is said to be not running at its port", async () => {
    serve({});
    expect(await probe({ serverUrl: "http://127.0.0.1:9000", token: "" })).toEqual({ ready: false, problem: { state: "not-running", port: "9000" } });
  });

  it.each<[string, Parameters<typeof serve>[0]]>([
    ["the stream ends too early", { analyze: lines({ id: "b0", sentences: [] }) }],
    ["the connection breaks but the server is there", { health: healthy }],
  ])("is said to have stopped at its port where %s", async (_, routes) => {
    serve(routes);
    const { result } = await run({ serverUrl: "http://127.0.0.1:9000", token: "" });
    expect(result).toEqual({ ok: false, problem: { state: "interrupted", port: "9000" } });
  });

  it("cannot be reached where it is on another machine", async () => {
    serve({});
    expect(await probe({ serverUrl: "https://sayso.example:8443", token: "t" })).toEqual({
      ready: false,
      problem: { state: "unreachable", address: "sayso.example:8443" },
    });
  });

  it("may be one that the browser keeps us from", async () => {
    serve({});
    contains.mockResolvedValue(false);
    expect(await probe(SERVER)).toEqual({ ready: false, problem: { state: "no-access", address: "127.0.0.1:8377" } });
    expect(contains).toHaveBeenCalledWith({ origins: ["http://127.0.0.1/*"] });
  });
});

describe("the token", () => {
  const server: Server = { serverUrl: BASE, token: "secret" };

  it("goes along with text, and not to a server that is only asked who it is", async () => {
    const fetched = serve({ health: healthy, analyze: lines({ done: true, model: null }) });
    await analyze(server, [{ id: "b0", text: "Hi." }], new AbortController().signal, () => undefined);
    await probe(server);
    const headers = fetched.mock.calls.map(([, init]) => new Headers((init as RequestInit).headers).get("Authorization"));
    expect(headers).toEqual(["Bearer secret", null]);
  });

  it("is accepted or not", async () => {
    serve({ analyze: () => json(HEALTH) });
    expect(await isTokenAccepted(server)).toBe(true);
    serve({ analyze: error(401) });
    expect(await isTokenAccepted(server)).toBe(false);
  });
});

describe("Retry-After", () => {
  it.each([
    ["5", 5],
    ["0.5", 0.5],
    ["100000", 60],
    ["-1", 1],
    ["soon", 1],
    [null, 1],
  ])("%s is %d s", (header, seconds) => {
    expect(retryAfterSeconds(header)).toBe(seconds);
  });
});

describe("explain", () => {
  const words = [{ start: 0, end: 2, weight: 0.4 }];

  it("sends the sentence and hands on the words", async () => {
    const fetched = serve({ explain: () => json({ label: "fact", words }) });
    expect(await explain(SERVER, "Hi.")).toEqual({ words });
    const [url, init] = fetched.mock.calls[0] as [string, RequestInit];
    expect(url).toBe(`${BASE}/v1/explain`);
    expect(init).toMatchObject({ method: "POST", credentials: "omit", redirect: "error" });
    expect(JSON.parse(init.body as string)).toEqual({ sentence: "Hi." });
  });

  it.each<[string, Parameters<typeof serve>[0], string]>([
    ["nothing listens", {}, "not-running"],
    ["the server has no such call", { health: healthy, explain: error(404) }, "too-old"],
    ["another program has no such call", { health: () => new Response("<h1>"), explain: () => new Response("", { status: 404 }) }, "other-server"],
    ["the sentence is too long", { health: healthy, explain: error(413) }, "not-this-one"],
    ["the server is busy", { explain: error(429, { "Retry-After": "2" }) }, "busy"],
    ["it loads", { explain: error(503) }, "loading"],
    ["a word is beyond the sentence", { health: healthy, explain: () => json({ words: [{ start: 0, end: 4, weight: 0 }] }) }, "server-error"],
    ["words overlap", { health: healthy, explain: () => json({ words: [...words, ...words] }) }, "server-error"],
    ["it is no JSON", { health: healthy, explain: () => new Response("{") }, "server-error"],
  ])("where %s it says so", async (_, routes, state) => {
    serve(routes);
    expect(await explain(SERVER, "Hi.")).toMatchObject({ problem: { state } });
  });
});
