"""Work that is broken off by the reader: nothing is left behind, in the page or in the server."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from tests.e2e.chromium import Chromium, Tab
from tests.e2e.reading import wait_for_marks
from tests.e2e.service import Service
from tests.e2e.wait import settled, until

OpenPage = Callable[[str], Tab]

#: Enough that the work is not over before it is broken off.
SENTENCES = 500


def start_long(open_page: OpenPage, seed: int) -> Tab:
    """A long page with the work on it well begun."""
    tab = open_page(f"generated/long.html?sentences={SENTENCES}&seed={seed}")
    tab.click_button()
    until(lambda: tab.count_marks() >= 20, "the first marks", every=0.01)
    return tab


def test_a_click_during_work_leaves_nothing_behind(open_page: OpenPage, service: Service) -> None:
    tab = start_long(open_page, seed=11)
    tab.click_button()
    assert tab.count_marks() == 0
    assert settled(tab.count_marks, "late answers", quiet=2) == 0
    assert not tab.has_host()
    assert service.status("/ready") == 200
    tab.click_button()
    until(lambda: tab.count_marks() >= 20, "marks after another click")


def test_closing_the_tab_during_work_leaves_the_server_healthy(open_page: OpenPage, service: Service) -> None:
    tab = start_long(open_page, seed=12)
    tab.close()
    assert service.status("/health") == 200
    answer = httpx.post(
        f"{service.url}/v1/analyze", json={"blocks": [{"id": "a", "text": "That stinks."}]}, timeout=60
    )
    assert answer.status_code == 200
    assert len(answer.json()["blocks"][0]["sentences"]) == 1


def test_leaving_the_page_during_work_leaves_nothing_behind(open_page: OpenPage) -> None:
    tab = start_long(open_page, seed=13)
    tab.navigate(tab.url.partition("/generated")[0] + "/strict.html")
    assert settled(tab.count_marks, "late answers", quiet=1) == 0
    assert not tab.has_host()
    tab.click_button()
    assert len(wait_for_marks(tab)) >= 8


def test_going_back_to_a_page_left_during_work(open_page: OpenPage) -> None:
    """Kept in the back/forward cache or loaded again: the panel and the marks agree, and the button works."""
    tab = start_long(open_page, seed=15)
    long = tab.url
    tab.navigate(long.partition("/generated")[0] + "/strict.html")
    tab.evaluate("history.back()")
    until(lambda: tab.url == long, "the page left before")
    tab.wait_loaded()
    if tab.has_host():
        until(lambda: tab.count_marks() >= 0.95 * SENTENCES, "the rest of the page", timeout=240)
    else:
        assert tab.count_marks() == 0
        tab.click_button()
        until(lambda: tab.count_marks() >= 20, "marks after another click")
    tab.click_button()
    assert tab.count_marks() == 0


def test_the_background_is_stopped_during_work(open_page: OpenPage, chromium: Chromium) -> None:
    """Chromium may end an extension's worker at any time; the page must get its answers all the same."""
    tab = start_long(open_page, seed=14)
    for worker in chromium.own_targets("service_worker"):
        chromium.cdp.send("Target.closeTarget", targetId=worker["targetId"])
    until(lambda: tab.count_marks() >= 0.95 * SENTENCES, "the rest of the page", timeout=240)
