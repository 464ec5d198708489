"""A page of the extension's own, such as the options, and axe-core on any page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.build import EXTENSION
from tests.e2e.either import Browser, Page
from tests.e2e.wait import until


def find(testid: str) -> str:
    return f"""document.querySelector('[data-testid="{testid}"]')"""


def text(page: OwnPage, testid: str) -> str:
    found: str = page.evaluate(f"{find(testid)}?.innerText.trim() ?? ''")
    return found


class OwnPage:
    """Elements are named by their `data-testid`."""

    def __init__(self, tab: Page) -> None:
        self._tab = tab

    def evaluate(self, expression: str) -> Any:
        return self._tab.evaluate(expression)

    def click(self, testid: str) -> None:
        self._tab.activate()
        until(lambda: self.evaluate(f"!!{find(testid)}?.checkVisibility()"), f"the page's {testid}")
        self.evaluate(f"{find(testid)}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        box = self.evaluate(f"{find(testid)}.getBoundingClientRect().toJSON()")
        self._tab.click_at(box["left"] + box["width"] / 2, box["top"] + box["height"] / 2)

    def type(self, testid: str, text: str) -> None:
        self.click(testid)
        self.evaluate(f"{find(testid)}.select()")
        if text:
            self._tab.type(text)
        else:
            self.evaluate(f"{find(testid)}.value = ''")

    def screenshot(self, path: Path) -> None:
        self._tab.screenshot(path)


@contextmanager
def own_page(browser: Browser, name: str) -> Iterator[OwnPage]:
    """The extension's page of this name, in a tab in front."""
    tab = browser.open(browser.own_url(name))
    yield OwnPage(tab)
    tab.close()


def axe_violations(page: OwnPage | Page) -> list[str]:
    """What axe-core finds wrong for readers with a screen reader, a keyboard, or weak eyes."""
    source = (EXTENSION / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    page.evaluate(f"(() => {{ {source} }})()")
    found: list[str] = page.evaluate(
        "axe.run().then(({violations}) => violations.map("
        "({id, nodes}) => id + ': ' + nodes.map(({html}) => html).join(' ')))"
    )
    return found
