/**
 * Finds which elements of the page are the article.
 *
 * Mozilla's Readability decides, on a transcript of the page that says of each element which it is: in the background,
 * as it may take a second, and everything here in short pieces. The page is only read.
 */
import { findReadable, hasOwnText, SHORTEST_ARTICLE, textOf, type Readable } from "../shared/readable.js";
import type { Scope } from "./blocks.js";
import { inPieces, type Pace } from "./pace.js";
import { COMMENT_SECTIONS, isSurroundings, isSurroundingsByRole, LARGEST_SURROUNDINGS, surroundingsWord } from "./skipped.js";
import { transcribe } from "./transcript.js";

export interface Article {
  root: Element;
  scope: Scope;
  /** No article was found: the whole page is looked through, and only what reads like prose is taken. */
  isGuess: boolean;
  /** The elements that were there when it was found: `scope` has nothing to say of those that came later. */
  judged: Pick<WeakSet<Element>, "has">;
}

/** Has a transcript judged somewhere else; undefined where nobody is there to do it. */
export type Judge = (transcript: string) => Promise<Readable | null | undefined>;

/** Null also where the signal says to stop meanwhile. */
export async function findArticle(page: Document, judge: Judge, pace: Pace, signal: AbortSignal): Promise<Article | null> {
  const transcript = await inPieces(transcribe(page), pace, signal);
  if (transcript === null) return null;
  let readable = await judge(transcript.text);
  if (signal.aborted) return null;
  readable = readable === undefined ? findReadable(transcript.text) : readable;
  return inPieces(articleOf(page, transcript.elements, readable), pace, signal);
}

function* articleOf(page: Document, elements: readonly Element[], readable: Readable | null): Generator<undefined, Article | null, undefined> {
  const root = page.body as HTMLElement | null; // a frameset, or a page still without a body
  if (root === null) return null;
  const judged = new WeakSet<Element>();
  for (const element of elements) {
    judged.add(element);
    yield;
  }
  if (readable === null) return guess(page, root, judged);
  const kept = yield* keptElements(elements, readable);
  return { root, isGuess: false, judged, scope: yield* scopeOf(root, kept) };
}

/** The live elements that Readability kept. */
function* keptElements(elements: readonly Element[], { kept: numbers, made }: Readable): Generator<undefined, Set<Element>, undefined> {
  const kept = new Set<Element>();
  for (const number of numbers) {
    const element = elements[number];
    if (element !== undefined) kept.add(element);
    yield;
  }
  // It wraps loose text in a new paragraph, and where that is all that a `<div>` holds, the paragraph takes its place and
  // the number is lost: such an element is known by its text alone.
  const wanted = new Map<string, number>();
  for (const text of made) wanted.set(text, (wanted.get(text) ?? 0) + 1);
  if (wanted.size === 0) return kept;
  for (const element of elements) {
    yield;
    if (kept.has(element) || !hasOwnText(element)) continue;
    const text = textOf(element);
    const left = wanted.get(text) ?? 0;
    if (left === 0) continue;
    wanted.set(text, left - 1);
    kept.add(element);
  }
  return kept;
}

/**
 * Text directly in a kept element is the article's. An element that was not kept may still be the way to kept ones:
 * Readability drops wrappers around a single paragraph.
 */
function* scopeOf(root: Element, kept: ReadonlySet<Element>): Generator<undefined, Scope, undefined> {
  /** How much kept text is in an element: in each kept one, and in each on the way to one. */
  const lengths = new Map<Element, number>();
  for (const element of kept) {
    const length = ownTextLength(element);
    for (let outer: Element | null = element; outer !== null; outer = outer.parentElement) {
      lengths.set(outer, (lengths.get(outer) ?? 0) + length);
    }
    yield;
  }
  const limit = LARGEST_SURROUNDINGS * (lengths.get(root) ?? 0);
  const others = yield* otherArticles(kept);
  const named = yield* namedSurroundings(lengths, limit);
  return (element) => {
    const length = lengths.get(element);
    if (length === undefined || others.has(element)) return "out";
    if (length < limit && (named.has(element) || isSurroundingsByRole(element))) return "out";
    return kept.has(element) ? "own" : "through";
  };
}

/**
 * The elements that have a name of surroundings; but for names that much of the kept text has, if only piece by piece, as
 * where each paragraph that is to be paid for is a `p.paywall`.
 */
function* namedSurroundings(lengths: ReadonlyMap<Element, number>, limit: number): Generator<undefined, Set<Element>, undefined> {
  const words = new Map<Element, string>();
  for (const element of lengths.keys()) {
    const word = surroundingsWord(element);
    if (word !== undefined) words.set(element, word);
    yield;
  }
  const lengthOf = new Map<string, number>();
  for (const [element, word] of words) {
    const isWithin = element.parentElement !== null && words.get(element.parentElement) === word;
    if (!isWithin) lengthOf.set(word, (lengthOf.get(word) ?? 0) + (lengths.get(element) ?? 0));
  }
  return new Set([...words.keys()].filter((element) => (lengthOf.get(words.get(element) ?? "") ?? 0) < limit));
}

/**
 * The `<article>`s among the kept elements that are teasers of other posts than the one that is read: that has the
 * page's headline in it, or is longer than all of them together.
 */
function* otherArticles(kept: ReadonlySet<Element>): Generator<undefined, Set<Element>, undefined> {
  const lengths = new Map<Element, number>();
  for (const element of kept) {
    const article = element.closest("article");
    if (article !== null) lengths.set(article, (lengths.get(article) ?? 0) + ownTextLength(element));
    yield;
  }
  const lengthOf = (article: Element): number => lengths.get(article) ?? 0;
  const articles = [...lengths.keys()];
  const headline = articles[0]?.ownerDocument.querySelector("h1")?.closest("article");
  const headed = articles.find((article) => article === headline);
  const [longest] = articles.sort((a, b) => lengthOf(b) - lengthOf(a));
  const isHeaded = headed !== undefined && lengthOf(headed) >= SHORTEST_ARTICLE;
  const read = isHeaded ? headed : longest;
  if (read === undefined) return new Set();
  const teasers = articles.filter((article) => article !== read && !article.contains(read) && hasPageOfItsOwn(article));
  const total = teasers.reduce((sum, article) => sum + lengthOf(article), 0);
  return new Set(isHeaded || total < LARGEST_SURROUNDINGS * lengthOf(read) ? teasers : []);
}

/** Says where its own page is, as the teaser of a post does, and no entry of a live blog: by its heading, mostly. */
function hasPageOfItsOwn(article: Element): boolean {
  if (article.matches(".hentry") || article.querySelector("a[rel~='bookmark']") !== null) return true;
  const heading = article.querySelector("h1, h2, h3, h4, h5, h6");
  const link = heading?.querySelector("a[href]") ?? heading?.closest("a[href]");
  if (heading == null || link == null || link.getAttribute("href")?.startsWith("#") === true) return false;
  return link.textContent.trim().length >= heading.textContent.trim().length;
}

function ownTextLength(element: Element): number {
  let length = 0;
  for (const node of element.childNodes) if (node.nodeType === 3) length += node.nodeValue?.trim().length ?? 0;
  return length;
}

/** All that is not by its name or role something else, below the page's main part if it says which that is. */
function guess(page: Document, body: Element, judged: Article["judged"]): Article {
  const main = page.querySelector("main, [role='main']") ?? body;
  return {
    root: main,
    isGuess: true,
    judged,
    scope: (element) => (isSurroundings(element) || element.matches(COMMENT_SECTIONS) ? "out" : "own"),
  };
}
