"""Pages that change while they are read: only what is new is asked about, and no mark outlives its text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.e2e.chromium import Chromium, Tab
from tests.e2e.firefox import Firefox
from tests.e2e.marks import NAMES
from tests.e2e.reading import number, wait_for_marks
from tests.e2e.wait import settled, until
from tests.e2e.web import Site, canned

#: How many sentences `changing.html` has at first.
AT_FIRST = 13

#: Resolves before the next frame is painted: with what is marked then.
NEXT_FRAME = f"""new Promise((done) => requestAnimationFrame(() => done(
  {list(NAMES)}.flatMap((name) => [...(CSS.highlights.get(name) ?? [])])
    .map((range) => range.startContainer.data.slice(range.startOffset, range.endOffset)))))"""


@pytest.fixture
def tab(open_tab: Callable[[str], Tab], chromium: Chromium, answers: Site, site: Site) -> Tab:
    """The page, read."""
    chromium.use_server(answers.url().rstrip("/"))
    tab = open_tab(site.url("changing.html"))
    tab.click_button()
    assert len(wait_for_marks(tab)) == AT_FIRST
    return tab


def marked(tab: Tab | Firefox) -> list[str]:
    return [mark.sentence for mark in tab.marks()]


def shown(tab: Tab | Firefox) -> list[str]:
    """The sentences of the blocks of the article, as the server parts them."""
    texts: list[str] = tab.evaluate(
        "[...document.querySelectorAll('article :is(h1, p)')]"
        ".filter((e) => e.checkVisibility()).map((e) => e.textContent)"
    )
    return [text[s["start"] : s["end"]] for text in texts for s in canned(text)]  # type: ignore[misc]


def is_all_marked(tab: Tab | Firefox) -> bool:
    return marked(tab) == shown(tab)


def count_in_panel(tab: Tab) -> int:
    return sum(number(tab.panel.text(f"count-{kind}")) for kind in ("opinion", "fact", "mixed", "other"))


def test_new_entries_on_top_are_marked_and_nothing_is_asked_twice(tab: Tab, answers: Site) -> None:
    tab.evaluate("addEntry(1)")
    until(lambda: is_all_marked(tab) and len(marked(tab)) == AT_FIRST + 2, "the new entry's marks")
    tab.evaluate("addEntry(2), addEntry(3)")
    until(lambda: is_all_marked(tab) and len(marked(tab)) == AT_FIRST + 6, "the new entries' marks")
    assert [text for text, times in Counter(answers.asked).items() if times > 1] == []
    until(lambda: count_in_panel(tab) == AT_FIRST + 6, "the panel to count them")


def test_the_next_post_of_an_endless_page(tab: Tab, answers: Site) -> None:
    before = len(answers.asked)
    tab.evaluate("addPost('library')")
    until(lambda: is_all_marked(tab) and len(marked(tab)) == 2 * AT_FIRST, "the next post's marks")
    assert len(answers.asked) == before + 7


def test_text_that_is_unfolded(tab: Tab, answers: Site) -> None:
    tab.evaluate("addFolded()")
    settled(tab.count_marks, "the marks")
    assert not any("secret" in text for text in answers.asked)
    tab.evaluate("unfold()")
    until(lambda: is_all_marked(tab) and len(marked(tab)) == AT_FIRST + 4, "the unfolded text's marks")


#: How each fold of `reveals.html` is opened, by the text that it holds.
REVEALS = {
    "first box": "document.getElementById('style').style.display = 'block'",
    "second box": "document.getElementById('hidden').hidden = false",
    "third box": "document.body.classList.add('open')",
    "fourth box": "document.getElementById('box').click()",
    "fifth box": "location.hash = 'target'",
    "sixth box": "document.head.append(Object.assign(document.createElement('link'),"
    " {rel: 'stylesheet', href: 'unfold.css'}))",
    "last box": "document.querySelector('details').open = true",
}


def test_text_that_is_folded_at_first_is_marked_when_it_shows(
    open_tab: Callable[[str], Tab], chromium: Chromium, answers: Site, site: Site
) -> None:
    """However it is unfolded: the page scrolls in a box of its own, so that its size says nothing."""
    chromium.use_server(answers.url().rstrip("/"))
    tab = open_tab(site.url("reveals.html"))
    tab.click_button()
    wait_for_marks(tab)
    assert not any("a passage of its own" in text for text in answers.asked)
    for text, reveal in REVEALS.items():
        tab.evaluate(f"{reveal}, 0")
        until(lambda text=text: any(text in mark for mark in marked(tab)), f"the mark of the {text}")


def test_a_page_that_draws_itself_anew_is_marked_from_memory(tab: Tab, answers: Site) -> None:
    before = list(answers.asked)
    tab.evaluate("redraw()")
    until(lambda: is_all_marked(tab), "the marks to be back")
    assert answers.asked == before
    assert count_in_panel(tab) == AT_FIRST


def test_marks_of_recycled_nodes_go_before_the_next_frame(tab: Tab) -> None:
    left = tab.evaluate(f"recycle('tramway'), {NEXT_FRAME}")
    assert left == ["All about the harbour"]
    until(lambda: is_all_marked(tab) and len(marked(tab)) == AT_FIRST, "the other entries' marks")
    # What was answered before may be marked again at once.
    assert set(tab.evaluate(f"recycle('harbour'), {NEXT_FRAME}")) <= set(shown(tab))
    until(lambda: is_all_marked(tab) and "harbour" in marked(tab)[1], "the first entries' marks")


def test_the_card_goes_with_its_sentence(tab: Tab) -> None:
    tab.click_text("The harbour report number 1")
    until(lambda: tab.panel.visible("card"), "the card")
    tab.evaluate("addEntry(1)")
    settled(tab.count_marks, "the new entry's marks", quiet=1.5)
    assert tab.panel.visible("card"), "it went with another sentence's change"
    tab.evaluate("recycle('tramway')")
    until(lambda: not tab.panel.visible("card"), "the card to go")


def test_a_page_that_goes_elsewhere_without_loading(tab: Tab, answers: Site) -> None:
    tab.evaluate("go('lighthouse')")
    until(lambda: is_all_marked(tab) and len(marked(tab)) == 17, "the other page's marks")
    until(lambda: count_in_panel(tab) == 17, "the panel to count them")
    before = list(answers.asked)
    tab.evaluate("go('harbour')")
    until(lambda: is_all_marked(tab) and len(marked(tab)) == 17, "the first page's marks")
    assert {text for text in answers.asked[len(before) :] if text in before} == set()


def test_text_that_is_being_typed_is_asked_about_once(tab: Tab, answers: Site) -> None:
    before = len(answers.asked)
    tab.evaluate("type('It took the council nine years to repair this one small bridge, and it shows.')")
    until(lambda: is_all_marked(tab) and len(marked(tab)) == AT_FIRST + 1, "the typed text's mark")
    assert len(answers.asked) == before + 1


def test_what_changes_around_the_article_is_let_alone(tab: Tab, answers: Site) -> None:
    before = list(answers.asked)
    tab.evaluate("tick(), document.getElementById('sidebar').append(...paragraphs('fog', 3))")
    settled(lambda: len(answers.asked), "the requests", quiet=2)
    assert answers.asked == before
    assert is_all_marked(tab)


def test_nothing_is_done_in_a_tab_that_is_not_in_front(
    tab: Tab, open_tab: Callable[[str], Tab], answers: Site
) -> None:
    before = list(answers.asked)
    front = open_tab("about:blank")
    front.activate()
    until(lambda: tab.evaluate("document.hidden"), "the tab to be hidden")
    tab.evaluate("addEntry(1), recycle('tramway')")
    settled(lambda: len(answers.asked), "the requests", quiet=1.5)
    assert answers.asked == before
    tab.activate()
    until(lambda: is_all_marked(tab) and len(marked(tab)) == AT_FIRST + 2, "the marks")


def test_a_click_ends_it(tab: Tab, answers: Site) -> None:
    before = list(answers.asked)
    tab.click_button()
    tab.evaluate("addEntry(1), recycle('tramway')")
    settled(lambda: len(answers.asked), "the requests", quiet=1.5)
    assert answers.asked == before
    assert tab.count_marks() == 0


def test_in_firefox(firefox: Firefox, answers: Site, site: Site) -> None:
    """The same in short: new entries, recycled nodes, a page that goes elsewhere, the end."""
    firefox.use_server(answers.url().rstrip("/"))
    firefox.navigate(site.url("changing.html"))
    firefox.click_button()
    assert len(wait_for_marks(firefox)) == AT_FIRST

    def all_marked(count: int) -> None:
        until(lambda: is_all_marked(firefox) and firefox.count_marks() == count, f"{count} marks")

    firefox.evaluate("addEntry(1)")
    all_marked(AT_FIRST + 2)
    firefox.evaluate(f"recycle('tramway'), {NEXT_FRAME}.then((marked) => (window.left = marked)), 0")
    assert until(lambda: firefox.evaluate("window.left"), "the next frame") == ["All about the harbour"]
    all_marked(AT_FIRST + 2)
    before = list(answers.asked)
    firefox.evaluate("redraw()")
    all_marked(AT_FIRST + 2)
    assert answers.asked == before
    firefox.evaluate("go('lighthouse')")
    all_marked(17)
    firefox.click_button()
    firefox.evaluate("recycle('harbour')")
    assert settled(firefox.count_marks, "late marks") == 0
