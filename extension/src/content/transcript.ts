/**
 * Writes the page down for Readability: well-formed markup with a number on each element, by which it is found again in
 * the page. The page is only read.
 *
 * Left out is what Readability has no eye for (code, styles, most attributes), and what is known not to be the article:
 * comments, which are often longer than it, and menus, footers and the like.
 */
import { NUMBERED } from "../shared/readable.js";
import { COMMENT_SECTIONS, isQuotation, isSurroundingsByRole, LARGEST_SURROUNDINGS, SURROUNDINGS } from "./skipped.js";

export interface Transcript {
  text: string;
  /**
   * The elements that were there; an element's number is its place. Without those that are hidden by an attribute of their
   * own: Readability would drop them, and when the page unfolds them they are as good as new.
   */
  elements: readonly Element[];
}

/** An element as it is written: from which piece to which, and how much text is in it. */
interface Written {
  element: Element;
  parent: Written | null;
  children: readonly Node[];
  /** Which of its children is next. */
  next: number;
  from: number;
  to: number;
  length: number;
}

const UNREADABLE = new Set(["script", "style", "template", "svg", "noscript", "link"]);

/** Surroundings of any size: a short post may have a footer that is longer. */
const NEVER_THE_ARTICLE = "nav, footer, [role='navigation'], [role='contentinfo']";

/** Yields now and then: the caller may pause there. */
export function* transcribe(page: Document): Generator<undefined, Transcript, undefined> {
  const elements: Element[] = [];
  const pieces: string[] = [];
  const surroundings: Written[] = [];
  const quotations: Written[] = [];
  let whole = 0;

  const begin = (element: Element, parent: Written | null): Written | null => {
    if (isHidden(element)) return parent;
    const number = elements.push(element) - 1;
    if (UNREADABLE.has(element.localName) || isCommentSection(element)) return parent;
    pieces.push(`<${element.localName} ${NUMBERED}${number}=""${attributesOf(element)}>`);
    // Its children as they are now, whatever the page does while this is paused.
    const children = Array.from(element.childNodes);
    const written = { element, parent, children, next: 0, from: pieces.length - 1, to: 0, length: 0 };
    if (element.localName === "blockquote") quotations.push(written);
    if (!isFrame(element) && element.matches(SURROUNDINGS)) surroundings.push(written);
    return written;
  };

  const end = (written: Written): Written | null => {
    written.to = pieces.push(`</${written.element.localName}>`);
    if (written.element === page.body) whole = written.length;
    if (written.parent !== null) written.parent.length += written.length;
    return written.parent;
  };

  let open = begin(page.documentElement, null);
  while (open !== null) {
    yield;
    const node = open.children[open.next++];
    if (node === undefined) open = end(open);
    else if (node.nodeType === 1) open = begin(node as Element, open);
    else if (node.nodeType === 3 || node.nodeType === 4) {
      const { data } = node as Text;
      open.length += data.length;
      pieces.push(escaped(data));
    }
  }

  // What is taken out again, now that it is known how large it is.
  for (const { element, length, from, to } of surroundings) {
    yield;
    const isSmall = element.matches(NEVER_THE_ARTICLE) || length < LARGEST_SURROUNDINGS * whole;
    if (isSmall && isSurroundingsByRole(element)) pieces.fill("", from, to);
  }
  for (const quotation of quotations) {
    yield;
    if (pieces[quotation.from] !== "") freeQuotation(quotation, pieces);
  }
  return { text: pieces.join("").toWellFormed(), elements };
}

/** The style sheets are not asked: what they hide Readability takes as the article's, and it is read when it shows. */
function isHidden(element: Element): boolean {
  if (element.hasAttribute("hidden")) return true;
  if (!/none|hidden/i.test(element.getAttribute("style") ?? "")) return false;
  const { style } = element as Partial<HTMLElement>;
  return style?.display === "none" || style?.visibility === "hidden";
}

function isCommentSection(element: Element): boolean {
  return element.matches(COMMENT_SECTIONS) && element.querySelector("h1, main, article p") === null;
}

/** Of the document: never left out, whatever it says of itself. */
function isFrame({ localName }: Element): boolean {
  return localName === "html" || localName === "body";
}

/**
 * Readability would drop an embedded post of a social network, for its wrapper's name and its few words among links:
 * it is written without its wrappers.
 */
function freeQuotation(quotation: Written, pieces: string[]): void {
  let wrapper = quotation;
  if (quotation.element.parentElement?.closest("blockquote") === null) {
    for (let outer = quotation.parent; outer !== null && !isFrame(outer.element) && isQuotation(outer.element); outer = outer.parent) wrapper = outer;
  }
  const tag = pieces[quotation.from] ?? "";
  pieces[quotation.from] = tag.replace(/ (id|class)="[^"]*"/g, "");
  pieces.fill("", wrapper.from, quotation.from);
  pieces.fill("", quotation.to, wrapper.to);
}

// --- attributes -------------------------------------------------------------------------------------------------------

/** All that Readability asks for; `hidden` and the like by their presence. */
const READ = new Set("id role rel itemprop aria-hidden aria-modal summary datatable rowspan colspan".split(" "));

/** It looks at whatever attributes these have, for the address of a picture or a film, and counts them. */
const MEDIA = new Set("img picture figure source video audio iframe embed object param meta".split(" "));

/** A picture that is all in its address: as much of it as tells a tiny one. */
const LONGEST_VALUE = 300;

function attributesOf(element: Element): string {
  if (!element.hasAttributes()) return "";
  let written = "";
  const isMedia = MEDIA.has(element.localName);
  for (const { name, value } of element.attributes) {
    const isRead = READ.has(name) || (isMedia && /^(?!on|class$|style$)[\w-]+$/.test(name));
    if (isRead) written += attribute(name, value.startsWith("data:") ? value.slice(0, LONGEST_VALUE) : value);
  }
  const names = namesOf(element);
  if (names !== "") written += attribute("class", names);
  const href = element.getAttribute("href");
  if (href?.startsWith("#") === true) written += attribute("href", href); // others count alike
  return written;
}

function attribute(name: string, value: string): string {
  return ` ${name}="${escaped(value).replaceAll('"', "&quot;")}"`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

const UNLIKELY = /banner|comment|community|extra|footer|header|legends|menu|pager|pagination|related|remark|replies|rss|sidebar|social|sponsor|-ad-/i;

/**
 * Its classes. Readability drops what has an unlikely word anywhere in its names, as a WordPress post in the category
 * "social" has, and an `<article>` that is "social-enabled".
 */
function namesOf(element: Element): string {
  const isTheArticle = element.localName === "article" || element.localName === "main";
  const names = (element.getAttribute("class") ?? "").split(/\s+/);
  return names.filter((name) => !/^(category|tag)-/.test(name) && !(isTheArticle && UNLIKELY.test(name))).join(" ");
}
