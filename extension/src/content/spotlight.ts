/**
 * Shows for a moment which sentence is meant: frames around its lines, drawn above the page and not in it, which follow
 * the sentence while the page scrolls to it.
 */
import { h } from "../shared/dom.js";
import { rectsOf } from "./hit-test.js";

const SHOWN_MS = 1_800;
/** Room between the text and the frame. */
const ROOM = 2;

export class Spotlight {
  private readonly element = h("div", { class: "spotlight", popover: "manual", "aria-hidden": "true", "data-testid": "spotlight" });
  private ranges: readonly StaticRange[] = [];
  private until = 0;
  private frame = 0;
  private drawn = "";

  constructor(root: ShadowRoot) {
    root.append(this.element);
  }

  /** Opened once and before the panel, so that it is below it. */
  open(): void {
    if (!this.element.matches(":popover-open")) this.element.showPopover();
  }

  show(ranges: readonly StaticRange[]): void {
    this.ranges = ranges;
    this.until = performance.now() + SHOWN_MS;
    this.hide(); // begins anew where it is shown already
    this.draw();
  }

  hide(): void {
    cancelAnimationFrame(this.frame);
    this.drawn = "";
    this.element.replaceChildren();
  }

  private draw(): void {
    if (performance.now() > this.until) {
      this.hide();
      return;
    }
    this.frame = requestAnimationFrame(this.draw.bind(this));
    const rects = lines(rectsOf({ ranges: this.ranges }));
    const drawn = JSON.stringify(rects);
    if (drawn === this.drawn) return; // nothing scrolls: any change here would be looked at by the browser
    this.drawn = drawn;
    while (this.element.childElementCount > rects.length) this.element.lastElementChild?.remove();
    rects.forEach(({ left, top, width, height }, index) => {
      const box = this.element.children[index] as HTMLElement | undefined ?? this.element.appendChild(h("span", { "data-testid": "spotlight-line" }));
      box.style.setProperty("transform", `translate(${left - ROOM}px, ${top - ROOM}px)`);
      box.style.setProperty("width", `${width + 2 * ROOM}px`);
      box.style.setProperty("height", `${height + 2 * ROOM}px`);
    });
  }
}

/** One rectangle a line, where a link or emphasis has one of its own. */
function lines(rects: readonly DOMRect[]): DOMRect[] {
  const found: DOMRect[] = [];
  for (const rect of rects) {
    if (rect.width === 0) continue;
    const last = found.at(-1);
    const middle = (rect.top + rect.bottom) / 2;
    if (last === undefined || middle < last.top || middle > last.bottom) {
      found.push(rect);
      continue;
    }
    const [left, top] = [Math.min(last.left, rect.left), Math.min(last.top, rect.top)];
    found[found.length - 1] = new DOMRect(left, top, Math.max(last.right, rect.right) - left, Math.max(last.bottom, rect.bottom) - top);
  }
  return found;
}
