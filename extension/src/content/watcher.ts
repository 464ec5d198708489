/**
 * Says when the page changes: at once, so that no mark outlives its text, and again when there has been time to look
 * what is new.
 *
 * The first change is looked at right away, and after that at such intervals that looking takes a twentieth of the time
 * at most, however busy the page is. While the tab is hidden nothing is observed; when it is shown again all may have
 * changed. What Sayso does changes nothing of what is observed, so it never sets itself off.
 */
import { isDead } from "./flat-tree.js";

/** What an attribute may do to text: show it, hide it, say its language or that it can be edited. */
const ATTRIBUTES = ["class", "style", "hidden", "open", "lang", "aria-hidden", "contenteditable"];

const OBSERVED: MutationObserverInit = {
  subtree: true,
  childList: true,
  characterData: true,
  attributes: true,
  attributeFilter: ATTRIBUTES,
};

/**
 * What may show text by style alone: the end of a transition, when what it unfolds can be seen; a box that is checked
 * (`:checked`), a fragment that is gone to (`:target`).
 */
const REVEALS = ["transitionend", "animationend", "change"];

const SHORTEST_INTERVAL_MS = 250;
const TIMES_ITS_COST = 20;

export interface WatcherEvents {
  /** Before the change is painted. True where there may be something to look at. */
  changed: (records: readonly MutationRecord[]) => boolean;
  /** The tab is shown again. */
  shown: () => void;
  /** Time to look. Tells what it cost, in milliseconds of work. */
  look: () => Promise<number>;
}

export class Watcher {
  private readonly observer = new MutationObserver(this.onRecords.bind(this));
  private readonly resizes = new ResizeObserver(this.onResize.bind(this));
  private readonly roots = new Set<Node>();
  private readonly sized = new WeakSet<Element>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isLooking = false;
  private isDue = false;
  private notBefore = 0;
  /** Counts the changes that were told: whoever looks can see whether the page held still meanwhile. */
  changes = 0;

  constructor(
    private readonly on: WatcherEvents,
    private readonly signal: AbortSignal,
  ) {
    document.addEventListener("visibilitychange", this.onVisibility.bind(this), { signal });
    window.addEventListener("hashchange", this.onLayout.bind(this), { signal });
    signal.addEventListener("abort", this.disconnect.bind(this));
  }

  /** Observes what is under a document or a shadow root, from now on. False where it does already. */
  watch(root: Document | ShadowRoot): boolean {
    if (this.roots.has(root) || this.signal.aborted) return false;
    this.roots.add(root);
    const options = { passive: true, capture: true, signal: this.signal };
    for (const type of REVEALS) root.addEventListener(type, this.onLayout.bind(this), options);
    root.addEventListener("load", this.onLoad.bind(this), options);
    if (!document.hidden) this.observer.observe(root, OBSERVED);
    return true;
  }

  /** Style alone may show text and hide it; the height of what is around it tells. */
  watchSize(element: Element): void {
    if (!document.hidden) this.resizes.observe(element);
  }

  /** Looks for the first time: at once, and also in a tab that is not in front. */
  start(): void {
    void this.look();
  }

  /** Looks at the page as soon as it is time. */
  lookSoon(): void {
    this.isDue = true;
    if (this.isLooking || document.hidden || this.signal.aborted) return;
    this.timer ??= setTimeout(() => void this.look(), Math.max(0, this.notBefore - performance.now()));
  }

  private async look(): Promise<void> {
    this.timer = undefined;
    this.isDue = false;
    this.isLooking = true;
    const cost = await this.on.look().finally(() => {
      this.isLooking = false;
    });
    this.notBefore = performance.now() + Math.max(SHORTEST_INTERVAL_MS, TIMES_ITS_COST * cost);
    this.lookIfDue();
  }

  private lookIfDue(): void {
    if (this.isDue) this.lookSoon();
  }

  private onRecords(records: readonly MutationRecord[]): void {
    if (!this.on.changed(records)) return;
    this.changes += 1;
    this.lookSoon();
  }

  private onResize(entries: readonly ResizeObserverEntry[]): void {
    let isFirst = true;
    for (const { target } of entries) {
      if (this.sized.has(target)) isFirst = false; // being observed is told as a change as well
      this.sized.add(target);
    }
    if (!isFirst) this.onLayout();
  }

  /** A frame has another document, or the page another style. */
  private onLoad({ target }: Event): void {
    const { localName } = target as Element;
    if (localName === "iframe" || localName === "link") this.onLayout();
  }

  private onLayout(): void {
    if (document.hidden) return;
    this.changes += 1;
    this.lookSoon();
  }

  private onVisibility(): void {
    if (document.hidden) {
      this.disconnect();
      return;
    }
    for (const root of this.roots) {
      if (isDead(root)) this.roots.delete(root);
      else this.observer.observe(root, OBSERVED);
    }
    this.on.shown();
    this.lookSoon();
  }

  private disconnect(): void {
    this.observer.disconnect();
    this.resizes.disconnect();
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
