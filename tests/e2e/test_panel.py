"""What a reader can do with marked sentences: switch kinds off, ask about one, follow its links, close."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.e2e.either import Browser, Page
from tests.e2e.marks import point_of
from tests.e2e.reading import wait_for_marks
from tests.e2e.service import Service
from tests.e2e.wait import until

OpenPage = Callable[[str], Page]


@pytest.fixture
def marked(open_page: OpenPage) -> Page:
    """The blog post, marked."""
    page = open_page("blog.html")
    page.click_button()
    wait_for_marks(page)
    return page


def names(page: Page) -> set[str]:
    return {mark.name for mark in page.marks()}


@pytest.mark.parametrize("kind", ["opinion", "fact"])
def test_a_switch_hides_its_kind_and_shows_it_again(marked: Page, kind: str) -> None:
    before = marked.marks()
    marked.panel.click(f"switch-{kind}")
    until(lambda: f"sayso-{kind}" not in names(marked), f"{kind} to be hidden")
    other = "fact" if kind == "opinion" else "opinion"
    assert f"sayso-{other}" in names(marked)
    marked.panel.click(f"switch-{kind}")
    until(lambda: marked.marks() == before, f"{kind} to be shown again")


def test_close_clears_the_page(marked: Page) -> None:
    marked.panel.click("close")
    until(lambda: not marked.has_host(), "the panel to go")
    assert marked.count_marks() == 0
    marked.click_button()
    wait_for_marks(marked)


@pytest.mark.parametrize(
    ("words", "kind"),
    [("the worst decision this council", "opinion"), ("after a hearing that lasted", "fact")],
)
def test_a_click_on_a_sentence_shows_its_card(
    marked: Page, service: Service, browser: Browser, words: str, kind: str, artifacts: Path
) -> None:
    marked.click_text(words)
    until(lambda: marked.panel.visible("card"), "the card")
    marked.screenshot(artifacts / f"card-{kind}-{browser.name}.png")
    assert kind in marked.panel.text("card-kind").lower()
    confidence = marked.panel.text("card-confidence")
    assert any(character.isdigit() for character in confidence)
    assert any(character.isalpha() for character in confidence)
    model = httpx.get(f"{service.url}/health").json()["model"]["id"]
    assert model in marked.panel.text("card-model")

    marked.press("Escape")
    until(lambda: not marked.panel.visible("card"), "Escape to close the card")
    assert marked.panel.visible("panel")
    assert marked.count_marks() > 0


def test_a_click_elsewhere_shows_no_card(marked: Page) -> None:
    marked.click_text("The school board voted")
    marked.click_text("Thank you for reading")
    assert not marked.panel.visible("card")


def test_a_link_inside_a_marked_sentence_still_leads_away(marked: Page) -> None:
    sentence = "The council should take the hint and tear up the contract."
    assert sentence in [mark.sentence for mark in marked.marks()]
    marked.click_text("tear up")
    until(lambda: marked.url.endswith("/front.html"), "the link to be followed")
    assert not marked.has_host()


def test_the_page_cannot_look_into_the_panel_or_work_it(marked: Page) -> None:
    """Scores and buttons are the reader's: the shadow root is closed, made-up clicks count for nothing."""
    assert marked.evaluate("document.getElementById('sayso-root').shadowRoot") is None
    marked.evaluate(
        "document.querySelector('.entry-content p').dispatchEvent("
        "new MouseEvent('click', {bubbles: true, composed: true, clientX: 300, clientY: 370}))"
    )
    assert not marked.panel.visible("card")
    marked.click_text("after a hearing that lasted")
    until(lambda: marked.panel.visible("card"), "the card after a real click")


def test_a_click_on_a_control_is_the_pages(open_page: OpenPage) -> None:
    """A summary folds and a label ticks its box, marked or not, and no card is in the way."""
    page = open_page("controls.html")
    page.click_button()
    wait_for_marks(page)
    page.click_text("paid an engineer")
    until(lambda: page.evaluate("folded.open"), "the summary to unfold its details")
    assert not page.panel.visible("card")
    page.click_text("The mayor is plainly wrong")
    until(lambda: page.evaluate("box.checked"), "the label to tick its box")
    assert not page.panel.visible("card")
    assert page.evaluate("seen.filter((entry) => entry.endsWith('true'))") == []


def test_a_card_where_text_cannot_be_selected(open_page: OpenPage) -> None:
    page = open_page("controls.html")
    page.click_button()
    wait_for_marks(page)
    for words in ("Filling in the pool", "Nobody on the council"):
        page.click_text(words)
        until(lambda: page.panel.visible("card"), f"the card for {words!r}")
        page.press("Escape")
        until(lambda: not page.panel.visible("card"), "Escape to close the card")
    assert page.evaluate("getSelection().toString()") == ""
    assert "click draggable false" in page.evaluate("seen")


def test_what_can_be_dragged_still_can(open_page: OpenPage) -> None:
    page = open_page("controls.html")
    page.click_button()
    wait_for_marks(page)
    page.evaluate("document.getElementById('draggable').scrollIntoView({block: 'center'})")
    point = page.evaluate(point_of("Nobody on the council"))
    page.drag((point["x"], point["y"]), (point["x"] + 40, point["y"]))
    until(lambda: "dragstart draggable false" in page.evaluate("seen"), "the drag to start")
    assert not page.panel.visible("card")


@pytest.mark.parametrize(
    ("width", "height", "scale"),
    [(320, 568, 1.0), (640, 456, 2.0), (320, 256, 4.0)],
    ids=["narrow", "200 per cent", "400 per cent"],
)
def test_the_panel_fits_a_small_viewport(
    open_page: OpenPage, browser: Browser, artifacts: Path, width: int, height: int, scale: float
) -> None:
    """A telephone's width, and zoom, which leaves a page as many CSS pixels less."""
    page = open_page("strict.html")
    page.resize(width, height, scale)
    page.click_button()
    wait_for_marks(page)
    name = f"panel-{width}x{height}-{browser.name}"
    page.screenshot(artifacts / f"{name}.png")
    if not page.panel.visible("switch-fact"):
        page.panel.click("minimize")
    until(lambda: page.panel.visible("switch-fact"), "the panel to open")
    page.screenshot(artifacts / f"{name}-open.png")
    for part in ("panel", "close", "minimize", "status"):
        box = page.panel.box(part)
        assert box["left"] >= 0, part
        assert box["top"] >= 0, part
        assert box["right"] <= width, part
        assert box["bottom"] <= height, part
        assert box["overflow"] <= 0, f"{part} is wider inside than outside"
    page.panel.scroll_to_end("panel")
    assert page.panel.box("close")["top"] >= page.panel.box("panel")["top"], "the head is scrolled away"
    page.screenshot(artifacts / f"{name}-end.png")
    page.click_text("Nobody was hurt")
    if page.panel.visible("card"):
        page.screenshot(artifacts / f"{name}-card.png")
        card = page.panel.box("card")
        assert min(card["left"], card["top"]) >= 0
        beside_the_scroll_bar = page.evaluate("document.documentElement.clientWidth")
        assert card["right"] <= beside_the_scroll_bar
        assert card["bottom"] <= height
        page.press("Escape")
    page.panel.click("close")
    until(lambda: not page.has_host(), "the panel to go")
