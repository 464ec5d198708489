"""What a reader is told, and can do, when the server is not there, not ready, or not Sayso."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e import web
from tests.e2e.chromium import Chromium, Tab
from tests.e2e.reading import wait_for_marks
from tests.e2e.service import Service
from tests.e2e.wait import until
from tests.e2e.web import Site

OpenTab = Callable[[str], Tab]


def test_server_not_running_then_started(
    chromium: Chromium, open_tab: OpenTab, site: Site, own_service: Service, artifacts: Path
) -> None:
    chromium.use_server(own_service.url)
    tab = open_tab(site.url("blog.html"))
    tab.click_button()
    until(lambda: tab.panel.visible("command"), "the command to start the server")
    tab.screenshot(artifacts / "server-not-running.png")
    command = tab.panel.text("command")
    assert "make run" in command or "sayso serve" in command
    assert "not running" in tab.panel.text("panel").lower()
    assert tab.count_marks() == 0

    tab.panel.click("retry")
    until(lambda: tab.panel.visible("retry"), "Retry to come back while there is still no server")

    own_service.start()
    press_retry(tab)
    assert len(wait_for_marks(tab)) >= 30
    assert not tab.panel.visible("command")


def test_server_still_loading(
    chromium: Chromium, open_tab: OpenTab, site: Site, own_service: Service, artifacts: Path
) -> None:
    """A click while the model loads is answered in the end."""
    with web.still_loading(own_service.port) as loading:
        chromium.use_server(loading.origin)
        tab = open_tab(site.url("strict.html"))
        tab.click_button()
        until(lambda: "loading" in tab.panel.text("panel").lower(), "the panel to say that it is loading")
        tab.screenshot(artifacts / "server-loading.png")
    own_service.start()
    press_retry(tab)
    assert len(wait_for_marks(tab)) >= 8


def test_something_else_on_the_port(
    chromium: Chromium, open_tab: OpenTab, site: Site, artifacts: Path
) -> None:
    with web.something_else() as other:
        chromium.use_server(other.origin)
        tab = open_tab(site.url("strict.html"))
        tab.click_button()
        until(lambda: tab.panel.visible("retry"), "the panel to say what is wrong")
        tab.screenshot(artifacts / "server-something-else.png")
        assert "not the sayso server" in tab.panel.text("panel").lower()
        assert other.origin.removeprefix("http://") in tab.panel.text("panel"), "it names another address"
        assert tab.count_marks() == 0


def test_server_killed_mid_page_and_restarted(
    chromium: Chromium, open_tab: OpenTab, site: Site, own_service: Service, artifacts: Path
) -> None:
    own_service.start()
    chromium.use_server(own_service.url)
    tab = open_tab(site.url("generated/long.html?sentences=500&seed=3"))
    tab.click_button()
    until(lambda: tab.count_marks() >= 20, "the first marks", every=0.01)
    own_service.kill()
    until(lambda: tab.panel.visible("retry"), "the panel to say that the server is gone")
    tab.screenshot(artifacts / "server-interrupted.png")
    kept = tab.marks()
    assert 20 <= len(kept) < 475

    own_service.start()
    # Without a click: the panel says that it goes on by itself.
    until(lambda: tab.count_marks() >= 475, "the rest of the page", timeout=240)
    assert not tab.panel.visible("retry")
    finished = set(tab.marks())
    assert set(kept) <= finished, "marks of before the interruption are gone"


@pytest.mark.parametrize("huge", [30_000, 3_000_000], ids=["a little too large", "far too large"])
def test_a_passage_over_the_servers_limits(
    chromium: Chromium, open_tab: OpenTab, site: Site, artifacts: Path, huge: int
) -> None:
    """It alone is left out, and the panel says so."""
    service = Service(artifacts / "server-small.log", SAYSO_MAX_BODY_BYTES="20000")
    service.start()
    try:
        chromium.use_server(service.url)
        tab = open_tab(site.url(f"generated/long.html?sentences=60&huge={huge}"))
        tab.click_button()
        assert len(wait_for_marks(tab)) >= 57
        assert re.search(r"could not classify: 1\.", tab.panel.text("panel"))
    finally:
        service.stop()


def test_a_server_that_fails_at_everything(
    chromium: Chromium, open_tab: OpenTab, site: Site, own_service: Service
) -> None:
    """It is not the passages then: the panel says so, and trying again asks about all of them."""
    with web.failing(own_service.port) as broken:
        chromium.use_server(broken.origin)
        tab = open_tab(site.url("blog.html"))
        tab.click_button()
        until(lambda: "The model broke." in tab.panel.text("panel"), "the panel to say what is wrong")
        assert "had a problem" in tab.panel.text("panel")
    own_service.start()
    tab.panel.click("retry")
    assert len(wait_for_marks(tab)) >= 30
    assert "could not classify" not in tab.panel.text("panel")


def press_retry(tab: Tab) -> None:
    """Press Retry, unless the panel has seen the server come back by itself."""
    tab.panel.click_if_there("retry")


def test_a_page_that_may_not_be_touched(chromium: Chromium, open_tab: OpenTab, artifacts: Path) -> None:
    tab = open_tab("chrome://version")
    tab.trigger_action()
    popup = until(lambda: chromium.own_targets("page", "other"), "the popup that explains")[0]
    text, picture = chromium.read_popup(popup)
    (artifacts / "page-not-touched.png").write_bytes(picture)
    assert "page" in text.lower()
