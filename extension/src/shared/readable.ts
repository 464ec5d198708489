/**
 * Which parts of a page are its article, by Mozilla's Readability.
 *
 * It works on a transcript of the page (`content/transcript.ts`) and not on the page, so that it can run in the
 * background, where it holds up nobody: on a long page it takes a second, and it cannot be done in pieces. Its own
 * `JSDOMParser` stands in for the browser's DOM, as in Firefox's Reader View, since a Chromium worker has none.
 */
import { Readability } from "@mozilla/readability";
import JSDOMParser from "@mozilla/readability/JSDOMParser.js";

/**
 * An attribute on each element of a transcript: this and the element's number, without a value.
 *
 * The number is in the *name* because Readability copies attributes around: from a wrapper onto its only child, which
 * would lose its own number to the wrapper's were it a value.
 */
export const NUMBERED = "data-sayso-";

/** Shorter "articles" are a cookie notice or a teaser that Readability settled for. */
export const SHORTEST_ARTICLE = 140;

/** Below this Readability starts over with less strict rules; its own 500 loses short blog posts to their comments. */
const SHORT_ENOUGH_TO_RETRY = 250;

/** What is left of a transcript when Readability has taken out all that is not the article. */
export interface Readable {
  /** The numbers of the elements. */
  kept: number[];
  /** The texts of paragraphs that Readability made itself, of what stood loose in an element. */
  made: string[];
}

/** Null where it finds no article. */
export function findReadable(transcript: string): Readable | null {
  let content: Element | null | undefined;
  try {
    const options = { serializer: (node: Node) => node as Element, keepClasses: true, charThreshold: SHORT_ENOUGH_TO_RETRY };
    content = new Readability<Element>(new JSDOMParser().parse(transcript), options).parse()?.content;
  } catch {
    return null; // it throws on a document without elements, and has thrown on broken ones
  }
  if (content == null || content.textContent.trim().length < SHORTEST_ARTICLE) return null;
  const kept: number[] = [];
  const made: string[] = [];
  for (const element of content.getElementsByTagName("*")) {
    const names = Array.from(element.attributes, ({ name }) => name).filter((name) => name.startsWith(NUMBERED));
    for (const name of names) kept.push(Number(name.slice(NUMBERED.length)));
    if (names.length === 0 && hasOwnText(element)) made.push(textOf(element));
  }
  return { kept, made };
}

export function hasOwnText(element: Element): boolean {
  return Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.textContent?.trim() !== "");
}

export function textOf(element: Element): string {
  return element.textContent.replace(/\s+/g, " ").trim();
}
