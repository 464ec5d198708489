/**
 * The content script's end of the port to the background.
 *
 * A Chromium worker can be stopped under an open port. That closes the port, is nobody's fault, and is mended by
 * opening another; what had no answer yet is asked again by the caller, who is told.
 */
import { acknowledgeLastError } from "../shared/last-error.js";
import { ANALYZE_PORT, parseAnalyzeEvent, type AnalyzeEvent, type AnalyzeRequest } from "../shared/protocol.js";
import { isOrphaned } from "./orphan.js";

export class Connection {
  private port: chrome.runtime.Port | null = null;

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
    this.port = null;
    if (!isOrphaned()) port?.disconnect();
  }

  private open(): chrome.runtime.Port {
    const port = chrome.runtime.connect({ name: ANALYZE_PORT });
    port.onMessage.addListener((message: unknown) => {
      const event = parseAnalyzeEvent(message);
      if (event !== null && this.port === port) this.onEvent(event);
    });
    port.onDisconnect.addListener(() => {
      if (!isOrphaned()) acknowledgeLastError();
      if (this.port !== port) return; // it was closed from this end
      this.port = null;
      this.onLost();
    });
    return port;
  }
}
