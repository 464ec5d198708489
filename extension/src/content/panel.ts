/**
 * The panel: what was found on the page and where, what of it is marked, and how the reading goes.
 *
 * It is built once and then only told a `PanelView`; it decides nothing. It opens in the browser's top layer
 * (`popover`), where no page's z-index, transform or overflow reaches it.
 */
import type { Switches } from "../shared/kinds.js";
import { t } from "../shared/i18n.js";
import type { Corner } from "../shared/settings.js";
import { h, setText } from "../shared/dom.js";
import { commandLine } from "../shared/command-line.js";
import { NO_FINDINGS, isSame, type Finding, type Findings } from "./findings.js";
import { Overview } from "./overview.js";
import { Placement } from "./placement.js";
import type { Format } from "./report.js";
import { SaveMenu } from "./save-menu.js";
import { SentenceList } from "./sentence-list.js";
import { Shares } from "./shares.js";
import { SurenessSlider } from "./sureness-slider.js";

/** A message with something to do about it. */
export interface Notice {
  heading: string;
  detail: string;
  command: string | null;
  /** Small print under the command; may be empty. */
  footnote: string;
  action: "retry" | "proceed" | null;
}

export interface PanelView {
  status: string;
  /** 0 to 1; null where nothing is being read. */
  progress: number | null;
  /** What the button beside the progress does. */
  control: "stop" | "goOn" | null;
  /** Null hides them: there is nothing to count on this page. */
  findings: Findings | null;
  current: Finding | null;
  notice: Notice | null;
  /** Small print under the counts: passages that could not be marked. */
  remarks: readonly string[];
  /** Said by screen readers when it changes; null leaves what was said last. */
  announcement: string | null;
}

export interface PanelActions {
  close: () => void;
  retry: () => void;
  proceed: () => void;
  stop: () => void;
  goOn: () => void;
  switched: (switches: Switches) => void;
  /** The slider moved; `isFinal` when it is let go. */
  sureness: (minConfidence: number, isFinal: boolean) => void;
  /** To the next mark, or the one before. */
  step: (by: 1 | -1) => void;
  /** A sentence of the list was pressed. */
  choose: (finding: Finding) => void;
  goTo: (finding: Finding) => void;
  /** Open the card of the current mark. */
  details: () => void;
  /** To a place in the text, from 0 to 1. */
  jump: (share: number) => void;
  moved: (corner: Corner) => void;
  report: (format: Format) => string;
  reportName: () => string;
  /** The panel was opened or unfolded: what it shows may be of before. */
  shown: () => void;
}

/** Narrower than this the open panel would cover most of the text, so it starts small. */
const NARROW_PX = 520;

export class Panel {
  readonly element: HTMLElement;
  private readonly status = h("p", { class: "status", "data-testid": "status" });
  private readonly progress = h("progress", { class: "progress", max: 1, value: 0, "aria-label": t("progressName") });
  private readonly control = h("button", { type: "button", class: "small control", "data-testid": "stop", hidden: true });
  private readonly live = h("div", { class: "unseen", role: "status", "aria-live": "polite", "data-testid": "live" });
  private readonly notice = h("section", { class: "notice", hidden: true });
  private readonly remarks = h("p", { class: "remarks", hidden: true });
  private readonly position = h("span", { class: "position", "data-testid": "position" });
  private readonly minimizeButton: HTMLButtonElement;
  private readonly nextButton: HTMLButtonElement;
  private readonly closeButton: HTMLButtonElement;
  private readonly detailsButton: HTMLButtonElement;
  private readonly shares: Shares;
  private readonly slider: SurenessSlider;
  private readonly overview: Overview;
  private readonly list: SentenceList;
  private readonly placement: Placement;
  private shownNotice = "";
  private shownControl: PanelView["control"] = null;
  private findings: Findings = NO_FINDINGS;

  constructor(
    private readonly root: ShadowRoot,
    private readonly actions: PanelActions,
  ) {
    this.shares = new Shares(actions.switched);
    this.slider = new SurenessSlider(actions.sureness);
    this.overview = new Overview(actions.jump);
    this.list = new SentenceList(actions.choose);
    const save = new SaveMenu(actions.report, actions.reportName);
    this.minimizeButton = h("button", {
      type: "button",
      class: "icon minimize",
      "data-testid": "minimize",
      "aria-expanded": "true",
      onclick: () => {
        this.setMinimized(!this.isMinimized);
      },
    });
    this.closeButton = h("button", { type: "button", class: "icon close", "data-testid": "close", "aria-label": t("close"), title: t("close"), onclick: actions.close });
    this.nextButton = this.stepButton("next", 1);
    this.detailsButton = h("button", { type: "button", class: "small", "data-testid": "details", title: t("detailsHint"), onclick: () => { actions.details(); } }, t("details"));
    this.control.addEventListener("click", (event) => {
      if (event.isTrusted && this.shownControl !== null) actions[this.shownControl]();
    });
    const head = h("div", { class: "head" });
    this.element = h(
      "section",
      { class: "panel", "data-testid": "panel", role: "region", "aria-label": t("panelName"), popover: "manual", lang: t("languageTag"), dir: t("direction") },
      head,
      h("div", { class: "going" }, this.progress, this.control),
      this.notice,
      h(
        "div",
        { class: "body" },
        h(
          "div",
          { class: "found" },
          this.shares.element,
          this.slider.element,
          this.overview.element,
          h("div", { class: "steps" }, this.stepButton("previous", -1), this.position, this.nextButton, this.detailsButton),
          this.drawer("list-toggle", t("listName"), this.list.element, () => { this.list.draw(); this.list.reveal(); }),
          this.drawer("save-toggle", t("saveName"), save.element),
        ),
        this.remarks,
        h("p", { class: "fine found" }, t("sharesHint")),
        h("p", { class: "fine" }, t("neverTruth")),
      ),
      this.live,
    );
    this.placement = new Placement(this.element, head, actions.moved);
    head.append(
      h("span", { class: "logo", "aria-hidden": "true" }),
      h("div", { class: "titles" }, h("h2", {}, t("extensionName")), this.status),
      this.placement.button,
      this.minimizeButton,
      this.closeButton,
    );
    root.append(this.element);
    this.setMinimized(window.innerWidth < NARROW_PX);
    this.open();
  }

  render(view: PanelView): void {
    setText(this.status, view.status);
    this.progress.hidden = view.progress === null;
    this.progress.value = view.progress ?? 0;
    this.renderControl(view.control);
    this.element.toggleAttribute("data-bare", view.findings === null);
    this.findings = view.findings ?? NO_FINDINGS;
    this.shares.render(this.findings.counts);
    this.overview.render(this.findings);
    this.showCurrent(view.current);
    this.remarks.hidden = view.remarks.length === 0;
    setText(this.remarks, view.remarks.join(" "));
    this.renderNotice(view.notice);
    if (view.announcement !== null) setText(this.live, view.announcement);
  }

  /** Another mark is the current one. */
  showCurrent(current: Finding | null): void {
    const { marked } = this.findings;
    const index = marked.findIndex((finding) => isSame(finding, current));
    setText(this.position, index < 0 ? t("positionNone", marked.length) : t("position", index + 1, marked.length));
    this.detailsButton.disabled = index < 0;
    this.list.render(marked, current);
  }

  /** Brings the list to the current mark, and tells of it whoever cannot see it. */
  revealCurrent(words: string): void {
    this.list.reveal();
    if (!this.list.hasFocus) setText(this.live, words);
  }

  /** To who cannot see it. */
  announce(words: string): void {
    setText(this.live, words);
  }

  /** What of the text is in the window, from 0 to 1. */
  showView(from: number, to: number): void {
    this.overview.showView(from, to);
  }

  showSettings({ minConfidence, corner }: { minConfidence: number; corner: Corner }): void {
    this.slider.value = minConfidence;
    this.placement.stand(corner);
  }

  /** Top-layer elements are hidden by the browser when it opens a page from its back/forward cache. */
  open(): void {
    if (!this.element.matches(":popover-open")) this.element.showPopover();
  }

  get isMinimized(): boolean {
    return this.element.hasAttribute("data-minimized");
  }

  /** Keys that the browser does nothing with by itself. True where it was one of them. */
  onKey(event: KeyboardEvent): boolean {
    const focus = this.root.activeElement;
    if (focus === this.placement.button) return this.placement.onKey(event.key);
    if (focus === this.overview.element) return this.overview.onKey(event.key);
    if (!this.list.hasFocus) return false;
    if (event.key === "ArrowDown") this.actions.step(1);
    else if (event.key === "ArrowUp") this.actions.step(-1);
    else if (event.key === "Home" || event.key === "End") {
      const finding = this.findings.marked.at(event.key === "Home" ? 0 : -1);
      if (finding !== undefined) this.actions.goTo(finding);
    } else return false;
    return true;
  }

  /** The focus to where it is always possible: on the way to the next mark. */
  focusSteps(): void {
    this.nextButton.focus({ preventScroll: true });
  }

  /** The focus to the panel: to the way to the next mark, where there is one. */
  focus(): void {
    this.open();
    this.focusSteps();
    if (this.root.activeElement !== this.nextButton) this.minimizeButton.focus({ preventScroll: true });
    if (this.root.activeElement === null) this.closeButton.focus({ preventScroll: true });
  }

  private renderControl(control: PanelView["control"]): void {
    if (control === this.shownControl) return;
    this.shownControl = control;
    this.control.hidden = control === null;
    if (control !== null) setText(this.control, t(control));
  }

  private renderNotice(notice: Notice | null): void {
    const key = JSON.stringify(notice);
    if (key === this.shownNotice) return; // rebuilding it would take the focus off its button
    this.shownNotice = key;
    this.notice.hidden = notice === null;
    this.element.toggleAttribute("data-notice", notice !== null);
    if (notice === null) {
      this.notice.replaceChildren();
      return;
    }
    const parts: Node[] = [h("h3", {}, notice.heading), h("p", {}, notice.detail)];
    if (notice.command !== null) parts.push(commandLine(notice.command));
    if (notice.footnote !== "") parts.push(h("p", { class: "fine" }, notice.footnote));
    if (notice.action !== null) {
      const action = notice.action;
      parts.push(
        h("button", { type: "button", class: "action", "data-testid": action, onclick: this.actions[action] }, t(action)),
      );
    }
    this.notice.replaceChildren(...parts);
    this.setMinimized(false);
  }

  private setMinimized(minimized: boolean): void {
    this.element.toggleAttribute("data-minimized", minimized);
    this.minimizeButton.setAttribute("aria-expanded", String(!minimized));
    this.minimizeButton.setAttribute("aria-label", minimized ? t("expand") : t("minimize"));
    this.minimizeButton.title = minimized ? t("expand") : t("minimize");
    if (!minimized) this.actions.shown();
  }

  private stepButton(name: "previous" | "next", by: 1 | -1): HTMLButtonElement {
    return h("button", {
      type: "button",
      class: `icon step ${name}`,
      "data-testid": name,
      "aria-label": t(name),
      "aria-keyshortcuts": STEP_KEYS[by],
      title: t("keyHint", t(name), STEP_KEYS[by].toUpperCase()),
      onclick: () => {
        this.actions.step(by);
      },
    });
  }

  /** A part that is folded away until it is asked for. */
  private drawer(testid: string, label: string, content: HTMLElement, opened?: () => void): HTMLElement {
    content.hidden = true;
    const button = h(
      "button",
      {
        type: "button",
        class: "drawer",
        "data-testid": testid,
        "aria-expanded": "false",
        onclick: () => {
          content.hidden = !content.hidden;
          button.setAttribute("aria-expanded", String(!content.hidden));
          if (!content.hidden) opened?.();
        },
      },
      label,
    );
    return h("div", {}, button, content);
  }
}

/** Keys for the next mark and the one before, while the focus is in the panel or the card. */
export const STEP_KEYS = { 1: "n", [-1]: "p" } as const;
