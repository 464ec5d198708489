"""Work that is broken off by the reader: nothing is left behind, in the page or in the server."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.e2e.either import HOST_ELEMENT, Browser, Page, only_in
from tests.e2e.firefox import Firefox
from tests.e2e.reading import wait_for_marks
from tests.e2e.service import Service
from tests.e2e.wait import settled, until
from tests.e2e.web import Site, new_long_page

OpenPage = Callable[[str], Page]

#: Enough that the work is not over before it is broken off.
SENTENCES = 500


def start_long(open_page: OpenPage) -> Page:
    """A long page with the work on it well begun."""
    page = open_page(new_long_page(SENTENCES))
    page.click_button()
    until(lambda: page.count_marks() >= 20, "the first marks", every=0.01)
    return page


def test_a_click_during_work_leaves_nothing_behind(open_page: OpenPage, service: Service) -> None:
    page = start_long(open_page)
    page.click_button()
    assert page.count_marks() == 0
    assert settled(page.count_marks, "late answers", quiet=2) == 0
    assert not page.has_host()
    assert service.status("/ready") == 200
    page.click_button()
    until(lambda: page.count_marks() >= 20, "marks after another click")


def test_closing_the_tab_during_work_leaves_the_server_healthy(open_page: OpenPage, service: Service) -> None:
    page = start_long(open_page)
    page.close()
    assert service.status("/health") == 200
    answer = httpx.post(
        f"{service.url}/v1/analyze", json={"blocks": [{"id": "a", "text": "That stinks."}]}, timeout=60
    )
    assert answer.status_code == 200
    assert len(answer.json()["blocks"][0]["sentences"]) == 1


def test_leaving_the_page_during_work_leaves_nothing_behind(open_page: OpenPage) -> None:
    page = start_long(open_page)
    page.navigate(page.url.partition("/generated")[0] + "/strict.html")
    assert settled(page.count_marks, "late answers", quiet=1) == 0
    assert not page.has_host()
    page.click_button()
    assert len(wait_for_marks(page)) >= 8


def test_going_back_to_a_page_left_during_work(open_page: OpenPage) -> None:
    """Kept in the back/forward cache or loaded again: the panel and the marks agree, and the button works."""
    page = start_long(open_page)
    long = page.url
    page.navigate(long.partition("/generated")[0] + "/strict.html")
    page.evaluate("history.back()")
    until(lambda: page.url == long, "the page left before")
    page.wait_loaded()
    if page.has_host():
        until(lambda: page.count_marks() >= 0.95 * SENTENCES, "the rest of the page", timeout=240)
    else:
        assert page.count_marks() == 0
        page.click_button()
        until(lambda: page.count_marks() >= 20, "marks after another click")
    page.click_button()
    assert page.count_marks() == 0


def test_the_background_is_stopped_during_work(open_page: OpenPage, browser: Browser) -> None:
    """A browser may end it at any time; the page must get its answers all the same."""
    page = start_long(open_page)
    browser.stop_background()
    until(lambda: page.count_marks() >= 0.95 * SENTENCES, "the rest of the page", timeout=240)


def click_for_a_new_panel(page: Page) -> None:
    """One click on the button, heard: another host element than before is there."""
    page.evaluate(f"document.querySelector('{HOST_ELEMENT}').isOld = true")
    is_new = f"document.querySelector('{HOST_ELEMENT}')?.isOld !== true"
    for _ in range(4):
        page.trigger_action()
        with contextlib.suppress(AssertionError):
            until(lambda: page.evaluate(is_new), "the new panel", timeout=8)
            return
    raise AssertionError("four clicks did not replace the old panel")


def reload_extension(browser: Browser, service: Service) -> None:
    browser.load_extension()
    browser.use_server(service.url)


# Firefox ends the old content script, and its panel is dead.
@only_in("chromium")
def test_what_a_reload_leaves_in_the_page_works(open_page: OpenPage, browser: Browser) -> None:
    page = open_page("blog.html")
    page.click_button()
    marks = wait_for_marks(page)
    browser.load_extension()
    until(lambda: "updated" in page.panel.text("panel"), "the page that is read to say what happened")
    page.panel.click("minimize")
    until(lambda: not page.panel.visible("switch-fact"), "the panel to fold")
    page.panel.click("minimize")
    page.panel.click("switch-fact")
    until(lambda: page.count_marks() < len(marks), "the claims to be hidden")
    page.click_text("the worst decision this council")
    until(lambda: page.panel.visible("card"), "the card")
    assert "opinion" in page.panel.text("card-kind").lower()
    page.press("Escape")
    page.panel.click("close")
    until(lambda: not page.has_host(), "the old panel to go")
    assert page.count_marks() == 0
    page.click_button()
    assert wait_for_marks(page) == marks


def test_the_extension_is_reloaded_after_work(
    open_page: OpenPage, browser: Browser, service: Service
) -> None:
    """The new one's button puts its own panel in the place of the old one, with its switches on."""
    page = open_page("strict.html")
    page.click_button()
    marks = wait_for_marks(page)
    page.panel.click("switch-fact")
    until(lambda: page.count_marks() < len(marks), "the claims to be hidden")
    reload_extension(browser, service)
    click_for_a_new_panel(page)
    assert wait_for_marks(page) == marks
    assert page.count_hosts() == 1
    page.panel.click("switch-fact")
    until(lambda: page.count_marks() < len(marks), "the claims to be hidden")
    page.click_button()
    assert page.count_hosts() == 0
    assert page.count_marks() == 0


def test_the_extension_is_reloaded_during_work(
    open_page: OpenPage, browser: Browser, service: Service
) -> None:
    page = start_long(open_page)
    reload_extension(browser, service)
    if browser.name == "chromium":  # Firefox has ended what could say so
        until(lambda: "updated" in page.panel.text("panel"), "the panel to say what happened")
        assert page.count_marks() >= 20
    click_for_a_new_panel(page)
    assert page.count_hosts() == 1
    assert len(wait_for_marks(page, timeout=240)) >= 0.95 * SENTENCES


#: Installs a file as an update does, and says how far it got.
UPDATE = """
const [path, resolve] = arguments;
const {AddonManager} = ChromeUtils.importESModule("resource://gre/modules/AddonManager.sys.mjs");
const {FileUtils} = ChromeUtils.importESModule("resource://gre/modules/FileUtils.sys.mjs");
AddonManager.getInstallForFile(new FileUtils.File(path)).then((install) => {
  install.addListener({
    onInstallEnded: () => resolve("installed"),
    onInstallPostponed: () => resolve("postponed"),
    onInstallFailed: () => resolve(`failed: ${install.error}`),
  });
  return install.install();
}).catch((error) => resolve(String(error)));
"""


def packed(extension: Path, version: str, file: Path) -> Path:
    """The extension in a file, as of another version."""
    with zipfile.ZipFile(file, "w") as archive:
        for source in extension.rglob("*"):
            content = source.read_bytes() if source.is_file() else b""
            if source.name == "manifest.json":
                content = json.dumps({**json.loads(content), "version": version}).encode()
            if content:
                archive.writestr(str(source.relative_to(extension)), content)
    return file


def test_firefox_does_not_update_under_a_page_that_is_read(
    extension: Path, site: Site, answers: Site, tmp_path: Path
) -> None:
    update = packed(extension, "99.0", tmp_path / "update.xpi")
    unsigned = {"xpinstall.signatures.required": "false"}
    with contextlib.closing(Firefox(extension, **unsigned)) as firefox:
        firefox.use_server(answers.origin)
        page = firefox.open(site.url("blog.html"))
        page.click_button()
        marks = wait_for_marks(page)
        firefox.stop_background()  # an update wakes it
        assert firefox.chrome_async(UPDATE, str(update)) == "postponed"
        page.panel.click("switch-fact")
        until(lambda: page.count_marks() < len(marks), "the claims to be hidden")
