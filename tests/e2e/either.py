"""What a test can do in either browser: the browser itself, its tabs, and Sayso's panel in them.

`chromium` and `firefox` say how each does it. A test that is written against this runs in both.
"""

from __future__ import annotations

import contextlib
import json
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from tests.e2e import marks
from tests.e2e.wait import DEADLINE_S, until

#: The extension's one element in a page.
HOST_ELEMENT = "#sayso-root"


def only_in(name: Literal["chromium", "firefox"]) -> pytest.MarkDecorator:
    """For a test of what one browser alone has, or lets a test reach; a comment beside it says which."""
    return pytest.mark.parametrize("browser", [name], indirect=True)


class Browser(ABC):
    """One browser process with its own throwaway profile and the extension."""

    name: ClassVar[str]
    extension_id: str

    @abstractmethod
    def load_extension(self) -> None:
        """Load the extension; once more is what "reload" does, or an update."""

    @abstractmethod
    def load_other(self, folder: Path) -> str:
        """Load another extension; gives the address that its pages are under."""

    @abstractmethod
    def own_url(self, page: str) -> str:
        """The address of a page of the extension's own."""

    @abstractmethod
    def store(self, **values: Any) -> None:
        """Write to `storage.local`, as the extension's own settings are."""

    @abstractmethod
    def stored(self) -> dict[str, Any]:
        """What is in `storage.local`."""

    def use_server(self, url: str) -> None:
        """Point the extension at a server."""
        self.store(serverUrl=url)

    @abstractmethod
    def stop_background(self) -> None:
        """End the extension's worker or event page, as the browser may at any time."""

    @abstractmethod
    def popup_text(self) -> str | None:
        """What the extension's popup says, or None where none is open."""

    @abstractmethod
    def badge(self) -> str:
        """The text on the extension's button."""

    @abstractmethod
    def save_downloads_in(self, folder: Path) -> None:
        """Let downloads go there, unasked."""

    @abstractmethod
    def open(self, url: str = "about:blank") -> Page:
        """A new tab in front, on this address, loaded."""

    @abstractmethod
    def errors(self) -> list[str]:
        """What the extension logged as errors since they were forgotten."""

    @abstractmethod
    def forget_errors(self) -> None: ...

    @abstractmethod
    def close(self) -> None:
        """Quit, and leave neither processes nor profile behind."""


class Page(ABC):
    """A tab with a page in it, and a reader in front of it."""

    #: How often the browser may lose a click on the button before it counts as unheard.
    LOST_CLICKS: ClassVar[int] = 0

    browser: Browser

    # -- the page -----------------------------------------------------------------------------

    @abstractmethod
    def navigate(self, url: str) -> None:
        """Go to an address and wait until it is loaded."""

    @abstractmethod
    def evaluate(self, expression: str) -> Any:
        """Evaluate an expression in the page's own world; promises are awaited."""

    @property
    def url(self) -> str:
        return self.evaluate("location.href")

    def wait_loaded(self) -> None:
        """Wait for the document, and for its first frame: before it, input events are dropped."""
        until(lambda: self.evaluate("document.readyState") == "complete", "the page to load")
        self.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def marks(self) -> list[marks.Mark]:
        """What is painted now, in the order of the document."""
        return [marks.Mark(**mark) for mark in self.evaluate(marks.COLLECT)]

    def count_marks(self) -> int:
        return self.evaluate(marks.COUNT)

    def count_hosts(self) -> int:
        """How many elements of the extension's are in the page: at most one."""
        return self.evaluate(f"document.querySelectorAll('{HOST_ELEMENT}').length")

    def has_host(self) -> bool:
        """Is the extension's one element in the page?"""
        return self.count_hosts() > 0

    @property
    @abstractmethod
    def panel(self) -> Panel: ...

    @abstractmethod
    def errors(self) -> list[str]:
        """Exceptions and errors on the console since they were forgotten."""

    @abstractmethod
    def forget_errors(self) -> None: ...

    # -- the reader ---------------------------------------------------------------------------

    @abstractmethod
    def activate(self) -> None:
        """Bring the tab to the front, as a reader must before a click on the button means it."""

    @abstractmethod
    def trigger_action(self) -> None:
        """One toolbar click, whatever its effect."""

    def click_button(self) -> float:
        """Click the toolbar button until it has an effect: the panel appears, or goes.

        Returns the time of the click that was heard, in seconds since the epoch.
        """
        before = self.has_host()

        def changed() -> bool:
            return self.has_host() != before

        for _ in range(self.LOST_CLICKS):
            clicked = time.time()
            self.trigger_action()
            with contextlib.suppress(AssertionError):
                until(changed, "the click's effect", timeout=8, every=0.02)
                return clicked
        clicked = time.time()
        self.trigger_action()
        until(changed, "the effect of a click on the button", every=0.02)
        return clicked

    @abstractmethod
    def click_at(self, x: float, y: float) -> None:
        """A real left click at a point of the viewport."""

    def click_text(self, text: str) -> None:
        """Scroll a run of the page's text into view and click on the middle of its first line."""
        point = until(lambda: self.evaluate(marks.point_of(text)), f"the text {text!r}")
        self.click_at(point["x"], point["y"])

    @abstractmethod
    def choose_in_page_menu(self, item: Literal["page", "selection"], text: str) -> None:
        """Click on this text of the page with the right button, and choose one of the extension's items."""

    @abstractmethod
    def press(self, key: str) -> None:
        """Press and release a key: a letter, or one by its name, such as `Escape` or `Shift+Tab`."""

    @abstractmethod
    def type(self, text: str) -> None:
        """Type into what has the focus."""

    @abstractmethod
    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press the mouse button at a point, move it to another, and let it go."""

    @abstractmethod
    def clipboard(self) -> str:
        """What was copied last."""

    # -- how the reader sees it ---------------------------------------------------------------

    @abstractmethod
    def resize(self, width: int, height: int, zoom: float = 1) -> None:
        """Make the viewport so many CSS pixels large, at this zoom, until the tab is closed."""

    @abstractmethod
    def prefer(self, **features: str) -> None:
        """Be a reader with these media features, such as `prefers-color-scheme`, until the tab is closed."""

    @abstractmethod
    def screenshot(self, path: Path) -> None:
        """What the reader sees, as a PNG."""

    @abstractmethod
    def picture_of(self, selector: str) -> bytes:
        """What the reader sees of an element, scrolled into view."""

    @abstractmethod
    def pdf(self) -> bytes:
        """The page on paper, with what is printed of backgrounds."""

    @abstractmethod
    def close(self) -> None: ...


class Panel(ABC):
    """The extension's interface inside its shadow root, by `data-testid`."""

    @abstractmethod
    def ask(self, testid: str, expression: str) -> Any:
        """The value of an expression of `e`, the element, and `root`; None where there is no root."""

    @abstractmethod
    def click(self, testid: str, *, timeout: float = DEADLINE_S) -> None:
        """A real click on the middle of the element."""

    def click_if_there(self, testid: str) -> bool:
        """Click an element that may go away by itself meanwhile; say whether it was clicked."""
        try:
            self.click(testid, timeout=1)
        except AssertionError:
            return False
        return True

    def visible(self, testid: str) -> bool:
        """Is there such an element, and can the reader see it?"""
        seen = "!!e?.checkVisibility({opacityProperty: true, visibilityProperty: true})"
        return bool(self.ask(testid, seen))

    def text(self, testid: str) -> str:
        """The element's text as it is rendered, or '' where there is none."""
        return self.ask(testid, "(e?.innerText ?? e?.textContent ?? '').trim()") or ""

    def attribute(self, testid: str, name: str) -> str | None:
        return self.ask(testid, f"e?.getAttribute({json.dumps(name)}) ?? null")

    def box(self, testid: str) -> dict[str, float]:
        """Where the element is in the viewport, and by how much its content is wider than it."""
        edges = "{left, top, right, bottom}"
        measure = f"(({edges}) => ({{...{edges}, overflow: e.scrollWidth - e.clientWidth}}))"
        return self.ask(testid, f"{measure}(e.getBoundingClientRect())")

    def style(self, testid: str, name: str, pseudo: str | None = None) -> str:
        """A property of the computed style of the element, or of a pseudo-element of it."""
        return self.ask(
            testid, f"getComputedStyle(e, {json.dumps(pseudo)}).getPropertyValue({json.dumps(name)})"
        )

    def focused(self) -> str | None:
        """The test id of what has the focus in the panel or the card."""
        return self.ask("", "root.activeElement?.dataset.testid ?? null")

    def count(self, testid: str) -> int:
        """How many such elements there are."""
        return self.ask(testid, f"root.querySelectorAll(`[data-testid='{testid}']`).length") or 0

    def scroll_to_end(self, testid: str) -> None:
        """Scroll within the element as far down as it goes."""
        self.ask(testid, "void (e.scrollTop = e.scrollHeight)")
