"""A click marks the right sentences of a page, changes nothing else, and a second click undoes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.e2e import expected
from tests.e2e.changes import WATCH
from tests.e2e.chromium import Tab
from tests.e2e.marks import COUNT, NAMES
from tests.e2e.reading import number, wait_for_marks
from tests.e2e.wait import settled, until

OpenPage = Callable[[str], Tab]

#: Of the sentences that are clear-cut; the model may be wrong now and then, the mapping may not.
SHARE_RIGHT = 0.85


def body(tab: Tab) -> str:
    return tab.evaluate("document.body.outerHTML")


def test_marks_a_blog_post(open_page: OpenPage, artifacts: Path) -> None:
    tab = open_page("blog.html")
    before = body(tab)
    tab.evaluate(WATCH)
    tab.screenshot(artifacts / "blog-before.png")

    tab.click_button()
    marks = wait_for_marks(tab)
    tab.screenshot(artifacts / "blog-marked.png")

    assert expected.not_whole_sentences("blog", marks) == []
    assert expected.marked_in(tab, expected.unmarked_parts("blog")) == []
    assert len({mark.sentence for mark in marks}) == len(marks), "a sentence is marked twice"
    compared = expected.compare("blog", marks)
    assert compared.share >= SHARE_RIGHT, "\n".join(compared.wrong)
    assert body(tab) == before

    tab.click_button()
    assert tab.count_marks() == 0
    assert not tab.has_host()
    assert body(tab) == before

    tab.click_button()
    again = wait_for_marks(tab)
    assert again == marks
    tab.click_button()
    assert tab.evaluate("globalThis.changes") == []
    assert tab.evaluate("[...CSS.highlights.keys()]") == []


def test_counts_what_it_marked(open_page: OpenPage) -> None:
    tab = open_page("blog.html")
    tab.click_button()
    marks = wait_for_marks(tab)
    pure = {name: sum(mark.name == f"sayso-{name}" for mark in marks) for name in ("opinion", "fact")}
    assert number(tab.panel.text("count-opinion")) == pure["opinion"]
    assert number(tab.panel.text("count-fact")) == pure["fact"]
    assert number(tab.panel.text("count-other")) > 0


def test_works_under_a_strict_policy(open_page: OpenPage, artifacts: Path) -> None:
    tab = open_page("strict.html?csp")
    tab.click_button()
    marks = wait_for_marks(tab)
    assert len(marks) >= 8
    assert {mark.kind for mark in marks} == {"opinion", "fact"}
    assert tab.panel.exists
    tab.screenshot(artifacts / "strict-policy.png")


def test_works_on_a_dark_page(open_page: OpenPage, artifacts: Path) -> None:
    tab = open_page("dark.html")
    tab.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    tab.click_button()
    assert len(wait_for_marks(tab)) >= 8
    tab.screenshot(artifacts / "dark.png")


def test_is_seen_under_forced_colours(open_page: OpenPage, artifacts: Path) -> None:
    tab = open_page("strict.html")
    tab.send("Emulation.setEmulatedMedia", features=[{"name": "forced-colors", "value": "active"}])
    tab.click_button()
    assert len(wait_for_marks(tab)) >= 8
    tab.panel.click("switch-fact")
    surface = tab.panel.style("panel")["background-color"]
    off = settled(lambda: tab.panel.style("switch-fact"), "the switch")
    on = tab.panel.style("switch-opinion")
    tab.screenshot(artifacts / "forced-colours-switched.png")
    assert on["background-color"] != surface
    assert off["background-color"] == surface
    for switch in (on, off):
        assert switch["border-top-color"] != surface, "the switch has no edge"
    assert tab.panel.style("close", "::before")["background-color"] != surface, "the cross is gone"
    tab.panel.click("switch-fact")
    tab.click_text("Nobody was hurt")
    until(lambda: tab.panel.visible("card"), "the card")
    tab.screenshot(artifacts / "forced-colours.png")
    # Chromium paints a block in any case, below which a line cannot be seen.
    offset = "getComputedStyle(document.body, '::highlight(sayso-opinion)').textUnderlineOffset"
    assert tab.evaluate(offset) == "0px"


def test_a_link_in_a_marked_sentence_keeps_its_underline(open_page: OpenPage) -> None:
    """The mark's line is lower: over the link's own it would leave nothing but a colour to know it by."""
    tab = open_page("blog.html")
    tab.click_button()
    wait_for_marks(tab)
    for name in NAMES:
        offset = f"parseFloat(getComputedStyle(document.body, '::highlight({name})').textUnderlineOffset)"
        assert tab.evaluate(offset) >= 3


def test_maps_odd_type(open_page: OpenPage, artifacts: Path) -> None:
    """Soft hyphens, joiners, emoji, line breaks, preformatted text, right-to-left text, split words."""
    tab = open_page("typography.html")
    before = body(tab)
    tab.click_button()
    marks = wait_for_marks(tab)
    tab.screenshot(artifacts / "typography.png")
    assert expected.not_whole_sentences("typography", marks) == []
    assert expected.marked_in(tab, expected.unmarked_parts("typography")) == []
    compared = expected.compare("typography", marks)
    assert compared.share >= SHARE_RIGHT, "\n".join(compared.wrong)
    assert body(tab) == before


def test_leaves_the_numbers_of_footnotes_out(open_page: OpenPage) -> None:
    """What is painted is what was classified: a mark is parted by a footnote's number."""
    tab = open_page("notes.html")
    tab.click_button()
    pieces = [mark.sentence.strip() for mark in wait_for_marks(tab)]
    assert "The area in square feet is 102 times that of the old jail." in pieces
    assert "The bell weighs two tons." in pieces
    assert {"It cost $310,000 to repair", "in that year."} <= set(pieces)
    assert {"The clock tower was built in 1904", "and restored in 1987."} <= set(pieces)


def test_leaves_a_page_that_redraws_itself_working(open_page: OpenPage) -> None:
    """Pages of component libraries break when someone moves or wraps their nodes."""
    tab = open_page("rerender.html")
    tab.click_button()
    assert len(wait_for_marks(tab)) >= 5
    for version in (1, 2, 3):
        tab.evaluate(f"render({version})")
    drawn = tab.evaluate("document.querySelector('article').textContent")
    assert "Readers now: 3" in drawn
    assert drawn.count("The school board voted") == 1
    # It may mark what is new at once or wait for the next clicks; what is marked is always the page's text.
    settled(tab.count_marks, "the marks")
    tab.click_button()
    assert tab.count_marks() == 0
    tab.click_button()
    marks = wait_for_marks(tab)
    redrawn = "The school board voted 5–2 on Monday to ban phones from classrooms."
    assert redrawn in [mark.sentence for mark in marks]


def test_says_that_there_is_nothing_to_mark(open_page: OpenPage, artifacts: Path) -> None:
    tab = open_page("nothing.html")
    tab.click_button()
    status = until(lambda: tab.panel.text("status"), "the panel's status")
    status = settled(lambda: tab.panel.text("status"), "the panel's status", quiet=2)
    tab.screenshot(artifacts / "nothing-to-mark.png")
    assert status
    assert tab.count_marks() == 0
    assert not tab.panel.visible("retry")
    tab.click_button()
    assert not tab.has_host()


def test_marks_two_tabs_at_once(open_page: OpenPage) -> None:
    first, second = open_page("generated/long.html?sentences=300&seed=5"), open_page("blog.html")
    first.click_button()
    second.click_button()
    assert len(wait_for_marks(second)) >= 30
    assert len(wait_for_marks(first)) >= 270
    second.click_button()
    assert second.count_marks() == 0
    assert first.count_marks() >= 270, "clearing one tab cleared the other"


def test_marks_a_very_long_page_as_answers_arrive(open_page: OpenPage) -> None:
    tab = open_page("generated/long.html?sentences=2000&seed=2")
    tab.evaluate(
        "(() => {globalThis.sizes = new Set(); const look = () => {"
        f"sizes.add({COUNT}); requestAnimationFrame(look);}}; look();}})()"
    )
    tab.click_button()
    marks = wait_for_marks(tab, timeout=240)
    assert len(marks) >= 1900
    sizes = tab.evaluate("[...sizes]")
    assert len(sizes) >= 10, "the marks did not come bit by bit"
