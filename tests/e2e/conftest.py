"""The fixtures of the browser tests: the built extension, the real server, the pages, the browsers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e import web
from tests.e2e.build import built_extension
from tests.e2e.chromium import Chromium, find_chromium
from tests.e2e.either import Browser, Page
from tests.e2e.firefox import Firefox, find_firefox
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
        browser.forget_errors()
        yield browser


@pytest.fixture(scope="session")
def _firefox(extension: Path) -> Iterator[Firefox]:
    if find_firefox() is None:
        pytest.fail("Firefox is not installed: apt-get install firefox-esr")
    with contextlib.closing(Firefox(extension)) as browser:
        browser.forget_errors()
        yield browser


@pytest.fixture(params=["chromium", "firefox"])
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Each browser in turn, with first settings. An error that the extension logs fails the test."""
    driver: Browser = request.getfixturevalue(f"_{request.param}")
    driver.store(**FIRST_SETTINGS)
    yield driver
    errors = driver.errors()
    driver.forget_errors()
    assert errors == []


#: Of what tests change.
FIRST_SETTINGS = {
    "minConfidence": 0,
    "corner": "bottom-right",
    "corrections": [],
    "markStyle": "both",
    "palette": "orange-teal",
    "sites": [],
    "token": "",
}


@pytest.fixture
def open_tab(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens tabs that are closed afterwards. An error on a console fails the test."""
    tabs: list[Page] = []

    def open_one(url: str) -> Page:
        tab = browser.open(url)
        tabs.append(tab)
        return tab

    yield open_one
    errors = [error for tab in tabs for error in tab.errors()]
    for tab in tabs:
        tab.close()
    assert errors == []


@pytest.fixture
def open_page(
    open_tab: Callable[[str], Page], browser: Browser, service: Service, site: Site
) -> Callable[[str], Page]:
    """Opens a fixture page by its path, with the extension pointed at the shared server with the model."""
    browser.use_server(service.url)
    return lambda path: open_tab(site.url(path))


@pytest.fixture
def open_canned(
    open_tab: Callable[[str], Page], browser: Browser, answers: Site, site: Site
) -> Callable[[str], Page]:
    """The same with a server without a model, for tests of what is asked and where it is marked."""
    browser.use_server(answers.origin)
    return lambda path: open_tab(site.url(path))
