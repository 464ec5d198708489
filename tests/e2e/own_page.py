"""A page of the extension's own, such as the options, in either browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from tests.e2e.build import EXTENSION
from tests.e2e.chromium import Chromium, Tab
from tests.e2e.firefox import Firefox
from tests.e2e.wait import until


class OwnPage(Protocol):
    """Elements are named by their `data-testid`."""

    def evaluate(self, expression: str) -> Any: ...
    def click(self, testid: str) -> None: ...
    def type(self, testid: str, text: str) -> None: ...
    def screenshot(self, path: Path) -> None: ...


def find(testid: str) -> str:
    return f"""document.querySelector('[data-testid="{testid}"]')"""


def text(page: OwnPage, testid: str) -> str:
    found: str = page.evaluate(f"{find(testid)}?.innerText.trim() ?? ''")
    return found


class InChromium:
    def __init__(self, tab: Tab) -> None:
        self.tab = tab

    def evaluate(self, expression: str) -> Any:
        return self.tab.evaluate(expression)

    def click(self, testid: str) -> None:
        self.tab.activate()
        until(lambda: self.evaluate(f"!!{find(testid)}?.checkVisibility()"), f"the page's {testid}")
        self.evaluate(f"{find(testid)}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        box = self.evaluate(f"{find(testid)}.getBoundingClientRect().toJSON()")
        self.tab.click_at(box["left"] + box["width"] / 2, box["top"] + box["height"] / 2)

    def type(self, testid: str, text: str) -> None:
        self.click(testid)
        self.evaluate(f"{find(testid)}.select()")
        if text:
            self.tab.send("Input.insertText", text=text)
        else:
            self.evaluate(f"{find(testid)}.value = ''")

    def screenshot(self, path: Path) -> None:
        self.tab.screenshot(path)


class InFirefox:
    """In a tab of its own. Whatever is done here is done there; the driver's tab is then the one before."""

    def __init__(self, firefox: Firefox, url: str) -> None:
        self._firefox = firefox
        self._before = firefox.marionette.current_window_handle
        self._handle = firefox.marionette.open(type="tab", focus=True)["handle"]
        self._there(lambda: firefox.navigate(url))

    def _there(self, act: Callable[[], Any]) -> Any:
        self._firefox.marionette.switch_to_window(self._handle)
        try:
            return act()
        finally:
            self._firefox.marionette.switch_to_window(self._before, focus=False)

    def close(self) -> None:
        self._firefox.marionette.switch_to_window(self._handle)
        self._firefox.marionette.close()
        self._firefox.marionette.switch_to_window(self._before)

    def evaluate(self, expression: str) -> Any:
        return self._there(lambda: self._firefox.evaluate(expression))

    def _element(self, testid: str) -> Any:
        return self._firefox.marionette.find_element("css selector", f'[data-testid="{testid}"]')

    def click(self, testid: str) -> None:
        until(lambda: self.evaluate(f"!!{find(testid)}?.checkVisibility()"), f"the page's {testid}")
        self._there(lambda: self._element(testid).click())

    def type(self, testid: str, text: str) -> None:
        def act() -> None:
            element = self._element(testid)
            element.clear()
            element.send_keys(text)

        self._there(act)

    def screenshot(self, path: Path) -> None:
        self._there(lambda: self._firefox.screenshot(path))


@contextmanager
def own_page(browser: Chromium | Firefox, name: str) -> Iterator[OwnPage]:
    """The extension's page of this name, in a tab in front."""
    if isinstance(browser, Chromium):
        tab = browser.open(browser.own_url(name))
        yield InChromium(tab)
        tab.close()
    else:
        page = InFirefox(browser, browser.own_url(name))
        yield page
        page.close()


def axe_violations(page: OwnPage) -> list[str]:
    """What axe-core finds wrong for readers with a screen reader, a keyboard, or weak eyes."""
    source = (EXTENSION / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    page.evaluate(
        f"(() => {{ {source}; window.saysoAxe = null;"
        "axe.run().then(({violations}) => { window.saysoAxe = violations.map("
        "({id, nodes}) => id + ': ' + nodes.map(({html}) => html).join(' ')) },"
        "(error) => { window.saysoAxe = [String(error)] }); return true; })()"
    )
    until(lambda: page.evaluate("window.saysoAxe !== null"), "axe")
    found: list[str] = page.evaluate("window.saysoAxe")
    return found
