/**
 * Finds which elements of the page are the article.
 *
 * Mozilla's Readability decides, on a copy: it takes its document apart. The copy's elements carry their number in the
 * live document, so that what is left of them at the end can be found again in the page. The live page is only read.
 */
import { Readability } from "@mozilla/readability";
import type { Scope } from "./blocks.js";
import { COMMENT_SECTIONS, isQuotation, isSurroundings, isSurroundingsByRole, surroundingsWord, SURROUNDINGS } from "./skipped.js";

/**
 * An attribute on each element of the copy, never in the page: this and the element's number, without a value.
 *
 * The number is in the *name* because Readability copies attributes around: to the new element where it renames one,
 * and from a wrapper onto its only child, which would lose its own number to the wrapper's were it a value.
 */
const NUMBERED = "data-sayso-";

/** Shorter "articles" are a cookie notice or a teaser that Readability settled for. */
const SHORTEST_ARTICLE = 140;

/** Below this Readability starts over with less strict rules; its own 500 loses short blog posts to their comments. */
const SHORT_ENOUGH_TO_RETRY = 250;

/** Surroundings inside the article are small; anything larger is the article under an unlucky name. */
const LARGEST_SURROUNDINGS = 0.4;

/** Surroundings of any size: a short post may have a footer that is longer. */
const NEVER_THE_ARTICLE = "nav, footer, [role='navigation'], [role='contentinfo']";

export interface Article {
  root: Element;
  scope: Scope;
  /** No article was found: the whole page is looked through, and only what reads like prose is taken. */
  isGuess: boolean;
}

export function findArticle(page: Document): Article | null {
  const root = page.body as HTMLElement | null; // a frameset, or a page still without a body
  if (root === null) return null;
  const kept = keptElements(page);
  return kept === null ? guess(page, root) : fromKept(root, kept);
}

/** The live elements that Readability kept, or null where it found no article. */
function keptElements(page: Document): Set<Element> | null {
  // A copy of the *document*: elements cloned within the live one would load images and run custom elements' code.
  const copy = page.cloneNode(true) as Document;
  const live = page.getElementsByTagName("*");
  const copied = Array.from(copy.getElementsByTagName("*"));
  if (live.length !== copied.length) return null;
  copied.forEach((element, index) => {
    // A page's policy is asked, and told to the site as broken, when Readability copies a handler to another element.
    for (const name of element.getAttributeNames()) if (name.startsWith("on")) element.removeAttribute(name);
    element.setAttribute(`${NUMBERED}${index}`, "");
  });
  const liveElements = Array.from(live);

  for (const code of copy.querySelectorAll("script, style, template, svg")) code.remove();
  for (const section of copy.querySelectorAll(COMMENT_SECTIONS)) {
    if (section.querySelector("h1, main, article p") === null) section.remove();
  }
  const whole = textLength(copy.body);
  for (const element of copy.body.querySelectorAll(SURROUNDINGS)) {
    const isSmall = element.matches(NEVER_THE_ARTICLE) || textLength(element) < LARGEST_SURROUNDINGS * whole;
    if (isSmall && isSurroundingsByRole(element)) element.remove();
  }
  for (const quote of copy.querySelectorAll("blockquote")) freeQuotation(quote);
  for (const element of copy.querySelectorAll("[class*='category-'], [class*='tag-'], article, main")) clearName(element);
  // Readability replaces these links by new elements, which have no number.
  for (const link of copy.querySelectorAll('a[href^="javascript:"]')) link.removeAttribute("href");

  let content: Element | null | undefined;
  try {
    const options = { serializer: (node: Node) => node as Element, keepClasses: true, charThreshold: SHORT_ENOUGH_TO_RETRY };
    content = new Readability<Element>(copy, options).parse()?.content;
  } catch {
    return null; // it throws on a document without elements, and has thrown on broken ones
  }
  if (content == null || content.textContent.trim().length < SHORTEST_ARTICLE) return null;

  const kept = new Set<Element>();
  const made: Element[] = [];
  for (const element of content.querySelectorAll("*")) {
    const numbers = element.getAttributeNames().filter((name) => name.startsWith(NUMBERED));
    if (numbers.length === 0 && hasOwnText(element)) made.push(element);
    for (const name of numbers) {
      const original = liveElements[Number(name.slice(NUMBERED.length))];
      if (original !== undefined) kept.add(original);
    }
  }
  for (const original of sameTexts(made, liveElements, kept)) kept.add(original);
  return kept;
}

/**
 * Readability drops what has an unlikely word anywhere in its names, as a WordPress post in the category "social" has,
 * and an `<article>` that is "social-enabled".
 */
function clearName(element: Element): void {
  const says = Array.from(element.classList).filter((name) => !/^(category|tag)-/.test(name));
  const isClear = !element.matches("article, main");
  element.setAttribute("class", says.filter((name) => isClear || !UNLIKELY.test(name)).join(" "));
}

const UNLIKELY = /banner|comment|community|extra|footer|header|legends|menu|pager|pagination|related|remark|replies|rss|sidebar|social|sponsor|-ad-/i;

/** Readability would drop an embedded post of a social network, for its wrapper's name and its few words among links. */
function freeQuotation(quote: Element): void {
  let wrapper = quote;
  for (let outer = quote.parentElement; outer !== null && isQuotation(outer); outer = outer.parentElement) {
    if (outer.localName !== "body") wrapper = outer;
  }
  quote.removeAttribute("class");
  quote.removeAttribute("id");
  if (wrapper !== quote) wrapper.replaceWith(quote);
}

/**
 * The live elements of paragraphs that Readability made itself. It wraps loose text in a new `<p>`, and where that is all
 * that a `<div>` holds, the `<p>` takes its place and the number is lost: such a div is known by its text alone.
 */
function sameTexts(made: Element[], liveElements: Element[], kept: Set<Element>): Element[] {
  const wanted = new Map<string, number>();
  for (const element of made) wanted.set(textOf(element), (wanted.get(textOf(element)) ?? 0) + 1);
  if (wanted.size === 0) return [];
  return liveElements.filter((element) => {
    if (kept.has(element) || !hasOwnText(element)) return false;
    const left = wanted.get(textOf(element)) ?? 0;
    if (left > 0) wanted.set(textOf(element), left - 1);
    return left > 0;
  });
}

function hasOwnText(element: Element): boolean {
  return Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.nodeValue?.trim() !== "");
}

function textOf(element: Element): string {
  return element.textContent.replace(/\s+/g, " ").trim();
}

/**
 * Text directly in a kept element is the article's. An element that was not kept may still be the way to kept ones:
 * Readability drops wrappers around a single paragraph.
 */
function fromKept(root: Element, kept: Set<Element>): Article {
  /** How much kept text is in an element: in each kept one, and in each on the way to one. */
  const lengths = new Map<Element, number>();
  for (const element of kept) {
    const length = ownTextLength(element);
    for (let outer: Element | null = element; outer !== null; outer = outer.parentElement) {
      lengths.set(outer, (lengths.get(outer) ?? 0) + length);
    }
  }
  const limit = LARGEST_SURROUNDINGS * (lengths.get(root) ?? 0);
  const others = otherArticles(kept);
  const named = namedSurroundings(lengths, limit);
  return {
    root,
    isGuess: false,
    scope: (element) => {
      const length = lengths.get(element);
      if (length === undefined || others.has(element)) return "out";
      if (length < limit && (named.has(element) || isSurroundingsByRole(element))) return "out";
      return kept.has(element) ? "own" : "through";
    },
  };
}

/**
 * The elements that have a name of surroundings; but for names that much of the kept text has, if only piece by piece, as
 * where each paragraph that is to be paid for is a `p.paywall`.
 */
function namedSurroundings(lengths: Map<Element, number>, limit: number): Set<Element> {
  const words = new Map<Element, string>();
  for (const element of lengths.keys()) {
    const word = surroundingsWord(element);
    if (word !== undefined) words.set(element, word);
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
function otherArticles(kept: Set<Element>): Set<Element> {
  const lengths = new Map<Element, number>();
  for (const element of kept) {
    const article = element.closest("article");
    if (article !== null) lengths.set(article, (lengths.get(article) ?? 0) + ownTextLength(element));
  }
  const lengthOf = (article: Element): number => lengths.get(article) ?? 0;
  const articles = [...lengths.keys()];
  const headed = articles.find((article) => article.ownerDocument.querySelector("h1")?.closest("article") === article);
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
function guess(page: Document, body: Element): Article {
  const main = page.querySelector("main, [role='main']") ?? body;
  return {
    root: main,
    isGuess: true,
    scope: (element) => (isSurroundings(element) || element.matches(COMMENT_SECTIONS) ? "out" : "own"),
  };
}

function textLength(element: Element): number {
  return element.textContent.length;
}
