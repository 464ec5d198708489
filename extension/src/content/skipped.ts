/** Which elements hold no prose of the article: code, forms, footnote marks, and what surrounds an article on a page. */

const NOT_PROSE = new Set([
  ..."script style noscript template svg math pre textarea input select option button datalist label".split(" "),
  ..."iframe frame frameset object embed canvas audio video img picture map progress meter".split(" "),
  ..."head title rt rp".split(" "),
]);

const ROLES = "navigation complementary contentinfo search dialog alertdialog menu menubar toolbar tablist banner";

/** Elements that say by what they are, or by their role, that they are not the article. */
export const SURROUNDINGS = ["nav, aside, footer, dialog, menu", ...ROLES.split(" ").map((role) => `[role='${role}']`)].join(", ");

/**
 * Words in an `id` or `class` that say that an element is not the article's own text. Whole words between separators
 * only: "share" must not catch "shareholder".
 */
const NOT_THE_ARTICLE_WORDS = new Set(
  [
    "comment comments commentlist commentform disqus respond",
    "related relatedposts recommended recommendations readnext",
    "newsletter subscribe signup paywall",
    "share sharing sharedaddy addtoany social",
    "cookie cookies consent gdpr",
    "byline breadcrumb breadcrumbs pagination",
    "toc tableofcontents",
    "advert advertisement ads promo sponsored outbrain taboola",
    "trending mostpopular mostread sidebar footer copyright",
    "credit credits tags tagcloud entrymeta postmeta articlemeta",
    "bio aboutauthor authorbio authorbox authorcard authorinfo",
    "noprint print editsection navbox infobox",
    "katex mathjax",
  ]
    .join(" ")
    .split(" "),
);

/** Whether it is worth looking closer: most names hold none of the words. */
const ANY_WORD = new RegExp([...NOT_THE_ARTICLE_WORDS].join("|"), "i");

/** What holds the article itself is never taken for its surroundings, whatever its class says ("has-comments"). */
const HOLDS_ARTICLE = "h1, main, article, [role='main'], [itemprop='articleBody']";

/** Sections of readers' comments: taken out before the article is looked for, as they are often longer than it. */
export const COMMENT_SECTIONS = [
  "#comments, #comment-section, #respond, #disqus_thread, #disqus_recommendations, .fb-comments",
  ".comments-area, .comments-section, .comment-section, .comments-list, .comment-list, .commentlist, .post-comments",
  "section.comments, div.comments, aside.comments, [itemprop='comment'], [itemtype*='schema.org/Comment']",
].join(", ");

/** Surroundings inside the article are small; with more of its text than this they are the article under an unlucky name. */
export const LARGEST_SURROUNDINGS = 0.4;

/** Holds text that is not prose, or none at all. */
export function isNotProse(element: Element): boolean {
  if (NOT_PROSE.has(element.localName)) return true;
  const editable = element.getAttribute("contenteditable");
  if (editable !== null && editable.toLowerCase() !== "false") return true;
  if (element.getAttribute("role") === "textbox" || element.getAttribute("role") === "math") return true;
  return isFolded(element) || isNoteMark(element) || isOrnament(element);
}

/** Inside a closed `<details>`, whose computed style does not tell. Its summary is to be seen. */
function isFolded(element: Element): boolean {
  const parent = element.parentElement;
  if (parent?.localName !== "details" || parent.hasAttribute("open")) return false;
  return parent.querySelector(":scope > summary") !== element;
}

const NOTE_MARK = /^[[(]?\s*(\d{1,3}|[a-z]|[*†‡§¶#]{1,3}|(note|nb|fn)\s?\d+|citation needed)\s*[\])]?$/i;

/**
 * A footnote's number: raised and a link of its own, or a link that says so. "10<sup>2</sup>" is no link and stays, and
 * so does a raised letter inside a longer link ("<a>May 9<sup>th</sup></a>").
 */
function isNoteMark(element: Element): boolean {
  const isRaised = element.localName === "sup";
  if (!isRaised && element.localName !== "a") return false;
  if (element.getAttribute("role") === "doc-noteref") return true;
  const text = element.textContent.trim();
  if (text === "" || text.length > 20 || !NOTE_MARK.test(text)) return false;
  if (isRaised) return element.querySelector("a") !== null || element.closest("a")?.textContent.trim() === text;
  return (element.getAttribute("href") ?? "").startsWith("#") && !/^[a-z]$/i.test(text);
}

/** A heading's "#" or "¶" to link to it, an icon font's letter: nothing to read. */
function isOrnament(element: Element): boolean {
  if (element.localName !== "a" && element.getAttribute("aria-hidden") !== "true") return false;
  const text = element.textContent;
  return text.trim() !== "" && text.length < 10 && !/[\p{L}\p{N}]/u.test(text);
}

/** Around the article rather than in it: menus, sidebars, comments, teasers, notices. */
export function isSurroundings(element: Element): boolean {
  return isSurroundingsByRole(element) || surroundingsWord(element) !== undefined;
}

/** The same, as far as the element itself says so, and not only the words in its class. */
export function isSurroundingsByRole(element: Element): boolean {
  return element.matches(SURROUNDINGS) && !holdsArticle(element);
}

/** The word among its names that says that it is not the article. */
export function surroundingsWord(element: Element): string | undefined {
  const names = `${element.getAttribute("class") ?? ""} ${element.id}`;
  if (names === " " || element.localName === "body" || !ANY_WORD.test(names.replace(/[-_]+/g, ""))) return undefined;
  const word = wordsOf(element).find((name) => NOT_THE_ARTICLE_WORDS.has(name));
  return word === undefined || holdsArticle(element) || isQuotation(element) ? undefined : word;
}

/** Holds a quotation and nothing else, as an embedded post of a social network does ("social-embed"). */
export function isQuotation(element: Element): boolean {
  const quote = element.localName === "blockquote" ? element : element.querySelector("blockquote");
  return quote !== null && quote.textContent.trim().length >= MOSTLY * element.textContent.trim().length;
}

const MOSTLY = 0.8;

function holdsArticle(element: Element): boolean {
  return element.matches(HOLDS_ARTICLE) || element.querySelector(HOLDS_ARTICLE) !== null;
}

/** The words of its names, and each two that stand side by side in one: "post-meta" is postmeta as well. */
function wordsOf(element: Element): string[] {
  const classes = Array.from(element.classList).flatMap((name) => {
    // WordPress names a post's subjects in its classes: "category-social" is what it is about, not what it is.
    return /^(category|tag)-/.test(name) ? [] : wordsIn(name);
  });
  const id = wordsIn(element.id);
  // An id of many words is made from a heading: "sharing-code-with-others".
  return id.length > LONGEST_ID ? classes : [...classes, ...id];
}

const LONGEST_ID = 5;

function wordsIn(name: string): string[] {
  const words = name.replace(/([a-z])([A-Z])/g, "$1-$2").toLowerCase().split(/[^a-z0-9]+/);
  // What something has beside it is not what it is: "content-with-sidebar".
  if (words.some((word) => BESIDE.has(word))) return [];
  return [...words, ...words.slice(1).map((word, index) => `${words[index] ?? ""}${word}`)];
}

const BESIDE = new Set(["with", "has", "no", "without"]);
