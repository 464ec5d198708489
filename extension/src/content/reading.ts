/**
 * One reading of one page: finds the text, asks about it, paints the answers, and shows how it goes.
 *
 * It lives from one click on the toolbar button to the next, and `stop` undoes all of it. Whatever happens in between
 * (no server, a server that dies, a worker that is put to sleep, a page that changes) ends in a panel that says so and
 * marks that are right; blocks that have no answer wait in the queue, and going on is asking for those.
 */
import { countKind, kindOf, noCounts, type Switches } from "../shared/kinds.js";
import { t } from "../shared/i18n.js";
import type { BlockResult, ModelName } from "../shared/contract.js";
import { parseProbeReply, type AnalyzeEvent, type ProbeMessage, type ServerProblem } from "../shared/protocol.js";
import { findArticle } from "./article.js";
import { collectBlocks, type Block } from "./blocks.js";
import { Card } from "./card.js";
import { Connection, isOrphaned } from "./connection.js";
import { computedElementStyle } from "./element-style.js";
import { Highlighter } from "./highlighter.js";
import { HitTest, type MarkedSentence } from "./hit-test.js";
import { addHost, type Host } from "./host.js";
import { foreignLanguage, isEnglish, languageName } from "./language.js";
import { isUnchanged, snapshot, type Snapshot } from "./live-text.js";
import { Panel, type Notice, type PanelView } from "./panel.js";
import { problemText } from "./problem-text.js";
import { BlockQueue, distanceToViewport, type Queued } from "./queue.js";

/** Two requests at a time: while the answer to one travels, the server has the next. */
const BATCHES_UNDER_WAY = 2;

/** How long between two looks for a server that is not there, and that is loading. */
const PROBE_AGAIN_MS = 4_000;
const LOADING_AGAIN_MS = 1_000;

/** After this many worker deaths without an answer in between, it is not the worker. */
const MAX_RECONNECTS = 3;

/** When the first so many blocks have all failed, one by one, it is not them, and the rest is not tried. */
const FAILURES_OF_THE_SERVER = 5;

interface PageBlock extends Queued {
  block: Block;
  snapshot: Snapshot;
}

type Phase = "reading" | "waiting" | "done" | "nothing" | "foreign" | "orphaned";

export class Reading {
  private readonly host: Host;
  private readonly panel: Panel;
  private readonly card: Card;
  private readonly highlighter = new Highlighter();
  private readonly hitTest = new HitTest();
  private readonly connection: Connection;
  private readonly listening = new AbortController();

  private queue = new BlockQueue<PageBlock>([]);
  private readonly underWay = new Map<number, Map<string, PageBlock>>();
  private nextBatch = 0;
  private reconnects = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  private phase: Phase = "reading";
  private problem: ServerProblem | null = null;
  private model: ModelName | null = null;
  private readonly counts = noCounts();
  private charsTotal = 0;
  /** Of all blocks that are done with, the failed ones included. */
  private charsDone = 0;
  private answered = 0;
  private changed = 0;
  private failed: PageBlock[] = [];
  /** What the server said of the last of them. */
  private failure = "";

  constructor(onClosed: () => void) {
    this.host = addHost();
    this.panel = new Panel(this.host.root, {
      close: onClosed,
      retry: () => {
        this.goOn();
      },
      proceed: () => {
        this.read(() => true);
      },
      switched: (switches) => {
        this.switchKinds(switches);
      },
    });
    this.card = new Card(this.host.root);
    this.connection = new Connection(this.onAnswer.bind(this), this.onLost.bind(this));
    this.listen();
    this.render();
  }

  /** Reads the page, or says that it is not in English. */
  start(): void {
    if (foreignLanguage(document) === null) this.read(isEnglish);
    else this.enter("foreign");
  }

  /** Undoes everything: the page is as it was. */
  stop(): void {
    clearTimeout(this.timer);
    this.listening.abort();
    this.connection.close();
    this.card.hide();
    this.highlighter.clear();
    this.host.remove();
  }

  // --- reading --------------------------------------------------------------------------------------------------------

  private read(readsLanguage: (lang: string) => boolean): void {
    const blocks = findBlocks(readsLanguage);
    this.charsTotal = blocks.reduce((sum, { text }) => sum + text.length, 0);
    this.queue = new BlockQueue(blocks);
    if (blocks.length === 0) this.enter("nothing");
    else this.goOn();
  }

  /** Asks for what has no answer yet: at the start, after a pause, and when the reader presses "Try again". */
  private goOn(): void {
    this.pause();
    this.problem = null;
    this.reconnects = 0;
    this.enter("reading");
    this.pump();
  }

  private pump(): void {
    try {
      while (this.phase === "reading" && this.underWay.size < BATCHES_UNDER_WAY && this.queue.size > 0) {
        const batch = this.nextBatch++;
        const blocks = this.queue.take();
        this.underWay.set(batch, new Map(blocks.map((block) => [block.id, block])));
        this.connection.send({ type: "analyze", batch, blocks: blocks.map(({ id, text }) => ({ id, text })) });
      }
    } catch {
      this.onLost(); // the extension is gone
      return;
    }
    if (this.phase === "reading" && this.underWay.size === 0 && this.queue.size === 0) {
      this.connection.close();
      if (this.answered === 0) this.onProblem({ state: "server-error", detail: this.failure });
      else this.enter("done");
    }
  }

  private onAnswer(event: AnalyzeEvent): void {
    if (event.type === "alive") return;
    const blocks = this.underWay.get(event.batch);
    if (blocks === undefined) return; // of a batch that was given up
    switch (event.type) {
      case "block": {
        const block = blocks.get(event.block.id);
        if (block === undefined) return;
        blocks.delete(event.block.id);
        this.reconnects = 0;
        this.take(block, event.block);
        this.render();
        return;
      }
      case "done":
        this.model = event.model ?? this.model;
        // A server that ends the stream without them will not answer them next time either.
        for (const block of blocks.values()) this.take(block, { id: block.id, failed: "" });
        this.underWay.delete(event.batch);
        this.pump();
        this.render();
        return;
      case "problem":
        this.onProblem(event.problem);
        return;
    }
  }

  /** One block's answer: painted, if the page still says what was asked about. */
  private take(page: PageBlock, answer: BlockResult): void {
    this.charsDone += page.text.length;
    if ("failed" in answer) {
      this.failed.push(page);
      this.failure = answer.failed;
      const isTheServer = this.answered === 0 && this.failed.length >= FAILURES_OF_THE_SERVER;
      if (isTheServer) this.onProblem({ state: "server-error", detail: this.failure });
      return;
    }
    this.answered += 1;
    if (!isUnchanged(page.snapshot)) {
      this.changed += 1;
      return;
    }
    const { map } = page.block;
    const sentences: MarkedSentence[] = [];
    for (const { start, end, label, confidence, mixed } of answer.sentences) {
      if (end > page.text.length) continue;
      const kind = kindOf({ label, mixed });
      countKind(this.counts, kind);
      if (kind === "other") continue;
      const ranges = this.highlighter.add(kind, map.spans(start, end));
      sentences.push({ kind, confidence, start, end, ranges });
    }
    this.hitTest.addBlock(map, sentences);
  }

  // --- when it does not go on -----------------------------------------------------------------------------------------

  private onProblem(problem: ServerProblem): void {
    // Once there were answers, "not running" means that it was stopped in the middle.
    const wasAnswering = this.answered > 0 && problem.state === "not-running";
    this.problem = wasAnswering ? { state: "interrupted" } : problem;
    this.takeBack();
    if (problem.state === "server-error") this.takeBackFailed();
    this.connection.close();
    this.enter("waiting");
    this.waitForServer(this.problem);
  }

  private takeBack(): void {
    this.queue.putBack([...this.underWay.values()].flatMap((blocks) => [...blocks.values()]));
    this.underWay.clear();
  }

  /** Those that failed get another chance when the reader asks for one: it may have been the server. */
  private takeBackFailed(): void {
    this.queue.putBack(this.failed);
    this.charsDone -= this.failed.reduce((sum, { text }) => sum + text.length, 0);
    this.failed = [];
  }

  private waitForServer(problem: ServerProblem): void {
    switch (problem.state) {
      case "busy":
        this.timer = setTimeout(this.goOn.bind(this), problem.retryAfter * 1000);
        return;
      case "loading":
        this.timer = setTimeout(() => void this.lookForServer(), LOADING_AGAIN_MS);
        return;
      case "not-running":
      case "interrupted":
      case "silent": // perhaps only slow
        this.timer = setTimeout(() => void this.lookForServer(), PROBE_AGAIN_MS);
        return;
      case "other-server":
      case "incompatible":
      case "refused":
      case "server-error":
        return; // nothing that mends itself
    }
  }

  private async lookForServer(): Promise<void> {
    if (document.hidden) {
      this.waitForServer({ state: "not-running" }); // nobody is waiting: look again later, at the slow pace
      return;
    }
    const message: ProbeMessage = { type: "sayso:probe" };
    const reply = await askBackground(message);
    if (this.phase !== "waiting" || this.listening.signal.aborted) return;
    if (reply === null) {
      if (isOrphaned()) this.onLost();
      else this.waitForServer({ state: "not-running" });
    } else if (reply.ready) {
      this.goOn();
    } else {
      // "Interrupted" says more than the "not running" that it has become.
      const still = this.problem?.state === "interrupted" && reply.problem.state === "not-running";
      if (!still) this.problem = reply.problem;
      this.render();
      this.waitForServer(reply.problem);
    }
  }

  /** The port closed from the other end. */
  private onLost(): void {
    if (isOrphaned()) {
      clearTimeout(this.timer);
      this.enter("orphaned");
      return;
    }
    if (this.phase !== "reading") return;
    this.takeBack();
    this.reconnects += 1;
    if (this.reconnects <= MAX_RECONNECTS) this.pump();
    else this.onProblem({ state: "interrupted" });
  }

  // --- the reader -----------------------------------------------------------------------------------------------------

  private listen(): void {
    const { signal } = this.listening;
    // Captured and passive: the page's own handlers run as ever, also those that stop the event.
    document.addEventListener("click", this.onClick.bind(this), { capture: true, passive: true, signal });
    window.addEventListener("pagehide", this.pause.bind(this), { signal });
    window.addEventListener("pageshow", this.onPageShow.bind(this), { signal });
  }

  /** The reader leaves. The page may be kept for the back button, which an open port would be in the way of. */
  private pause(): void {
    clearTimeout(this.timer);
    this.takeBack();
    this.connection.close();
  }

  /** The reader came back to a kept page: the browser has hidden its popovers, and the work was paused. */
  private onPageShow(event: PageTransitionEvent): void {
    if (!event.persisted || !this.host.element.isConnected) return;
    this.panel.open();
    if (this.phase === "reading" || this.phase === "waiting") this.goOn();
  }

  private onClick(event: MouseEvent): void {
    if (!event.isTrusted || event.button !== 0) return;
    if (!this.host.element.isConnected) {
      // The page threw our host out, or a newer injection did: there is no place left to show a card in.
      this.listening.abort();
      return;
    }
    if (event.composedPath().includes(this.host.element)) return;
    const sentence = isForThePage(event)
      ? null
      : this.hitTest.at(event.clientX, event.clientY, (kind) => this.highlighter.isShown(kind));
    if (sentence === null) this.card.hide();
    else this.card.show(sentence, this.model, event.clientX, event.clientY);
  }

  private switchKinds(switches: Switches): void {
    this.highlighter.show(switches);
    this.card.hide();
  }

  // --- what the panel says --------------------------------------------------------------------------------------------

  private enter(phase: Phase): void {
    this.phase = phase;
    this.render();
  }

  private render(): void {
    this.panel.render(this.view());
  }

  private view(): PanelView {
    const share = this.charsTotal === 0 ? 0 : this.charsDone / this.charsTotal;
    const { opinion, fact, mixed, other } = this.counts;
    const read = opinion + fact + mixed + other;
    const notice = this.notice();
    const status: Record<Phase, string> = {
      reading: share === 0 ? t("statusReading") : t("statusProgress", Math.floor(share * 100)),
      waiting: this.waitingStatus(share),
      done: read === 1 ? t("statusDoneOne") : t("statusDone", read),
      nothing: t("statusNothing"),
      foreign: t("statusForeign"),
      orphaned: t("statusOrphaned"),
    };
    const spoken: Partial<Record<Phase, string>> = {
      reading: t("statusReading"),
      done: t("summary", opinion, fact, mixed, other),
    };
    return {
      status: status[this.phase],
      progress: this.phase === "reading" || (this.phase === "waiting" && share > 0) ? share : null,
      counts: share === 0 && this.phase !== "reading" ? null : this.counts,
      notice,
      remarks: [
        ...(this.changed > 0 ? [t("changedPassages", this.changed)] : []),
        ...(this.failed.length > 0 ? [t("failedPassages", this.failed.length)] : []),
      ],
      announcement: notice === null ? (spoken[this.phase] ?? "") : `${notice.heading}. ${notice.detail}`,
    };
  }

  private waitingStatus(share: number): string {
    if (share > 0) return t("statusStopped", Math.floor(share * 100));
    return this.problem !== null && problemText(this.problem).waits ? t("statusWaiting") : t("statusFailed");
  }

  private notice(): Notice | null {
    switch (this.phase) {
      case "reading":
      case "done":
        return null;
      case "nothing":
        return plainNotice(t("nothingHeading"), t("nothingDetail"), null);
      case "foreign":
        return plainNotice(t("foreignHeading", languageName(foreignLanguage(document) ?? "")), t("foreignDetail"), "proceed");
      case "orphaned":
        return plainNotice(t("orphanedHeading"), t("orphanedDetail"), null);
      case "waiting": {
        if (this.problem === null) return null;
        const { heading, detail, command, alternative, waits } = problemText(this.problem);
        const footnote = [alternative, waits ? t("goesOn") : null].filter((line) => line !== null).join(" ");
        return { heading, detail, command, footnote, action: "retry" };
      }
    }
  }
}

function plainNotice(heading: string, detail: string, action: Notice["action"]): Notice {
  return { heading, detail, command: null, footnote: "", action };
}

function findBlocks(readsLanguage: (lang: string) => boolean): PageBlock[] {
  const article = findArticle(document);
  if (article === null) return [];
  const { root, scope, isGuess } = article;
  const blocks = collectBlocks(root, { scope, style: computedElementStyle, readsLanguage, proseOnly: isGuess });
  return Array.from(blocks, (block) => ({
    id: block.id,
    text: block.map.text,
    block,
    snapshot: snapshot(block.map),
    distance: () => distanceToViewport(block.element.getBoundingClientRect(), window.innerHeight),
  }));
}

async function askBackground(message: ProbeMessage): Promise<ReturnType<typeof parseProbeReply>> {
  try {
    return parseProbeReply(await chrome.runtime.sendMessage(message));
  } catch {
    return null;
  }
}

const CONTROLS = "a[href], button, input, select, textarea, label, summary, [contenteditable], [role='button'], [role='link']";

/**
 * A click that means something to the page: on a link or a control, or the end of selecting text. A card would only be
 * in its way.
 */
function isForThePage(event: MouseEvent): boolean {
  const selection = getSelection();
  if (selection !== null && !selection.isCollapsed) return true;
  return event.target instanceof Element && event.target.closest(CONTROLS) !== null;
}
