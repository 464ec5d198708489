/**
 * How well extracted texts match the gold: `npm run score -- EXTRACTED.jsonl GROUND_TRUTH.json [--worst N]`.
 *
 * GROUND_TRUTH.json is the article-extraction benchmark's: `{"<id>": {"articleBody"}}`; or a folder of Readability's test
 * pages, whose expected.html is taken for the gold. Words are runs of letters, digits and underscores, as there, compared
 * as multisets; shingles are four of them in a row, for which order matters. All figures are means over the pages; the
 * benchmark's own F1 is that of its mean precision and mean recall over shingles. The halves are by a hash of the id: one
 * to look into, one to see whether what was learnt holds.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { JSDOM } from "jsdom";

const SHINGLE = 4;

function words(text) {
  return text.match(/[\p{L}\p{N}_]+/gu) ?? [];
}

function shingles(text, length) {
  const tokens = words(text);
  if (tokens.length === 0) return [];
  return Array.from({ length: Math.max(1, tokens.length - length + 1) }, (_, i) => tokens.slice(i, i + length).join(" "));
}

/** Precision, recall and F1 of one multiset against another; both empty is a perfect match. */
function compare(found, wanted) {
  const left = new Map();
  for (const item of wanted) left.set(item, (left.get(item) ?? 0) + 1);
  let right = 0;
  for (const item of found) {
    const count = left.get(item) ?? 0;
    if (count > 0) right += 1;
    left.set(item, count - 1);
  }
  if (found.length === 0 && wanted.length === 0) return { precision: 1, recall: 1, f1: 1 };
  const precision = found.length === 0 ? 0 : right / found.length;
  const recall = wanted.length === 0 ? 0 : right / wanted.length;
  return { precision, recall, f1: right === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}

/** Id to gold text. */
function readGold(path) {
  if (!statSync(path).isDirectory()) {
    const gold = JSON.parse(readFileSync(path, "utf8"));
    return new Map(Object.entries(gold).map(([id, { articleBody }]) => [id, articleBody ?? ""]));
  }
  return new Map(
    readdirSync(path)
      .filter((id) => existsSync(join(path, id, "expected.html")))
      .map((id) => [id, htmlText(readFileSync(join(path, id, "expected.html"), "utf8"))]),
  );
}

/** The text of a piece of HTML, with white space between its elements: only words are compared. */
function htmlText(html) {
  const { document, NodeFilter } = new JSDOM(html).window;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) texts.push(node.data);
  return texts.join("");
}

function mean(rows, of) {
  return rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
}

function summary(name, rows) {
  const columns = ["words", "shingles"].flatMap((unit) =>
    ["precision", "recall", "f1"].map((measure) => mean(rows, (row) => row[unit][measure])),
  );
  return [name, String(rows.length), ...columns.map((value) => value.toFixed(4))].join("\t");
}

function main(argv) {
  const worst = argv.includes("--worst") ? Number(argv.splice(argv.indexOf("--worst"), 2)[1]) : 10;
  const [extracted, goldPath] = argv;
  if (argv.length !== 2 || !existsSync(extracted) || !existsSync(goldPath) || !(worst >= 0)) {
    console.error("usage: npm run score -- EXTRACTED.jsonl (GROUND_TRUTH.json | DIR of <id>/expected.html) [--worst N]");
    return 2;
  }
  const lines = readFileSync(extracted, "utf8").split("\n").filter((line) => line !== "");
  const texts = new Map(lines.map((line) => JSON.parse(line)).map(({ id, text }) => [id, text]));
  const rows = Array.from(readGold(goldPath), ([id, gold]) => {
    const text = texts.get(id) ?? "";
    return {
      id,
      half: createHash("sha256").update(id).digest()[0] % 2,
      words: compare(words(text), words(gold)),
      shingles: compare(shingles(text, SHINGLE), shingles(gold, SHINGLE)),
    };
  });
  const missing = rows.filter(({ id }) => !texts.has(id)).length;
  if (missing > 0) console.error(`score: ${missing} pages of the gold were not extracted and count as empty`);
  console.log("pages\tn\tprecision\trecall\tF1\tshingle P\tshingle R\tshingle F1");
  console.log(summary("all", rows));
  for (const half of [0, 1]) {
    const part = rows.filter((row) => row.half === half);
    if (part.length > 0) console.log(summary(`half ${"AB"[half]}`, part));
  }
  rows.sort((a, b) => a.words.f1 - b.words.f1);
  console.log(`\nworst\tprecision\trecall\tF1`);
  for (const { id, half, words: { precision, recall, f1 } } of rows.slice(0, worst)) {
    console.log([`${"AB"[half]} ${id}`, ...[precision, recall, f1].map((value) => value.toFixed(3))].join("\t"));
  }
  return 0;
}

process.exitCode = main(process.argv.slice(2));
