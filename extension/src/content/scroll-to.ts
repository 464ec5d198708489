/** Scrolls whatever scrolls until a stretch of text can be seen. `scrollIntoView` knows elements only. */
import { rectsOf, type MarkedSentence } from "./hit-test.js";

type Text = Pick<MarkedSentence, "ranges">;

/** From further away than this many windows a smooth scroll takes long and shows nothing. */
const SMOOTH_WINDOWS = 3;

/** The part of the window's height that nothing covers. */
export interface Band {
  top: number;
  bottom: number;
}

/** Brings the text into the band. False where it is not shown at all. */
export function scrollToText(text: Text, band: Band): boolean {
  const node = text.ranges[0]?.startContainer;
  if (node === undefined || topOf(text) === null) return false;
  // From the inside out, each at once: where the next stands depends on it.
  for (let outer = parentOf(node); outer !== null; outer = parentOf(outer)) {
    if (outer === document.scrollingElement || !isScroller(outer)) continue;
    const box = outer.getBoundingClientRect();
    const top = topOf(text);
    const offset = (outer.ownerDocument === document ? 0 : frameTop(outer.ownerDocument));
    const isRoot = outer === outer.ownerDocument.scrollingElement;
    const [visibleTop, height] = isRoot ? [offset, outer.clientHeight] : [box.top + offset, outer.clientHeight];
    if (top === null || (top >= visibleTop && top <= visibleTop + height * 0.8)) continue;
    outer.scrollBy({ top: top - visibleTop - height / 3, behavior: "instant" });
  }
  const top = topOf(text);
  if (top === null) return false;
  const height = band.bottom - band.top;
  const isInView = top >= band.top + height * 0.1 && top <= band.top + height * 0.7;
  if (isInView) return true;
  const by = top - (band.top + height / 3);
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches || Math.abs(by) > SMOOTH_WINDOWS * window.innerHeight;
  window.scrollBy({ top: by, behavior: isCalm ? "instant" : "smooth" });
  return true;
}

function topOf(text: Text): number | null {
  return rectsOf(text)[0]?.top ?? null;
}

function frameTop(inner: Document): number {
  return inner.defaultView?.frameElement?.getBoundingClientRect().top ?? 0;
}

/** The element around a node as it is laid out: slots, shadow hosts, frames. */
function parentOf(node: Node): Element | null {
  const slot = node.nodeType === 1 || node.nodeType === 3 ? (node as Element | globalThis.Text).assignedSlot : null;
  const parent = slot ?? node.parentNode;
  if (parent === null) return null;
  if (parent.nodeType === 9) return (parent as Document) === document ? null : ((parent as Document).defaultView?.frameElement ?? null);
  return parent.nodeType === 11 ? (parent as ShadowRoot).host : (parent as Element);
}

function isScroller(element: Element): boolean {
  if (element.scrollHeight <= element.clientHeight + 1) return false;
  if (element === element.ownerDocument.scrollingElement) return true;
  const { overflowY } = element.ownerDocument.defaultView?.getComputedStyle(element) ?? {};
  return overflowY === "auto" || overflowY === "scroll" || overflowY === "hidden";
}
