/**
 * What of the text that a page adds is the article's.
 *
 * Readability has judged the elements that were there when it ran. What came later is judged by where it came in:
 * inside of the article's text it is the article's; beside elements of its own kind that are or hold the article (the
 * next entry of a live blog, the next post of an endless page) it is as well; anywhere else it is not. Readability is
 * asked again when that can no longer be right: see `isOutgrown`.
 *
 * Elements with a shadow root, and frames, are judged the same way, as Readability cannot see into them.
 */
import type { Article } from "./article.js";
import type { Scope } from "./blocks.js";
import { frameBodyOf, parentOf, shadowRootOf } from "./flat-tree.js";
import { COMMENT_SECTIONS, isSurroundings } from "./skipped.js";

/** A page with this many times the text that it had is another page. */
const OUTGROWN = 2;
/** Below this many characters a page is still being put together. */
const SMALL_PAGE = 2_000;
/** How many neighbours on each side are looked at for one of a new element's kind. */
const NEIGHBOURS = 10;

export class Growth {
  /** Kept, as the same elements are asked about at each look, and an animation's at each of its frames. */
  private readonly verdicts = new WeakMap<Element, ReturnType<Scope>>();
  private readonly outside = new WeakMap<Element, boolean>();
  private readonly length: number;

  constructor(
    page: Document,
    private readonly article: Article,
  ) {
    this.length = textLength(page);
  }

  /** To be asked of an element after its parent, as a walk down the page does. */
  readonly scope: Scope = (element) => {
    let verdict = this.verdicts.get(element);
    if (verdict === undefined) {
      verdict = this.judge(element);
      // A custom element may get its shadow root at any time.
      if (verdict !== "out" || !element.localName.includes("-")) this.verdicts.set(element, verdict);
    }
    return verdict;
  };

  /** Is the element in a part of the page that is not the article's? */
  isOutside(element: Element): boolean {
    const path: Element[] = [];
    let around: Element | null = element;
    for (; around !== null && around !== this.article.root && !this.outside.has(around); around = parentOf(around)) path.push(around);
    let isOutside = around === null || this.outside.get(around) === true;
    for (const each of path.reverse()) {
      isOutside ||= this.scope(each) === "out";
      this.outside.set(each, isOutside);
    }
    return isOutside;
  }

  /** The article must be looked for again: it left the page, or the page has become another. */
  isOutgrown(page: Document): boolean {
    return !this.article.root.isConnected || textLength(page) > OUTGROWN * Math.max(this.length, SMALL_PAGE);
  }

  private judge(element: Element): ReturnType<Scope> {
    // The scope of an article that was guessed is a rule, which holds for new elements too.
    const scope = this.article.isGuess || this.article.judged.has(element) ? this.article.scope(element) : null;
    if (scope !== null && (scope !== "out" || this.article.isGuess || !isBlind(element))) return scope;
    if (isSurroundings(element) || element.matches(COMMENT_SECTIONS)) return "out";
    const parent = parentOf(element);
    if (parent === null) return "out";
    const around = this.known(parent) ?? this.article.scope(parent);
    if (around !== "through" || element.parentNode !== parent) return around; // in a shadow tree: as its host; in a frame: as that
    return this.isAmongKin(element) ? "own" : "out";
  }

  /**
   * Are most of the neighbours of its name and class the article's? Two at least where they have no class: the one
   * `div` that holds a page's article says nothing of a `div` that comes to stand beside it.
   */
  private isAmongKin(element: Element): boolean {
    let ours = 0;
    let others = 0;
    for (const side of ["previousElementSibling", "nextElementSibling"] as const) {
      let neighbour = element[side];
      for (let count = 0; neighbour !== null && count < NEIGHBOURS; neighbour = neighbour[side], count++) {
        const scope = isKin(element, neighbour) ? this.known(neighbour) : undefined;
        if (scope === "out") others += 1;
        else if (scope !== undefined) ours += 1;
      }
    }
    return ours > others && ours >= (element.classList.length > 0 ? 1 : 2);
  }

  private known(element: Element): ReturnType<Scope> | undefined {
    return this.verdicts.get(element) ?? (this.article.judged.has(element) ? this.article.scope(element) : undefined);
  }
}

function isKin(one: Element, other: Element): boolean {
  if (one.localName !== other.localName) return false;
  return one.classList.length === 0 ? other.classList.length === 0 : Array.from(one.classList).some((name) => other.classList.contains(name));
}

/** Readability sees nothing in it. */
function isBlind(element: Element): boolean {
  if (frameBodyOf(element) !== null) return true;
  return shadowRootOf(element) !== null && element.textContent.trim() === "";
}

function textLength(page: Document): number {
  return (page.body as HTMLElement | null)?.textContent.length ?? 0;
}
