/**
 * The content script: injected by a click on the toolbar button, gone after the next.
 *
 * Injection only makes it listen; the toggle message that follows starts a reading, and the next one ends it (unless it
 * asks for another part of the page) and stops the listening too, so that nothing of Sayso's is left to run in the page. It is injected anew when it is next wanted.
 */
import { isFocusMessage, isToggleMessage, type StateMessage, type ToggleMessage, type ToggleReply } from "../shared/protocol.js";
import { tell } from "./background.js";
import { isOrphaned } from "./orphan.js";
import { Reading, type Wanted } from "./reading.js";
import { selectedRanges } from "./selected-text.js";

/** Set in this extension's own world of the page, which the page does not see: guards against a second injection. */
const world = globalThis as { saysoIsListening?: boolean };

/** A document that can hold the panel and has text to mark: not a picture, a PDF viewer's shell, or an XML tree. */
function isSupported(): boolean {
  return document.contentType === "text/html" || document.contentType === "application/xhtml+xml";
}

function listen(): void {
  let reading: Reading | null = null;

  function turnOff(): void {
    reading?.stop();
    reading = null;
    window.removeEventListener("pageshow", onPageShow);
    world.saysoIsListening = false;
    if (!isOrphaned()) chrome.runtime.onMessage.removeListener(onMessage);
  }

  function toggle({ scope, bySite = false }: ToggleMessage): ToggleReply {
    if (reading !== null) {
      if (scope === undefined) {
        turnOff();
        return { state: "off" };
      }
      if (scope === "page" && !reading.isOfSelection) return { state: "on" };
      reading.stop(); // another part of the page takes its place
      reading = null;
    }
    if (!isSupported()) {
      turnOff();
      return { state: "unsupported" };
    }
    // Nothing selected (or in a field, which is not read) is a selection of no ranges, and the panel says so.
    const wanted: Wanted = { bySite, ...(scope === "selection" ? { selection: selectedRanges(document) } : {}) };
    reading = new Reading(() => {
      turnOff();
      report(false);
    }, wanted);
    // After the reply, so that the button is not kept waiting by a long page.
    setTimeout(() => reading?.start());
    return { state: "on" };
  }

  function onMessage(message: unknown, sender: chrome.runtime.MessageSender, reply: (answer: ToggleReply) => void): void {
    if (sender.id !== chrome.runtime.id) return;
    if (isToggleMessage(message)) reply(toggle(message));
    else if (isFocusMessage(message)) reading?.focusPanel();
  }

  /** Back with the browser's back button: the page is as it was left, but the button's title is not. */
  function onPageShow(event: PageTransitionEvent): void {
    if (event.persisted && reading !== null) report(true);
  }

  chrome.runtime.onMessage.addListener(onMessage);
  window.addEventListener("pageshow", onPageShow);
}

function report(on: boolean): void {
  if (isOrphaned()) return;
  const message: StateMessage = { type: "sayso:state", on };
  tell(message);
}

if (world.saysoIsListening !== true) {
  world.saysoIsListening = true;
  listen();
}
