"""A click marks the right sentences of a page, changes nothing else, and a second click undoes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.e2e import expected
from tests.e2e.changes import WATCH
from tests.e2e.either import Browser, Page
from tests.e2e.marks import COUNT, NAMES
from tests.e2e.reading import number, wait_for_marks
from tests.e2e.wait import settled, until
from tests.e2e.web import new_long_page

OpenPage = Callable[[str], Page]

#: Of the sentences that are clear-cut; the model may be wrong now and then, the mapping may not.
SHARE_RIGHT = 0.85


def body(page: Page) -> str:
    return page.evaluate("document.body.outerHTML")


def test_marks_a_blog_post(open_page: OpenPage, browser: Browser, artifacts: Path) -> None:
    page = open_page("blog.html")
    before = body(page)
    page.evaluate(WATCH)
    page.screenshot(artifacts / f"blog-before-{browser.name}.png")

    page.click_button()
    marks = wait_for_marks(page)
    page.screenshot(artifacts / f"blog-marked-{browser.name}.png")

    assert expected.not_whole_sentences("blog", marks) == []
    assert expected.marked_in(page, expected.unmarked_parts("blog")) == []
    assert len({mark.sentence for mark in marks}) == len(marks), "a sentence is marked twice"
    compared = expected.compare("blog", marks)
    assert compared.share >= SHARE_RIGHT, "\n".join(compared.wrong)
    assert body(page) == before

    page.click_button()
    assert page.count_marks() == 0
    assert not page.has_host()
    assert body(page) == before

    page.click_button()
    again = wait_for_marks(page)
    assert again == marks
    page.click_button()
    assert page.evaluate("window.changes") == []
    assert page.evaluate("[...CSS.highlights.keys()]") == []


def test_counts_what_it_marked(open_page: OpenPage) -> None:
    page = open_page("blog.html")
    page.click_button()
    marks = wait_for_marks(page)
    pure = {name: sum(mark.name == f"sayso-{name}" for mark in marks) for name in ("opinion", "fact")}
    assert number(page.panel.text("count-opinion")) == pure["opinion"]
    assert number(page.panel.text("count-fact")) == pure["fact"]
    assert number(page.panel.text("count-other")) > 0


def test_works_under_a_strict_policy(open_page: OpenPage) -> None:
    page = open_page("strict.html?csp")
    page.click_button()
    marks = wait_for_marks(page)
    assert len(marks) >= 8
    assert {mark.kind for mark in marks} == {"opinion", "fact"}
    assert page.panel.visible("panel")


def test_works_on_a_dark_page(open_page: OpenPage, browser: Browser, artifacts: Path) -> None:
    page = open_page("dark.html")
    page.prefer(**{"prefers-color-scheme": "dark"})
    page.click_button()
    assert len(wait_for_marks(page)) >= 8
    page.screenshot(artifacts / f"dark-{browser.name}.png")


def test_is_seen_under_forced_colours(open_page: OpenPage, browser: Browser, artifacts: Path) -> None:
    page = open_page("strict.html")
    page.prefer(**{"forced-colors": "active"})
    page.click_button()
    assert len(wait_for_marks(page)) >= 8
    page.panel.click("switch-fact")
    surface = page.panel.style("panel", "background-color")
    until(lambda: page.panel.style("switch-fact", "background-color") == surface, "the switch to be off")
    page.screenshot(artifacts / f"forced-colours-switched-{browser.name}.png")
    assert page.panel.style("switch-opinion", "background-color") != surface
    for switch in ("switch-opinion", "switch-fact"):
        assert page.panel.style(switch, "border-top-color") != surface, "the switch has no edge"
    assert page.panel.style("close", "background-color", "::before") != surface, "the cross is gone"
    page.panel.click("switch-fact")
    page.click_text("Nobody was hurt")
    until(lambda: page.panel.visible("card"), "the card")
    page.screenshot(artifacts / f"forced-colours-{browser.name}.png")
    # Chromium paints a block in any case, below which a line cannot be seen. Firefox paints none, and leaves
    # the line out where it meets letters.
    offset = "parseFloat(getComputedStyle(document.body, '::highlight(sayso-opinion)').textUnderlineOffset)"
    assert (page.evaluate(offset) == 0) == (browser.name == "chromium")


def test_a_link_in_a_marked_sentence_keeps_its_underline(open_page: OpenPage) -> None:
    """The mark's line is lower: over the link's own it would leave nothing but a colour to know it by."""
    page = open_page("blog.html")
    page.click_button()
    wait_for_marks(page)
    for name in NAMES:
        offset = f"parseFloat(getComputedStyle(document.body, '::highlight({name})').textUnderlineOffset)"
        assert page.evaluate(offset) >= 3


def test_maps_odd_type(open_page: OpenPage, browser: Browser, artifacts: Path) -> None:
    """Soft hyphens, joiners, emoji, line breaks, preformatted text, right-to-left text, split words."""
    page = open_page("typography.html")
    before = body(page)
    page.click_button()
    marks = wait_for_marks(page)
    page.screenshot(artifacts / f"typography-{browser.name}.png")
    assert expected.not_whole_sentences("typography", marks) == []
    assert expected.marked_in(page, expected.unmarked_parts("typography")) == []
    compared = expected.compare("typography", marks)
    assert compared.share >= SHARE_RIGHT, "\n".join(compared.wrong)
    assert body(page) == before


def test_leaves_the_numbers_of_footnotes_out(open_page: OpenPage) -> None:
    """What is painted is what was classified: a mark is parted by a footnote's number."""
    page = open_page("notes.html")
    page.click_button()
    pieces = [mark.sentence.strip() for mark in wait_for_marks(page)]
    assert "The area in square feet is 102 times that of the old jail." in pieces
    assert "The bell weighs two tons." in pieces
    assert {"It cost $310,000 to repair", "in that year."} <= set(pieces)
    assert {"The clock tower was built in 1904", "and restored in 1987."} <= set(pieces)


def test_leaves_a_page_that_redraws_itself_working(open_page: OpenPage) -> None:
    """Pages of component libraries break when someone moves or wraps their nodes."""
    page = open_page("rerender.html")
    page.click_button()
    assert len(wait_for_marks(page)) >= 5
    for version in (1, 2, 3):
        page.evaluate(f"render({version})")
    drawn = page.evaluate("document.querySelector('article').textContent")
    assert "Readers now: 3" in drawn
    assert drawn.count("The school board voted") == 1
    # It may mark what is new at once or wait for the next clicks; what is marked is always the page's text.
    settled(page.count_marks, "the marks")
    page.click_button()
    assert page.count_marks() == 0
    page.click_button()
    marks = wait_for_marks(page)
    redrawn = "The school board voted 5–2 on Monday to ban phones from classrooms."
    assert redrawn in [mark.sentence for mark in marks]


def test_says_that_there_is_nothing_to_mark(open_canned: OpenPage) -> None:
    page = open_canned("nothing.html")
    page.click_button()
    status = until(lambda: page.panel.text("status"), "the panel's status")
    status = settled(lambda: page.panel.text("status"), "the panel's status", quiet=2)
    assert status
    assert page.count_marks() == 0
    assert not page.panel.visible("retry")
    page.click_button()
    assert not page.has_host()


def test_marks_two_tabs_at_once(open_page: OpenPage) -> None:
    first, second = open_page(new_long_page(300)), open_page("blog.html")
    first.click_button()
    second.click_button()
    assert len(wait_for_marks(second)) >= 30
    assert len(wait_for_marks(first)) >= 270
    second.click_button()
    assert second.count_marks() == 0
    assert first.count_marks() >= 270, "clearing one tab cleared the other"


def test_marks_a_very_long_page_as_answers_arrive(open_page: OpenPage) -> None:
    page = open_page(new_long_page(1000))
    page.evaluate(
        "(() => {window.sizes = new Set(); const look = () => {"
        f"window.sizes.add({COUNT}); requestAnimationFrame(look);}}; look();}})()"
    )
    page.click_button()
    marks = wait_for_marks(page, timeout=240)
    assert len(marks) >= 950
    assert page.evaluate("window.sizes.size") >= 10, "the marks did not come bit by bit"
