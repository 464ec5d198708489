"""What tests do alike in either browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.chromium import Chromium, Tab
from tests.e2e.firefox import Firefox

Browser = Chromium | Firefox
Page = Tab | Firefox


@contextmanager
def read_page(browser: Browser, url: str) -> Iterator[Page]:
    """A page on which the toolbar button was clicked; cleared afterwards."""
    if isinstance(browser, Chromium):
        page: Page = browser.open(url)
    else:
        page = browser
        browser.navigate(url)
    page.click_button()
    yield page
    page.click_button()
    if isinstance(page, Tab):
        assert page.errors == []
        page.close()
