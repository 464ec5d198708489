import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Asker } from "../src/content/asker.js";
import type { Passage } from "../src/content/passages.js";
import type { ServerProblem } from "../src/shared/protocol.js";

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
