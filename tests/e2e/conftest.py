"""The fixtures of the browser tests: the built extension, the real server, the pages, the browsers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e import web
from tests.e2e.build import built_extension
from tests.e2e.chromium import Chromium, Tab, find_chromium
from tests.e2e.firefox import Firefox, find_firefox
from tests.e2e.reading import Page
from tests.e2e.service import REPOSITORY, Service
from tests.e2e.web import Site

ARTIFACTS = REPOSITORY / "artifacts" / "e2e"


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Where screenshots and logs are kept for a person to look at; git ignores it."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    return ARTIFACTS


@pytest.fixture(scope="session")
def extension() -> Path:
    """The built extension's folder."""
    return built_extension()


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The fixture pages, served over http."""
    with web.pages() as running:
        yield running


@pytest.fixture(scope="session")
def service(artifacts: Path) -> Iterator[Service]:
    """The real server with the released model, ready, shared by the tests that leave it alone."""
    log = artifacts / "server.log"
    log.unlink(missing_ok=True)
    running = Service(log)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def answers() -> Iterator[Site]:
    """A server without a model, for tests of what is asked and where it is marked, not as what."""
    with web.answering() as running:
        yield running


@pytest.fixture
def own_service(artifacts: Path, request: pytest.FixtureRequest) -> Iterator[Service]:
    """A server for one test to start and kill; not started yet."""
    log = artifacts / f"server-{request.node.name}.log"
    log.unlink(missing_ok=True)
    mine = Service(log)
    yield mine
    mine.kill()


@pytest.fixture(scope="session")
def _chromium(extension: Path) -> Iterator[Chromium]:
    if find_chromium() is None:
        pytest.fail("Chromium is not installed: apt-get install chromium")
    with contextlib.closing(Chromium(extension)) as browser:
        browser.collect_extension_errors()
        yield browser


@pytest.fixture
def chromium(_chromium: Chromium) -> Iterator[Chromium]:
    """Chromium with the extension. An error that the extension logs in the meantime fails the test."""
    yield _chromium
    assert _chromium.extension_errors() == []


@pytest.fixture
def open_tab(chromium: Chromium) -> Iterator[Callable[[str], Tab]]:
    """Opens tabs that are closed afterwards. An error on a console fails the test."""
    tabs: list[Tab] = []

    def open_one(url: str) -> Tab:
        tab = chromium.open(url)
        tabs.append(tab)
        return tab

    yield open_one
    for tab in tabs:
        tab.close()
    assert [error for tab in tabs for error in tab.errors] == []


@pytest.fixture
def open_page(
    open_tab: Callable[[str], Tab], chromium: Chromium, service: Service, site: Site
) -> Callable[[str], Tab]:
    """Opens a fixture page by its path, with the extension pointed at the shared server."""

    def open_one(path: str) -> Tab:
        chromium.use_server(service.url)
        return open_tab(site.url(path))

    return open_one


@pytest.fixture(scope="session")
def _firefox(extension: Path) -> Iterator[Firefox]:
    if find_firefox() is None:
        pytest.fail("Firefox is not installed: apt-get install firefox-esr")
    with contextlib.closing(Firefox(extension)) as browser:
        yield browser


@pytest.fixture
def firefox(_firefox: Firefox, service: Service) -> Iterator[Firefox]:
    """Firefox with the extension, pointed at the shared server. An error that is logged fails the test."""
    _firefox.use_server(service.url)
    before = len(_firefox.errors())
    yield _firefox
    assert _firefox.errors()[before:] == []


@pytest.fixture(params=["chromium", "firefox"])
def open_anywhere(
    request: pytest.FixtureRequest, answers: Site, site: Site
) -> Iterator[Callable[[str], Page]]:
    """Opens a fixture page in either browser, with first settings and a server without a model."""
    browser = request.getfixturevalue(request.param)
    browser.store(**FIRST_SETTINGS)
    browser.use_server(answers.url().rstrip("/"))

    def open_one(path: str) -> Page:
        if request.param == "chromium":
            tab: Page = request.getfixturevalue("open_tab")(site.url(path))
            return tab
        browser.navigate(site.url(path))
        return browser

    yield open_one
    browser.store(**FIRST_SETTINGS)
    if request.param == "firefox":
        browser.navigate("about:blank")


#: Of what tests change.
FIRST_SETTINGS = {"minConfidence": 0, "corner": "bottom-right", "corrections": []}
