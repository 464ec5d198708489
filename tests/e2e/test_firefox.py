"""The same click in Firefox."""

from __future__ import annotations

from pathlib import Path

from tests.e2e import expected
from tests.e2e.firefox import Firefox
from tests.e2e.reading import wait_for_marks
from tests.e2e.service import Service
from tests.e2e.wait import until
from tests.e2e.web import Site


def test_marks_a_blog_post(firefox: Firefox, site: Site, artifacts: Path) -> None:
    firefox.navigate(site.url("blog.html"))
    before = firefox.evaluate("document.body.outerHTML")

    firefox.click_button()
    marks = wait_for_marks(firefox)
    firefox.screenshot(artifacts / "firefox-marked.png")
    assert expected.not_whole_sentences("blog", marks) == []
    assert expected.marked_in(firefox, expected.unmarked_parts("blog")) == []
    compared = expected.compare("blog", marks)
    assert compared.share >= 0.85, "\n".join(compared.wrong)
    assert firefox.evaluate("document.body.outerHTML") == before

    firefox.click_button()
    assert firefox.count_marks() == 0
    assert firefox.evaluate("document.body.outerHTML") == before

    firefox.click_button()
    assert wait_for_marks(firefox) == marks
    firefox.click_button()


def test_a_click_on_a_sentence_shows_its_card(firefox: Firefox, site: Site, artifacts: Path) -> None:
    firefox.navigate(site.url("blog.html"))
    firefox.click_button()
    wait_for_marks(firefox)
    firefox.click_text("the worst decision this council")
    until(lambda: firefox.panel.visible("card"), "the card")
    firefox.screenshot(artifacts / "firefox-card.png")
    assert "opinion" in firefox.panel.text("card-kind").lower()
    firefox.press("Escape")
    until(lambda: not firefox.panel.visible("card"), "Escape to close the card")
    firefox.panel.click("close")
    until(lambda: not firefox.has_host(), "the panel to go")
    assert firefox.count_marks() == 0


def test_works_under_a_strict_policy(firefox: Firefox, site: Site) -> None:
    firefox.navigate(site.url("strict.html?csp"))
    firefox.click_button()
    assert len(wait_for_marks(firefox)) >= 8
    firefox.click_button()
    assert firefox.count_marks() == 0


def test_says_so_on_each_page_that_it_may_not_touch(firefox: Firefox, site: Site) -> None:
    """Also right after another: Firefox keeps a popup open that nobody clicked away."""
    for page in ("about:support", site.url("ferry.svg"), "about:support"):
        firefox.navigate(page)
        until(lambda: firefox.popup_and_badge() == (None, ""), "what was said of the last page to go")
        firefox.trigger_action()
        until(lambda: firefox.popup_and_badge() == ("Sayso", "!"), f"the popup on {page}")
    firefox.navigate(site.url("strict.html"))
    until(lambda: firefox.popup_and_badge() == (None, ""), "what was said of the last page to go")
    firefox.click_button()
    assert len(wait_for_marks(firefox)) >= 8
    firefox.click_button()


def test_the_extension_is_reloaded(firefox: Firefox, service: Service, site: Site) -> None:
    """Firefox ends the old content script; the new one puts a working panel in the place of the dead one."""
    firefox.navigate(site.url("strict.html"))
    firefox.click_button()
    marks = wait_for_marks(firefox)
    firefox.load_extension()
    firefox.use_server(service.url)
    firefox.evaluate("document.querySelector('sayso-root').isOld = true")
    firefox.trigger_action()
    until(lambda: firefox.evaluate("document.querySelector('sayso-root')?.isOld !== true"), "the new panel")
    assert wait_for_marks(firefox) == marks
    assert firefox.evaluate("document.querySelectorAll('sayso-root').length") == 1
    firefox.panel.click("switch-fact")
    until(lambda: firefox.count_marks() < len(marks), "the claims to be hidden")
    firefox.click_button()
    assert firefox.count_marks() == 0
