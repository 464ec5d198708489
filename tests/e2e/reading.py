"""Waiting for the extension to be done with a page, told only from what a reader can see."""

from __future__ import annotations

import re
from typing import Protocol

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
