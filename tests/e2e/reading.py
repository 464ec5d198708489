"""Waiting for the extension to be done with a page, told only from what a reader can see."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from tests.e2e.marks import Mark
from tests.e2e.wait import until


class PanelText(Protocol):
    """The panel in either browser."""

    def text(self, testid: str) -> str: ...


class Marked(Protocol):
    """A page in either browser."""

    @property
    def panel(self) -> PanelText: ...

    def marks(self) -> list[Mark]: ...

    def count_marks(self) -> int: ...


class PagePanel(PanelText, Protocol):
    """What a reader can do with the panel and the card, in either browser."""

    def visible(self, testid: str) -> bool: ...

    def attribute(self, testid: str, name: str) -> str | None: ...

    def box(self, testid: str) -> dict[str, float]: ...

    def focused(self) -> str | None: ...

    def count(self, testid: str) -> int: ...

    def click(self, testid: str) -> None: ...


class Page(Protocol):
    """A page in either browser, with a reader in front of it."""

    @property
    def panel(self) -> PagePanel: ...

    def marks(self) -> list[Mark]: ...

    def count_marks(self) -> int: ...

    def evaluate(self, expression: str) -> Any: ...

    def click_button(self) -> object: ...

    def click_text(self, text: str) -> None: ...

    def press(self, key: str) -> None: ...

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None: ...

    def screenshot(self, path: Path) -> None: ...


def read(open_anywhere: Callable[[str], Page], path: str) -> Page:
    """A fixture page, read to its end."""
    page = open_anywhere(path)
    page.click_button()
    wait_for_marks(page)
    return page


def tab_to(page: Page, testid: str, most: int = 40) -> None:
    """Press Tab until this part of the panel, or of the card where the focus is there, has the focus."""
    if not (page.panel.focused() or "").startswith("card"):
        page.panel.click("status")  # takes no focus, and is where Tab goes on from
    for _ in range(most):
        if page.panel.focused() == testid:
            return
        page.press("Tab")
    raise AssertionError(f"{most} times Tab did not reach {testid}; the focus is on {page.panel.focused()}")


def wait_for_marks(page: Marked, *, timeout: float = 120.0) -> list[Mark]:
    """Wait until the panel says that the page has been read to its end; give the marks."""

    def done() -> bool:
        return re.search(r"\d sentences? read$", page.panel.text("status")) is not None

    until(done, "the panel to say how many sentences it has read", timeout=timeout)
    return page.marks()


def number(text: str) -> int:
    """The number in a count's text, such as `Opinion 17` or `1,204`."""
    found = re.search(r"\d[\d,.\u202f\u00a0]*", text)
    assert found, f"no number in {text!r}"
    return int(re.sub(r"\D", "", found.group()))
