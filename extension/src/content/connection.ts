/**
 * The content script's end of the port to the background.
 *
 * A Chromium worker can be stopped under an open port. That closes the port, is nobody's fault, and is mended by
 * opening another; what had no answer yet is asked again by the caller, who is told.
 */
import { acknowledgeLastError } from "../shared/last-error.js";
import { ANALYZE_PORT, parseAnalyzeEvent, type AnalyzeEvent, type AnalyzeRequest } from "../shared/protocol.js";

/** How often to see whether the extension is still there: Chromium closes no port of one that is reloaded. */
const STILL_THERE_MS = 2_000;

export class Connection {
  private port: chrome.runtime.Port | null = null;
  private watch: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly onEvent: (event: AnalyzeEvent) => void,
    /** The other end went away: the worker was stopped, or the extension was (`isOrphaned`). */
    private readonly onLost: () => void,
  ) {}

  /** Throws where the extension is gone: see `isOrphaned`. */
  send(request: AnalyzeRequest): void {
    this.port ??= this.open();
    this.port.postMessage(request);
  }

  /** Ends whatever is under way; the background aborts its requests, and the server stops working on them. */
  close(): void {
    const port = this.port;
    this.forget();
    if (!isOrphaned()) port?.disconnect();
  }

  private forget(): void {
    clearInterval(this.watch);
    this.port = null;
  }

  private lose(): void {
    this.forget();
    this.onLost();
  }

  private open(): chrome.runtime.Port {
    const port = chrome.runtime.connect({ name: ANALYZE_PORT });
    port.onMessage.addListener((message: unknown) => {
      const event = parseAnalyzeEvent(message);
      if (event !== null && this.port === port) this.onEvent(event);
    });
    port.onDisconnect.addListener(() => {
      if (!isOrphaned()) acknowledgeLastError();
      if (this.port === port) this.lose(); // else it was closed from this end
    });
    this.watch = setInterval(() => {
      if (isOrphaned()) this.lose();
    }, STILL_THERE_MS);
    return port;
  }
}

/**
 * Whether the extension was updated, reloaded or removed under this content script. It then has no way to anything but
 * the page, and never will again: a click on the new extension's button puts another in its place.
 */
export function isOrphaned(): boolean {
  // The types do not know that `runtime` goes bare when its extension goes.
  const runtime = chrome.runtime as typeof chrome.runtime | undefined;
  return runtime?.id === undefined;
}
