/**
 * One reading of one page: finds the text, has it asked about, paints the answers, follows the page as it changes, and
 * shows how it goes.
 *
 * It lives from one click on the toolbar button to the next, and `stop` undoes all of it. Answers are kept for as long,
 * by their text, so that what a page draws anew is marked anew without a question.
 */
import { t } from "../shared/i18n.js";
import type { Switches } from "../shared/kinds.js";
import { Asker } from "./asker.js";
import { Card } from "./card.js";
import { frameOffset } from "./frame-offset.js";
import { addHost, type Host } from "./host.js";
import { blockLanguage, ENGLISH, languageName, languageNames, pageLanguage } from "./language.js";
import { isUnchanged } from "./live-text.js";
import { Marks } from "./marks.js";
import { Pace } from "./pace.js";
import { PageText, type Look } from "./page-text.js";
import { Panel, type Notice, type PanelView } from "./panel.js";
import { Passages, type Outcome, type Passage } from "./passages.js";
import { problemText } from "./problem-text.js";
import { SelectedText } from "./selected-text.js";
import { Watcher } from "./watcher.js";

/** Text that appears while the page is read is asked about when it has stood for so long: some of it is being typed. */
const SETTLED_MS = 500;

type Phase = "reading" | "waiting" | "done" | "nothing" | "foreign" | "orphaned";

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

  constructor(
    private readonly onClosed: () => void,
    private readonly wanted: Wanted = {},
  ) {
    const { signal } = this.listening;
    this.host = addHost();
    this.panel = new Panel(this.host.root, {
      close: onClosed,
      retry: () => {
        this.asker.goOn();
      },
      proceed: () => {
        this.readAll();
      },
      switched: (switches) => {
        this.switchKinds(switches);
      },
    });
    this.card = new Card(this.host.root);
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
    this.asker.close();
    this.card.hide();
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
    if (this.card.isAbout(passage.marks)) this.card.hide();
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
    const isPainted = await this.marks.paint(passage, outcome.sentences, pace);
    if (isPainted || this.listening.signal.aborted) return;
    this.forget(passage); // it changed while nobody observed it
    this.watcher.lookSoon();
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
  }

  /** The reader came back to a kept page: the browser has hidden its popovers, and the work was paused. */
  private onPageShow(event: PageTransitionEvent): void {
    if (!event.persisted || !this.host.element.isConnected) return;
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
    const { x, y } = frameOffset(page);
    if (sentence === null) this.card.hide();
    else this.card.show(sentence, this.asker.model, event.clientX + x, event.clientY + y);
  }

  private switchKinds(switches: Switches): void {
    this.marks.show(switches);
    this.card.hide();
  }

  // --- what the panel says --------------------------------------------------------------------------------------------

  private get phase(): Phase {
    switch (this.asker.state) {
      case "orphaned":
        return "orphaned";
      case "waiting":
        return "waiting";
      case "asking":
      case "paused":
        return "reading";
      case "idle":
        if (!this.hasLooked) return "reading";
        if (this.passages.size === 0) return "nothing";
        return this.isForeign ? "foreign" : "done";
    }
  }

  private render(): void {
    if (!this.listening.signal.aborted) this.panel.render(this.view());
  }

  private view(): PanelView {
    const { phase } = this;
    const { chars, charsDone, counts, failed, foreign } = this.passages;
    const share = chars === 0 ? 0 : charsDone / chars;
    const { opinion, fact, mixed, other } = counts;
    const read = opinion + fact + mixed + other;
    const notice = this.notice(phase);
    const status: Record<Phase, string> = {
      reading: share === 0 ? t("statusReading") : t("statusProgress", Math.floor(share * 100)),
      waiting: this.waitingStatus(share),
      done: read === 1 ? t("statusDoneOne") : t("statusDone", read),
      nothing: t("statusNothing"),
      foreign: t("statusForeign"),
      orphaned: t("statusOrphaned"),
    };
    const languages = [...foreign].filter(([, number]) => number > 0).sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
    const leftAlone = languages.reduce((sum, [, number]) => sum + number, 0);
    return {
      status: status[phase],
      progress: phase === "reading" || (phase === "waiting" && share > 0) ? share : null,
      counts: share === 0 && phase !== "reading" ? null : counts,
      notice,
      remarks: [
        ...(leftAlone > 0 ? [t("foreignPassages", languageNames(languages.map(([language]) => language)), leftAlone)] : []),
        ...(failed > 0 ? [t("failedPassages", failed)] : []),
      ],
      announcement: notice === null ? this.announcement(phase) : `${notice.heading}. ${notice.detail}`,
    };
  }

  /** The end of the reading is said once: a page that grows would else be heard over and over. */
  private announcement(phase: Phase): string | null {
    if (phase === "reading") return this.isSummedUp ? null : t("statusReading");
    if (phase !== "done" || this.isSummedUp) return null;
    this.isSummedUp = true;
    const { opinion, fact, mixed, other } = this.passages.counts;
    return t("summary", opinion, fact, mixed, other);
  }

  private waitingStatus(share: number): string {
    if (share > 0) return t("statusStopped", Math.floor(share * 100));
    const { problem } = this.asker;
    return problem !== null && problemText(problem).waits ? t("statusWaiting") : t("statusFailed");
  }

  private notice(phase: Phase): Notice | null {
    switch (phase) {
      case "reading":
      case "done":
        return null;
      case "nothing":
        if (this.isOfSelection) return plainNotice(t("selectionHeading"), t("selectionDetail"), null);
        return plainNotice(t("nothingHeading"), t("nothingDetail"), null);
      case "foreign":
        return plainNotice(t("foreignHeading", languageName(this.language)), t("foreignDetail"), "proceed");
      case "orphaned":
        return plainNotice(t("orphanedHeading"), t("orphanedDetail"), null);
      case "waiting": {
        const { problem } = this.asker;
        if (problem === null) return null;
        const { heading, detail, command, alternative, waits } = problemText(problem);
        const footnote = [alternative, waits ? t("goesOn") : null].filter((line) => line !== null).join(" ");
        return { heading, detail, command, footnote, action: "retry" };
      }
    }
  }
}

function plainNotice(heading: string, detail: string, action: Notice["action"]): Notice {
  return { heading, detail, command: null, footnote: "", action };
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
