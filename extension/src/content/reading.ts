/**
 * One reading of one page: the page with its marks, and the panel and the card that show it to the reader and do what
 * they ask.
 *
 * It lives from one click on the toolbar button to the next, and `stop` undoes all of it.
 */
import type { Answer } from "../shared/corrections.js";
import { t } from "../shared/i18n.js";
import type { Switches } from "../shared/kinds.js";
import { onSettingsChanged, readSettings, saveSettings, type Settings } from "../shared/settings.js";
import { Card } from "./card.js";
import { findingOf, findingsOf, isSame, NO_FINDINGS, textOf, type Filter, type Finding, type Findings } from "./findings.js";
import { frameOffset } from "./frame-offset.js";
import type { MarkedSentence } from "./hit-test.js";
import { addHost, type Host } from "./host.js";
import { isolate } from "./isolation.js";
import { MarkedPage, type Phase } from "./marked-page.js";
import { firstInView, Navigator } from "./navigator.js";
import { Panel, STEP_KEYS } from "./panel.js";
import { panelView } from "./panel-view.js";
import type { Passage } from "./passages.js";
import { reportOf, writeReport, type Format } from "./report.js";
import { kindText } from "./sentence-text.js";

/** How often the panel follows, while answers come in. */
const RENDER_MS = 200;

/** How often the overview follows a scroll. */
const FOLLOW_MS = 100;

/** How long after the last change of a setting in the panel it is kept: a key that is held down changes it many times. */
const KEEP_MS = 300;

/** What is to be read, if not the article that the reader asked for. */
export interface Wanted {
  /** Of the page, only this. */
  selection?: readonly Range[];
  /** Nobody asked for this very page: where there is nothing to mark, nothing is said. */
  bySite?: boolean;
}

export class Reading {
  private readonly host: Host;
  private readonly panel: Panel;
  private readonly card: Card;
  private readonly navigator: Navigator;
  private readonly listening = new AbortController();

  private readonly page: MarkedPage;

  private readonly filter: Filter = { minConfidence: 0, switches: { opinion: true, fact: true } };
  private findings: Findings = NO_FINDINGS;
  private isSummedUp = false;
  /** What had the focus before the card. */
  private focusBefore: HTMLElement | null = null;
  private shownPhase: Phase | null = null;
  private renderTimer: ReturnType<typeof setTimeout> | undefined;
  private keepTimer: ReturnType<typeof setTimeout> | undefined;
  /** What the reader has just set in the panel. */
  private toKeep: Partial<Settings> = {};
  private viewTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly onClosed: () => void,
    private readonly wanted: Wanted = {},
  ) {
    const { signal } = this.listening;
    this.host = addHost({
      returned: () => { this.openPopovers(); },
      lost: onClosed,
      // The marks are the other's now, and stay.
      replaced: () => {
        this.listening.abort();
        this.page.asker.close();
      },
    });
    this.navigator = new Navigator(this.host.root, () => this.panel.element.getBoundingClientRect());
    this.navigator.open();
    this.panel = new Panel(this.host.root, {
      close: onClosed,
      retry: () => { this.page.asker.goOn(); },
      goOn: () => { this.page.asker.goOn(); },
      stop: () => { this.page.asker.stop(); },
      proceed: () => { this.page.readAll(); },
      switched: (switches) => { this.switchKinds(switches); },
      sureness: (minConfidence) => {
        this.keep({ minConfidence });
        this.filterBy(minConfidence);
      },
      step: (by) => { this.step(by); },
      choose: (finding) => { this.choose(finding); },
      goTo: (finding) => { this.goTo(finding); },
      details: () => { this.showDetails(); },
      jump: (share) => { this.navigator.jump(share); },
      moved: (corner) => { this.keep({ corner }); },
      report: (format) => this.report(format),
      reportName: () => reportName(),
      shown: () => { this.followView(); },
    });
    this.card = new Card(this.host.root, {
      corrected: (sentence, right, given) => { this.correct(sentence, right, given); },
      left: () => { this.focusBack(); },
    });
    const observer = {
      changed: () => { this.render(); },
      looked: () => { this.onLooked(); },
      gone: (passage: Passage) => { if (this.card.isAbout(passage)) this.card.close(); },
      entered: (document: Document) => { this.listenForClicks(document); },
    };
    this.page = new MarkedPage(this.filter, observer, signal, wanted.selection);
    this.listen();
    this.render();
  }

  get isOfSelection(): boolean {
    return this.wanted.selection !== undefined;
  }

  /** Reads the page, and goes on reading as it changes. */
  start(): void {
    this.page.start();
  }

  /** The focus to the panel, from wherever on the page. */
  focusPanel(): void {
    this.panel.focus();
  }

  /** Undoes everything: the page is as it was. */
  stop(): void {
    this.keepNow();
    this.listening.abort();
    clearTimeout(this.renderTimer);
    clearTimeout(this.viewTimer);
    this.page.stop();
    this.card.hide();
    this.navigator.hide();
    this.host.remove();
  }

  private onLooked(): void {
    const { phase } = this.page;
    if (this.wanted.bySite === true && (phase === "nothing" || phase === "foreign")) this.onClosed();
    this.render();
  }

  // --- the reader -----------------------------------------------------------------------------------------------------

  /** Captured and passive: the page's own handlers run as ever, also those that stop the event. */
  private listenForClicks(document: Document): void {
    document.addEventListener("click", this.onClick.bind(this), { capture: true, passive: true, signal: this.listening.signal });
  }

  private listen(): void {
    const { signal } = this.listening;
    window.addEventListener("pagehide", this.onPageHide.bind(this), { signal });
    window.addEventListener("pageshow", this.onPageShow.bind(this), { signal });
    document.addEventListener("scroll", this.followView.bind(this), { capture: true, passive: true, signal });
    window.addEventListener("resize", this.followView.bind(this), { signal });
    isolate(this.host.element, this.onKey.bind(this), signal);
    void this.followSettings();
  }

  private onPageHide(): void {
    this.keepNow();
    this.page.asker.pause();
  }

  /** The reader came back to a kept page: the browser has hidden its popovers, and the work was paused. */
  private onPageShow(event: PageTransitionEvent): void {
    if (!event.persisted) return;
    this.openPopovers();
    this.page.asker.resume();
  }

  private openPopovers(): void {
    this.navigator.open();
    this.panel.open();
  }

  private onClick(event: MouseEvent): void {
    if (!event.isTrusted || event.button !== 0) return;
    if (event.composedPath().includes(this.host.element)) return;
    const document = (event.target as Node).ownerDocument ?? window.document;
    const sentence = isForThePage(event) ? null : this.page.marks.at(document, event.clientX, event.clientY);
    if (sentence === null) this.card.hide();
    else this.showCardAt(sentence, frameOffset(document), event);
  }

  private showCardAt(mark: MarkedSentence, { x, y }: { x: number; y: number }, { clientX, clientY }: MouseEvent): void {
    const passage = [...this.page.passages].find(({ marks }) => marks.includes(mark));
    const { outcome = null } = passage ?? {};
    if (passage === undefined || outcome === null || !("sentences" in outcome)) return;
    const sentence = outcome.sentences.find(({ start }) => start === mark.start);
    if (sentence === undefined) return;
    this.focusBefore = null;
    this.navigator.current = findingOf(passage, sentence, this.filter.minConfidence);
    this.panel.showCurrent(this.navigator.current);
    this.card.show({ passage, sentence, ranges: mark.ranges }, this.page.asker.model, { x: clientX + x, y: clientY + y });
  }

  /** Keys in the panel and the card: the page does not hear of them. */
  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "escape" && this.card.isShown) this.card.close();
    else if (key === STEP_KEYS[1] || key === STEP_KEYS[-1]) {
      const { hasFocus } = this.card;
      this.step(key === STEP_KEYS[1] ? 1 : -1);
      if (hasFocus) this.showCard();
    } else if (this.card.hasFocus || !this.panel.onKey(event)) return;
    event.preventDefault();
  }

  // --- from mark to mark ----------------------------------------------------------------------------------------------

  private step(by: 1 | -1): void {
    const next = this.navigator.neighbour(by);
    if (next !== null) this.goTo(next);
    else this.panel.announce(t(by === 1 ? "noneAfter" : "noneBefore"));
  }

  /** The first press goes to a sentence, the next tells about it. */
  private choose(finding: Finding): void {
    const isThere = isSame(this.navigator.current, finding);
    this.goTo(finding);
    if (isThere) this.showDetails();
  }

  private goTo(finding: Finding): void {
    this.navigator.goTo(finding);
    this.panel.showCurrent(finding);
    this.panel.revealCurrent(t("arrived", kindText(finding.kind), textOf(finding)));
  }

  private showDetails(): void {
    this.focusBefore = this.host.root.activeElement as HTMLElement | null;
    this.showCard();
  }

  private showCard(): void {
    const { current } = this.navigator;
    if (current === null) return;
    const ranges = this.navigator.bringIntoView(current);
    this.card.show({ ...current, ranges }, this.page.asker.model, null);
  }

  /** The card has gone with the focus in it. */
  private focusBack(): void {
    if (this.focusBefore === null) return;
    this.focusBefore.focus({ preventScroll: true });
    // What it was on may be gone or off: a sentence that was corrected is not in the list any more.
    if (this.host.root.activeElement !== this.focusBefore) this.panel.focusSteps();
  }

  /** The overview shows what is in the window, soon: not in each frame of a scroll, which it would make slower. */
  private followView(): void {
    this.viewTimer ??= setTimeout(() => {
      this.viewTimer = undefined;
      if (this.listening.signal.aborted || this.panel.isMinimized) return;
      const view = this.navigator.view();
      if (view !== null) this.panel.showView(view.from, view.to);
    }, FOLLOW_MS);
  }

  // --- what is shown --------------------------------------------------------------------------------------------------

  private switchKinds(switches: Switches): void {
    this.filter.switches = switches;
    this.page.marks.show(switches);
    this.card.hide();
    this.renderNow();
  }

  private keep(settings: Partial<Settings>): void {
    this.toKeep = { ...this.toKeep, ...settings };
    clearTimeout(this.keepTimer);
    this.keepTimer = setTimeout(this.keepNow.bind(this), KEEP_MS);
  }

  private keepNow(): void {
    if (this.keepTimer === undefined) return;
    clearTimeout(this.keepTimer);
    this.keepTimer = undefined;
    // In an orphaned page there is nowhere to keep it, and the page goes on with what was set.
    void saveSettings(this.toKeep).catch(() => undefined);
    this.toKeep = {};
  }

  private filterBy(minConfidence: number): void {
    if (this.filter.minConfidence === minConfidence) return;
    this.filter.minConfidence = minConfidence;
    this.renderNow();
    this.repaint();
  }

  /** What is in the window first. */
  private repaint(): void {
    const passages = this.findings.passages.map(({ passage }) => passage);
    const first = firstInView(this.findings.passages);
    void this.page.repaint([...passages.slice(first), ...passages.slice(0, first).reverse()]);
  }

  /** The reader says what a sentence is. */
  private correct(text: string, right: Answer, given: Answer): void {
    this.page.correct(text, right, given);
    this.renderNow();
    this.repaint();
  }

  private async followSettings(): Promise<void> {
    const apply = ({ minConfidence, corner }: Settings): void => {
      // What was set some keys ago must not undo the last.
      if (this.listening.signal.aborted || this.keepTimer !== undefined) return;
      this.panel.showSettings({ minConfidence, corner });
      this.filterBy(minConfidence);
    };
    apply(await readSettings());
    onSettingsChanged(apply, this.listening.signal);
  }

  private report(format: Format): string {
    const about = { title: document.title.trim(), address: location.href, date: new Date().toISOString(), model: this.page.asker.model };
    return writeReport(reportOf(about, this.findings, this.filter.minConfidence), format);
  }

  // --- what the panel says --------------------------------------------------------------------------------------------

  /** Soon: answers come in faster than anyone can read. At once where it is another thing that goes on. */
  private render(): void {
    if (this.page.phase !== this.shownPhase) this.renderNow();
    else this.renderTimer ??= setTimeout(this.renderNow.bind(this), RENDER_MS);
  }

  private renderNow(): void {
    clearTimeout(this.renderTimer);
    this.renderTimer = undefined;
    if (this.listening.signal.aborted) return;
    const { phase, passages, language, asker } = this.page;
    const { isSummedUp, isOfSelection } = this;
    const findings = findingsOf(passages, this.filter);
    this.findings = findings;
    this.shownPhase = phase;
    this.navigator.render(findings);
    this.panel.render(panelView({ phase, passages, findings, current: this.navigator.current, problem: asker.problem, language, isSummedUp, isOfSelection }));
    this.isSummedUp ||= phase === "done";
    this.followView();
  }
}

/** `sayso-blog.example-2026-01-31`, in letters that every file system takes. */
function reportName(): string {
  const place = location.hostname.replace(/[^\w.-]/g, "");
  return ["sayso", ...(place === "" ? [] : [place]), new Date().toISOString().slice(0, 10)].join("-");
}

const CONTROLS = "a[href], button, input, select, textarea, label, summary, [contenteditable], [role='button'], [role='link']";

/**
 * A click that means something to the page: on a link or a control, or the end of selecting text. A card would only be
 * in its way.
 */
function isForThePage(event: MouseEvent): boolean {
  const [target] = event.composedPath() as Element[]; // not of this window where it is in a frame: no `instanceof`
  const selection = target?.ownerDocument.getSelection() ?? null;
  if (selection?.isCollapsed === false) return true;
  return target?.closest(CONTROLS) != null;
}
