"""Noting what changes in a page's document: Sayso may change nothing but for its one element."""

from __future__ import annotations

from tests.e2e.either import HOST_ELEMENT

#: Collects every change from now on, but for the coming and going of the host element, in `window.changes`.
WATCH = f"""(() => {{
  window.changes = [];
  const ours = (node) => node instanceof Element && node.matches('{HOST_ELEMENT}');
  new MutationObserver((records) => {{
    for (const {{type, attributeName, target, addedNodes, removedNodes}} of records)
      if (type !== 'childList' || ![...addedNodes, ...removedNodes].every(ours))
        window.changes.push(`${{type}} ${{attributeName ?? ''}} on ${{target.nodeName}}`);
  }}).observe(document, {{subtree: true, childList: true, attributes: true, characterData: true}});
}})()"""
