"""Reading the painted marks out of a page: what is marked, as which kind, and where.

The CSS highlight registry is shared between the extension and the page, so the page can list it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

#: Highlight names by the kind of sentence they paint.
NAMES = {
    "sayso-opinion": "opinion",
    "sayso-mixed-opinion": "opinion",
    "sayso-fact": "fact",
    "sayso-mixed-fact": "fact",
}


@dataclass(frozen=True)
class Mark:
    """One painted range. `text` is the page's own, white space and all; `where` names its ancestors."""

    name: str
    text: str
    where: str

    @property
    def kind(self) -> str:
        """`opinion` or `fact`; a mixed sentence has the kind it leans to."""
        return NAMES[self.name]

    @property
    def sentence(self) -> str:
        """The text with runs of white space made one, but not trimmed: a mark may not overhang."""
        return squeeze(self.text)


def squeeze(text: str) -> str:
    """Runs of white space to one space, as a page renders them."""
    return re.sub(r"\s+", " ", text)


#: How many ranges are painted.
COUNT = f"{json.dumps(list(NAMES))}.reduce((n, name) => n + (CSS.highlights.get(name)?.size ?? 0), 0)"

#: The painted ranges in document order, as `Mark`'s fields.
COLLECT = (
    "(() => {const found = [];"
    f"for (const name of {json.dumps(list(NAMES))})"
    r"""
  for (const range of CSS.highlights.get(name) ?? []) {
    const live = document.createRange();
    live.setStart(range.startContainer, range.startOffset);
    live.setEnd(range.endContainer, range.endOffset);
    const path = [];
    for (let e = live.startContainer; e; e = e.parentElement ?? (e.nodeType === 3 ? e.parentNode : null))
      if (e.nodeType === 1)
        path.unshift(e.localName + (e.id ? '#' + e.id : '') + [...e.classList].map((c) => '.' + c).join(''));
    found.push([live, {name, text: live.toString(), where: path.join(' > ')}]);
  }
  found.sort(([a], [b]) => a.compareBoundaryPoints(Range.START_TO_START, b));
  return found.map(([, mark]) => mark);
})()"""
)


def point_of(text: str) -> str:
    """An expression: scrolls the first line of this run of text into view, and gives its middle.

    The text may be in a frame of the page's origin.
    """
    return f"""(() => {{
  const wanted = {json.dumps(text)};
  const frames = [...document.querySelectorAll('iframe')].filter((frame) => frame.contentDocument);
  for (const frame of [null, ...frames]) {{
    const inner = frame?.contentDocument ?? document;
    const nodes = inner.createTreeWalker(inner.body, NodeFilter.SHOW_TEXT);
    for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {{
      const start = node.data.indexOf(wanted);
      if (start < 0) continue;
      const range = inner.createRange();
      range.setStart(node, start);
      range.setEnd(node, start + wanted.length);
      const line = range.getClientRects()[0];
      if (!line) continue;
      const middle = () => {{
        const at = range.getClientRects()[0];
        const around = frame?.getBoundingClientRect();
        return {{x: at.left + at.width / 2 + (around ? around.left + frame.clientLeft : 0),
                 y: at.top + at.height / 2 + (around ? around.top + frame.clientTop : 0)}};
      }};
      const {{y}} = middle();
      if (y < 80 || y > innerHeight - 80)
        scrollTo({{top: scrollY + y - innerHeight / 2, behavior: 'instant'}});
      return middle();
    }}
  }}
  return null;
}})()"""
