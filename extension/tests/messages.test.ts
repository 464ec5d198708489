import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import german from "../public/_locales/de/messages.json";
import english from "../public/_locales/en/messages.json";
import { problemText } from "../src/shared/problem-text.js";
import type { ServerProblem } from "../src/shared/protocol.js";

type Words = Record<string, { message: string }>;

const SOURCE = new URL("../src/", import.meta.url);
const sources = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => readFileSync(new URL(path, SOURCE), "utf8"))
  .join("\n");
const manifest = readFileSync(new URL("../public/manifest.json", import.meta.url), "utf8");

describe("the words", () => {
  it("are all used", () => {
    const unused = Object.keys(english).filter((name) => !sources.includes(`"${name}"`) && !manifest.includes(`__MSG_${name}__`));
    // "retry" and "proceed" are looked up by the name of the action.
    expect(unused).toEqual([]);
  });

  it("name the kind of a sentence and never call one true, false or a fact", () => {
    const shown = Object.entries(english).filter(([name]) => name !== "neverTruth");
    for (const [, { message }] of shown) expect(message).not.toMatch(/\b(true|false|facts?|wrong|lie|bias(ed)?)\b/i);
  });
});

describe("the German words", () => {
  const [en, de]: [Words, Words] = [english, german];
  const holes = (message: string): string[] => [...message.matchAll(/\$\d/g)].map(([hole]) => hole).sort();

  it("are complete, with the same things filled in", () => {
    expect(Object.keys(de)).toEqual(Object.keys(en));
    for (const [name, { message }] of Object.entries(de)) {
      expect(message.trim(), name).not.toBe("");
      expect(holes(message), name).toEqual(holes(en[name]!.message));
    }
  });

  it("are not the English ones", () => {
    const same = Object.keys(en).filter((name) => en[name]!.message === de[name]!.message);
    const alike = new Set("extensionName cardSure optionsServer serverToken aboutVersion direction percent barPart arrived formatMarkdown formatJson".split(" "));
    expect(same.filter((name) => !alike.has(name))).toEqual([]);
  });

  it("call nothing true, false or a fact, as the English ones do not", () => {
    const shown = Object.entries(de).filter(([name]) => name !== "neverTruth");
    for (const [, { message }] of shown) expect(message).not.toMatch(/\b(wahr|falsch|Fakt(en)?|Tatsachen?|Lüge|voreingenommen)\b/i);
  });

  it("fit into what the stores take", () => {
    for (const words of [en, de]) expect(words.extensionDescription!.message.length).toBeLessThanOrEqual(132);
  });
});

describe("each problem", () => {
  const problems: ServerProblem[] = [
    { state: "not-running" },
    { state: "interrupted" },
    { state: "loading" },
    { state: "other-server", address: "127.0.0.1:8377" },
    { state: "incompatible", version: "9", isOlder: true },
    { state: "incompatible", version: "9", isOlder: false },
    { state: "unreachable", address: "sayso.example" },
    { state: "no-access", address: "127.0.0.1:8377" },
    { state: "unauthorized" },
    { state: "refused", detail: "d" },
    { state: "busy", retryAfter: 2.2 },
    { state: "silent" },
    { state: "server-error", detail: "<b>x</b>" },
  ];

  it("has words of its own", () => {
    const headings = problems.map((problem) => problemText(problem).heading);
    expect(new Set(headings).size).toBe(problems.length);
    for (const problem of problems) {
      const { heading, detail } = problemText(problem);
      expect(heading).not.toBe("");
      expect(detail).not.toMatch(/\$\d|^$/);
    }
  });

  it("names the command where starting the server helps", () => {
    const withCommand = problems.filter((problem) => problemText(problem).command !== null).map(({ state }) => state);
    expect(withCommand).toEqual(["not-running", "interrupted", "silent"]);
    expect(problemText({ state: "not-running" }).command).toBe("make run");
    const elsewhere = problemText({ state: "not-running", port: "9000" });
    expect(elsewhere.command).toBe("SAYSO_PORT=9000 make run");
    expect(elsewhere.alternative).toContain("sayso serve --port 9000");
  });

  it("says nothing that is out of date while the reader looks at it: no seconds to wait", () => {
    expect(problemText({ state: "busy", retryAfter: 7 })).toEqual(problemText({ state: "busy", retryAfter: 3 }));
  });

  it("cuts a server's long story short", () => {
    expect(problemText({ state: "server-error", detail: "x".repeat(9999) }).detail.length).toBeLessThan(400);
  });
});
