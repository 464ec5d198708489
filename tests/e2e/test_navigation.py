"""The panel as a way about the page: filters, from mark to mark, list, overview, Stop, and its place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e import web
from tests.e2e.either import Browser, Page
from tests.e2e.own_page import own_page
from tests.e2e.reading import number, read, tab_to, wait_for_marks
from tests.e2e.wait import settled, until
from tests.e2e.web import CONFIDENCES, Site, canned

OpenPage = Callable[[str], Page]

PAGE = "generated/long.html?sentences=80"


def in_view(page: Page, text: str) -> bool:
    """Is this text of the page within the window?"""
    return page.evaluate(
        f"""(() => {{
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {{
    const start = node.data.indexOf({text!r});
    if (start < 0) continue;
    const range = document.createRange();
    range.setStart(node, start);
    range.setEnd(node, start + 10);
    const {{top, bottom}} = range.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  }}
}})()"""
    )


def sure_enough(asked: list[str], least: float) -> int:
    """How many sentences of these texts the canned answers are as sure about."""
    return sum(CONFIDENCES[i % len(CONFIDENCES)] >= least for text in asked for i in range(len(canned(text))))


def test_the_slider_filters_marks_counts_and_list_without_a_question(
    open_canned: OpenPage, answers: Site
) -> None:
    page = read(open_canned, PAGE)
    everything = page.marks()
    assert len(everything) == sure_enough(answers.asked, 0)
    asked = len(answers.asked)
    tab_to(page, "sureness")
    page.press("End")
    expected = sure_enough(answers.asked, 0.95)
    until(lambda: page.count_marks() == expected, "marks of which it is very sure")
    assert "very sure" in page.panel.text("sureness-words")
    until(lambda: number(page.panel.text("count-unsure")) == len(everything) - expected, "the others' count")
    shown = number(page.panel.text("count-opinion")) + number(page.panel.text("count-fact"))
    assert shown == expected
    assert page.panel.text("position") == f"{expected} marked"
    assert page.panel.text("status") == f"{len(everything)} sentences read"

    page.press("Home")
    until(lambda: page.marks() == everything, "all marks to be back")
    assert not page.panel.visible("count-unsure")
    assert len(answers.asked) == asked, "something was asked again"


def test_the_slider_is_kept(open_canned: OpenPage, browser: Browser, answers: Site) -> None:
    page = read(open_canned, PAGE)
    tab_to(page, "sureness")
    page.press("End")
    until(lambda: browser.stored().get("minConfidence") == 0.95, "the setting to be kept")
    page.click_button()
    page.click_button()
    wait_for_marks(page)
    expected = sure_enough(answers.asked[: len(answers.asked) // 2], 0.95)
    until(lambda: page.count_marks() == expected, "the kept filter")
    assert "very sure" in page.panel.text("sureness-words")


def test_from_mark_to_mark(open_canned: OpenPage, answers: Site) -> None:
    page = read(open_canned, PAGE)
    marks = page.marks()
    page.panel.click("next")
    assert page.panel.text("position") == f"1 of {len(marks)}"
    assert in_view(page, marks[0].text)
    assert page.panel.visible("spotlight") or page.panel.count("spotlight") == 1
    assert marks[0].text in page.panel.text("live"), "who cannot see it does not hear of it"
    page.press("n")
    page.press("n")
    assert page.panel.text("position") == f"3 of {len(marks)}"
    page.press("p")
    assert page.panel.text("position") == f"2 of {len(marks)}"
    page.panel.click("previous")
    page.panel.click("previous")
    assert page.panel.text("position") == f"1 of {len(marks)}", "there is none before the first"
    assert page.panel.text("live") == "No mark before this"

    page.evaluate("scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
    settled(lambda: page.evaluate("scrollY"), "the page")
    page.panel.click("next")
    position = number(page.panel.text("position"))
    assert position > 10, "not from where the reader is"
    assert in_view(page, marks[position - 1].text)


@pytest.mark.parametrize("path", ["trees.html", "blog.html"])
def test_wherever_a_sentence_is_it_is_brought_into_view(open_canned: OpenPage, path: str) -> None:
    """In shadow trees, in frames, in boxes that scroll by themselves."""
    page = open_canned(path)
    if path == "blog.html":
        box = "document.querySelector('.entry-content')"
        page.evaluate(f"void ({box}.style.cssText = 'height: 250px; overflow: auto; margin-top: 1500px')")
    page.click_button()
    until(lambda: page.panel.text("status").endswith("sentences read"), "the page to be read")
    for number_of_steps in range(1, number(page.panel.text("position")) + 1):
        page.panel.click("next")
        assert page.panel.text("position").startswith(f"{number_of_steps} of ")
        until(lambda: is_framed(page), f"mark {number_of_steps} of {path} to be shown", timeout=5)


def is_framed(page: Page) -> bool:
    """Is the first line of the current mark within the window, and within the box that scrolls?"""
    if not page.panel.count("spotlight-line"):
        return False
    line = page.panel.box("spotlight-line")
    inner = "document.querySelector('.entry-content')?.getBoundingClientRect().toJSON()"
    height, box = page.evaluate(f"[innerHeight, {inner}]")
    low, high = (box["top"], box["bottom"]) if box and box["bottom"] - box["top"] < 260 else (0, height)
    return max(low - 5, 0) <= line["top"] and line["bottom"] <= min(high + 5, height)


def test_a_kind_that_is_off_is_passed_over(open_canned: OpenPage) -> None:
    page = read(open_canned, PAGE)
    page.panel.click("switch-opinion")
    page.panel.click("next")
    facts = [mark for mark in page.marks() if mark.kind == "fact"]
    assert page.panel.text("position") == f"1 of {len(facts)}"
    assert facts[0].text in page.panel.text("live")
    page.panel.click("switch-fact")
    until(lambda: page.count_marks() == 0, "no marks")
    assert page.panel.text("position") == "0 marked"
    page.panel.click("next")  # nothing to go to


def test_the_list(open_canned: OpenPage) -> None:
    page = read(open_canned, "generated/long.html?sentences=1000")
    marks = page.marks()
    page.panel.click("list-toggle")
    until(lambda: page.panel.count("sentence") > 2, "rows")
    assert page.panel.count("sentence") < 20, "rows that cannot be seen are there"
    page.panel.click("sentence")
    assert page.panel.text("position") == f"1 of {len(marks)}"
    assert page.panel.focused() == "sentence"
    for _ in range(3):
        page.press("ArrowDown")
    assert page.panel.text("position") == f"4 of {len(marks)}"
    page.press("ArrowUp")
    assert page.panel.text("position") == f"3 of {len(marks)}"
    page.press("End")
    assert page.panel.text("position") == f"{len(marks)} of {len(marks)}"
    until(lambda: in_view(page, marks[-1].text), "the last sentence")
    assert page.panel.focused() == "sentence"
    assert page.panel.count("sentence") < 30

    page.press("Enter")
    until(lambda: page.panel.visible("card"), "the card of the current mark")
    page.press("Escape")
    assert page.panel.focused() == "sentence"
    page.press("Home")
    until(lambda: in_view(page, marks[0].text), "the first sentence")


def test_the_overview_leads_anywhere(open_canned: OpenPage) -> None:
    page = read(open_canned, "generated/long.html?sentences=400")
    tab_to(page, "overview")
    assert page.evaluate("scrollY") == 0
    page.press("End")
    until(lambda: page.evaluate("scrollY > 0.5 * (document.body.scrollHeight - innerHeight)"), "the end")
    until(
        lambda: number(page.panel.attribute("overview", "aria-valuetext") or "0") > 50, "the frame to follow"
    )
    page.press("Home")
    until(lambda: page.evaluate("scrollY < 300"), "the beginning")
    page.panel.click("overview")
    until(lambda: page.evaluate("scrollY") > 300, "the middle")


def test_stop_keeps_what_is_marked_and_can_go_on(open_canned: OpenPage, browser: Browser) -> None:
    with web.slow() as server:
        page = open_canned("generated/long.html?sentences=400")
        browser.use_server(server.origin)
        page.click_button()
        until(lambda: page.count_marks() >= 10, "the first marks")
        assert page.panel.text("stop") == "Stop"
        page.panel.click("stop")
        until(lambda: page.panel.text("stop") == "Go on", "it to stop")
        kept = settled(page.count_marks, "late answers", quiet=1)
        assert 10 <= kept < 400
        assert page.panel.text("status").endswith("% read")
        page.panel.click("stop")
        wait_for_marks(page)
        assert page.count_marks() == 400
        assert not page.panel.visible("stop")


CORNERS = [("ArrowLeft", "bottom-left"), ("ArrowUp", "top-left"), ("ArrowRight", "top-right")]


def standing(page: Page) -> str:
    """The corner of the window that the panel is in."""
    box = page.panel.box("panel")
    width, height = page.evaluate("[innerWidth, innerHeight]")
    assert box["left"] >= 0
    assert box["top"] >= 0
    assert box["right"] <= width
    assert box["bottom"] <= height
    vertical = "top" if box["top"] < height - box["bottom"] else "bottom"
    return f"{vertical}-{'left' if box['left'] < width - box['right'] else 'right'}"


def test_the_panel_is_moved_by_keys_and_stays_there(open_canned: OpenPage) -> None:
    page = read(open_canned, "strict.html")
    assert standing(page) == "bottom-right"
    tab_to(page, "move")
    for key, corner in CORNERS:
        page.press(key)
        until(lambda corner=corner: standing(page) == corner, f"the panel to stand {corner}")
    page.press("Enter")
    until(lambda: standing(page) == "bottom-right", "the panel to stand where it did first")
    page.press("ArrowUp")
    until(lambda: standing(page) == "top-right", "the panel to move up")
    page.click_button()
    page.click_button()
    wait_for_marks(page)
    until(lambda: standing(page) == "top-right", "its corner of before")


def test_the_panel_is_dragged(open_canned: OpenPage) -> None:
    page = read(open_canned, "strict.html?csp")
    status = page.panel.box("status")
    start = (status["left"] + 5, status["top"] + 5)
    page.drag(start, (start[0] - 800, start[1] - 30))
    until(lambda: standing(page) == "bottom-left", "the panel to stand in the nearest corner")
    status = page.panel.box("status")
    start = (status["left"] + 5, status["top"] + 5)
    page.drag(start, (start[0] + 2, start[1] + 1))
    assert standing(page) == "bottom-left"
    assert page.evaluate("getSelection().toString()") == ""


def test_the_panel_stays_in_a_window_that_shrinks(open_canned: OpenPage) -> None:
    """To half of its width, or to 200 per cent of zoom."""
    page = read(open_canned, "strict.html")
    page.panel.click("list-toggle")
    page.panel.click("move")
    for key, corner in CORNERS:
        page.press(key)
        page.resize(640, 400, 2)
        until(lambda: page.evaluate("innerWidth") < 700, "the window to shrink")
        assert settled(lambda: standing(page), "the panel").endswith(corner.split("-")[1])
        page.resize(1280, 900)
        until(lambda: page.evaluate("innerWidth") > 700, "the window to grow")


def test_settings_of_another_tab(browser: Browser, open_canned: OpenPage) -> None:
    page = read(open_canned, PAGE)
    before = page.count_marks()
    with own_page(browser, "options.html") as options:
        options.evaluate("chrome.storage.local.set({minConfidence: 0.95, corner: 'top-left'})")
    until(lambda: page.count_marks() < before, "the filter")
    until(lambda: standing(page) == "top-left", "the corner")
