/**
 * The panel: what was found on the page, what the marks look like, a switch for each kind, and how the reading goes.
 *
 * It is built once and then only told a `PanelView`; it decides nothing. It opens in the browser's top layer
 * (`popover`), where no page's z-index, transform or overflow reaches it.
 */
import { highlightName, type Counts, type MarkedKind, type Switches } from "../shared/kinds.js";
import { t } from "../shared/i18n.js";
import { h, setText } from "./dom.js";

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
  /** Null hides the counts: there is nothing to count on this page. */
  counts: Counts | null;
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
  switched: (switches: Switches) => void;
}

/** Narrower than this the open panel would cover most of the text, so it starts small. */
const NARROW_PX = 520;

export class Panel {
  private readonly element: HTMLElement;
  private readonly status = h("p", { class: "status", "data-testid": "status" });
  private readonly progress = h("progress", { class: "progress", max: 1, value: 0, "aria-label": t("progressName") });
  private readonly live = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
  private readonly notice = h("section", { class: "notice", hidden: true });
  private readonly remarks = h("p", { class: "remarks", hidden: true });
  private readonly kinds: HTMLElement;
  private readonly minimizeButton: HTMLButtonElement;
  private readonly counts = {
    opinion: count("opinion"),
    fact: count("fact"),
    mixed: count("mixed"),
    other: count("other"),
  };
  private readonly switches: Switches = { opinion: true, fact: true };
  private shownNotice = "";

  constructor(
    root: ShadowRoot,
    private readonly actions: PanelActions,
  ) {
    this.minimizeButton = h("button", {
      type: "button",
      class: "icon minimize",
      "data-testid": "minimize",
      "aria-expanded": "true",
      onclick: () => {
        this.setMinimized(!this.element.hasAttribute("data-minimized"));
      },
    });
    this.kinds = h(
      "div",
      { class: "kinds" },
      this.switchRow("opinion", t("kindOpinion"), t("switchOpinion")),
      this.switchRow("fact", t("kindFact"), t("switchFact")),
      h(
        "div",
        { class: "row" },
        h("span", { class: "kind" }, sample("mixed-opinion", t("kindMixedSampleA")), " ", sample("mixed-fact", t("kindMixedSampleB"))),
        this.counts.mixed,
        h("span", { class: "switch-space" }),
      ),
      h(
        "div",
        { class: "row quiet" },
        h("span", { class: "kind" }, t("kindOther")),
        this.counts.other,
        h("span", { class: "switch-space" }),
      ),
    );
    this.element = h(
      "section",
      { class: "panel", "data-testid": "panel", role: "region", "aria-label": t("panelName"), popover: "manual" },
      h(
        "header",
        { class: "head" },
        h("span", { class: "logo", "aria-hidden": "true" }),
        h("div", { class: "titles" }, h("h2", {}, t("extensionName")), this.status),
        this.minimizeButton,
        h("button", {
          type: "button",
          class: "icon close",
          "data-testid": "close",
          "aria-label": t("close"),
          title: t("close"),
          onclick: this.actions.close,
        }),
      ),
      this.progress,
      this.notice,
      h("div", { class: "body" }, this.kinds, this.remarks, h("p", { class: "fine mixed-hint" }, t("mixedHint")), h("p", { class: "fine" }, t("neverTruth"))),
      this.live,
    );
    root.append(this.element);
    this.setMinimized(window.innerWidth < NARROW_PX);
    this.open();
  }

  render(view: PanelView): void {
    setText(this.status, view.status);
    this.progress.hidden = view.progress === null;
    this.progress.value = view.progress ?? 0;
    this.element.toggleAttribute("data-bare", view.counts === null);
    for (const kind of ["opinion", "fact", "mixed", "other"] as const) {
      setText(this.counts[kind], String(view.counts?.[kind] ?? 0));
    }
    this.remarks.hidden = view.remarks.length === 0;
    setText(this.remarks, view.remarks.join(" "));
    this.renderNotice(view.notice);
    if (view.announcement !== null) setText(this.live, view.announcement);
  }

  /** Top-layer elements are hidden by the browser when it opens a page from its back/forward cache. */
  open(): void {
    if (!this.element.matches(":popover-open")) this.element.showPopover();
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
  }

  private switchRow(kind: "opinion" | "fact", label: string, name: string): HTMLElement {
    const input = h("input", {
      type: "checkbox",
      role: "switch",
      class: "switch",
      checked: true,
      "data-testid": `switch-${kind}`,
      "aria-label": name,
      onchange: () => {
        this.switches[kind] = input.checked;
        row.toggleAttribute("data-off", !input.checked);
        this.actions.switched({ ...this.switches });
      },
    });
    const row = h("label", { class: "row" }, h("span", { class: "kind" }, sample(kind, label)), this.counts[kind], input);
    return row;
  }
}

function count(kind: keyof Counts): HTMLElement {
  return h("span", { class: "count", "data-testid": `count-${kind}` }, "0");
}

/** A few words painted as sentences of the kind are painted in the page. */
function sample(kind: MarkedKind, text: string): HTMLElement {
  return h("span", { class: `sample ${highlightName(kind)}` }, text);
}

/** A command, and a button to copy it. */
function commandLine(command: string): HTMLElement {
  const code = h("code", { "data-testid": "command", tabindex: 0 }, command);
  const button = h(
    "button",
    {
      type: "button",
      class: "copy",
      "data-testid": "copy",
      onclick: () => {
        void copyText(command).then((copied) => {
          if (!copied) getSelection()?.selectAllChildren(code);
          setText(button, copied ? t("copied") : t("copyFailed"));
        });
      },
    },
    t("copy"),
  );
  return h("div", { class: "command" }, code, button);
}

/** False on pages that have no clipboard: plain http ones, and those whose permissions policy forbids it. */
async function copyText(text: string): Promise<boolean> {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard === undefined) return false;
  return clipboard.writeText(text).then(
    () => true,
    () => false,
  );
}
