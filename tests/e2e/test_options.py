"""The options page, in both browsers: what is set there is kept, and felt where it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models import data, labels
from tests.e2e import web
from tests.e2e.either import Browser, Page, only_in
from tests.e2e.firefox import Firefox
from tests.e2e.own_page import axe_violations, find, own_page, text
from tests.e2e.reading import read_page, wait_for_marks
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

#: One of each answer, by the class that it is to the models.
OF_EACH = [
    correction(str(number), f"Sentence {number}.", "other" if name != "other" else "fact", name)
    for number, name in enumerate(labels.CLASSES)
]

LINE = "getComputedStyle(document.body, '::highlight(sayso-{})').textDecorationLine"
COLOUR = "getComputedStyle(document.body, '::highlight(sayso-{})').textDecorationColor"


def test_the_preview_is_painted(browser: Browser, open_tab: Callable[[str], Page], answers: Site) -> None:
    """Not only registered: Firefox does not paint ranges that were made outside of the document."""
    browser.use_server(answers.origin)
    tab = open_tab(browser.own_url("options.html"))
    until(lambda: tab.evaluate("CSS.highlights.size") > 0, "the preview")
    painted = tab.picture_of("[data-testid=preview]")
    tab.evaluate("CSS.highlights.clear()")
    assert tab.picture_of("[data-testid=preview]") != painted


def test_a_look_is_felt_at_once_where_a_page_is_read(
    browser: Browser, site: Site, answers: Site, artifacts: Path
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
            options.screenshot(artifacts / f"options-{browser.name}.png")
        with own_page(browser, "options.html") as options:
            until(lambda: options.evaluate(find("palette-blue-yellow") + ".checked"), "what was set")
            options.click("markStyle-both")
            until(lambda: page.evaluate(LINE.format("fact")) == "underline", "the lines again")
        page.click_button()
        until(lambda: page.evaluate(LINE.format("fact")) == "none", "the style to go with the marks")
        page.click_button()


def test_the_server_is_tested_in_words(browser: Browser, answers: Site) -> None:
    with own_page(browser, "options.html") as options:

        def save(address: str, token: str = "") -> str:
            options.evaluate(f"{find('server-outcome')}.textContent = ''")
            options.type("server-url", address)
            options.type("token", token)
            options.click("save-server")
            until(lambda: text(options, "server-outcome") not in ("", "Asking the server…"), "the outcome")
            return text(options, "server-outcome")

        assert "ready" in save(answers.origin)
        assert "ready" in save(answers.origin.removeprefix("http://"))
        assert options.evaluate(find("server-url") + ".value") == answers.origin
        assert "not an address" in save("two words")
        assert "only as 127.0.0.1" in save("http://[::1]:8377")
        assert "needs a token" in save("https://sayso.example")
        assert "https" in save("http://sayso.example", TOKEN)
        port = free_port()
        said = save(f"http://localhost:{port}")
        assert "not running" in said
        assert text(options, "command") == f"SAYSO_PORT={port} make run"
        options.click("copy")
        until(lambda: text(options, "copy") == "Copied", "the command to be copied")
        assert options.evaluate(find("server-url") + ".value") == f"http://127.0.0.1:{port}"
        with web.something_else() as other:
            assert "not the Sayso server" in save(other.origin)
        with web.still_loading() as loading:
            assert "loading" in save(loading.origin)


def test_nothing_old_is_said_while_the_browser_asks_the_reader(browser: Browser, answers: Site) -> None:
    with own_page(browser, "options.html") as options:
        options.type("server-url", answers.origin)
        options.click("save-server")
        until(lambda: "ready" in text(options, "server-outcome"), "the outcome")
        options.type("site", "two words")
        options.click("add-site")
        until(lambda: "not the address of a site" in text(options, "sites-outcome"), "the outcome")
        options.evaluate("chrome.permissions.request = () => new Promise(() => undefined)")
        options.click("save-server")
        until(lambda: text(options, "server-outcome") == "", "the last outcome to go")
        options.type("site", "example.org")
        options.click("add-site")
        until(lambda: text(options, "sites-outcome") == "", "the last outcome to go")


@pytest.fixture(scope="module")
def guarded_service(artifacts: Path) -> Iterator[Service]:
    """One that asks for a token."""
    service = Service(artifacts / "server-token.log", SAYSO_TOKEN=TOKEN)
    service.start(wait=False)
    until(lambda: service.get("/ready", TOKEN) == 200, "the model", timeout=240)
    yield service
    service.stop()


def test_a_server_with_a_token(browser: Browser, site: Site, guarded_service: Service) -> None:
    """Without it the panel says what is asked for; with it the page is read."""
    for token, outcome in (("wrong", "asks for its token"), (TOKEN, "is ready")):
        with own_page(browser, "options.html") as options:
            options.type("server-url", guarded_service.url)
            options.type("token", token)
            options.click("save-server")
            until(lambda said=outcome: said in text(options, "server-outcome"), f"the outcome of {token!r}")
        with read_page(browser, site.url("strict.html")) as page:
            if token == TOKEN:
                assert len(wait_for_marks(page)) >= 8
            else:
                until(lambda: "asks for its token" in page.panel.text("panel"), "the panel to say so")


def test_corrections_are_listed_saved_and_deleted(browser: Browser, tmp_path: Path) -> None:
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
            "MO",
        ]
        options.click("delete-all")
        options.click("cancel")
        assert text(options, "corrections") != ""
        options.click("delete-all")
        options.click("confirm-delete")
        until(lambda: text(options, "corrections-count") == "No corrections so far.", "the list to be empty")


def test_saved_corrections_say_to_the_models_what_the_reader_said(browser: Browser, tmp_path: Path) -> None:
    """One class each: a plain "opinion" would leave open whether the sentence is mixed."""
    browser.store(corrections=OF_EACH)
    browser.save_downloads_in(tmp_path)
    file = tmp_path / "sayso-corrections.tsv"
    with own_page(browser, "options.html") as options:
        until(lambda: "5" in text(options, "corrections-count"), "the corrections")
        options.click("export")
        until(lambda: file.exists() and file.read_text().count("\n") == 6, "the file")
    rows = data.read_tsv(file)
    assert [row.allowed for row in rows] == [frozenset({number}) for number in range(len(labels.CLASSES))]


def test_settings_that_are_spoilt_are_the_defaults(browser: Browser) -> None:
    browser.store(markStyle=7, palette={"a": 1}, corrections="x", sites=[3, "javascript:x"], token="a\nb")
    with own_page(browser, "options.html") as options:
        until(lambda: options.evaluate(find("markStyle-both") + "?.checked"), "the default look")
        assert options.evaluate(find("palette-orange-teal") + ".checked")
        assert text(options, "corrections-count") == "No corrections so far."
        assert options.evaluate(find("sites") + ".children.length") == 0
        assert options.evaluate(find("token") + ".value") == ""


def test_what_the_page_says_of_itself(browser: Browser, answers: Site) -> None:
    browser.use_server(answers.origin)
    with own_page(browser, "options.html") as options:
        until(lambda: "Alt+Shift+M" in text(options, "shortcuts"), "the shortcut")
        assert text(options, "version") == "0.1.0"
        until(lambda: "canned, revision r1" in text(options, "model"), "the model")


def test_axe_finds_nothing_wrong(browser: Browser) -> None:
    browser.store(corrections=CORRECTIONS, sites=["https://example.org/*"])
    with own_page(browser, "options.html") as options:
        until(lambda: "2" in text(options, "corrections-count"), "the corrections")
        assert axe_violations(options) == []
        options.click("delete-all")
        assert axe_violations(options) == []
        options.click("cancel")


@pytest.mark.parametrize(("width", "scale"), [(320, 1.0), (640, 2.0)])
def test_it_fits_a_narrow_window_and_is_dark_where_the_reader_is(
    browser: Browser, open_tab: Callable[[str], Page], width: int, scale: float, artifacts: Path
) -> None:
    tab = open_tab(browser.own_url("options.html"))
    tab.prefer(**{"prefers-color-scheme": "dark"})
    tab.resize(width, 450, scale)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(19, 21, 25)"
    tab.screenshot(artifacts / f"options-{width}-{browser.name}.png")
    tab.forget_errors()  # no server is there, which the browser notes


def test_all_of_it_can_be_reached_by_keyboard(browser: Browser, open_tab: Callable[[str], Page]) -> None:
    tab = open_tab(browser.own_url("options.html"))
    until(lambda: tab.evaluate(find("change-shortcuts") + "?.checkVisibility()"), "the page")
    reached = set()
    for _ in range(20):
        tab.press("Tab")
        reached.add(tab.evaluate("document.activeElement.dataset.testid ?? ''"))
        # After the last comes the browser's own window, in which the page's element has the focus no more.
        has_focus = tab.evaluate("document.activeElement.matches(':focus')")
        outline = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none" or not has_focus
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
    tab.forget_errors()


def test_a_storage_that_takes_nothing(browser: Browser) -> None:
    """A full or damaged profile: the page says so, and what was set still holds."""
    with own_page(browser, "options.html") as options:
        until(lambda: options.evaluate(find("markStyle-both") + "?.checked"), "the page")
        options.evaluate("chrome.storage.local.set = () => Promise.reject(new Error('Corruption'))")
        options.click("markStyle-line")
        until(
            lambda: "could not keep" in options.evaluate("document.getElementById('not-saved').innerText"),
            "it",
        )
    with own_page(browser, "options.html") as options:
        until(lambda: options.evaluate(find("markStyle-both") + "?.checked"), "what was set before")


# Chromium's question is the window system's and cannot be answered from here.
@only_in("firefox")
def test_a_server_on_another_machine_is_asked_for_when_it_is_entered(browser: Firefox) -> None:
    port = free_port()
    allowed = "chrome.permissions.getAll().then(({origins}) => origins)"
    with own_page(browser, "options.html") as options:
        browser.answer_permission_prompts()
        assert "https://localhost/*" not in options.evaluate(allowed)
        options.type("server-url", f"https://localhost:{port}")
        options.type("token", TOKEN)
        options.click("save-server")
        # `localhost` is this machine's by http alone; by https it is a server like any other.
        until(lambda: "cannot be reached" in text(options, "server-outcome"), "the outcome")
        assert "https://localhost/*" in options.evaluate(allowed)
    browser.withdraw_permission("https://localhost/*")
