/** The background finds the article in a transcript that a page's content script sends, and for nobody else. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { parseReadableReply, type ReadableMessage } from "../src/shared/protocol.js";

const PARAGRAPH = "The council approved the plan in March by nine votes to four, and the mayor, who had long opposed it, said nothing.";

const TRANSCRIPT =
  `<html data-sayso-0=""><head data-sayso-1=""></head><body data-sayso-2=""><article data-sayso-3="">` +
  Array.from({ length: 5 }, (_, i) => `<p data-sayso-${4 + i}="">${PARAGRAPH}</p>`).join("") +
  `</article><div class="sidebar" data-sayso-9="">A sidebar, and a long one.</div></body></html>`;

type Listener = (message: unknown, sender: unknown, reply: (answer: unknown) => void) => boolean;

let listener: Listener;

/** Whatever else of the browser's the background registers with. */
const anything: unknown = new Proxy(() => undefined, {
  get: (_, name) => (name === "then" ? undefined : anything),
  apply: () => anything,
});

beforeEach(async () => {
  const known: Record<string, unknown> = { id: "sayso", getURL: () => "", onMessage: { addListener: (it: Listener) => (listener = it) } };
  const runtime = new Proxy(known, { get: (target, name) => target[name as string] ?? anything });
  vi.stubGlobal("chrome", new Proxy({}, { get: (_, name) => (name === "runtime" ? runtime : anything) }));
  vi.resetModules();
  await import("../src/background/main.js");
});

describe("the background", () => {
  const message: ReadableMessage = { type: "sayso:find-readable", transcript: TRANSCRIPT };

  it("says which elements of a transcript are the article", () => {
    const answers: unknown[] = [];
    listener(message, { id: "sayso", frameId: 0, tab: { id: 1 } }, (answer) => answers.push(answer));
    expect(answers).toHaveLength(1);
    const { kept } = parseReadableReply(answers[0])!;
    expect([...new Set(kept)].filter((number) => number > 3).sort()).toEqual([4, 5, 6, 7, 8]);
  });

  it("does so for no frame, and for no other extension", () => {
    const reply = vi.fn();
    expect(listener(message, { id: "sayso", frameId: 3, tab: { id: 1 } }, reply)).toBe(false);
    expect(listener(message, { id: "other", frameId: 0, tab: { id: 1 } }, reply)).toBe(false);
    expect(reply).not.toHaveBeenCalled();
  });
});
