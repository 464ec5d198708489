/**
 * Reads the page: finds the article, and the blocks of text that it has now, and says which of them are new.
 *
 * Each look at the page walks all of the article. That is what makes it right whatever a page does; what makes it cheap
 * is that it goes in small pieces, at the pace of `Watcher`.
 */
import { findArticle, type Article } from "./article.js";
import { judgeInBackground } from "./background-judge.js";
import { walkBlocks } from "./blocks.js";
import { computedElementStyle } from "./element-style.js";
import { Growth } from "./growth.js";
import { Pace } from "./pace.js";
import { Passages, type Passage } from "./passages.js";

/** With less than this share of its text left, an article has given way to another. */
const MOST = 0.5;

export interface Look {
  fresh: Passage[];
  gone: Passage[];
  /** Whether the article was looked for, and not only what is new in it. */
  isAnotherArticle: boolean;
}

export class PageText {
  private article: Article | null = null;
  private growth: Growth | null = null;
  /** What there was when the article was found: where, and what of it. */
  private address = "";
  private original: readonly Passage[] = [];

  constructor(
    private readonly passages: Passages,
    private readonly onTree: (root: ShadowRoot | Document) => void,
  ) {}

  /** The element that the article is in, if there is one. */
  get roots(): Element[] {
    return this.article === null ? [] : [this.article.root];
  }

  /** Can a change to this element concern the article's text? */
  concerns(element: Element): boolean {
    return this.growth?.isOutside(element) !== true;
  }

  /** Looks at the page. Null where the signal says to stop meanwhile. */
  async look(pace: Pace, heldStill: () => boolean, signal: AbortSignal): Promise<Look | null> {
    let isAnotherArticle = false;
    if (this.isOutdated) {
      isAnotherArticle = true;
      if (!(await this.find(pace, signal))) return null;
    }
    let look = await this.walk(pace, heldStill, signal);
    if (look !== null && !isAnotherArticle && this.isGone(look.gone)) {
      isAnotherArticle = true;
      if (!(await this.find(pace, signal))) return null;
      look = await this.walk(pace, heldStill, signal, look.fresh);
    }
    if (look === null) return null;
    if (isAnotherArticle) {
      this.address = address();
      this.original = [...this.passages].filter((passage) => !look.gone.includes(passage));
    }
    return { ...look, isAnotherArticle };
  }

  /** False where the signal says to stop meanwhile. */
  private async find(pace: Pace, signal: AbortSignal): Promise<boolean> {
    const article = await findArticle(document, judgeInBackground, pace, signal);
    if (signal.aborted) return false;
    this.article = article;
    this.growth = article === null ? null : new Growth(document, article);
    return true;
  }

  /** Is the article to be looked for, whatever is left of the last? */
  private get isOutdated(): boolean {
    return this.growth === null || this.passages.size === 0 || this.growth.isOutgrown(document);
  }

  /**
   * Has the article given way to another? Then there is less text in its place, or other text at another address. Other
   * text at the same address is a list that shows another part, and other addresses with the same text are the posts of
   * an endless page that the reader comes past.
   */
  private isGone(gone: readonly Passage[]): boolean {
    const lost = new Set(gone);
    const before = charsOf(this.original);
    const left = charsOf(this.original.filter((passage) => passage.isThere && !lost.has(passage)));
    const now = this.passages.chars - charsOf(gone);
    return now < MOST * before || (left < MOST * before && address() !== this.address);
  }

  /**
   * Walks the article. `heldStill` is asked at the end: where the page changed under way, what was not found may have
   * been missed, and is not called gone.
   */
  private async walk(
    pace: Pace,
    heldStill: () => boolean,
    signal: AbortSignal,
    freshBefore: readonly Passage[] = [],
  ): Promise<Pick<Look, "fresh" | "gone"> | null> {
    const seen = new Set<Passage>();
    const fresh = new Set<Passage>(freshBefore);
    if (this.article !== null && this.growth !== null) {
      const options = {
        scope: this.growth.scope,
        style: computedElementStyle,
        proseOnly: this.article.isGuess,
        onTree: this.onTree,
      };
      for (const block of walkBlocks(this.article.root, options)) {
        if (pace.isUp) {
          await pace.rest();
          if (signal.aborted) return null;
        }
        if (block === null) continue;
        let passage = this.passages.find(block);
        if (passage === undefined) {
          passage = this.passages.add(block);
          fresh.add(passage);
        }
        passage.order = seen.size;
        seen.add(passage);
      }
    }
    const gone = heldStill() ? [...this.passages].filter((passage) => !seen.has(passage)) : [];
    return { fresh: [...fresh], gone };
  }
}

function charsOf(passages: readonly Passage[]): number {
  return passages.reduce((sum, { text }) => sum + text.length, 0);
}

/** Without the fragment, which is a place on the page. */
function address(): string {
  return location.origin + location.pathname + location.search;
}
