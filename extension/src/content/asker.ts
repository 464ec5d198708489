/**
 * Asks the server about passages, nearest to the reader first, and sees it through: a server that is not there or dies,
 * a worker that is put to sleep, an extension that is reloaded. Passages that have no answer wait in the queue, and
 * going on is asking for those.
 */
import type { BlockResult, ModelName } from "../shared/contract.js";
import { parseProbeReply, type AnalyzeEvent, type ProbeMessage, type ServerProblem } from "../shared/protocol.js";
import { ask } from "./background.js";
import { Connection } from "./connection.js";
import { isOrphaned } from "./orphan.js";
import type { Outcome, Passage } from "./passages.js";
import { BlockQueue } from "./queue.js";

/** Two requests to read at a time: while the answer to one travels, the server has the next. */
const BATCHES_UNREAD = 2;

/** With those that have been read and of which some sentences take longer. A browser keeps six connections to a server. */
const BATCHES_UNDER_WAY = 3;

/** How long between two looks for a server that is not there, and that is loading. */
const PROBE_AGAIN_MS = 4_000;
const LOADING_AGAIN_MS = 1_000;

/** After this many worker deaths without an answer in between, it is not the worker. */
const MAX_RECONNECTS = 3;

/** When the first so many texts have all failed, one by one, it is not them, and the rest is not tried. */
const FAILURES_OF_THE_SERVER = 5;

/** One request: by id the passages that have no answer yet, and those of them of which nothing was heard at all. */
interface Batch {
  asked: Map<string, Passage>;
  unread: Set<string>;
}

export interface AskerEvents {
  /** What became of a text, or of a part of it so far; null where it is to be asked about again. */
  outcome: (text: string, outcome: Outcome | null) => void;
  /** The passages with this text that are on the page and wait for an answer, or for the rest of it. */
  waitingFor: (text: string) => Passage[];
  /** The language that a passage is left alone for, or null. */
  foreignLanguage: (passage: Passage) => Promise<string | null>;
  /** `state` or `problem` changed. */
  changed: () => void;
}

export class Asker {
  /** "paused" while the reader is away, "stopped" when they said so, "idle" when there is nothing left to ask. */
  state: "idle" | "asking" | "waiting" | "paused" | "stopped" | "orphaned" = "idle";
  problem: ServerProblem | null = null;
  model: ModelName | null = null;

  private readonly connection = new Connection(this.onEvent.bind(this), this.onLost.bind(this));
  private readonly queue = new BlockQueue<Passage>();
  private readonly underWay = new Map<number, Batch>();
  private nextBatch = 0;
  private reconnects = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private answered = 0;
  /** There was an answer, or a part of one. */
  private hasHeard = false;
  /** Texts that the server could not do, with its words. */
  private failures = new Map<string, string>();

  constructor(private readonly on: AskerEvents) {}

  /** Asks about passages, one of each text. What is waiting for the server waits with what waited before. */
  ask(passages: readonly Passage[]): void {
    if (passages.length === 0) return;
    this.queue.add(passages);
    if (this.state === "idle") this.goOn();
  }

  /** Passages have gone from the page: those not asked about yet need not be. */
  prune(): void {
    this.queue.keep((passage) => passage.isThere);
    if (this.state === "asking") this.pump();
  }

  /** Asks for what has no answer yet: at the start, after a pause, and when the reader presses "Try again". */
  goOn(): void {
    this.takeBack();
    this.problem = null;
    this.reconnects = 0;
    this.enter("asking");
    this.pump();
  }

  /** Asks no more until `goOn`; what comes up meanwhile waits as well. */
  stop(): void {
    this.takeBack();
    this.enter("stopped");
  }

  /** The reader leaves. The page may be kept for the back button, which an open port would be in the way of. */
  pause(): void {
    this.takeBack();
    if (this.state === "asking" || this.state === "waiting") this.enter("paused");
  }

  resume(): void {
    if (this.state === "paused") this.goOn();
  }

  /** The extension is gone, and with it every way to the server. */
  orphan(): void {
    clearTimeout(this.timer);
    this.underWay.clear();
    this.connection.close();
    this.enter("orphaned");
  }

  close(): void {
    this.state = "paused";
    clearTimeout(this.timer);
    this.underWay.clear();
    this.connection.close();
  }

  // --- questions and answers ------------------------------------------------------------------------------------------

  private pump(): void {
    while (this.state === "asking" && this.hasRoom && this.queue.size > 0) {
      void this.send(this.queue.take(window.innerHeight));
    }
    if (this.state !== "asking" || this.underWay.size > 0) return;
    this.connection.close();
    if (this.answered === 0 && this.failures.size > 0) this.onProblem({ state: "server-error", detail: this.lastFailure });
    else this.enter("idle");
  }

  private get hasRoom(): boolean {
    const unread = [...this.underWay.values()].filter((batch) => batch.unread.size > 0);
    return this.underWay.size < BATCHES_UNDER_WAY && unread.length < BATCHES_UNREAD;
  }

  private async send(passages: readonly Passage[]): Promise<void> {
    const batch = this.nextBatch++;
    const asked = new Map<string, Passage>();
    const its: Batch = { asked, unread: new Set(passages.map(({ id }) => id)) };
    this.underWay.set(batch, its);
    for (const passage of passages) if (this.isToBeAsked(passage)) asked.set(passage.id, passage);
    const readable = await Promise.all(Array.from(asked.values(), (passage) => this.isReadable(passage)));
    if (this.underWay.get(batch) !== its) return; // taken back meanwhile
    const blocks = [...asked.values()].filter((_, index) => readable[index]);
    for (const passage of asked.values()) if (!blocks.includes(passage)) asked.delete(passage.id);
    its.unread = new Set(asked.keys());
    if (blocks.length === 0) {
      this.underWay.delete(batch);
      this.pump();
      return;
    }
    try {
      this.connection.send({ type: "analyze", batch, blocks: blocks.map(({ id, text }) => ({ id, text })) });
    } catch {
      this.onLost(); // the extension is gone
    }
  }

  private isToBeAsked({ isThere, isConcluded, text }: Passage): boolean {
    if (!isThere || isConcluded) return false;
    for (const { asked } of this.underWay.values()) for (const other of asked.values()) if (other.text === text) return false;
    return true;
  }

  private async isReadable(passage: Passage): Promise<boolean> {
    const foreign = await this.on.foreignLanguage(passage);
    if (foreign !== null) this.on.outcome(passage.text, { foreign });
    return foreign === null;
  }

  private onEvent(event: AnalyzeEvent): void {
    if (event.type === "alive") return;
    const batch = this.underWay.get(event.batch);
    if (batch === undefined) return; // of a batch that was given up
    const { asked, unread } = batch;
    switch (event.type) {
      case "block": {
        const passage = asked.get(event.block.id);
        if (passage === undefined) return;
        unread.delete(event.block.id);
        if (!("partial" in event.block)) {
          asked.delete(event.block.id);
          this.reconnects = 0;
        }
        this.take(passage.text, event.block);
        if (this.hasRoom) this.pump();
        return;
      }
      case "done":
        this.model = event.model ?? this.model;
        // A server that ends the stream without them will not answer them next time either.
        for (const { id, text } of asked.values()) this.take(text, { id, failed: "" });
        this.underWay.delete(event.batch);
        this.pump();
        return;
      case "problem":
        this.onProblem(event.problem);
        return;
    }
  }

  private take(text: string, answer: BlockResult): void {
    if ("failed" in answer) {
      this.failures.set(text, answer.failed);
      this.on.outcome(text, { failed: answer.failed });
      const isTheServer = this.answered === 0 && this.failures.size >= FAILURES_OF_THE_SERVER;
      if (isTheServer) this.onProblem({ state: "server-error", detail: this.lastFailure });
      return;
    }
    this.hasHeard = true;
    if (!("partial" in answer)) this.answered += 1;
    const sentences = answer.sentences.filter(({ end }) => end <= text.length);
    this.on.outcome(text, { sentences, ...("partial" in answer ? { isPartial: true } : {}) });
  }

  private get lastFailure(): string {
    return [...this.failures.values()].at(-1) ?? "";
  }

  // --- when it does not go on -----------------------------------------------------------------------------------------

  private onProblem(problem: ServerProblem): void {
    // Once there were answers, "not running" means that it was stopped in the middle.
    const wasAnswering = this.hasHeard && problem.state === "not-running";
    this.problem = wasAnswering ? { ...problem, state: "interrupted" } : problem;
    this.takeBack();
    if (problem.state === "server-error") this.takeBackFailed();
    this.enter("waiting");
    this.waitForServer(this.problem);
  }

  /** Everything that is under way is asked again later. */
  private takeBack(): void {
    clearTimeout(this.timer);
    const texts = new Set([...this.underWay.values()].flatMap(({ asked }) => Array.from(asked.values(), ({ text }) => text)));
    this.underWay.clear();
    this.connection.close();
    this.queue.startSmall();
    this.queue.add([...texts].flatMap((text) => this.on.waitingFor(text)));
  }

  /** Those that failed get another chance when the reader asks for one: it may have been the server. */
  private takeBackFailed(): void {
    const texts = [...this.failures.keys()];
    this.failures.clear();
    for (const text of texts) this.on.outcome(text, null);
    this.queue.add(texts.flatMap((text) => this.on.waitingFor(text)));
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
      case "unreachable":
      case "silent": // perhaps only slow
        this.timer = setTimeout(() => void this.lookForServer(), PROBE_AGAIN_MS);
        return;
      case "other-server":
      case "incompatible":
      case "refused":
      case "unauthorized":
      case "no-access":
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
    const reply = await ask(message, parseProbeReply);
    if (this.state !== "waiting") return;
    if (reply === null) {
      if (isOrphaned()) this.onLost();
      else this.waitForServer({ state: "not-running" });
    } else if (reply.ready) {
      this.goOn();
    } else {
      // "Interrupted" says more than the "not running" that it has become, which knows the port.
      const still = this.problem?.state === "interrupted" && reply.problem.state === "not-running";
      this.problem = still ? { ...reply.problem, state: "interrupted" } : reply.problem;
      this.on.changed();
      this.waitForServer(reply.problem);
    }
  }

  /** The port closed from the other end. */
  private onLost(): void {
    if (isOrphaned()) {
      this.orphan();
      return;
    }
    if (this.state !== "asking") return;
    this.takeBack();
    this.reconnects += 1;
    if (this.reconnects <= MAX_RECONNECTS) this.pump();
    else this.onProblem({ state: "interrupted" });
  }

  private enter(state: Asker["state"]): void {
    this.state = state;
    this.on.changed();
  }
}
