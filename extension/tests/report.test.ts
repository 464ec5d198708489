import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { Marked, type Token, type Tokens } from "marked";
import { describe, expect, it } from "vitest";
import { findingsOf } from "../src/content/findings.js";
import type { Passage } from "../src/content/passages.js";
import { csvCell, markdownText, reportOf, writeReport, type Report } from "../src/content/report.js";
import type { SentenceResult } from "../src/shared/contract.js";
import { noCounts } from "../src/shared/kinds.js";

/** Text as pages have it, and as nobody would write it. */
const nasty = fc.array(
  fc.oneof(
    fc.constantFrom(..."=+-@,;'\"\\`*_{}[]()#.!|<>~&$^:/\t\r\n \u00a0\u2028".split("")),
    fc.constantFrom("=HYPERLINK(\"http://x.example\",\"y\")", "<script>alert(1)</script>", "[a](b)", "![a](b)", "&amp;", "http://x.example/", "www.x.example", "a@x.example", "~~a~~", "$a$", "1. ", "- ", "# ", "```", "a", "B", "é", "😀"),
    fc.string({ unit: "binary", maxLength: 3 }).filter((text) => text.isWellFormed() && !/[^\P{Cc}\t\r\n\u0085]/u.test(text)),
  ),
  { maxLength: 12 },
).map((parts) => parts.join(""));

const sentence = fc.record({
  text: nasty,
  kind: fc.constantFrom("opinion", "fact", "mixed-opinion", "mixed-fact", "other" as const),
  confidence: fc.oneof(fc.constant(null), fc.double({ min: 0.33, max: 1, noNaN: true })),
  mixed: fc.boolean(),
  corrected: fc.boolean(),
  given: fc.constantFrom("opinion", "fact", "mixed-opinion", "mixed-fact", "other" as const),
  unsure: fc.boolean(),
});

const reports: fc.Arbitrary<Report> = fc.record({
  title: nasty,
  address: fc.oneof(fc.webUrl(), nasty),
  date: fc.constant("2026-01-31T12:00:00.000Z"),
  model: fc.oneof(fc.constant(null), fc.record({ id: nasty, revision: nasty })),
  minConfidence: fc.constantFrom(0, 0.7),
  counts: fc.constant({ ...noCounts(), opinion: 1 }),
  sentences: fc.array(sentence, { maxLength: 4 }),
});

describe("CSV", () => {
  it("is read back by another's parser, cell by cell", () => {
    fc.assert(
      fc.property(reports, (report) => {
        const [header, ...rows] = parse(writeReport(report, "csv"), { bom: true, record_delimiter: "\r\n" });
        expect(header).toHaveLength(12);
        expect(rows).toHaveLength(report.sentences.length);
        rows.forEach((row, index) => {
          const text = report.sentences[index]!.text;
          expect([text, `'${text}`]).toContain(row[0]);
          expect([report.title, `'${report.title}`]).toContain(row[7]);
        });
      }),
    );
  });

  it("has no cell that a spreadsheet computes", () => {
    fc.assert(
      fc.property(reports, (report) => {
        const rows = parse(writeReport(report, "csv"), { bom: true, record_delimiter: "\r\n" });
        for (const cell of rows.flat()) expect(cell).not.toMatch(/^[\s\uFEFF]*[=+\-@＝＋－＠]/);
      }),
    );
  });

  it.each([
    ["plain", "plain"],
    ["a, b", '"a, b"'],
    ['say "so"', '"say ""so"""'],
    ["=1+1", "'=1+1"],
    ["\t=1+1", "'\t=1+1"],
    ["two\nlines", '"two\nlines"'],
  ])("%j is %j", (text, cell) => {
    expect(csvCell(text)).toBe(cell);
  });
});

describe("Markdown", () => {
  const marked = new Marked({ gfm: true });

  /** The text as a reader sees it, and what else there is. */
  function rendered(source: string): { text: string; kinds: Set<string> } {
    const kinds = new Set<string>();
    const textOf = (tokens: Token[]): string =>
      tokens
        .map((token) => {
          kinds.add(token.type);
          const inner = (token as Tokens.Generic).tokens;
          return inner === undefined ? unescape((token as Tokens.Text).text) : textOf(inner);
        })
        .join("");
    const [list] = marked.lexer(`- x ${source}`) as unknown as [Tokens.List];
    return { text: textOf(list.items.flatMap(({ tokens }) => tokens)), kinds };
  }
  const unescape = (text: string): string => text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ({ amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" })[name]!);

  it("shows text as it is, and makes nothing of it", () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const { text: seen, kinds } = rendered(markdownText(text));
        expect([...kinds].filter((kind) => !["text", "escape"].includes(kind))).toEqual([]);
        expect(seen.trimEnd()).toBe(`x ${text.replace(/[\s\u0085]+/g, " ").trim()}`.trimEnd());
      }),
      { numRuns: 500 },
    );
  });

  it("has a line for each sentence, whatever is in it", () => {
    fc.assert(
      fc.property(reports, (report) => {
        const lines = writeReport(report, "markdown").split("\n");
        expect(lines.filter((line) => line.startsWith("1. **"))).toHaveLength(report.sentences.length);
        expect(lines.filter((line) => line.startsWith("# "))).toHaveLength(1);
      }),
    );
  });

  it("says what a reader needs to judge it", () => {
    const report: Report = {
      title: "Who sold *our* ferry?",
      address: "https://blog.example/ferry",
      date: "2026-01-31T12:00:00.000Z",
      model: { id: "sayso-minilm-l6", revision: "abc" },
      minConfidence: 0.75,
      counts: { opinion: 1, fact: 1, mixed: 0, other: 0, unsure: 0 },
      sentences: [{ text: "It was a mistake.", kind: "opinion", confidence: 0.93, mixed: false, corrected: false, given: "opinion", unsure: false }],
    };
    const text = writeReport(report, "markdown");
    for (const part of ["Who sold \\*our\\* ferry?", "<https://blog.example/ferry>", "2026-01-31", "sayso-minilm-l6 @ abc", "Opinion: 1 (50 %)", "fairly sure, 75 % or more", "**Opinion** (very sure, 93 %): It was a mistake."]) {
      expect(text).toContain(part);
    }
  });
});

describe("JSON", () => {
  it("is read back as it was", () => {
    fc.assert(
      fc.property(reports, (report) => {
        const read = JSON.parse(writeReport(report, "json")) as Report & { min_confidence: number };
        expect(read).toMatchObject({ title: report.title, address: report.address, date: report.date, model: report.model, min_confidence: report.minConfidence, counts: report.counts });
        expect(read.sentences.map(({ text }) => text)).toEqual(report.sentences.map(({ text }) => text));
      }),
    );
  });
});

describe("a sentence that the reader corrected", () => {
  const sentences: SentenceResult[] = [
    { start: 0, end: 4, label: "opinion", confidence: 0.91, mixed: false, corrected: "mixed_fact" },
    { start: 5, end: 9, label: "fact", confidence: 0.8, mixed: false },
  ];
  const passage = { text: "One. Two.", order: 0, outcome: { sentences } } as unknown as Passage;
  const findings = findingsOf([passage], { minConfidence: 0, switches: { opinion: true, fact: true } });
  const report = reportOf({ title: "", address: "https://blog.example/", date: "2026-01-31T12:00:00.000Z", model: null }, findings, 0);

  it("is not said with how sure the model was of another answer, but with that answer", () => {
    const json = JSON.parse(writeReport(report, "json")) as { sentences: unknown[] };
    expect(json.sentences).toEqual([
      { text: "One.", kind: "mixed_fact", confidence: null, mixed: true, corrected: true, given: "opinion", unsure: false },
      { text: "Two.", kind: "fact", confidence: 0.8, mixed: false, corrected: false, given: "fact", unsure: false },
    ]);
    const [one, two] = parse(writeReport(report, "csv"), { bom: true, columns: true }) as unknown as Record<string, string>[];
    expect(one).toMatchObject({ kind: "mixed_fact", confidence: "", corrected: "true", given: "opinion" });
    expect(two).toMatchObject({ kind: "fact", confidence: "0.8", corrected: "false", given: "fact" });
    const markdown = writeReport(report, "markdown");
    expect(markdown).toContain("**Mostly a factual claim, with opinion** (your own correction; Sayso said: Opinion): One.");
    expect(markdown).not.toContain("91");
  });
});
