"""Reading a page with Sayso, and waiting for it to be done, told only from what a reader can see."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.e2e.either import Browser, Page
from tests.e2e.marks import Mark
from tests.e2e.wait import until


def read(open_page: Callable[[str], Page], path: str) -> Page:
    """A fixture page, read to its end."""
    page = open_page(path)
    page.click_button()
    wait_for_marks(page)
    return page


@contextmanager
def read_page(browser: Browser, url: str) -> Iterator[Page]:
    """A page on which the toolbar button was clicked; cleared afterwards."""
    page = browser.open(url)
    page.click_button()
    yield page
    page.click_button()
    assert page.errors() == []
    page.close()


def tab_to(page: Page, testid: str, most: int = 40) -> None:
    """Press Tab until this part of the panel, or of the card where the focus is there, has the focus.

    And Shift and Tab where that leads out of it: text that cannot be selected is no place to begin from.
    """
    for key in ("Tab", "Shift+Tab"):
        for _ in range(most):
            before = page.panel.focused()
            if before == testid:
                return
            page.press(key)
            if before is not None and page.panel.focused() is None:
                break
    raise AssertionError(f"{most} times Tab did not reach {testid}; the focus is on {page.panel.focused()}")


def open_card(page: Page) -> None:
    """Go to the first mark and ask about it, by keys."""
    tab_to(page, "next")
    page.press("Enter")
    tab_to(page, "details")
    page.press("Enter")
    until(lambda: page.panel.visible("card"), "the card")


def wait_for_marks(page: Page, *, timeout: float = 120.0) -> list[Mark]:
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
