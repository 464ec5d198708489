/**
 * The one element that is added to a page: a host whose closed shadow root holds the panel and the card.
 *
 * It is the last child of `<html>`, not of `<body>`: the body stays byte for byte what it was, and pages that count or
 * lay out the body's children do not notice. The shadow root is closed, so that the page is not given scores and cannot
 * press its buttons. (`window.find` finds text in there nonetheless: docs/privacy.md.) A plain `div`: of an element with a name of its own the page could define the class, and
 * `attachInternals` would give it the root.
 */
import { legendStyle, type Look } from "../shared/marks-style.js";
import type { StyleMessage } from "../shared/protocol.js";
import { DEFAULT_SETTINGS, onSettingsChanged, readSettings } from "../shared/settings.js";
import panelStyle from "./panel.css";

export const HOST_ID = "sayso-root";

/** How often a page that throws the host out gets it back: one that does it each time would go on for ever. */
const RETURNS = 10;

export interface Host {
  element: HTMLElement;
  root: ShadowRoot;
  remove: () => void;
}

export interface HostActions {
  /** The page had thrown the host out; it is back, with its popovers closed. */
  returned: () => void;
  /** The page throws it out again and again: it stays out. */
  lost: () => void;
  /** Another has taken its place: that of a Sayso that was installed meanwhile. */
  replaced: () => void;
}

/** Adds the host, after taking out one that an earlier, orphaned content script may have left. */
export function addHost(actions: HostActions): Host {
  for (const leftover of document.querySelectorAll(`html > div#${HOST_ID}`)) leftover.remove();
  const element = document.createElement("div");
  element.id = HOST_ID;
  const root = element.attachShadow({ mode: "closed" });
  const style = document.createElement("style");
  const setLook = (look: Look): void => {
    // As text of the element in one go: that is what Firefox lets an extension do under a page's strict CSP.
    style.textContent = panelStyle + legendStyle(look);
  };
  setLook(DEFAULT_SETTINGS);
  root.append(style);
  document.documentElement.append(element);
  const removed = new AbortController();
  followLook(setLook, removed.signal);
  keepInPlace(element, actions, removed.signal);
  return {
    element,
    root,
    remove: () => {
      removed.abort();
      element.remove();
    },
  };
}

/** Puts the host back where the page takes it away, as pages do that draw all of themselves anew. */
function keepInPlace(element: HTMLElement, { returned, lost, replaced }: HostActions, signal: AbortSignal): void {
  let returns = 0;
  const observer = new MutationObserver(() => {
    if (element.parentNode === document.documentElement) return;
    const successor = document.getElementById(HOST_ID);
    const isReplaced = successor !== null && successor !== element;
    if (isReplaced || (returns += 1) > RETURNS) {
      observer.disconnect();
      (isReplaced ? replaced : lost)();
      return;
    }
    document.documentElement.append(element);
    observe(); // it may be another `<html>`
    returned();
  });
  const observe = (): void => {
    observer.observe(document, { childList: true });
    observer.observe(document.documentElement, { childList: true });
  };
  observe();
  signal.addEventListener("abort", () => { observer.disconnect(); });
}

/** The legend shows the look that the reader has set, and a page that is being read changes with it. */
function followLook(setLook: (look: Look) => void, signal: AbortSignal): void {
  let shown: string | null = null;
  const show = ({ markStyle, palette }: Look): void => {
    const look = `${markStyle} ${palette}`;
    if (look === shown) return; // it was another setting that changed
    setLook({ markStyle, palette });
    const message: StyleMessage = { type: "sayso:style" };
    if (shown !== null) chrome.runtime.sendMessage(message).catch(() => undefined);
    shown = look;
  };
  void readSettings().then(show);
  onSettingsChanged(show, signal);
}
