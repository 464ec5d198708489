/**
 * The background: a service worker in Chrome, an event page in Firefox. Every listener is registered at start, as
 * both ask for, and nothing is kept between events.
 */
import {
  ANALYZE_PORT,
  isCorrectMessage,
  isExplainMessage,
  isOptionsMessage,
  isProbeMessage,
  isReadableMessage,
  isSaveMessage,
  isSiteMessage,
  isStateMessage,
  isStyleMessage,
} from "../shared/protocol.js";
import { findReadable } from "../shared/readable.js";
import { saveFile } from "../shared/save-file.js";
import { readSettings } from "../shared/settings.js";
import { onSitesChanged } from "../shared/sites.js";
import { serveAnalysisPort } from "./analysis-port.js";
import { correct } from "./correct.js";
import { createMenus, onMenuClicked } from "./menus.js";
import { explain, probe } from "./server-client.js";
import { onPermissionsRemoved, updateSites } from "./sites.js";
import { onCommand, onPageState, onSitePage, onStyleWanted, onToolbarClick } from "./toggle.js";

/**
 * The tab a message comes from, if it is from this extension's content script in a tab's own page. A page cannot
 * reach these listeners (there is no `externally_connectable`); a frame inside one has no business here.
 */
function contentTab(sender: chrome.runtime.MessageSender | undefined): number | null {
  if (sender?.id !== chrome.runtime.id || sender.frameId !== 0) return null;
  return sender.tab?.id ?? null;
}

chrome.action.onClicked.addListener(onToolbarClick);
chrome.contextMenus.onClicked.addListener(onMenuClicked);
chrome.commands.onCommand.addListener(onCommand);

chrome.runtime.onInstalled.addListener(() => {
  createMenus();
  updateSites();
});
chrome.runtime.onStartup.addListener(updateSites);
// That somebody listens is enough: Firefox then updates when the browser is started next. Else it would do so at once,
// and with that end the scripts in the pages that are being read, whose panels then stay and answer nothing. (Chromium
// waits until the worker rests, in any case, and what is left in its pages says so itself.)
chrome.runtime.onUpdateAvailable.addListener(() => undefined);
onSitesChanged(updateSites);
chrome.permissions.onAdded.addListener(updateSites);
chrome.permissions.onRemoved.addListener(() => {
  void onPermissionsRemoved().then(updateSites);
});

chrome.runtime.onConnect.addListener((port) => {
  if (port.name === ANALYZE_PORT && contentTab(port.sender) !== null) serveAnalysisPort(port);
  else port.disconnect();
});

chrome.runtime.onMessage.addListener((message: unknown, sender, reply: (answer: unknown) => void) => {
  const tabId = contentTab(sender);
  if (tabId === null) return false;
  if (isStateMessage(message)) {
    onPageState(tabId, message.on);
    return false;
  }
  if (isSiteMessage(message) && sender.tab !== undefined) {
    onSitePage(sender.tab, tabId);
    return false;
  }
  if (isStyleMessage(message)) {
    onStyleWanted(tabId);
    return false;
  }
  if (isReadableMessage(message)) {
    reply({ readable: findReadable(message.transcript) });
    return false;
  }
  if (isSaveMessage(message)) {
    const isPage = "document" in globalThis; // a worker has none
    if (isPage) saveFile(document, message.file);
    reply({ saved: isPage });
    return false;
  }
  if (isProbeMessage(message)) {
    void readSettings().then(probe).then(reply);
    return true; // the reply comes later
  }
  if (isExplainMessage(message)) {
    void readSettings().then((server) => explain(server, message.sentence)).then(reply);
    return true;
  }
  if (isCorrectMessage(message)) {
    void correct(message).then(reply);
    return true;
  }
  if (isOptionsMessage(message)) void chrome.runtime.openOptionsPage();
  return false;
});
