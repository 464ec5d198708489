/** Serves one page's port: each request becomes a call to the server, each line of the answer a message back. */
import { parseAnalyzeRequest, type AnalyzeEvent, type ServerProblem } from "../shared/protocol.js";
import { acknowledgeLastError } from "../shared/last-error.js";
import { readSettings } from "../shared/settings.js";
import { correctionsByText, withCorrections } from "./correct.js";
import { analyze, probe } from "./server-client.js";

/**
 * How often to see whether the answer still comes. A Chromium worker is stopped after 30 s without an extension
 * message, so the message that goes with it must be well inside of that.
 */
const HEARTBEAT_MS = 5_000;

/**
 * All that is remembered hangs on the port, and the port dies with the worker: the content script then sees it close,
 * opens another and asks again for what has no answer yet.
 */
export function serveAnalysisPort(port: chrome.runtime.Port): void {
  const gone = new AbortController();
  port.onDisconnect.addListener(() => {
    acknowledgeLastError();
    gone.abort();
  });

  const send = (event: AnalyzeEvent): void => {
    if (!gone.signal.aborted) port.postMessage(event);
  };

  port.onMessage.addListener((message: unknown) => {
    const request = parseAnalyzeRequest(message);
    if (request !== null) void run(request.batch, request.blocks);
  });

  async function run(batch: number, blocks: Parameters<typeof analyze>[1]): Promise<void> {
    const server = await readSettings();
    const corrections = await correctionsByText();
    const texts = new Map(blocks.map(({ id, text }) => [id, text]));
    const hung = new AbortController();
    const verdict: { problem?: ServerProblem } = {};
    let heard = false;
    const heartbeat = setInterval(() => {
      send({ type: "alive" });
      // Silence may be a long queue or a server that hangs; /health, which waits for nothing, tells.
      if (!heard) {
        void probe(server).then((reply) => {
          if (reply.ready || heard) return;
          verdict.problem = reply.problem;
          hung.abort();
        });
      }
      heard = false;
    }, HEARTBEAT_MS);
    const result = await analyze(server, blocks, AbortSignal.any([gone.signal, hung.signal]), (block) => {
      heard = true;
      send({ type: "block", batch, block: withCorrections(block, texts.get(block.id) ?? "", corrections) });
    });
    clearInterval(heartbeat);
    if (result.ok) send({ type: "done", batch, model: result.model });
    else send({ type: "problem", batch, problem: verdict.problem ?? result.problem });
  }
}
