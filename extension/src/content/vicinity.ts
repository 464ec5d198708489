/**
 * What is near to what the reader sees, and when that has become something else.
 *
 * Far enough around the viewport that nothing comes into it that was not near before, as browsers paint some screens
 * ahead; after a jump it is told before the next frame is painted. For print everything is near.
 */
import { distanceToViewport, type Place } from "./queue.js";

/** Chromium paints 4,000 pixels ahead of a scroll. */
const NEAR_PX = 8_000;
/** How far the page may have moved before it is looked at again; less than what lies between the two. */
const MOVED_PX = 2_000;
/** An element with more text than this is not measured as a whole. */
const LONG_PX = 2 * NEAR_PX;

export interface Somewhere {
  block: { element: Element };
  place: () => Place;
}

export class Vicinity {
  /** Something that was near, and where it was: it tells how far the page has moved. */
  private landmark: { it: Somewhere; top: number } | null = null;
  /** How long the page was. */
  private length = 0;
  private isPrinting = false;
  private readonly listening = new AbortController();

  constructor(private readonly onMoved: () => void) {
    const { signal } = this.listening;
    this.watch(document);
    window.addEventListener("beforeprint", () => { this.print(true); }, { signal });
    window.addEventListener("afterprint", () => { this.print(false); }, { signal });
    // What is folded away brings nearer what is below it.
    const resizes = new ResizeObserver(this.onResize.bind(this));
    resizes.observe(document.documentElement);
    signal.addEventListener("abort", () => { resizes.disconnect(); });
  }

  /** Whatever scrolls in this tree: captured, as it does not bubble, nor get out of a shadow tree. */
  watch(root: Document | ShadowRoot): void {
    const options = { capture: true, passive: true, signal: this.listening.signal };
    root.addEventListener("scroll", this.onScroll.bind(this), options);
  }

  close(): void {
    this.listening.abort();
  }

  /** Of all of them, those that are near; and from now on tells when that is no longer so. */
  near<S extends Somewhere>(all: Iterable<S>): Set<S> {
    this.landmark = null;
    this.length = document.documentElement.scrollHeight;
    const near = new Set<S>();
    for (const it of all) {
      if (!this.isNear(it)) continue;
      near.add(it);
      this.landmark ??= { it, top: topOf(it) };
    }
    return near;
  }

  /** In a frame all is: its scrolling is not heard here. */
  isNear(it: Somewhere): boolean {
    if (this.isPrinting || it.block.element.ownerDocument !== document) return true;
    return distanceToViewport(placeOf(it), window.innerHeight) <= NEAR_PX;
  }

  private onScroll({ target }: Event): void {
    const { landmark } = this;
    if (landmark?.it.block.element.isConnected !== true) this.onMoved();
    else if (target instanceof Element && !target.contains(landmark.it.block.element)) {
      // Another part of the page than the landmark's: all of it is near, unless there is more in it than that.
      if (target.scrollHeight > NEAR_PX - MOVED_PX) this.onMoved();
    } else if (Math.abs(topOf(landmark.it) - landmark.top) > MOVED_PX) this.onMoved();
  }

  private onResize(): void {
    if (Math.abs(document.documentElement.scrollHeight - this.length) > MOVED_PX) this.onMoved();
  }

  private print(isPrinting: boolean): void {
    this.isPrinting = isPrinting;
    this.onMoved();
  }
}

/** Measuring an element is much quicker than measuring its text, and mostly enough. */
function placeOf(it: Somewhere): Place {
  const box = it.block.element.getBoundingClientRect();
  return box.height > LONG_PX ? it.place() : box;
}

function topOf(it: Somewhere): number {
  return placeOf(it).top;
}
