/** What was found on a page, written out as Markdown, CSV or JSON. */
import type { ModelName } from "../shared/contract.js";
import { COUNTED, kindOf, percentages, total, type Counts, type Kind } from "../shared/kinds.js";
import { t } from "../shared/i18n.js";
import { textOf, type Findings } from "./findings.js";
import { kindText, surenessText } from "./sentence-text.js";

export const FORMATS = ["markdown", "csv", "json"] as const;
export type Format = (typeof FORMATS)[number];

export interface ReportedSentence {
  text: string;
  kind: Kind;
  /** How sure the model is of the kind; null where the kind is the reader's own word. */
  confidence: number | null;
  mixed: boolean;
  /** The reader's own word, and not the model's. */
  corrected: boolean;
  /** What the model said. */
  given: Kind;
  /** Less sure than the reader asked for. */
  unsure: boolean;
}

export interface Report {
  title: string;
  address: string;
  /** ISO 8601. */
  date: string;
  model: ModelName | null;
  minConfidence: number;
  counts: Counts;
  sentences: readonly ReportedSentence[];
}

/** @param about what it is a report of */
export function reportOf(about: Pick<Report, "title" | "address" | "date" | "model">, { all, counts }: Findings, minConfidence: number): Report {
  const sentences = all.map((finding) => {
    const { kind, isSure, sentence } = finding;
    const corrected = sentence.corrected !== undefined;
    const confidence = corrected ? null : sentence.confidence;
    return { text: textOf(finding), kind, confidence, mixed: kind.startsWith("mixed"), corrected, given: kindOf(sentence), unsure: !isSure };
  });
  return { ...about, minConfidence, counts, sentences };
}

export function writeReport(report: Report, format: Format): string {
  switch (format) {
    case "markdown":
      return toMarkdown(report);
    case "csv":
      return toCsv(report);
    case "json":
      return toJson(report);
  }
}

// --- JSON -----------------------------------------------------------------------------------------------------------

/** The fields' names are an interface: they are not translated, and none changes its meaning. */
function toJson({ title, address, date, model, minConfidence, counts, sentences }: Report): string {
  const whole = {
    title,
    address,
    date,
    model,
    min_confidence: minConfidence,
    counts,
    sentences: sentences.map(({ text, kind, confidence, mixed, corrected, given, unsure }) => {
      return { text, kind: inWords(kind), confidence: rounded(confidence), mixed, corrected, given: inWords(given), unsure };
    }),
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
}

// --- CSV ------------------------------------------------------------------------------------------------------------

const BYTE_ORDER_MARK = "\uFEFF";

/** RFC 4180. What holds for all of the page is in each row, so that rows of several pages can be put together. */
function toCsv({ title, address, date, model, sentences }: Report): string {
  const header = ["sentence", "kind", "confidence", "mixed", "corrected", "given", "unsure", "title", "address", "date", "model", "revision"];
  const rows = sentences.map(({ text, kind, confidence, mixed, corrected, given, unsure }) => [
    ...[text, inWords(kind), String(rounded(confidence) ?? ""), String(mixed), String(corrected), inWords(given), String(unsure)],
    ...[title, address, date, model?.id ?? "", model?.revision ?? ""],
  ]);
  // Without the mark a spreadsheet takes it for the machine's old encoding.
  return BYTE_ORDER_MARK + [header, ...rows].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}

/** Begins like a formula to a spreadsheet, also after the white space that some of them skip. */
const FORMULA = /^[\s\uFEFF]*[=+\-@＝＋－＠]|^[\t\r\n]/;

/** A cell that no spreadsheet computes: text from a page may be `=HYPERLINK(…)`. The apostrophe is what they use themselves. */
export function csvCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

// --- Markdown -------------------------------------------------------------------------------------------------------

function toMarkdown({ title, address, date, model, minConfidence, counts, sentences }: Report): string {
  const shares = percentages(counts);
  const name = { opinion: t("kindOpinion"), fact: t("kindFact"), mixed: t("kindBoth"), other: t("kindNeither"), unsure: t("kindUnsure") };
  const lines = [
    `# ${markdownText(title === "" ? address : title)}`,
    "",
    `- ${markdownText(t("reportAddress"))}: ${markdownAddress(address)}`,
    `- ${markdownText(t("reportDate"))}: ${markdownText(date)}`,
    ...(model === null ? [] : [`- ${markdownText(t("cardModelLabel"))}: ${markdownText([model.id, model.revision].filter((part) => part !== "").join(" @ "))}`]),
    ...(minConfidence === 0 ? [] : [`- ${markdownText(t("surenessName"))}: ${markdownText(t("surenessAtLeast", surenessText(minConfidence)))}`]),
    `- ${markdownText(t("statusDone", total(counts)))}: ${COUNTED.map((each) => markdownText(t("barPart", name[each], counts[each], shares[each]))).join("; ")}`,
    `- ${markdownText(t("neverTruth"))}`,
    "",
    ...sentences.map(({ text, kind, confidence, given, unsure }) => {
      const sure = confidence === null ? t("reportCorrected", kindText(given)) : surenessText(confidence);
      return `1. **${markdownText(unsure ? t("kindUnsure") : kindText(kind))}** (${markdownText(sure)}): ${markdownText(text)}`;
    }),
  ];
  return `${lines.join("\n")}\n`;
}

/**
 * Text within a line that Markdown shows as it is. Escaped is what may mean something there, in CommonMark or its
 * dialects (tables, strike-through, formulas, bare addresses that become links).
 */
export function markdownText(text: string): string {
  return text
    .replace(/[\s\u0085\u2028\u2029]+/gu, " ")
    .trim()
    .replace(/[\\`*_{}[\]#|<>~&$^=]/g, "\\$&")
    .replace(/:(?=\/\/)|(?<=www)\.|@(?=\w)/gi, "\\$&");
}

/** An autolink; other addresses than these are given as text. */
function markdownAddress(address: string): string {
  return /^(https?|file):[^\s<>]*$/i.test(address) ? `<${address}>` : markdownText(address);
}

function inWords(kind: Kind): string {
  return kind.replace("-", "_");
}

/** As many digits as mean anything. */
function rounded(confidence: number | null): number | null {
  return confidence === null ? null : Math.round(confidence * 1e4) / 1e4;
}
