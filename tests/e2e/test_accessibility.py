"""The panel and the card for everybody: axe-core finds nothing, in any of their states, in either browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e import web
from tests.e2e.build import EXTENSION
from tests.e2e.either import HOST_ELEMENT, Browser, Page
from tests.e2e.reading import read, tab_to, wait_for_marks
from tests.e2e.wait import until

OpenPage = Callable[[str], Page]

AXE = EXTENSION / "node_modules" / "axe-core" / "axe.min.js"

#: axe walks into shadow trees by `shadowRoot`, which is null for a closed one: it is told of ours. Firefox
#: keeps that from the page unless it is written to the page's own side of the element.
TELL = """Object.defineProperty(globalThis.Cu?.waiveXrays(root.host) ?? root.host, 'shadowRoot',
  {value: root, configurable: true})"""

#: What axe has to say of the panel and the card: each rule broken, and where.
RUN = f"""axe.run({HOST_ELEMENT!r}, {{resultTypes: ['violations']}}).then(({{violations}}) =>
  violations.flatMap(({{id, nodes}}) =>
    nodes.map((node) => `${{id}}: ${{node.target.join(' ')}}: ${{node.failureSummary}}`)))"""


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong now."""
    page.panel.ask("", f"void {TELL}")
    page.evaluate(f"(() => {{ {AXE.read_text(encoding='utf-8')} }})()")
    found: list[str] = page.evaluate(RUN)
    page.evaluate(f"delete document.querySelector('{HOST_ELEMENT}').shadowRoot")
    return found


def check(page: Page, state: str) -> None:
    """Nothing is wrong in this state."""
    found = violations(page)
    assert found == [], f"{state}:\n" + "\n".join(found)


def test_axe_is_told_of_the_panel(open_canned: OpenPage) -> None:
    """If it were not, the other tests could not fail."""
    page = read(open_canned, "strict.html")
    page.panel.ask("close", "(e.removeAttribute('aria-label'), e.removeAttribute('title'))")
    assert [line for line in violations(page) if line.startswith("button-name")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wrong(open_canned: OpenPage, scheme: str) -> None:
    page = open_canned("strict.html")  # axe has a style of its own, which a strict policy blocks
    page.prefer(**{"prefers-color-scheme": scheme})
    page.click_button()
    wait_for_marks(page)
    check(page, "read")
    page.panel.click("list-toggle")
    page.panel.click("save-toggle")
    page.panel.click("next")
    check(page, "the list and the ways out open")
    tab_to(page, "sureness")
    page.press("End")
    check(page, "filtered")
    page.press("Home")
    page.panel.click("details")
    until(lambda: page.panel.visible("card"), "the card")
    check(page, "the card")
    page.panel.click("card-why")
    until(lambda: page.panel.visible("why-for"), "the words")
    check(page, "why")
    page.panel.click("card-correct")
    check(page, "the question of what it is")
    page.panel.click("correct-other")
    until(lambda: page.panel.visible("correction-said"), "the answer")
    check(page, "corrected")
    page.press("Escape")
    page.panel.click("switch-opinion")
    page.panel.click("switch-fact")
    check(page, "all off")
    page.panel.click("minimize")
    check(page, "minimised")


def test_nothing_is_wrong_without_a_server(open_canned: OpenPage, browser: Browser) -> None:
    page = open_canned("strict.html")
    with web.something_else() as other:
        browser.use_server(other.origin)
        page.click_button()
        until(lambda: page.panel.visible("retry"), "what is the matter")
        check(page, "something else on the port")
    with web.slow() as server:
        browser.use_server(server.origin)
        page.panel.click("retry")
        until(lambda: page.panel.visible("stop"), "it to read")
        check(page, "reading")


def test_forced_colours_and_calm(open_canned: OpenPage, browser: Browser, artifacts: Path) -> None:
    """Every control can still be seen; nothing moves for who asks for that."""
    page = open_canned("strict.html")
    page.prefer(**{"forced-colors": "active", "prefers-reduced-motion": "reduce"})
    page.click_button()
    wait_for_marks(page)
    page.panel.click("list-toggle")
    page.panel.click("next")
    animation = page.panel.ask("", "getComputedStyle(root.querySelector('.spotlight > span')).animationName")
    assert animation == "none"
    page.screenshot(artifacts / f"panel-forced-colours-{browser.name}.png")
    page.panel.click("details")
    page.panel.click("card-why")
    until(lambda: page.panel.visible("why-for"), "the words")
    page.screenshot(artifacts / f"card-forced-colours-{browser.name}.png")
    check(page, "forced colours")


def test_a_page_that_is_written_from_right_to_left(
    open_canned: OpenPage, browser: Browser, artifacts: Path
) -> None:
    """The panel is in the reader's language, not in the page's direction."""
    page = open_canned("strict.html")
    page.evaluate("void (document.documentElement.dir = 'rtl')")
    page.click_button()
    wait_for_marks(page)
    page.panel.click("list-toggle")
    box = page.panel.box("panel")
    assert box["left"] > page.evaluate("innerWidth") / 2
    assert page.panel.box("status")["left"] < page.panel.box("close")["left"]
    page.screenshot(artifacts / f"panel-rtl-{browser.name}.png")


def test_wide_words(open_canned: OpenPage) -> None:
    """Spacing that a reader sets (WCAG 1.4.12) hides nothing."""
    page = read(open_canned, "strict.html")
    page.panel.ask(
        "",
        "void root.appendChild(document.createElement('style')).append('* {line-height: 1.5 !important;"
        " letter-spacing: 0.12em !important; word-spacing: 0.16em !important}')",
    )
    for part in ("panel", "status", "position", "sureness-words"):
        box = page.panel.box(part)
        assert box["overflow"] <= 0, json.dumps(box)
