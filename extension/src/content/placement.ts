/**
 * Where the panel stands: in one of the window's corners, where the reader drags it or sends it with the arrow keys. A
 * corner and not a point, so that it is in the window whatever becomes of the window's size and zoom.
 */
import { CORNERS, type Corner } from "../shared/settings.js";
import { t } from "../shared/i18n.js";
import { h } from "../shared/dom.js";

/** A press that moves less than this is a click. */
const DRAG_PX = 4;

export class Placement {
  readonly button: HTMLButtonElement;
  private corner: Corner = "bottom-right";

  /** `handle` is what the panel is dragged by. */
  constructor(
    private readonly panel: HTMLElement,
    private readonly handle: HTMLElement,
    private readonly moved: (corner: Corner) => void,
  ) {
    this.button = h("button", {
      type: "button",
      class: "icon move",
      "data-testid": "move",
      "aria-label": t("move"),
      title: t("moveHint"),
      onclick: () => {
        this.moveTo(CORNERS[(CORNERS.indexOf(this.corner) + 1) % CORNERS.length] ?? this.corner);
      },
    });
    handle.addEventListener("pointerdown", this.onPointerDown.bind(this));
    this.stand(this.corner);
  }

  /** Puts it into a corner, without telling. */
  stand(corner: Corner): void {
    this.corner = corner;
    this.panel.dataset.corner = corner;
  }

  /** Whether the key, pressed on the button, moved it. */
  onKey(key: string): boolean {
    const [vertical, horizontal] = this.corner.split("-");
    const to: Record<string, string> = {
      ArrowUp: `top-${horizontal}`,
      ArrowDown: `bottom-${horizontal}`,
      ArrowLeft: `${vertical}-left`,
      ArrowRight: `${vertical}-right`,
    };
    const corner = CORNERS.find((each) => each === to[key]);
    if (corner !== undefined) this.moveTo(corner);
    return corner !== undefined;
  }

  private moveTo(corner: Corner): void {
    if (corner === this.corner) return;
    this.stand(corner);
    this.moved(corner);
  }

  private onPointerDown(start: PointerEvent): void {
    const isOnButton = start.target instanceof Element && start.target.closest("button") !== null;
    if (!start.isTrusted || start.button !== 0 || isOnButton) return;
    const { left, top, width, height } = this.panel.getBoundingClientRect();
    const end = new AbortController();
    const { signal } = end;
    this.handle.setPointerCapture(start.pointerId);
    let at = { x: left, y: top };
    let isDragged = false;
    this.handle.addEventListener("pointermove", (event) => {
      if (!event.isTrusted) return;
      const [x, y] = [event.clientX - start.clientX, event.clientY - start.clientY];
      isDragged ||= Math.hypot(x, y) >= DRAG_PX;
      if (!isDragged) return;
      at = {
        x: Math.max(0, Math.min(window.innerWidth - width, left + x)),
        y: Math.max(0, Math.min(window.innerHeight - height, top + y)),
      };
      this.panel.style.setProperty("transform", `translate(${at.x - left}px, ${at.y - top}px)`);
    }, { signal });
    const drop = (event: PointerEvent): void => {
      if (!event.isTrusted) return;
      end.abort();
      this.panel.style.removeProperty("transform");
      if (!isDragged || event.type !== "pointerup") return;
      const vertical = at.y + height / 2 < window.innerHeight / 2 ? "top" : "bottom";
      const horizontal = at.x + width / 2 < window.innerWidth / 2 ? "left" : "right";
      this.moveTo(`${vertical}-${horizontal}`);
    };
    this.handle.addEventListener("pointerup", drop, { signal });
    this.handle.addEventListener("pointercancel", drop, { signal });
  }
}
