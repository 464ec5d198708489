"""Work that is broken off by the reader: nothing is left behind, in the page or in the server."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import httpx

from tests.e2e.chromium import HOST_ELEMENT, Chromium, Tab
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


def hosts(tab: Tab) -> int:
    return tab.evaluate(f"document.querySelectorAll('{HOST_ELEMENT}').length")


def click_for_a_new_panel(tab: Tab) -> None:
    """One click on the button, heard: another host element than before is there."""
    tab.evaluate(f"document.querySelector('{HOST_ELEMENT}').isOld = true")
    is_new = f"document.querySelector('{HOST_ELEMENT}')?.isOld !== true"
    for _ in range(4):
        tab.trigger_action()
        with contextlib.suppress(AssertionError):
            until(lambda: tab.evaluate(is_new), "the new panel", timeout=8)
            return
    raise AssertionError("four clicks did not replace the old panel")


def test_the_extension_is_reloaded_after_work(open_page: OpenPage, chromium: Chromium) -> None:
    """What it left in the page still works by itself, and the new one's button puts its own in the place."""
    tab = open_page("blog.html")
    tab.click_button()
    marks = wait_for_marks(tab)
    chromium.load_extension()

    tab.panel.click("minimize")
    until(lambda: not tab.panel.visible("switch-fact"), "the panel to fold")
    tab.panel.click("minimize")
    tab.panel.click("switch-fact")
    until(lambda: tab.count_marks() < len(marks), "the claims to be hidden")
    tab.click_text("the worst decision this council")
    until(lambda: tab.panel.visible("card"), "the card")
    assert "opinion" in tab.panel.text("card-kind").lower()

    click_for_a_new_panel(tab)
    # With its switches on.
    assert wait_for_marks(tab) == marks
    assert hosts(tab) == 1
    tab.panel.click("switch-fact")
    until(lambda: tab.count_marks() < len(marks), "the claims to be hidden")
    tab.click_button()
    assert hosts(tab) == 0
    assert tab.count_marks() == 0


def test_the_old_panel_can_be_closed_after_a_reload(open_page: OpenPage, chromium: Chromium) -> None:
    tab = open_page("strict.html")
    tab.click_button()
    wait_for_marks(tab)
    chromium.load_extension()
    tab.panel.click("close")
    until(lambda: hosts(tab) == 0, "the old panel to go")
    assert tab.count_marks() == 0
    tab.click_button()
    assert len(wait_for_marks(tab)) >= 8


def test_the_extension_is_reloaded_during_work(open_page: OpenPage, chromium: Chromium) -> None:
    tab = start_long(open_page, seed=16)
    chromium.load_extension()
    until(lambda: "updated" in tab.panel.text("panel"), "the panel to say what happened")
    assert tab.count_marks() >= 20
    click_for_a_new_panel(tab)
    assert hosts(tab) == 1
    assert len(wait_for_marks(tab, timeout=240)) >= 0.95 * SENTENCES
