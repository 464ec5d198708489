/**
 * The one element that is added to a page: a host whose closed shadow root holds the panel and the card.
 *
 * It is the last child of `<html>`, not of `<body>`: the body stays byte for byte what it was, and pages that count or
 * lay out the body's children do not notice. The shadow root is closed, so that the page cannot read scores from it or
 * press its buttons.
 */
import panelStyle from "./panel.css";
import { legendStyle } from "./legend-style.js";
import marksStyle from "./marks.css";

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
  // As text of the element in one go: that is what Firefox lets an extension do under a page's strict CSP.
  style.textContent = panelStyle + legendStyle(marksStyle);
  root.append(style);
  document.documentElement.append(element);
  return {
    element,
    root,
    remove: () => {
      element.remove();
    },
  };
}
