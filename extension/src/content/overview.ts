/**
 * Where in the text the opinions and the claims are: two lanes from its beginning to its end, and a frame around what is
 * in the window. By characters and not by pixels, so that nothing need be laid out, and pictures take no room in it.
 */
import { t } from "../shared/i18n.js";
import type { Kind } from "../shared/kinds.js";
import { h } from "../shared/dom.js";
import type { Finding, Findings } from "./findings.js";

/** More than the strip has pixels. */
const STEPS = 512;
/** How far an arrow key and a page key go, of the whole. */
const KEY_STEP = 0.05;
const PAGE_STEP = 0.2;

const SVG = "http://www.w3.org/2000/svg";

const LANES = { opinion: 0, fact: 1 };

export class Overview {
  readonly element: HTMLElement;
  private readonly paths = { opinion: path("opinion"), fact: path("fact") };
  private readonly frame = h("span", { class: "frame" });
  private from = 0;

  /** `jump` gets a place in the text, from 0 to 1. */
  constructor(private readonly jump: (share: number) => void) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${STEPS} 2`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    svg.append(this.paths.opinion, this.paths.fact);
    this.element = h(
      "div",
      {
        class: "overview",
        "data-testid": "overview",
        role: "slider",
        tabindex: 0,
        "aria-label": t("overviewName"),
        "aria-valuemin": 0,
        "aria-valuemax": 100,
        "aria-valuenow": 0,
        title: t("overviewHint"),
        onclick: (event) => {
          const { left, width } = this.element.getBoundingClientRect();
          jump(within(((event as MouseEvent).clientX - left) / width));
        },
      },
      svg,
      this.frame,
    );
  }

  render({ marked, chars }: Findings): void {
    for (const lane of ["opinion", "fact"] as const) {
      const spans = runs(marked.filter(({ kind }) => isIn(kind, lane)), chars);
      const y = LANES[lane];
      this.paths[lane].setAttribute("d", spans.map(([start, end]) => `M${start} ${y + 0.1}H${end}V${y + 0.9}H${start}Z`).join(""));
    }
  }

  /** What of the text is in the window, from 0 to 1. */
  showView(from: number, to: number): void {
    this.from = from;
    this.frame.style.setProperty("left", `${from * 100}%`);
    this.frame.style.setProperty("width", `${Math.max(0.01, to - from) * 100}%`);
    const percent = Math.round(from * 100);
    this.element.setAttribute("aria-valuenow", String(percent));
    this.element.setAttribute("aria-valuetext", t("overviewValue", percent));
  }

  /** Whether the key is one of its own. */
  onKey(key: string): boolean {
    const to: Record<string, number> = {
      ArrowRight: this.from + KEY_STEP,
      ArrowDown: this.from + KEY_STEP,
      ArrowLeft: this.from - KEY_STEP,
      ArrowUp: this.from - KEY_STEP,
      PageDown: this.from + PAGE_STEP,
      PageUp: this.from - PAGE_STEP,
      Home: 0,
      End: 1,
    };
    const place = to[key];
    if (place === undefined) return false;
    this.jump(within(place));
    return true;
  }
}

/** A mixed sentence is in both lanes. */
function isIn(kind: Kind, lane: keyof typeof LANES): boolean {
  return kind === lane || kind.startsWith("mixed");
}

/** From which step to which there are findings, those that touch made one. */
export function runs(findings: readonly Finding[], chars: number): [number, number][] {
  const spans: [number, number][] = [];
  for (const { offset, sentence } of findings) {
    const start = Math.floor((offset / chars) * STEPS);
    const end = Math.min(STEPS, Math.max(start + 1, Math.floor(((offset + sentence.end - sentence.start) / chars) * STEPS)));
    const last = spans.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else spans.push([start, end]);
  }
  return spans;
}

function within(share: number): number {
  return Math.min(1, Math.max(0, share));
}

function path(lane: keyof typeof LANES): SVGPathElement {
  const element = document.createElementNS(SVG, "path");
  element.setAttribute("class", lane);
  return element;
}
