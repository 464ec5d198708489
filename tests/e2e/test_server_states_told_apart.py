"""Each thing that can be wrong with the server has its own words and its own way on, in both browsers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.e2e import web
from tests.e2e.either import Browser, Page, read_page
from tests.e2e.firefox import Firefox
from tests.e2e.reading import wait_for_marks
from tests.e2e.service import Service, free_port
from tests.e2e.wait import until
from tests.e2e.web import Site


@pytest.fixture(params=["chromium", "firefox"])
def browser(request: pytest.FixtureRequest) -> Browser:
    driver: Browser = request.getfixturevalue(request.param)
    return driver


def says(page: Page, words: str) -> None:
    until(lambda: words.lower() in page.panel.text("panel").lower(), f"the panel to say {words!r}")


@pytest.mark.parametrize(
    ("serve", "heading", "advice"),
    [
        (web.something_else, "Something else is using Sayso’s port", "Stop that program"),
        (web.refusing, "The server refused the request", "Not for you."),
        (
            web.too_old,
            "The server is older than this extension",
            "It is version 0.0.9. Update the Sayso folder",
        ),
        (
            web.too_new,
            "The server is newer than this extension",
            "It is version 7.0.0. Update this extension",
        ),
        (web.still_loading, "The server is starting", "loading its model"),
        (web.failing, "The server had a problem", "The model broke."),
    ],
)
def test_what_is_said(
    browser: Browser,
    site: Site,
    serve: Callable[[], AbstractContextManager[Site]],
    heading: str,
    advice: str,
) -> None:
    with serve() as server:
        browser.use_server(server.origin)
        with read_page(browser, site.url("strict.html")) as page:
            says(page, heading)
            says(page, advice)
            assert page.count_marks() == 0


def test_not_running_at_another_port_and_then_there(browser: Browser, site: Site) -> None:
    port = free_port()
    browser.use_server(f"http://127.0.0.1:{port}")
    with read_page(browser, site.url("strict.html")) as page:
        says(page, "The Sayso server is not running")
        assert page.panel.text("command") == f"SAYSO_PORT={port} make run"
        with web.answering(port):
            assert len(wait_for_marks(page)) >= 12, "it does not go on by itself"


def test_busy_waits_and_asks_again(browser: Browser, site: Site) -> None:
    with web.busy() as server:
        browser.use_server(server.origin)
        with read_page(browser, site.url("strict.html")) as page:
            says(page, "The server is busy")
            assert len(wait_for_marks(page)) >= 12
            assert len(server.turned_away) == 2


def test_killed_in_the_middle(browser: Browser, site: Site, own_service: Service) -> None:
    own_service.start()
    browser.use_server(own_service.url)
    with read_page(browser, site.url("generated/long.html?sentences=600&seed=8")) as page:
        until(lambda: page.count_marks() >= 20, "the first marks", every=0.01)
        own_service.kill()
        says(page, "The server stopped answering")
        kept = page.count_marks()
        assert 20 <= kept < 570
        with web.answering(own_service.port):
            until(lambda: page.count_marks() >= 600, "the rest", timeout=120)


def test_the_browser_keeps_the_extension_from_the_server(firefox: Firefox, site: Site, answers: Site) -> None:
    """In Firefox, where about:addons can take back what the manifest asks for."""
    firefox.use_server(answers.origin)
    firefox.withdraw_permission("http://127.0.0.1/*")
    try:
        with read_page(firefox, site.url("strict.html")) as page:
            says(page, "The browser keeps Sayso from its server")
            says(page, "127.0.0.1")
    finally:
        firefox.grant_permission("http://127.0.0.1/*")
