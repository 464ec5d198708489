"""Ways in besides the toolbar button: a selection, a key, and sites that the reader chose."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.chromium import Chromium, Tab
from tests.e2e.firefox import Firefox
from tests.e2e.own_page import own_page, text
from tests.e2e.reading import wait_for_marks
from tests.e2e.service import free_port
from tests.e2e.wait import settled, until
from tests.e2e.web import Site

SELECTION = "Mark opinion and factual claims in the selection"
PAGE = "Mark opinion and factual claims on this page"

#: From the middle of one paragraph to the middle of the next.
SELECT = """(() => {
  const [, one, two] = document.querySelectorAll('article.post p');
  getSelection().setBaseAndExtent(one.firstChild, 38, two.firstChild, 78);
})()"""
SELECTED = [
    "The county should be ashamed of itself.",
    "I have never seen such careless stewardship of a place that so many people love.",
    "It deserves better, and so do we.",
    "The repair will cost $2.1 million, according to the county engineer.",
    "The count",
]


def localhost(url: str) -> str:
    """The same page on a host that no permission of the manifest names."""
    return url.replace("127.0.0.1", "localhost")


@pytest.fixture
def no_sites(request: pytest.FixtureRequest) -> Iterator[None]:
    names = {"chromium", "firefox"} & set(request.fixturenames)
    browsers: list[Chromium | Firefox] = [request.getfixturevalue(name) for name in names]
    yield
    for browser in browsers:
        browser.store(sites=[])


def test_the_selection_in_firefox(firefox: Firefox, site: Site, answers: Site) -> None:
    firefox.use_server(answers.origin)
    firefox.navigate(localhost(site.url("strict.html")))
    firefox.evaluate(SELECT)
    firefox.choose_in_page_menu("careless stewardship", SELECTION)
    assert [mark.sentence for mark in wait_for_marks(firefox)] == SELECTED
    assert "".join(answers.asked).count("Cedar Street") == 0, "more than the selection was sent"
    # The page takes the selection's place, and again.
    firefox.evaluate("getSelection().removeAllRanges()")
    firefox.choose_in_page_menu("Building work", PAGE)
    until(lambda: firefox.count_marks() >= 12, "all of the page")
    firefox.evaluate(SELECT)
    firefox.choose_in_page_menu("careless stewardship", SELECTION)
    until(lambda: firefox.count_marks() == len(SELECTED), "the selection alone")
    firefox.click_button()
    assert firefox.count_marks() == 0


def test_the_selection_in_chromium(
    chromium: Chromium, open_tab: Callable[[str], Tab], site: Site, answers: Site
) -> None:
    chromium.use_server(answers.origin)
    tab = open_tab(site.url("strict.html"))
    tab.evaluate(SELECT)
    chromium.choose_menu_item("selection", tab)
    assert [mark.sentence for mark in wait_for_marks(tab)] == SELECTED
    assert "".join(answers.asked).count("Cedar Street") == 0, "more than the selection was sent"
    chromium.choose_menu_item("page", tab)
    until(lambda: tab.count_marks() >= 12, "all of the page")
    tab.evaluate("getSelection().removeAllRanges()")
    chromium.choose_menu_item("selection", tab)
    until(lambda: "No text is selected" in tab.panel.text("panel"), "the panel to say so")
    assert tab.count_marks() == 0


def test_the_shortcut(firefox: Firefox, site: Site, answers: Site) -> None:
    """In Firefox, where a key can be pressed in the browser's window."""
    firefox.use_server(answers.origin)
    firefox.navigate(localhost(site.url("strict.html")))
    firefox.press_shortcut("M")
    assert len(wait_for_marks(firefox)) >= 12
    firefox.press_shortcut("M")
    until(lambda: not firefox.has_host(), "the panel to go")


def test_the_options_in_firefoxs_menu(firefox: Firefox, site: Site) -> None:
    firefox.navigate(site.url("nothing.html"))
    before = firefox.marionette.current_window_handle
    firefox.choose_in_button_menu("Options")
    handles = until(lambda: set(firefox.marionette.window_handles) - {before}, "the options' tab")
    firefox.marionette.switch_to_window(handles.pop())
    until(lambda: firefox.marionette.title == "Sayso: options", "the options")
    firefox.marionette.close()
    firefox.marionette.switch_to_window(before)


@pytest.mark.usefixtures("no_sites")
def test_a_site_chosen_in_firefoxs_menu(firefox: Firefox, site: Site, answers: Site) -> None:
    firefox.use_server(answers.origin)
    firefox.marionette.set_pref(
        "extensions.webextOptionalPermissionPrompts", False
    )  # as if answered with yes
    page = localhost(site.url("strict.html"))
    firefox.navigate(page)
    firefox.choose_in_button_menu("Always mark pages of this site")
    assert len(wait_for_marks(firefox)) >= 12
    firefox.navigate(localhost(site.url("blog.html")))
    assert len(wait_for_marks(firefox)) >= 40, "another page of the site is not marked by itself"

    # A page of the site without an article, and any page of another site, are left alone.
    for other in (localhost(site.url("nothing.html")), site.url("blog.html")):
        firefox.navigate(other)
        assert settled(firefox.has_host, "a panel that nobody asked for", quiet=2) is False

    firefox.navigate(page)
    wait_for_marks(firefox)
    firefox.choose_in_button_menu("Stop marking this site by itself")
    with own_page(firefox, "options.html") as options:
        until(lambda: text(options, "sites") == "", "the list of sites to be empty")
    firefox.navigate(page)
    assert settled(firefox.has_host, "a panel that nobody asked for", quiet=2) is False

    # The browser's own settings can take the permission back as well.
    firefox.choose_in_button_menu("Always mark pages of this site")
    wait_for_marks(firefox)
    firefox.withdraw_permission("http://localhost/*")
    with own_page(firefox, "options.html") as options:
        until(lambda: text(options, "sites") == "", "the list of sites to be empty")
    firefox.navigate(page)
    assert settled(firefox.has_host, "a panel that nobody asked for", quiet=2) is False


@pytest.mark.usefixtures("no_sites")
def test_a_site_chosen_in_the_options(
    chromium: Chromium, open_tab: Callable[[str], Tab], site: Site, answers: Site
) -> None:
    """On 127.0.0.1, for which the browser need not ask: its question cannot be answered from here."""
    chromium.use_server(answers.origin)
    with own_page(chromium, "options.html") as options:
        options.type("site", site.url("strict.html"))
        options.click("add-site")
        until(lambda: "http://127.0.0.1" in text(options, "sites"), "the site to be listed")
        tab = open_tab(site.url("strict.html"))
        assert len(wait_for_marks(tab)) >= 12
        # The worker, which may end at any time, is not what remembers.
        for worker in chromium.own_targets("service_worker"):
            chromium.cdp.send("Target.closeTarget", targetId=worker["targetId"])
        tab.navigate(site.url("blog.html"))
        assert len(wait_for_marks(tab)) >= 40
        tab.click_button()
        assert tab.count_marks() == 0
        # Without a server nothing is said, as nothing was asked.
        chromium.store(serverUrl=f"http://127.0.0.1:{free_port()}")
        tab.navigate(site.url("strict.html"))
        assert settled(tab.has_host, "a panel that nobody asked for", quiet=2) is False
        chromium.use_server(answers.origin)
        options.evaluate("document.querySelector('[data-testid=sites] button').dataset.testid = 'remove'")
        options.click("remove")
        until(lambda: text(options, "sites") == "", "the list to be empty")
    tab.navigate(site.url("strict.html"))
    assert settled(tab.has_host, "a panel that nobody asked for", quiet=2) is False


@pytest.mark.usefixtures("no_sites")
def test_a_chosen_site_survives_the_extensions_reload(
    chromium: Chromium, open_tab: Callable[[str], Tab], site: Site, answers: Site
) -> None:
    chromium.use_server(answers.origin)
    chromium.store(sites=["http://127.0.0.1/*"])
    chromium.load_extension()
    chromium.use_server(answers.origin)
    tab = open_tab("about:blank")

    def is_marked() -> bool:
        tab.navigate(site.url("strict.html"))
        return bool(settled(tab.has_host, "the panel", quiet=1))

    until(is_marked, "the site to be marked by itself")
