/**
 * The page and what is known of it: finds the text, has it asked about, paints the answers, and follows the page as it
 * changes. Knows nothing of the panel and the card.
 *
 * Answers are kept as long as it lives, by their text, so that what a page draws anew is marked anew without a question.
 */
import type { SentenceResult } from "../shared/contract.js";
import type { Answer } from "../shared/corrections.js";
import { kindOf } from "../shared/kinds.js";
import { Asker } from "./asker.js";
import { toPaint, type Filter } from "./findings.js";
import type { MarkedSentence } from "./hit-test.js";
import { blockLanguage, ENGLISH, pageLanguage } from "./language.js";
import { isUnchanged } from "./live-text.js";
import { Marks } from "./marks.js";
import { onceOrphaned } from "./orphan.js";
import { Pace } from "./pace.js";
import { PageText, type Look } from "./page-text.js";
import { Passages, type Outcome, type Passage } from "./passages.js";
import { SelectedText } from "./selected-text.js";
import { Watcher } from "./watcher.js";

/** Text that appears while the page is read is asked about when it has stood for so long: some of it is being typed. */
const SETTLED_MS = 500;

export type Phase = "reading" | "stopped" | "waiting" | "done" | "nothing" | "foreign" | "orphaned";

/** Who shows what is found. */
export interface Observer {
  /** Another answer, another text, or another state. */
  changed(): void;
  /** The page has been looked over. */
  looked(): void;
  /** This passage is not there any more, or is not what it was. */
  gone(passage: Passage): void;
  /** There is text in this document, the page's own or a frame's: it is read, and its clicks may be on marks. */
  entered(document: Document): void;
}

export class MarkedPage {
  readonly passages = new Passages();
  readonly marks = new Marks();
  readonly asker: Asker;
  /** The page's, as BCP 47 has it. */
  language = ENGLISH;

  private readonly watcher: Watcher;
  private readonly pageText: PageText | SelectedText;
  /** Every answer so far, by text. */
  private readonly answers = new Map<string, Outcome>();
  /** What the reader has said since this page is read, by the sentence; null where they took it back. */
  private readonly corrections = new Map<string, Answer | null>();
  private hasLooked = false;
  /** The reader wants it read, whatever language it is in. */
  private readsAll = false;
  private repaints = 0;

  /**
   * @param filter what the reader asks to see; it may change, and `repaint` then follows it
   * @param selection of the page, only this
   * @param signal aborts everything that goes on; `stop` takes the marks away
   */
  constructor(
    private readonly filter: Readonly<Filter>,
    private readonly observer: Observer,
    private readonly signal: AbortSignal,
    selection?: readonly Range[],
  ) {
    this.asker = new Asker({
      outcome: this.onOutcome.bind(this),
      waitingFor: (text) => this.passages.waitingFor(text),
      foreignLanguage: (passage) => this.foreignLanguage(passage),
      changed: () => { observer.changed(); },
    });
    onceOrphaned(() => { this.asker.orphan(); }, signal);
    this.watcher = new Watcher({ changed: this.onChanged.bind(this), shown: this.onShown.bind(this), look: this.look.bind(this) }, signal);
    const onTree = this.onTree.bind(this);
    this.pageText = selection === undefined ? new PageText(this.passages, onTree) : new SelectedText(selection, this.passages, onTree);
  }

  /** Reads the page, and goes on reading as it changes. */
  start(): void {
    this.onTree(document);
    this.watcher.start();
  }

  /** Takes every mark away. */
  stop(): void {
    this.asker.close();
    this.marks.clear();
  }

  get phase(): Phase {
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

  // --- the page -------------------------------------------------------------------------------------------------------

  /** Looks what is on the page now; says how long it worked at that. */
  private async look(): Promise<number> {
    const { signal } = this;
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
    for (const root of this.pageText.roots) this.watcher.watchSize(root);
    this.hasLooked = true;
    this.observer.looked();
    return pace.worked;
  }

  /** There is a shadow root or a frame's document in the article. */
  private onTree(root: Document | ShadowRoot): void {
    if (!this.watcher.watch(root)) return;
    if ("host" in root) this.marks.addShadowRoot(root);
    else {
      this.observer.entered(root);
      if (root !== document) this.forgetWith(root);
    }
  }

  /** What is in a frame goes before the frame does: afterwards Firefox lets nothing of it be touched (`isDead`). */
  private forgetWith(inner: Document): void {
    const onPageHide = ({ persisted }: PageTransitionEvent): void => {
      if (persisted) return;
      for (const passage of [...this.passages]) if (passage.block.map.start()?.node.ownerDocument === inner) this.forget(passage);
      this.observer.changed();
      this.watcher.lookSoon();
    };
    inner.defaultView?.addEventListener("pagehide", onPageHide, { signal: this.signal });
  }

  /** What is new is marked if it was answered before, and else asked about. */
  private async take({ fresh, isAnotherArticle }: Look, pace: Pace): Promise<void> {
    const unanswered: Passage[] = [];
    for (const passage of isAnotherArticle ? this.passages : fresh) {
      if (!passage.isThere || passage.isConcluded) continue;
      const answer = this.answers.get(passage.text);
      if (answer !== undefined) await this.conclude(passage, answer, pace);
      if (answer === undefined || "isPartial" in answer) unanswered.push(passage);
      if (this.signal.aborted) return;
    }
    this.asker.prune();
    if (unanswered.length === 0 || this.isForeign) return;
    if (!this.hasLooked) this.asker.ask(unanswered);
    else setTimeout(() => { this.askIfThere(unanswered); }, SETTLED_MS);
  }

  private askIfThere(passages: readonly Passage[]): void {
    if (!this.signal.aborted) this.asker.ask(passages.filter(({ isThere }) => isThere));
  }

  /** Marks whose text has changed go before the change is painted. */
  private onChanged(records: readonly MutationRecord[]): boolean {
    const changed = this.passages.changedBy(records);
    for (const passage of changed) this.forget(passage);
    if (changed.size > 0) this.observer.changed();
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
    this.observer.changed();
  }

  private forget(passage: Passage): void {
    this.observer.gone(passage);
    this.marks.erase(passage);
    this.passages.remove(passage);
  }

  // --- answers --------------------------------------------------------------------------------------------------------

  private onOutcome(text: string, outcome: Outcome | null): void {
    const answer = outcome === null ? null : withKnown(outcome, this.answers.get(text));
    if (answer === null) this.answers.delete(text);
    else {
      this.answers.set(text, answer);
      // The background knows what was corrected before it asked.
      if ("sentences" in answer) this.applyCorrections(text, answer.sentences);
    }
    for (const passage of this.passages.withText(text)) {
      if (answer === null) this.passages.conclude(passage, null);
      else if (!passage.isConcluded) void this.conclude(passage, answer);
    }
    this.observer.changed();
  }

  private async conclude(passage: Passage, outcome: Outcome, pace?: Pace): Promise<void> {
    const wasPainted = passage.outcome !== null && "sentences" in passage.outcome;
    this.passages.conclude(passage, outcome);
    if (!("sentences" in outcome)) {
      if (wasPainted) {
        this.observer.gone(passage);
        this.marks.erase(passage);
      }
      return;
    }
    const wanted = toPaint(passage, outcome.sentences, this.filter.minConfidence);
    if (wasPainted) {
      if (isPaintedAs(passage.marks, wanted)) return;
      this.marks.erase(passage);
    }
    await this.paint(passage, wanted, pace);
  }

  private async paint(passage: Passage, sentences: readonly SentenceResult[], pace?: Pace): Promise<void> {
    const isPainted = await this.marks.paint(passage, sentences, pace);
    if (isPainted || this.signal.aborted) return;
    this.forget(passage); // it changed while nobody observed it
    this.watcher.lookSoon();
  }

  /** Marks, in this order, what the reader now asks for, or has corrected. Nothing is asked of the server. */
  async repaint(passages: readonly Passage[]): Promise<void> {
    const serial = ++this.repaints;
    const pace = new Pace();
    for (const passage of passages) {
      if (pace.isUp) {
        await pace.rest();
        if (this.signal.aborted || serial !== this.repaints) return;
      }
      const { outcome, isThere } = passage;
      if (!isThere || outcome === null || !("sentences" in outcome)) continue;
      const wanted = toPaint(passage, outcome.sentences, this.filter.minConfidence);
      if (isPaintedAs(passage.marks, wanted)) continue;
      this.marks.erase(passage);
      await this.paint(passage, wanted, pace);
    }
  }

  /** The reader says what a sentence is; every other place where it stands is that as well, once it is painted again. */
  correct(text: string, right: Answer, given: Answer): void {
    this.corrections.set(text, right === given ? null : right);
    for (const [block, outcome] of this.answers) if ("sentences" in outcome) this.applyCorrections(block, outcome.sentences);
  }

  private applyCorrections(block: string, sentences: readonly SentenceResult[]): void {
    if (this.corrections.size === 0) return;
    for (const sentence of sentences) {
      const right = this.corrections.get(block.slice(sentence.start, sentence.end));
      if (right === null) delete sentence.corrected;
      else if (right !== undefined) sentence.corrected = right;
    }
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

  /** Whatever language it is in. */
  readAll(): void {
    this.readsAll = true;
    this.asker.ask([...this.passages].filter(({ isConcluded }) => !isConcluded));
    this.observer.changed();
  }
}

/**
 * An answer with the sentences of the part that was known before, which a card may be about, in the place of its own. A
 * part that says less than that one, as after an interruption, says nothing.
 */
function withKnown(outcome: Outcome, before: Outcome | undefined): Outcome {
  if (before === undefined || !("sentences" in before) || !("sentences" in outcome)) return outcome;
  if ("isPartial" in outcome && outcome.sentences.length < before.sentences.length) return before;
  const known = new Map(before.sentences.map((sentence) => [sentence.start, sentence]));
  const sentences = outcome.sentences.map((sentence) => {
    const its = known.get(sentence.start);
    return its?.end === sentence.end && its.label === sentence.label && its.confidence === sentence.confidence ? its : sentence;
  });
  return { ...outcome, sentences };
}

/** Whether these marks are what these sentences would be painted as. */
function isPaintedAs(marks: readonly MarkedSentence[], sentences: readonly SentenceResult[]): boolean {
  return marks.length === sentences.length && marks.every(({ start, kind }, index) => {
    const sentence = sentences[index];
    return sentence?.start === start && kindOf(sentence) === kind;
  });
}
