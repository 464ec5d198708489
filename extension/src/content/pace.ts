/**
 * Long work in short pieces, so that the page scrolls and answers clicks meanwhile.
 *
 * A piece is 8 ms: with what a page does itself in a frame, that stays far below the 50 ms from which a delay is felt.
 */
const PIECE_MS = 8;

/** Newer than TypeScript's own description of the browser; in both browsers' minimum versions. */
interface Scheduler {
  postTask: (task: () => void, options: { priority: "user-visible" | "background" }) => Promise<void>;
}

export class Pace {
  private began = performance.now();
  private before = 0;

  /** `background` lets the page's own work go first, for what nobody waits for. */
  constructor(private readonly priority: "user-visible" | "background" = "user-visible") {}

  /** Whether it is time for `rest`. Asked often: the caller may be in the middle of something that it must end first. */
  get isUp(): boolean {
    return performance.now() - this.began >= PIECE_MS;
  }

  /** Milliseconds of work so far, without the rests. */
  get worked(): number {
    return this.before + performance.now() - this.began;
  }

  /** Lets the browser do what has come up meanwhile. */
  async rest(): Promise<void> {
    this.before = this.worked;
    const { scheduler } = globalThis as unknown as { scheduler?: Scheduler };
    if (scheduler === undefined) await new Promise((resume) => setTimeout(resume));
    else await scheduler.postTask(() => undefined, { priority: this.priority });
    this.began = performance.now();
  }
}

/** Does work that says by a `yield` where it may pause. Null where the signal says to stop meanwhile. */
export async function inPieces<T>(work: Generator<unknown, T, undefined>, pace: Pace, signal: AbortSignal): Promise<T | null> {
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) return step.value;
    if (!pace.isUp) continue;
    await pace.rest();
    if (signal.aborted) return null;
  }
}
