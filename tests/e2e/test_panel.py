"""What a reader can do with marked sentences: switch kinds off, ask about one, follow its links, close."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.e2e.chromium import Tab
from tests.e2e.reading import wait_for_marks
from tests.e2e.service import Service
from tests.e2e.wait import until

OpenPage = Callable[[str], Tab]


@pytest.fixture
def marked(open_page: OpenPage) -> Tab:
    """The blog post, marked."""
    tab = open_page("blog.html")
    tab.click_button()
    wait_for_marks(tab)
    return tab


def names(tab: Tab) -> set[str]:
    return {mark.name for mark in tab.marks()}


@pytest.mark.parametrize("kind", ["opinion", "fact"])
def test_a_switch_hides_its_kind_and_shows_it_again(marked: Tab, kind: str, artifacts: Path) -> None:
    before = marked.marks()
    marked.panel.click(f"switch-{kind}")
    until(lambda: f"sayso-{kind}" not in names(marked), f"{kind} to be hidden")
    other = "fact" if kind == "opinion" else "opinion"
    assert f"sayso-{other}" in names(marked)
    marked.screenshot(artifacts / f"without-{kind}.png")
    marked.panel.click(f"switch-{kind}")
    until(lambda: marked.marks() == before, f"{kind} to be shown again")


def test_close_clears_the_page(marked: Tab) -> None:
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
    marked: Tab, service: Service, words: str, kind: str, artifacts: Path
) -> None:
    marked.click_text(words)
    until(lambda: marked.panel.visible("card"), "the card")
    marked.screenshot(artifacts / f"card-{kind}.png")
    assert kind in marked.panel.text("card-kind").lower()
    confidence = marked.panel.text("card-confidence")
    assert any(character.isdigit() for character in confidence)
    assert any(character.isalpha() for character in confidence)
    model = httpx.get(f"{service.url}/health").json()["model"]["id"]
    assert model in marked.panel.text("card-model")

    marked.press("Escape")
    until(lambda: not marked.panel.visible("card"), "Escape to close the card")
    assert marked.panel.exists
    assert marked.count_marks() > 0


def test_a_click_elsewhere_shows_no_card(marked: Tab) -> None:
    marked.click_text("The school board voted")
    marked.click_text("Thank you for reading")
    assert not marked.panel.visible("card")


def test_a_link_inside_a_marked_sentence_still_leads_away(marked: Tab) -> None:
    sentence = "The council should take the hint and tear up the contract."
    assert sentence in [mark.sentence for mark in marked.marks()]
    marked.click_text("tear up")
    until(lambda: marked.url.endswith("/front.html"), "the link to be followed")
    assert not marked.has_host()


def test_the_page_cannot_look_into_the_panel_or_work_it(marked: Tab) -> None:
    """Scores and buttons are the reader's: the shadow root is closed, made-up clicks count for nothing."""
    assert marked.evaluate("document.querySelector('sayso-root').shadowRoot") is None
    marked.evaluate(
        "document.querySelector('.entry-content p').dispatchEvent("
        "new MouseEvent('click', {bubbles: true, composed: true, clientX: 300, clientY: 370}))"
    )
    assert not marked.panel.visible("card")
    marked.click_text("after a hearing that lasted")
    until(lambda: marked.panel.visible("card"), "the card after a real click")
