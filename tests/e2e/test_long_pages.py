"""Pages with so many marks that only those near to the reader are in the registry: no reader may notice."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.e2e.either import Page
from tests.e2e.marks import NAMES
from tests.e2e.wait import until

SENTENCES = 4000
PAGE = f"generated/long.html?sentences={SENTENCES}&seed=4"

#: Calls `then` in the frame that shows what `act` does, with how many paragraphs are in the viewport, and
#: how many of them are not marked whole.
IN_THE_NEXT_FRAME = f"""((act, then) => {{
  act();
  requestAnimationFrame(() => {{
    const marked = new Map();
    for (const name of {json.dumps(list(NAMES))})
      for (const {{startContainer, startOffset, endOffset}} of CSS.highlights.get(name) ?? [])
        marked.set(startContainer, (marked.get(startContainer) ?? 0) + endOffset - startOffset);
    const seen = [...document.querySelectorAll('article p')].filter((p) => {{
      const {{top, bottom}} = p.getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    }});
    // But for the spaces between sentences.
    const isWhole = (p) => (marked.get(p.firstChild) ?? 0) >= 0.95 * p.textContent.length;
    then([seen.length, seen.filter((p) => !isWhole(p)).length]);
  }});
}})"""

JUMPS = [
    "scrollTo(0, 0.5 * document.body.scrollHeight)",
    "scrollTo(0, document.body.scrollHeight)",
    "document.querySelectorAll('article p')[30].scrollIntoView()",
    # What folds away brings nearer what was far below.
    "document.querySelectorAll('article p:nth-of-type(n + 40)').forEach((p, i) => (p.hidden = i < 300))",
    # A page that scrolls in a box of its own.
    "document.querySelector('main').style.cssText = 'height: 100vh; overflow: auto'",
    "document.querySelector('main').scrollTop = 12000",
]


def in_the_next_frame(page: Page, act: str) -> list[int]:
    """How many paragraphs the reader sees, and how many of those are not marked."""
    return page.evaluate(f"new Promise((done) => {IN_THE_NEXT_FRAME}(() => {{ {act} }}, done))")


@pytest.fixture
def page(open_canned: Callable[[str], Page]) -> Page:
    """The page, read."""
    page = open_canned(PAGE)
    page.click_button()
    until(lambda: page.panel.text("status").endswith("sentences read"), "the page to be read", timeout=240)
    return page


def test_whatever_the_reader_jumps_to_is_marked_when_it_is_shown(page: Page) -> None:
    assert page.count_marks() < SENTENCES / 2, "all are in the registry: nothing is tested here"
    for jump in JUMPS:
        seen, unmarked = in_the_next_frame(page, jump)
        assert seen > 0, jump
        assert unmarked == 0, jump
    page.click_button()
    assert page.count_marks() == 0


def test_all_is_marked_in_print(page: Page) -> None:
    before = page.count_marks()
    page.evaluate("dispatchEvent(new Event('beforeprint')), 0")
    assert page.count_marks() == SENTENCES
    page.evaluate("dispatchEvent(new Event('afterprint')), 0")
    assert page.count_marks() == before
    page.click_button()
