"""Sentences that take longer than the others of their passage: the others are marked meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import web
from tests.e2e.either import Browser, Page
from tests.e2e.reading import number, open_card, read_page, wait_for_marks
from tests.e2e.wait import settled, until
from tests.e2e.web import Site


@pytest.fixture
def server(browser: Browser) -> Iterator[Site]:
    """Doubts until it is told to decide."""
    with web.doubting() as server:
        browser.use_server(server.origin)
        yield server
        server.decided.set()


def wait_for_some(page: Page) -> int:
    """How many marks there are when all is there that is not in doubt."""
    until(page.count_marks, "the first marks")
    return settled(page.count_marks, "the sure sentences", quiet=0.5)


def counted(page: Page) -> int:
    return sum(number(page.panel.text(f"count-{name}")) for name in ("opinion", "fact"))


def test_what_is_sure_is_marked_while_the_rest_is_in_doubt(
    browser: Browser, site: Site, server: Site, artifacts: Path
) -> None:
    with read_page(browser, site.url("blog.html")) as page:
        some = wait_for_some(page)
        early = page.marks()
        until(lambda: counted(page) == some, "the panel to count what is marked")
        share = number(page.panel.text("status"))
        assert 30 < share < 100, page.panel.text("status")
        page.screenshot(artifacts / f"doubts-{browser.name}.png")

        server.decided.set()
        late = wait_for_marks(page)
        assert len(late) > some
        assert set(early) <= set(late), "a mark that was there is gone"
        assert counted(page) == len({mark.sentence for mark in late})
    with web.answering() as at_once:
        browser.use_server(at_once.origin)
        with read_page(browser, site.url("blog.html")) as page:
            assert wait_for_marks(page) == late


def test_a_correction_meanwhile_stands(browser: Browser, site: Site, server: Site) -> None:
    page = browser.open(site.url("blog.html"))
    # The first sentence once more, where it is in doubt.
    page.evaluate(
        "(() => {const text = document.querySelector('.entry-content'); text.insertAdjacentHTML('beforeend',"
        " '<p>Nobody had asked for it, as far as we know. ' + text.querySelector('p').textContent)})()"
    )
    page.click_button()
    wait_for_some(page)
    sentence = page.marks()[0].sentence
    assert page.marks()[0].name == "sayso-opinion"
    open_card(page)
    page.panel.click("card-correct")
    page.panel.click("correct-mixed_fact")
    until(lambda: page.marks()[0].name == "sayso-mixed-fact", "the correction to be painted")

    server.decided.set()
    marks = [mark for mark in wait_for_marks(page) if mark.sentence == sentence]
    assert [mark.name for mark in marks] == ["sayso-mixed-fact"] * 2
    assert page.panel.text("card-confidence") == "your own correction", "the card stays open"
    assert page.errors() == []
    page.close()
    browser.store(corrections=[])


def test_a_server_that_breaks_off_in_doubt_is_asked_again(browser: Browser, site: Site, server: Site) -> None:
    with read_page(browser, site.url("blog.html")) as page:
        wait_for_some(page)
        early = page.marks()
        server.breaks_off.set()
        server.decided.set()
        until(lambda: "stopped answering" in page.panel.text("panel"), "the panel to say so")
        assert page.marks() == early
        server.breaks_off.clear()
        # Without a click: it looks for the server from time to time.
        assert len(wait_for_marks(page)) > len(early)
