/**
 * The one element that is added to a page: a host whose closed shadow root holds the panel and the card.
 *
 * It is the last child of `<html>`, not of `<body>`: the body stays byte for byte what it was, and pages that count or
 * lay out the body's children do not notice. The shadow root is closed, so that the page cannot read scores from it or
 * press its buttons.
 */
import { legendStyle, type Look } from "../shared/marks-style.js";
import type { StyleMessage } from "../shared/protocol.js";
import { DEFAULT_SETTINGS, onSettingsChanged, readSettings } from "../shared/settings.js";
import panelStyle from "./panel.css";

const HOST_TAG = "sayso-root";

export interface Host {
  element: HTMLElement;
  root: ShadowRoot;
  remove: () => void;
}

/** Adds the host, after taking out one that an earlier, orphaned content script may have left. */
export function addHost(): Host {
  for (const leftover of document.querySelectorAll(HOST_TAG)) leftover.remove();
  const element = document.createElement(HOST_TAG);
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
  return {
    element,
    root,
    remove: () => {
      removed.abort();
      element.remove();
    },
  };
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
