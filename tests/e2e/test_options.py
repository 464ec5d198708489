"""The options page, in both browsers: what is set there is kept, and felt where it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e import web
from tests.e2e.chromium import Chromium, Tab
from tests.e2e.either import read_page
from tests.e2e.firefox import Firefox
from tests.e2e.own_page import axe_violations, find, own_page, text
from tests.e2e.reading import wait_for_marks
from tests.e2e.service import Service, free_port
from tests.e2e.wait import until
from tests.e2e.web import Site

TOKEN = "correct-horse-battery-staple"


def correction(number: str, sentence: str, given: str, right: str) -> dict[str, str]:
    return {"id": number, "sentence": sentence, "given": given, "right": right, "model": "m@1", "at": ""}


CORRECTIONS = [
    correction("1", "The pool\twas sold for a song.", "fact", "mixed_opinion"),
    correction("2", "What a day that was!", "opinion", "other"),
]

LINE = "getComputedStyle(document.body, '::highlight(sayso-{})').textDecorationLine"
COLOUR = "getComputedStyle(document.body, '::highlight(sayso-{})').textDecorationColor"


@pytest.fixture(params=["chromium", "firefox"])
def browser(request: pytest.FixtureRequest) -> Iterator[Chromium | Firefox]:
    """Either browser, with the settings as they are before anything is set."""
    driver: Chromium | Firefox = request.getfixturevalue(request.param)
    yield driver
    driver.store(markStyle="both", palette="orange-teal", corrections=[], sites=[], token="")


def test_a_look_is_felt_at_once_where_a_page_is_read(
    browser: Chromium | Firefox, site: Site, answers: Site, artifacts: Path
) -> None:
    browser.use_server(answers.origin)
    with read_page(browser, site.url("blog.html")) as page:
        wait_for_marks(page)
        assert page.evaluate(COLOUR.format("fact")) == "rgb(12, 133, 153)"
        with own_page(browser, "options.html") as options:
            options.click("palette-blue-yellow")
            until(lambda: page.evaluate(COLOUR.format("fact")) == "rgb(166, 124, 0)", "the page to change")
            until(lambda: options.evaluate(COLOUR.format("fact")) == "rgb(166, 124, 0)", "the preview to")
            options.click("markStyle-tint")
            until(lambda: page.evaluate(LINE.format("fact")) == "none", "the page's lines to go")
            options.screenshot(artifacts / f"options-{type(browser).__name__.lower()}.png")
        with own_page(browser, "options.html") as options:
            until(lambda: options.evaluate(find("palette-blue-yellow") + ".checked"), "what was set")
            options.click("markStyle-both")
            until(lambda: page.evaluate(LINE.format("fact")) == "underline", "the lines again")
        page.click_button()
        until(lambda: page.evaluate(LINE.format("fact")) == "none", "the style to go with the marks")
        page.click_button()


def test_the_server_is_tested_in_words(browser: Chromium | Firefox, answers: Site) -> None:
    with own_page(browser, "options.html") as options:

        def save(address: str, token: str = "") -> str:
            options.evaluate(f"{find('server-outcome')}.textContent = ''")
            options.type("server-url", address)
            options.type("token", token)
            options.click("save-server")
            until(lambda: text(options, "server-outcome") not in ("", "Asking the server…"), "the outcome")
            return text(options, "server-outcome")

        assert "ready" in save(answers.origin)
        assert "not an address" in save("nonsense")
        assert "needs a token" in save("https://sayso.example")
        assert "https" in save("http://sayso.example", TOKEN)
        port = free_port()
        said = save(f"http://localhost:{port}")
        assert "not running" in said
        assert f"SAYSO_PORT={port} make run" in said
        assert options.evaluate(find("server-url") + ".value") == f"http://127.0.0.1:{port}"
        with web.something_else() as other:
            assert "not the Sayso server" in save(other.origin)
        with web.still_loading() as loading:
            assert "loading" in save(loading.origin)


def test_a_server_with_a_token(browser: Chromium | Firefox, site: Site, artifacts: Path) -> None:
    """Without it the panel says what is asked for; with it the page is read."""
    service = Service(artifacts / "server-token.log", SAYSO_TOKEN=TOKEN)
    service.start(wait=False)
    try:
        until(lambda: service.get("/ready", TOKEN) == 200, "the model", timeout=240)
        for token, outcome in (("wrong", "asks for its token"), (TOKEN, "is ready")):
            with own_page(browser, "options.html") as options:
                options.type("server-url", service.url)
                options.type("token", token)
                options.click("save-server")
                until(
                    lambda said=outcome: said in text(options, "server-outcome"), f"the outcome of {token!r}"
                )
            with read_page(browser, site.url("strict.html")) as page:
                if token == TOKEN:
                    assert len(wait_for_marks(page)) >= 8
                else:
                    until(lambda: "asks for its token" in page.panel.text("panel"), "the panel to say so")
    finally:
        service.stop()


def test_corrections_are_listed_saved_and_deleted(browser: Chromium | Firefox, tmp_path: Path) -> None:
    browser.store(corrections=CORRECTIONS)
    browser.save_downloads_in(tmp_path)
    with own_page(browser, "options.html") as options:
        until(lambda: "2" in text(options, "corrections-count"), "the corrections")
        assert "Sayso: Opinion. You: Neither." in text(options, "corrections")
        options.click("export")
        file = tmp_path / "sayso-corrections.tsv"
        until(lambda: file.exists() and file.read_text().count("\n") == 3, "the file")
        assert file.read_text().splitlines()[1].split("\t")[:3] == [
            "1",
            "The pool was sold for a song.",
            "mixed_opinion",
        ]
        options.click("delete-all")
        options.click("cancel")
        assert text(options, "corrections") != ""
        options.click("delete-all")
        options.click("confirm-delete")
        until(lambda: text(options, "corrections-count") == "No corrections so far.", "the list to be empty")


def test_settings_that_are_spoilt_are_the_defaults(browser: Chromium | Firefox) -> None:
    browser.store(markStyle=7, palette={"a": 1}, corrections="x", sites=[3, "javascript:x"], token="a\nb")
    with own_page(browser, "options.html") as options:
        until(lambda: options.evaluate(find("markStyle-both") + "?.checked"), "the default look")
        assert options.evaluate(find("palette-orange-teal") + ".checked")
        assert text(options, "corrections-count") == "No corrections so far."
        assert options.evaluate(find("sites") + ".children.length") == 0
        assert options.evaluate(find("token") + ".value") == ""


def test_what_the_page_says_of_itself(browser: Chromium | Firefox, answers: Site) -> None:
    browser.use_server(answers.origin)
    with own_page(browser, "options.html") as options:
        until(lambda: "Alt+Shift+M" in text(options, "shortcuts"), "the shortcut")
        assert text(options, "version") == "0.1.0"
        until(lambda: "canned, revision r1" in text(options, "model"), "the model")


def test_axe_finds_nothing_wrong(browser: Chromium | Firefox) -> None:
    browser.store(corrections=CORRECTIONS, sites=["https://example.org/*"])
    with own_page(browser, "options.html") as options:
        until(lambda: "2" in text(options, "corrections-count"), "the corrections")
        assert axe_violations(options) == []
        options.click("delete-all")
        assert axe_violations(options) == []
        options.click("cancel")


@pytest.mark.parametrize(("width", "scale"), [(320, 1.0), (640, 2.0)])
def test_it_fits_a_narrow_window_and_is_dark_where_the_reader_is(
    chromium: Chromium, open_tab: Callable[[str], Tab], width: int, scale: float, artifacts: Path
) -> None:
    tab = open_tab("about:blank")
    tab.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    size = {"width": width, "height": 900, "deviceScaleFactor": scale, "mobile": False}
    tab.send("Emulation.setDeviceMetricsOverride", **size)
    tab.navigate(chromium.own_url("options.html"))
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(19, 21, 25)"
    tab.screenshot(artifacts / f"options-{width}.png")
    tab.errors.clear()  # no server is there, which the browser notes


def test_all_of_it_can_be_reached_by_keyboard(chromium: Chromium, open_tab: Callable[[str], Tab]) -> None:
    tab = open_tab(chromium.own_url("options.html"))
    until(lambda: tab.evaluate(find("change-shortcuts") + "?.checkVisibility()"), "the page")
    reached = set()
    for _ in range(20):
        tab.press("Tab")
        reached.add(tab.evaluate("document.activeElement.dataset.testid ?? ''"))
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert tab.evaluate(f"document.activeElement === document.body || {outline}") != "none"
    wanted = {
        "markStyle-both",
        "palette-orange-teal",
        "site",
        "add-site",
        "server-url",
        "token",
        "save-server",
    }
    assert {*wanted, "change-shortcuts"} <= reached
    tab.errors.clear()


def test_a_storage_that_takes_nothing(chromium: Chromium) -> None:
    """A full or damaged profile: the page says so, and what was set still holds."""
    with own_page(chromium, "options.html") as options:
        until(lambda: options.evaluate(find("markStyle-both") + "?.checked"), "the page")
        options.evaluate("chrome.storage.local.set = () => Promise.reject(new Error('Corruption'))")
        options.click("markStyle-line")
        until(
            lambda: "could not keep" in options.evaluate("document.getElementById('not-saved').innerText"),
            "it",
        )
    with own_page(chromium, "options.html") as options:
        until(lambda: options.evaluate(find("markStyle-both") + "?.checked"), "what was set before")


def test_a_server_on_another_machine_is_asked_for_when_it_is_entered(firefox: Firefox) -> None:
    """In Firefox, whose question can be answered from here."""
    port = free_port()
    everything = "chrome.permissions.getAll().then(({origins}) => { window.allowed = origins.sort().join() })"
    with own_page(firefox, "options.html") as options:

        def allowed() -> str:
            options.evaluate(f"void {everything}")
            return str(until(lambda: options.evaluate("window.allowed ?? ''"), "the permissions"))

        firefox.marionette.set_pref(
            "extensions.webextOptionalPermissionPrompts", False
        )  # as if answered with yes
        assert "https" not in allowed()
        options.type("server-url", f"https://localhost:{port}")
        options.type("token", TOKEN)
        options.click("save-server")
        # `localhost` is this machine's by http alone; by https it is a server like any other.
        until(lambda: "cannot be reached" in text(options, "server-outcome"), "the outcome")
        assert "https://localhost/*" in allowed()
    firefox.withdraw_permission("https://localhost/*")
    firefox.store(token="")
