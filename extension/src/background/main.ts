/**
 * The background: a service worker in Chrome, an event page in Firefox. Every listener is registered at start, as
 * both ask for, and nothing is kept between events.
 */
import { ANALYZE_PORT, isProbeMessage, isReadableMessage, isStateMessage, isStyleMessage, type ProbeReply, type ReadableReply } from "../shared/protocol.js";
import { findReadable } from "../shared/readable.js";
import { readSettings } from "../shared/settings.js";
import { serveAnalysisPort } from "./analysis-port.js";
import { styleMarksInFrames } from "./mark-style.js";
import { probe } from "./server-client.js";
import { onPageState, onToolbarClick } from "./toggle.js";

/**
 * The tab a message comes from, if it is from this extension's content script in a tab's own page. A page cannot
 * reach these listeners (there is no `externally_connectable`); a frame inside one has no business here.
 */
function contentTab(sender: chrome.runtime.MessageSender | undefined): number | null {
  if (sender?.id !== chrome.runtime.id || sender.frameId !== 0) return null;
  return sender.tab?.id ?? null;
}

chrome.action.onClicked.addListener(onToolbarClick);

chrome.runtime.onConnect.addListener((port) => {
  if (port.name === ANALYZE_PORT && contentTab(port.sender) !== null) serveAnalysisPort(port);
  else port.disconnect();
});

chrome.runtime.onMessage.addListener((message: unknown, sender, reply: (answer: ProbeReply | ReadableReply) => void) => {
  const tabId = contentTab(sender);
  if (tabId === null) return false;
  if (isStateMessage(message)) {
    onPageState(tabId, message.on);
    return false;
  }
  if (isStyleMessage(message)) {
    // Not in turn with the button's clicks: a frame may be long in answering.
    void styleMarksInFrames(tabId).catch(() => undefined);
    return false;
  }
  if (isReadableMessage(message)) {
    reply({ readable: findReadable(message.transcript) });
    return false;
  }
  if (isProbeMessage(message)) {
    void readSettings().then(({ serverUrl }) => probe(serverUrl)).then(reply);
    return true; // the reply comes later
  }
  return false;
});
