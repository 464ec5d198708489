"""What a reader is told, and can do, when the server is not there, not ready, failing, or not Sayso."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.e2e import web
from tests.e2e.either import Browser, Page, only_in
from tests.e2e.firefox import Firefox
from tests.e2e.reading import read_page, wait_for_marks
from tests.e2e.service import Service
from tests.e2e.wait import until
from tests.e2e.web import Site, new_long_page


def says(page: Page, words: str) -> None:
    until(lambda: words.lower() in page.panel.text("panel").lower(), f"the panel to say {words!r}")


@pytest.mark.parametrize(
    ("serve", "heading", "advice"),
    [
        (
            web.something_else,
            "Something else is using Sayso’s port",
            "Or set another port in Sayso’s options",
        ),
        (web.refusing, "The server refused the request", "of the same release. “Not for you. Ask nicely.”"),
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
def test_what_is_wrong_is_said(
    browser: Browser,
    site: Site,
    artifacts: Path,
    serve: Callable[[], AbstractContextManager[Site]],
    heading: str,
    advice: str,
) -> None:
    with serve() as server:
        browser.use_server(server.origin)
        with read_page(browser, site.url("strict.html")) as page:
            says(page, heading)
            says(page, advice)
            page.screenshot(artifacts / f"server-{serve.__name__}-{browser.name}.png")
            assert page.count_marks() == 0


def test_something_else_is_named_by_its_address(browser: Browser, site: Site) -> None:
    with web.something_else() as other:
        browser.use_server(other.origin)
        with read_page(browser, site.url("strict.html")) as page:
            says(page, "not the Sayso server")
            says(page, other.origin.removeprefix("http://"))


def test_not_running_and_then_started(
    browser: Browser, site: Site, own_service: Service, artifacts: Path
) -> None:
    browser.use_server(own_service.url)
    with read_page(browser, site.url("blog.html")) as page:
        says(page, "The Sayso server is not running")
        page.screenshot(artifacts / f"server-not-running-{browser.name}.png")
        assert page.panel.text("command") == f"SAYSO_PORT={own_service.port} make run"
        assert page.count_marks() == 0
        page.panel.click("retry")
        until(lambda: page.panel.visible("retry"), "Retry to come back while there is still no server")

        own_service.start()
        assert len(wait_for_marks(page)) >= 30, "it does not go on by itself"
        assert not page.panel.visible("command")


def test_loading_and_then_ready(browser: Browser, site: Site, own_service: Service) -> None:
    """A click while the model loads is answered in the end."""
    with web.still_loading(own_service.port) as loading:
        browser.use_server(loading.origin)
        page = browser.open(site.url("strict.html"))
        page.click_button()
        says(page, "loading")
    with web.answering(own_service.port):
        page.panel.click_if_there("retry")  # unless the panel has seen the server come back by itself
        assert len(wait_for_marks(page)) >= 12
    page.close()


def test_busy_waits_and_asks_again(browser: Browser, site: Site) -> None:
    with web.busy() as server:
        browser.use_server(server.origin)
        with read_page(browser, site.url("strict.html")) as page:
            says(page, "The server is busy")
            assert len(wait_for_marks(page)) >= 12
            assert len(server.turned_away) == 2


def test_killed_in_the_middle_and_restarted(
    browser: Browser, site: Site, own_service: Service, artifacts: Path
) -> None:
    own_service.start()
    browser.use_server(own_service.url)
    with read_page(browser, site.url(new_long_page(500))) as page:
        until(lambda: page.count_marks() >= 20, "the first marks", every=0.01)
        own_service.kill()
        says(page, "The server stopped answering")
        assert page.panel.text("command") == f"SAYSO_PORT={own_service.port} make run"
        page.screenshot(artifacts / f"server-interrupted-{browser.name}.png")
        kept = page.marks()
        assert 20 <= len(kept) < 475

        own_service.start()
        # Without a click: the panel says that it goes on by itself.
        until(lambda: page.count_marks() >= 475, "the rest of the page", timeout=240)
        assert not page.panel.visible("retry")
        assert set(kept) <= set(page.marks()), "marks of before the interruption are gone"


@pytest.fixture(scope="module")
def small_service(artifacts: Path) -> Iterator[Service]:
    """One that takes little at a time."""
    service = Service(artifacts / "server-small.log", SAYSO_MAX_BODY_BYTES="20000")
    service.start()
    yield service
    service.stop()


@pytest.mark.parametrize("huge", [30_000, 3_000_000], ids=["a little too large", "far too large"])
def test_a_passage_over_the_servers_limits(
    browser: Browser, site: Site, small_service: Service, huge: int
) -> None:
    """It alone is left out, and the panel says so."""
    browser.use_server(small_service.url)
    with read_page(browser, site.url(new_long_page(60, huge=huge))) as page:
        assert len(wait_for_marks(page)) >= 57
        assert re.search(r"could not classify: 1\.", page.panel.text("panel"))


def test_a_server_that_fails_at_everything(browser: Browser, site: Site, own_service: Service) -> None:
    """It is not the passages then: the panel says so, and trying again asks about all of them."""
    with web.failing(own_service.port) as broken:
        browser.use_server(broken.origin)
        page = browser.open(site.url("blog.html"))
        page.click_button()
        says(page, "The model broke.")
    with web.answering(own_service.port):
        page.panel.click("retry")
        assert len(wait_for_marks(page)) >= 30
        assert "could not classify" not in page.panel.text("panel")
    page.close()


# Only about:addons takes back what the manifest asks for.
@only_in("firefox")
def test_the_browser_keeps_the_extension_from_the_server(browser: Firefox, site: Site, answers: Site) -> None:
    browser.use_server(answers.origin)
    browser.withdraw_permission("http://127.0.0.1/*")
    try:
        with read_page(browser, site.url("strict.html")) as page:
            says(page, "The browser keeps Sayso from its server")
            says(page, "127.0.0.1")
    finally:
        browser.grant_permission("http://127.0.0.1/*")
