/**
 * One reading of one page: finds the text, has it asked about, paints the answers, follows the page as it changes, and
 * shows how it goes.
 *
 * It lives from one click on the toolbar button to the next, and `stop` undoes all of it. Answers are kept for as long,
 * by their text, so that what a page draws anew is marked anew without a question.
 */
import type { SentenceResult } from "../shared/contract.js";
import type { Answer } from "../shared/corrections.js";
import { t } from "../shared/i18n.js";
import { kindOf, type Switches } from "../shared/kinds.js";
import { onSettingsChanged, readSettings, saveSettings, type Settings } from "../shared/settings.js";
import { Asker } from "./asker.js";
import { Card } from "./card.js";
import { findingOf, findingsOf, isSame, NO_FINDINGS, textOf, toPaint, type Filter, type Finding, type Findings } from "./findings.js";
import { frameOffset } from "./frame-offset.js";
import type { MarkedSentence } from "./hit-test.js";
import { addHost, type Host } from "./host.js";
import { isolate } from "./isolation.js";
import { blockLanguage, ENGLISH, pageLanguage } from "./language.js";
import { isUnchanged } from "./live-text.js";
import { Marks } from "./marks.js";
import { firstInView, Navigator } from "./navigator.js";
import { Pace } from "./pace.js";
import { PageText, type Look } from "./page-text.js";
import { Panel, STEP_KEYS } from "./panel.js";
import { panelView, type Phase } from "./panel-view.js";
import { Passages, type Outcome, type Passage } from "./passages.js";
import { writeReport, type Format } from "./report.js";
import { kindText } from "./sentence-text.js";
import { SelectedText } from "./selected-text.js";
import { Watcher } from "./watcher.js";

/** Text that appears while the page is read is asked about when it has stood for so long: some of it is being typed. */
const SETTLED_MS = 500;

/** How often the panel follows, while answers come in. */
const RENDER_MS = 200;

/** How often the overview follows a scroll. */
const FOLLOW_MS = 100;

/** How long after the slider's last change it is kept: a key that is held down changes it many times. */
const KEEP_MS = 300;

/** What is to be read, if not the article that the reader asked for. */
export interface Wanted {
  /** Of the page, only this. */
  selection?: Range;
  /** Nobody asked for this very page: where there is nothing to mark, nothing is said. */
  bySite?: boolean;
}

export class Reading {
  private readonly host: Host;
  private readonly panel: Panel;
  private readonly card: Card;
  private readonly navigator: Navigator;
  private readonly listening = new AbortController();

  private readonly passages = new Passages();
  private readonly marks = new Marks();
  private readonly asker: Asker;
  private readonly watcher: Watcher;
  private readonly pageText: PageText | SelectedText;
  /** Every answer so far, by text. */
  private readonly answers = new Map<string, Outcome>();

  private hasLooked = false;
  private language = ENGLISH;
  /** The reader wants it read, whatever language it is in. */
  private readsAll = false;
  private isSummedUp = false;

  private readonly filter: Filter = { minConfidence: 0, switches: { opinion: true, fact: true } };
  private findings: Findings = NO_FINDINGS;
  /** What had the focus before the card. */
  private focusBefore: HTMLElement | null = null;
  private shownPhase: Phase | null = null;
  private renderTimer: ReturnType<typeof setTimeout> | undefined;
  private keepTimer: ReturnType<typeof setTimeout> | undefined;
  private viewTimer: ReturnType<typeof setTimeout> | undefined;
  private repaints = 0;

  constructor(
    private readonly onClosed: () => void,
    private readonly wanted: Wanted = {},
  ) {
    const { signal } = this.listening;
    this.host = addHost();
    this.navigator = new Navigator(this.host.root, () => this.panel.element.getBoundingClientRect());
    this.navigator.open();
    this.panel = new Panel(this.host.root, {
      close: onClosed,
      retry: () => { this.asker.goOn(); },
      goOn: () => { this.asker.goOn(); },
      stop: () => { this.asker.stop(); },
      proceed: () => { this.readAll(); },
      switched: (switches) => { this.switchKinds(switches); },
      sureness: (minConfidence) => { this.askForSureness(minConfidence); },
      step: (by) => { this.step(by); },
      choose: (finding) => { this.choose(finding); },
      goTo: (finding) => { this.goTo(finding); },
      details: () => { this.showDetails(); },
      jump: (share) => { this.navigator.jump(share); },
      moved: (corner) => { keep({ corner }); },
      report: (format) => this.report(format),
      reportName: () => reportName(),
      shown: () => { this.followView(); },
    });
    this.card = new Card(this.host.root, {
      corrected: (sentence, right, given) => { this.correct(sentence, right, given); },
      left: () => { this.focusBack(); },
    });
    this.asker = new Asker({
      outcome: this.onOutcome.bind(this),
      waitingFor: (text) => this.passages.waitingFor(text),
      foreignLanguage: (passage) => this.foreignLanguage(passage),
      changed: () => {
        this.render();
      },
    });
    this.watcher = new Watcher({ changed: this.onChanged.bind(this), shown: this.onShown.bind(this), look: this.look.bind(this) }, signal);
    const { selection } = wanted;
    const onTree = this.onTree.bind(this);
    this.pageText = selection === undefined ? new PageText(this.passages, onTree) : new SelectedText(selection, this.passages, onTree);
    this.listen();
    this.render();
  }

  get isOfSelection(): boolean {
    return this.wanted.selection !== undefined;
  }

  /** Reads the page, and goes on reading as it changes. */
  start(): void {
    this.onTree(document);
    this.watcher.start();
  }

  /** Undoes everything: the page is as it was. */
  stop(): void {
    this.listening.abort();
    clearTimeout(this.renderTimer);
    clearTimeout(this.viewTimer);
    this.asker.close();
    this.card.hide();
    this.navigator.hide();
    this.marks.clear();
    this.host.remove();
  }

  // --- the page -------------------------------------------------------------------------------------------------------

  /** Looks what is on the page now; says how long it worked at that. */
  private async look(): Promise<number> {
    const { signal } = this.listening;
    const pace = new Pace(this.hasLooked ? "background" : "user-visible");
    const { changes } = this.watcher;
    const look = await this.pageText.look(pace, () => this.watcher.changes === changes, signal);
    if (look === null) return pace.worked;
    for (const passage of look.gone) this.forget(passage);
    if (look.isAnotherArticle) {
      this.language = await pageLanguage(document.documentElement.lang, Array.from(this.passages, ({ text }) => text));
      if (signal.aborted) return pace.worked;
    }
    await this.take(look, pace);
    if (signal.aborted) return pace.worked;
    if (this.pageText.root !== null) this.watcher.watchSize(this.pageText.root);
    this.hasLooked = true;
    if (this.wanted.bySite === true && (this.phase === "nothing" || this.phase === "foreign")) this.onClosed();
    this.render();
    return pace.worked;
  }

  /** There is a shadow root or a frame's document in the article. */
  private onTree(root: Document | ShadowRoot): void {
    if (!this.watcher.watch(root)) return;
    if ("host" in root) this.marks.addShadowRoot(root);
    // Captured and passive: the page's own handlers run as ever, also those that stop the event.
    else root.addEventListener("click", this.onClick.bind(this), { capture: true, passive: true, signal: this.listening.signal });
  }

  /** What is new is marked if it was answered before, and else asked about. */
  private async take({ fresh, isAnotherArticle }: Look, pace: Pace): Promise<void> {
    const unanswered: Passage[] = [];
    for (const passage of isAnotherArticle ? this.passages : fresh) {
      if (passage.outcome !== null) continue;
      const answer = this.answers.get(passage.text);
      if (answer === undefined) unanswered.push(passage);
      else await this.conclude(passage, answer, pace);
      if (this.listening.signal.aborted) return;
    }
    this.asker.prune();
    if (unanswered.length === 0 || this.isForeign) return;
    if (!this.hasLooked) this.asker.ask(unanswered);
    else setTimeout(() => { this.askIfThere(unanswered); }, SETTLED_MS);
  }

  private askIfThere(passages: readonly Passage[]): void {
    if (!this.listening.signal.aborted) this.asker.ask(passages.filter(({ isThere }) => isThere));
  }

  /** Marks whose text has changed go before the change is painted. */
  private onChanged(records: readonly MutationRecord[]): boolean {
    const changed = this.passages.changedBy(records);
    for (const passage of changed) this.forget(passage);
    if (changed.size > 0) this.render();
    return changed.size > 0 || records.some((record) => this.concerns(record));
  }

  private concerns({ type, target }: MutationRecord): boolean {
    const element = target.nodeType === Node.ELEMENT_NODE ? (target as Element) : target.parentElement;
    // What comes and goes outside of the article may be the next article.
    return type === "childList" || element === null || this.pageText.concerns(element);
  }

  /** The tab is in front again, and what happened to the page meanwhile was not observed. */
  private onShown(): void {
    for (const passage of [...this.passages]) if (!isUnchanged(passage.block.snapshot)) this.forget(passage);
    this.render();
  }

  private forget(passage: Passage): void {
    if (this.card.isAbout(passage)) this.card.close();
    this.marks.erase(passage);
    this.passages.remove(passage);
  }

  // --- answers --------------------------------------------------------------------------------------------------------

  private onOutcome(text: string, outcome: Outcome | null): void {
    if (outcome === null) this.answers.delete(text);
    else this.answers.set(text, outcome);
    for (const passage of this.passages.withText(text)) {
      if (outcome === null) this.passages.conclude(passage, null);
      else if (passage.outcome === null) void this.conclude(passage, outcome);
    }
    this.render();
  }

  private async conclude(passage: Passage, outcome: Outcome, pace?: Pace): Promise<void> {
    this.passages.conclude(passage, outcome);
    if (!("sentences" in outcome)) return;
    await this.paint(passage, toPaint(passage, outcome.sentences, this.filter.minConfidence), pace);
  }

  private async paint(passage: Passage, sentences: readonly SentenceResult[], pace?: Pace): Promise<void> {
    const isPainted = await this.marks.paint(passage, sentences, pace);
    if (isPainted || this.listening.signal.aborted) return;
    this.forget(passage); // it changed while nobody observed it
    this.watcher.lookSoon();
  }

  /** Marks what the reader now asks for, or has corrected: what is in the window first. Nothing is asked of the server. */
  private async repaint(): Promise<void> {
    const serial = ++this.repaints;
    const pace = new Pace();
    const placed = this.findings.passages;
    const first = firstInView(placed);
    for (const { passage } of [...placed.slice(first), ...placed.slice(0, first).reverse()]) {
      if (pace.isUp) {
        await pace.rest();
        if (this.listening.signal.aborted || serial !== this.repaints) return;
      }
      const { outcome, isThere } = passage;
      if (!isThere || outcome === null || !("sentences" in outcome)) continue;
      const wanted = toPaint(passage, outcome.sentences, this.filter.minConfidence);
      if (isPaintedAs(passage.marks, wanted)) continue;
      this.marks.erase(passage);
      await this.paint(passage, wanted, pace);
    }
  }

  /** The reader says what a sentence is; every other place where it stands is that as well. */
  private correct(text: string, right: Answer, given: Answer): void {
    for (const [block, outcome] of this.answers) {
      if (!("sentences" in outcome)) continue;
      for (const sentence of outcome.sentences) {
        if (block.slice(sentence.start, sentence.end) !== text) continue;
        if (right === given) delete sentence.corrected;
        else sentence.corrected = right;
      }
    }
    this.renderNow();
    void this.repaint();
  }

  // --- language -------------------------------------------------------------------------------------------------------

  private get isForeign(): boolean {
    return this.language !== ENGLISH && !this.readsAll;
  }

  private async foreignLanguage({ text, block }: Passage): Promise<string | null> {
    if (this.readsAll) return null;
    const language = await blockLanguage(text, block.lang, this.language);
    return language === ENGLISH ? null : language;
  }

  private readAll(): void {
    this.readsAll = true;
    this.asker.ask([...this.passages].filter(({ outcome }) => outcome === null));
    this.render();
  }

  // --- the reader -----------------------------------------------------------------------------------------------------

  private listen(): void {
    const { signal } = this.listening;
    window.addEventListener("pagehide", () => { this.asker.pause(); }, { signal });
    window.addEventListener("pageshow", this.onPageShow.bind(this), { signal });
    document.addEventListener("scroll", this.followView.bind(this), { capture: true, passive: true, signal });
    window.addEventListener("resize", this.followView.bind(this), { signal });
    isolate(this.host.element, this.onKey.bind(this), signal);
    void this.followSettings();
  }

  /** The reader came back to a kept page: the browser has hidden its popovers, and the work was paused. */
  private onPageShow(event: PageTransitionEvent): void {
    if (!event.persisted || !this.host.element.isConnected) return;
    this.navigator.open();
    this.panel.open();
    this.asker.resume();
  }

  private onClick(event: MouseEvent): void {
    if (!event.isTrusted || event.button !== 0) return;
    if (!this.host.element.isConnected) {
      // The page threw our host out, or a newer injection did: there is no place left to show a card in.
      this.listening.abort();
      return;
    }
    if (event.composedPath().includes(this.host.element)) return;
    const page = (event.target as Node).ownerDocument ?? document;
    const sentence = isForThePage(event) ? null : this.marks.at(page, event.clientX, event.clientY);
    if (sentence === null) this.card.hide();
    else this.showCardAt(sentence, frameOffset(page), event);
  }

  private showCardAt(mark: MarkedSentence, { x, y }: { x: number; y: number }, { clientX, clientY }: MouseEvent): void {
    const passage = [...this.passages].find(({ marks }) => marks.includes(mark));
    const { outcome = null } = passage ?? {};
    if (passage === undefined || outcome === null || !("sentences" in outcome)) return;
    const sentence = outcome.sentences.find(({ start }) => start === mark.start);
    if (sentence === undefined) return;
    this.focusBefore = null;
    this.navigator.current = findingOf(passage, sentence, this.filter.minConfidence);
    this.panel.showCurrent(this.navigator.current);
    this.card.show({ passage, sentence, ranges: mark.ranges }, this.asker.model, { x: clientX + x, y: clientY + y });
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
    this.card.show({ ...current, ranges }, this.asker.model, null);
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
    this.marks.show(switches);
    this.card.hide();
    this.renderNow();
  }

  private askForSureness(minConfidence: number): void {
    clearTimeout(this.keepTimer);
    this.keepTimer = setTimeout(() => {
      this.keepTimer = undefined;
      keep({ minConfidence });
    }, KEEP_MS);
    this.filterBy(minConfidence);
  }

  private filterBy(minConfidence: number): void {
    if (this.filter.minConfidence === minConfidence) return;
    this.filter.minConfidence = minConfidence;
    this.renderNow();
    void this.repaint();
  }

  private async followSettings(): Promise<void> {
    const apply = ({ minConfidence, corner }: Settings): void => {
      if (this.listening.signal.aborted || this.keepTimer !== undefined) return; // the reader is just setting it
      this.panel.showSettings({ minConfidence, corner });
      this.filterBy(minConfidence);
    };
    apply(await readSettings());
    onSettingsChanged(apply, this.listening.signal);
  }

  private report(format: Format): string {
    const { all, counts } = this.findings;
    return writeReport(
      {
        title: document.title.trim(),
        address: location.href,
        date: new Date().toISOString(),
        model: this.asker.model,
        minConfidence: this.filter.minConfidence,
        counts,
        sentences: all.map((finding) => {
          const { kind, isSure, sentence } = finding;
          return {
            text: textOf(finding),
            kind,
            confidence: sentence.confidence,
            mixed: kind.startsWith("mixed"),
            corrected: sentence.corrected !== undefined,
            unsure: !isSure,
          };
        }),
      },
      format,
    );
  }

  // --- what the panel says --------------------------------------------------------------------------------------------

  private get phase(): Phase {
    switch (this.asker.state) {
      case "orphaned":
        return "orphaned";
      case "waiting":
        return "waiting";
      case "stopped":
        return "stopped";
      case "asking":
      case "paused":
        return "reading";
      case "idle":
        if (!this.hasLooked) return "reading";
        if (this.passages.size === 0) return "nothing";
        return this.isForeign ? "foreign" : "done";
    }
  }

  /** Soon: answers come in faster than anyone can read. At once where it is another thing that goes on. */
  private render(): void {
    if (this.phase !== this.shownPhase) this.renderNow();
    else this.renderTimer ??= setTimeout(this.renderNow.bind(this), RENDER_MS);
  }

  private renderNow(): void {
    clearTimeout(this.renderTimer);
    this.renderTimer = undefined;
    if (this.listening.signal.aborted) return;
    const { passages, language, isSummedUp } = this;
    const findings = findingsOf(passages, this.filter);
    const { phase } = this;
    this.findings = findings;
    this.shownPhase = phase;
    this.navigator.render(findings);
    this.panel.render(panelView({ phase, passages, findings, current: this.navigator.current, problem: this.asker.problem, language, isSummedUp, isOfSelection: this.isOfSelection }));
    this.isSummedUp ||= phase === "done";
    this.followView();
  }
}

/** In an orphaned page there is nowhere to keep it, and the page goes on with what was set. */
function keep(settings: Partial<Settings>): void {
  void saveSettings(settings).catch(() => undefined);
}

/** `sayso-blog.example-2026-01-31`, in letters that every file system takes. */
function reportName(): string {
  const place = location.hostname.replace(/[^\w.-]/g, "");
  return ["sayso", ...(place === "" ? [] : [place]), new Date().toISOString().slice(0, 10)].join("-");
}

/** Whether these marks are what these sentences would be painted as. */
function isPaintedAs(marks: readonly MarkedSentence[], sentences: readonly SentenceResult[]): boolean {
  return marks.length === sentences.length && marks.every(({ start, kind }, index) => {
    const sentence = sentences[index];
    return sentence?.start === start && kindOf(sentence) === kind;
  });
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
