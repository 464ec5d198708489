"""A page, and another extension, can neither drive Sayso nor read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.e2e.either import Browser, Page
from tests.e2e.reading import read, wait_for_marks
from tests.e2e.service import REPOSITORY
from tests.e2e.wait import settled
from tests.e2e.web import Site

OTHER: Path = REPOSITORY / "tests" / "fixtures" / "other-extension"

MESSAGES = """[
  {type: "sayso:toggle"}, {type: "sayso:state", on: false}, {type: "sayso:probe"}, {type: "sayso:style"},
  {type: "sayso:site"}, {type: "analyze", batch: 1, blocks: [{id: "a", text: "Hello."}]},
]"""


def test_a_page_has_no_way_in(browser: Browser, open_canned: Callable[[str], Page], answers: Site) -> None:
    page = open_canned("strict.html")
    for name in ("chrome", "browser"):
        assert page.evaluate(f"typeof window.{name}?.runtime?.sendMessage") == "undefined"
    # Its files cannot be loaded, by which a page could also tell that it is installed.
    for name in ("content.js", "options.html", "icons/icon-16.png"):
        asked = f"fetch('{browser.own_url(name)}').then(() => 'there', () => 'nothing')"
        assert page.evaluate(asked) == "nothing"
    page.forget_errors()  # which the browser notes
    page.click_button()
    before = wait_for_marks(page)
    asked_before = len(answers.asked)
    page.evaluate(
        f"void {MESSAGES}.forEach((message) => {{ postMessage(message, '*'); "
        "dispatchEvent(new MessageEvent('message', {data: message})); "
        "document.dispatchEvent(new CustomEvent(message.type, {detail: message})); })"
    )
    assert settled(page.count_marks, "the marks", quiet=1) == len(before)
    assert len(answers.asked) == asked_before


def test_another_extension_has_no_way_in(
    browser: Browser,
    open_canned: Callable[[str], Page],
    open_tab: Callable[[str], Page],
    answers: Site,
) -> None:
    page = read(open_canned, "strict.html")
    before = page.count_marks()
    asked_before = len(answers.asked)
    other = open_tab(browser.load_other(OTHER) + "page.html")
    refused = other.evaluate(
        f"Promise.all({MESSAGES}.map((each) => chrome.runtime.sendMessage('{browser.extension_id}', each)"
        ".then(() => 'heard', (error) => error.message)))"
    )
    assert set(refused) == {"Could not establish connection. Receiving end does not exist."}
    ended = other.evaluate(
        "new Promise((done) => {"
        f" const port = chrome.runtime.connect('{browser.extension_id}', {{name: 'sayso:analyze'}});"
        " port.onMessage.addListener(() => done('heard'));"
        " port.onDisconnect.addListener(() => { void chrome.runtime.lastError; done('closed'); });"
        f" port.postMessage({MESSAGES}.at(-1)); }})"
    )
    assert ended == "closed"
    assert settled(page.count_marks, "the marks", quiet=1) == before
    assert len(answers.asked) == asked_before
