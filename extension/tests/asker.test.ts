import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Asker } from "../src/content/asker.js";
import type { Passage } from "../src/content/passages.js";
import type { Outcome } from "../src/content/passages.js";
import type { AnalyzeRequest, ServerProblem } from "../src/shared/protocol.js";

const api = chrome;

const passage = { id: "p0", text: "One.", order: 0, isThere: true, outcome: null, place: () => ({ top: 0, bottom: 20 }) } as unknown as Passage;

const asker = (): Asker =>
  new Asker({ outcome: vi.fn(), waitingFor: () => [passage], foreignLanguage: () => Promise.resolve(null), changed: vi.fn() });

describe("the asker", () => {
  /** What the background answers to a look for the server. */
  let problem: ServerProblem;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("window", { innerHeight: 800 });
    vi.stubGlobal("document", { hidden: false });
    // A worker that dies at every question.
    const connect = (): object => {
      const listeners: (() => void)[] = [];
      return {
        onMessage: { addListener: vi.fn() },
        onDisconnect: { addListener: (listener: () => void) => listeners.push(listener) },
        postMessage: () => { queueMicrotask(() => { for (const listener of listeners) listener(); }); },
        disconnect: vi.fn(),
      };
    };
    const sendMessage = (): Promise<unknown> => Promise.resolve({ ready: false, problem });
    vi.stubGlobal("chrome", { ...api, runtime: { id: "sayso", connect, sendMessage } });
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.stubGlobal("chrome", api);
  });

  it("goes on saying that the server stopped answering, at the port where it is looked for", async () => {
    const asking = asker();
    asking.ask([passage]);
    await vi.waitUntil(() => asking.state === "waiting");
    expect(asking.problem).toEqual({ state: "interrupted" });
    problem = { state: "not-running", port: "9000" };
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asking.problem).toEqual({ state: "interrupted", port: "9000" });
    problem = { state: "loading" };
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asking.problem).toEqual({ state: "loading" });
    asking.close();
  });
});

describe("answers that come in parts", () => {
  const SENTENCE = { start: 0, end: 3, label: "fact", confidence: 0.9, mixed: false };

  /** Passages of which a batch takes one, then two, then four. */
  function passages(): Passage[] {
    return Array.from({ length: 12 }, (_, order) => {
      const text = `Passage ${order}. ${"x".repeat(1_000)}`;
      return { id: `p${order}`, text, order, isThere: true, isConcluded: false, outcome: null, place: () => ({ top: order * 50, bottom: order * 50 + 40 }) } as unknown as Passage;
    });
  }

  /** An asker with a background that only notes what it is asked. */
  function scripted(all: Passage[]): { asking: Asker; asked: string[][]; outcomes: [string, Outcome | null][]; say: (event: object) => void; lose: () => void } {
    const asked: string[][] = [];
    const outcomes: [string, Outcome | null][] = [];
    let port: { says: (event: object) => void; dies: () => void } = { says: () => undefined, dies: () => undefined };
    const connect = (): object => {
      const its = { ...port };
      port = its;
      return {
        onMessage: { addListener: (listener: (event: object) => void) => { its.says = listener; } },
        onDisconnect: { addListener: (listener: () => void) => { its.dies = listener; } },
        postMessage: ({ blocks }: AnalyzeRequest) => asked.push(blocks.map(({ id }) => id)),
        disconnect: vi.fn(),
      };
    };
    vi.stubGlobal("window", { innerHeight: 800 });
    vi.stubGlobal("document", { hidden: false });
    vi.stubGlobal("chrome", { ...api, runtime: { id: "sayso", connect } });
    const outcome = (text: string, found: Outcome | null): void => {
      outcomes.push([text, found]);
      for (const each of all) if (each.text === text) Object.assign(each, { outcome: found, isConcluded: found !== null && !("isPartial" in found) });
    };
    const waitingFor = (text: string): Passage[] => all.filter((each) => each.text === text && !each.isConcluded);
    const asking = new Asker({ outcome, waitingFor, foreignLanguage: () => Promise.resolve(null), changed: vi.fn() });
    asking.ask(all);
    return { asking, asked, outcomes, say: (event) => { port.says(event); }, lose: () => { port.dies(); } };
  }

  const part = (batch: number, id: string, partial = true): object => ({ type: "block", batch, block: { id, sentences: [SENTENCE], ...(partial ? { partial } : {}) } });

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.stubGlobal("chrome", api);
  });

  it.each([
    ["a part", ["p1", "p2"], ["p1", "p2"]],
    ["a whole block", ["p1", "p2"], ["p1"]],
  ])("let the next batch go when of this one all is read, the last of it %s", async (_, ids, parts) => {
    const { asking, asked, say } = scripted(passages());
    await vi.waitUntil(() => asked.length === 2);
    expect(asked).toEqual([["p0"], ["p1", "p2"]]);
    for (const id of ids) say(part(1, id, parts.includes(id)));
    await vi.waitUntil(() => asked.length === 3);
    say(part(0, "p0"));
    await Promise.resolve();
    expect(asked, "three are under way").toHaveLength(3);
    say({ type: "done", batch: 1, model: null });
    await vi.waitUntil(() => asked.length === 4);
    asking.close();
  });

  it("are asked for again where the rest did not come", async () => {
    const { asking, asked, outcomes, say, lose } = scripted(passages());
    await vi.waitUntil(() => asked.length === 2);
    say(part(0, "p0"));
    lose();
    await vi.waitUntil(() => asked.length >= 4);
    expect(asked.slice(2).flat()).toContain("p0");
    expect(outcomes).toMatchObject([[expect.anything(), { isPartial: true }]]);
    asking.close();
  });

  it("do not hide that everything failed", async () => {
    const { asking, asked, say } = scripted(passages().slice(0, 1));
    await vi.waitUntil(() => asked.length === 1);
    say(part(0, "p0"));
    say({ type: "block", batch: 0, block: { id: "p0", failed: "The model could not be loaded." } });
    say({ type: "done", batch: 0, model: null });
    expect(asking.problem).toEqual({ state: "server-error", detail: "The model could not be loaded." });
    asking.close();
  });
});
