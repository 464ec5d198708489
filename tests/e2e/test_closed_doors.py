"""A page, and another extension, can neither drive Sayso nor read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.e2e.chromium import Chromium, Tab
from tests.e2e.reading import wait_for_marks
from tests.e2e.service import REPOSITORY
from tests.e2e.wait import settled
from tests.e2e.web import Site

OTHER: Path = REPOSITORY / "tests" / "fixtures" / "other-extension"

MESSAGES = """[
  {type: "sayso:toggle"}, {type: "sayso:state", on: false}, {type: "sayso:probe"}, {type: "sayso:style"},
  {type: "sayso:site"}, {type: "analyze", batch: 1, blocks: [{id: "a", text: "Hello."}]},
]"""


def test_a_page_has_no_way_in(
    chromium: Chromium, open_tab: Callable[[str], Tab], site: Site, answers: Site
) -> None:
    chromium.use_server(answers.origin)
    tab = open_tab(site.url("strict.html"))
    assert tab.evaluate("typeof globalThis.chrome?.runtime?.sendMessage") == "undefined"
    # Its files cannot be loaded, by which a page could also tell that it is installed.
    for name in ("content.js", "options.html", "icons/icon-16.png"):
        asked = f"fetch('{chromium.own_url(name)}').then(() => 'there', () => 'nothing')"
        assert tab.evaluate(asked) == "nothing"
    tab.errors.clear()  # which the browser notes
    tab.click_button()
    before = wait_for_marks(tab)
    asked_before = len(answers.asked)
    tab.evaluate(
        f"for (const message of {MESSAGES}) {{ postMessage(message, '*'); "
        "dispatchEvent(new MessageEvent('message', {data: message})); "
        "document.dispatchEvent(new CustomEvent(message.type, {detail: message})); }"
    )
    assert settled(tab.count_marks, "the marks", quiet=1) == len(before)
    assert len(answers.asked) == asked_before


def test_another_extension_has_no_way_in(
    chromium: Chromium, open_tab: Callable[[str], Tab], site: Site, answers: Site
) -> None:
    chromium.use_server(answers.origin)
    tab = open_tab(site.url("strict.html"))
    tab.click_button()
    before = len(wait_for_marks(tab))
    asked_before = len(answers.asked)
    other = chromium.cdp.send("Extensions.loadUnpacked", path=str(OTHER))["id"]
    page = open_tab(f"chrome-extension://{other}/manifest.json")
    refused = page.evaluate(
        f"Promise.all({MESSAGES}.map((each) => chrome.runtime.sendMessage('{chromium.extension_id}', each)"
        ".then(() => 'heard', (error) => error.message)))"
    )
    assert set(refused) == {"Could not establish connection. Receiving end does not exist."}
    ended = page.evaluate(
        "new Promise((done) => {"
        f" const port = chrome.runtime.connect('{chromium.extension_id}', {{name: 'sayso:analyze'}});"
        " port.onMessage.addListener(() => done('heard'));"
        " port.onDisconnect.addListener(() => { void chrome.runtime.lastError; done('closed'); });"
        f" port.postMessage({MESSAGES}.at(-1)); }})"
    )
    assert ended == "closed"
    assert settled(tab.count_marks, "the marks", quiet=1) == before
    assert len(answers.asked) == asked_before
