"""The card by keyboard; why a sentence was called what it was; corrections."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e import web
from tests.e2e.either import Browser, Page
from tests.e2e.reading import number, open_card, read, tab_to, wait_for_marks
from tests.e2e.wait import until
from tests.e2e.web import Site

OpenPage = Callable[[str], Page]


def test_by_keyboard_and_back(open_canned: OpenPage) -> None:
    page = read(open_canned, "blog.html")
    open_card(page)
    assert page.panel.text("card-kind") == "Opinion"
    assert "very sure, 95 %" in page.panel.text("card-confidence")
    assert page.panel.focused() == "card"
    page.press("n")
    until(lambda: page.panel.text("card-kind") == "Factual claim", "the next mark's card")
    assert page.panel.focused() == "card"
    tab_to(page, "card-why")
    page.press("Escape")
    until(lambda: not page.panel.visible("card"), "Escape to close the card")
    assert page.panel.focused() == "details"


def test_why(open_canned: OpenPage) -> None:
    page = read(open_canned, "blog.html")
    open_card(page)
    first = page.marks()[0].sentence
    words = first.split()
    page.panel.click("card-why")
    until(lambda: page.panel.visible("why-for"), "the words that count")
    assert page.panel.text("why-words") == first
    assert page.panel.text("why-for") == f"Speak for it: “{words[0]}”"
    assert page.panel.text("why-against") == f"Speak against it: “{words[1]}”"
    assert page.panel.attribute("card-why", "aria-expanded") == "true"
    page.panel.click("card-why")
    until(lambda: not page.panel.visible("why"), "it to fold")


def test_why_without_a_server_that_knows(open_canned: OpenPage, browser: Browser) -> None:
    page = read(open_canned, "blog.html")
    with web.older() as server:
        browser.use_server(server.origin)
        open_card(page)
        page.panel.click("card-why")
        until(lambda: "older than the extension" in page.panel.text("why"), "what is the matter")
    page.panel.click("card-why")
    page.panel.click("card-why")
    until(lambda: "not running" in page.panel.text("why-problem"), "what is the matter now")


def test_why_of_the_real_server(open_page: OpenPage) -> None:
    page = open_page("blog.html")
    page.click_button()
    wait_for_marks(page)
    page.click_text("the worst decision this council")
    page.panel.click("card-why")
    until(lambda: "worst" in page.panel.text("why-for"), "the word that it hangs on")


def test_a_very_long_sentence(open_canned: OpenPage) -> None:
    page = open_canned("nothing.html")
    words = "The council sold the pool and the library and " * 300
    page.evaluate(f"void (document.body.innerHTML = '<article><p>{words}nobody minded.</p></article>')")
    page.click_button()
    wait_for_marks(page)
    open_card(page)
    page.panel.click("card-why")
    until(lambda: page.panel.visible("why-words"), "the words")
    box = page.panel.box("card")
    width, height = page.evaluate("[innerWidth, innerHeight]")
    assert min(box["left"], box["top"]) >= 0
    assert box["right"] <= width
    assert box["bottom"] <= height
    page.panel.click("card-correct")
    page.panel.click("correct-fact")
    until(lambda: "could not be kept" in page.panel.text("correction-said"), "it to say so")
    assert page.marks()[0].kind == "opinion"


def test_a_correction_is_kept_and_holds(open_canned: OpenPage, browser: Browser, answers: Site) -> None:
    page = read(open_canned, "blog.html")
    before = page.marks()
    opinions = number(page.panel.text("count-opinion"))
    open_card(page)
    asked = list(answers.asked)
    page.panel.click("card-correct")
    assert page.panel.count("correct-opinion") == 0, "what it is already"
    page.panel.click("correct-mixed_fact")
    until(lambda: page.marks()[0].name == "sayso-mixed-fact", "the mark to follow")
    assert page.marks()[1:] == before[1:]
    assert "on this computer only" in page.panel.text("correction-said")
    assert "claim, with opinion" in page.panel.text("card-kind")
    assert page.panel.text("card-confidence") == "your own correction"
    until(lambda: number(page.panel.text("count-opinion")) == opinions - 1, "the counts to follow")
    [kept] = browser.stored()["corrections"]
    assert kept["sentence"] == before[0].sentence
    assert (kept["given"], kept["right"]) == ("opinion", "mixed_fact")
    assert kept["model"] == "canned@"
    assert answers.asked == asked, "it was sent somewhere"

    page.click_button()
    page.click_button()
    wait_for_marks(page)
    assert page.marks()[0].name == "sayso-mixed-fact", "forgotten when the page is read again"
    tab_to(page, "sureness")
    page.press("End")
    until(lambda: page.count_marks() < len(before), "the filter")
    assert page.marks()[0].name == "sayso-mixed-fact", "what the reader said is not sure enough"
    page.press("Home")

    open_card(page)
    page.panel.click("card-correct")
    page.panel.click("correct-opinion")
    until(lambda: page.marks() == before, "the correction to be taken back")
    assert browser.stored()["corrections"] == []


def test_neither_takes_the_mark_away(open_canned: OpenPage) -> None:
    page = read(open_canned, "blog.html")
    before = page.marks()
    open_card(page)
    page.panel.click("card-correct")
    page.panel.click("correct-other")
    until(lambda: page.marks() == before[1:], "the mark to go")
    assert page.panel.visible("card"), "the card to go as well"
    assert not page.panel.visible("card-why"), "what it would explain is not what the card says"
    page.press("Escape")
    assert page.panel.text("position").endswith(f"{len(before) - 1} marked")
    assert page.panel.focused() == "next", "the focus is lost with the sentence"


def test_a_correction_is_undone_where_it_was_made(open_canned: OpenPage, browser: Browser) -> None:
    """By keys, also where the mark has gone, and back to what the reader had said before."""
    page = read(open_canned, "blog.html")
    before = page.marks()
    open_card(page)
    position = page.panel.text("position")

    def correct(answer: str) -> None:
        tab_to(page, "card-correct")
        page.press("Enter")
        tab_to(page, f"correct-{answer}")
        page.press("Enter")
        until(lambda: page.panel.visible("correction-undo"), "a way back")

    def undo() -> None:
        assert page.panel.focused() == "correction-said", "what was done is not read out"
        tab_to(page, "correction-undo")
        page.press("Enter")
        until(lambda: "taken back" in page.panel.text("correction-said"), "it to say so")
        assert page.panel.focused() == "correction-said"
        assert not page.panel.visible("correction-undo")

    correct("other")
    until(lambda: page.marks() == before[1:], "the mark to go")
    undo()
    until(lambda: page.marks() == before, "the mark to come back")
    assert page.panel.text("card-kind") == "Opinion"
    assert page.panel.text("position") == position
    assert browser.stored()["corrections"] == []

    def open_again() -> None:
        page.press("Escape")
        until(lambda: page.panel.focused() == "details", "the focus to go back")
        page.press("Enter")
        until(lambda: page.panel.visible("card"), "the card")

    open_again()
    correct("fact")
    until(lambda: page.marks()[0].name == "sayso-fact", "the mark to follow")
    open_again()
    correct("other")
    undo()
    until(lambda: page.marks()[0].name == "sayso-fact", "the correction before to hold again")
    assert [kept["right"] for kept in browser.stored()["corrections"]] == ["fact"]


def test_copy(open_canned: OpenPage) -> None:
    page = read(open_canned, "blog.html")
    first = page.marks()[0].sentence
    open_card(page)
    page.panel.click("card-copy")
    until(lambda: page.panel.text("card-copy") == "Copied", "it to be copied")
    assert page.clipboard() == first


def test_copy_where_the_page_forbids_the_clipboard(open_canned: OpenPage, site: Site) -> None:
    page = read(open_canned, "strict.html?nocopy")
    first = page.marks()[0].sentence
    open_card(page)
    page.panel.click("card-copy")
    until(lambda: page.panel.text("card-copy") == "Copied", "it to be copied")
    page.navigate(site.url("strict.html"))  # where it may be read
    assert page.clipboard() == first
