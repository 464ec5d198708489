"""Pages that change while they are read: only what is new is asked about, and no mark outlives its text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.e2e.either import Page
from tests.e2e.marks import NAMES
from tests.e2e.reading import number, read
from tests.e2e.wait import settled, until
from tests.e2e.web import Site, canned

#: How many sentences `changing.html` has at first.
AT_FIRST = 13

#: Resolves before the next frame is painted: with what is marked then.
NEXT_FRAME = f"""new Promise((done) => requestAnimationFrame(() => done(
  {list(NAMES)}.flatMap((name) => [...(CSS.highlights.get(name) ?? [])])
    .map((range) => range.startContainer.data.slice(range.startOffset, range.endOffset)))))"""


@pytest.fixture
def page(open_canned: Callable[[str], Page]) -> Page:
    """The page, read."""
    page = read(open_canned, "changing.html")
    assert page.count_marks() == AT_FIRST
    return page


def marked(page: Page) -> list[str]:
    return [mark.sentence for mark in page.marks()]


def shown(page: Page) -> list[str]:
    """The sentences of the blocks of the article, as the server parts them."""
    texts: list[str] = page.evaluate(
        "[...document.querySelectorAll('article :is(h1, p)')]"
        ".filter((e) => e.checkVisibility()).map((e) => e.textContent)"
    )
    return [text[s["start"] : s["end"]] for text in texts for s in canned(text)]  # type: ignore[misc]


def is_all_marked(page: Page) -> bool:
    return marked(page) == shown(page)


def count_in_panel(page: Page) -> int:
    return sum(number(page.panel.text(f"count-{kind}")) for kind in ("opinion", "fact", "mixed", "other"))


def test_new_entries_on_top_are_marked_and_nothing_is_asked_twice(page: Page, answers: Site) -> None:
    page.evaluate("addEntry(1)")
    until(lambda: is_all_marked(page) and len(marked(page)) == AT_FIRST + 2, "the new entry's marks")
    page.evaluate("addEntry(2), addEntry(3)")
    until(lambda: is_all_marked(page) and len(marked(page)) == AT_FIRST + 6, "the new entries' marks")
    assert [text for text, times in Counter(answers.asked).items() if times > 1] == []
    until(lambda: count_in_panel(page) == AT_FIRST + 6, "the panel to count them")


def test_the_next_post_of_an_endless_page(page: Page, answers: Site) -> None:
    before = len(answers.asked)
    page.evaluate("addPost('library')")
    until(lambda: is_all_marked(page) and len(marked(page)) == 2 * AT_FIRST, "the next post's marks")
    assert len(answers.asked) == before + 7


def test_text_that_is_unfolded(page: Page, answers: Site) -> None:
    page.evaluate("addFolded()")
    settled(page.count_marks, "the marks")
    assert not any("secret" in text for text in answers.asked)
    page.evaluate("unfold()")
    until(lambda: is_all_marked(page) and len(marked(page)) == AT_FIRST + 4, "the unfolded text's marks")


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
    open_canned: Callable[[str], Page], answers: Site
) -> None:
    """However it is unfolded: the page scrolls in a box of its own, so that its size says nothing."""
    page = read(open_canned, "reveals.html")
    assert not any("a passage of its own" in text for text in answers.asked)
    for text, reveal in REVEALS.items():
        page.evaluate(f"{reveal}, 0")
        until(lambda text=text: any(text in mark for mark in marked(page)), f"the mark of the {text}")


def test_a_page_that_draws_itself_anew_is_marked_from_memory(page: Page, answers: Site) -> None:
    before = list(answers.asked)
    page.evaluate("redraw()")
    until(lambda: is_all_marked(page), "the marks to be back")
    assert answers.asked == before
    assert count_in_panel(page) == AT_FIRST


def test_marks_of_recycled_nodes_go_before_the_next_frame(page: Page) -> None:
    left = page.evaluate(f"recycle('tramway'), {NEXT_FRAME}")
    assert left == ["All about the harbour"]
    until(lambda: is_all_marked(page) and len(marked(page)) == AT_FIRST, "the other entries' marks")
    # What was answered before may be marked again at once.
    assert set(page.evaluate(f"recycle('harbour'), {NEXT_FRAME}")) <= set(shown(page))
    until(lambda: is_all_marked(page) and "harbour" in marked(page)[1], "the first entries' marks")


def test_the_card_goes_with_its_sentence(page: Page) -> None:
    page.click_text("The harbour report number 1")
    until(lambda: page.panel.visible("card"), "the card")
    page.evaluate("addEntry(1)")
    settled(page.count_marks, "the new entry's marks", quiet=1.5)
    assert page.panel.visible("card"), "it went with another sentence's change"
    page.evaluate("recycle('tramway')")
    until(lambda: not page.panel.visible("card"), "the card to go")


def test_a_page_that_goes_elsewhere_without_loading(page: Page, answers: Site) -> None:
    page.evaluate("go('lighthouse')")
    until(lambda: is_all_marked(page) and len(marked(page)) == 17, "the other page's marks")
    until(lambda: count_in_panel(page) == 17, "the panel to count them")
    before = list(answers.asked)
    page.evaluate("go('harbour')")
    until(lambda: is_all_marked(page) and len(marked(page)) == 17, "the first page's marks")
    assert {text for text in answers.asked[len(before) :] if text in before} == set()


def test_text_that_is_being_typed_is_asked_about_once(page: Page, answers: Site) -> None:
    before = len(answers.asked)
    page.evaluate("type('It took the council nine years to repair this one small bridge, and it shows.')")
    until(lambda: is_all_marked(page) and len(marked(page)) == AT_FIRST + 1, "the typed text's mark")
    assert len(answers.asked) == before + 1


def test_what_changes_around_the_article_is_let_alone(page: Page, answers: Site) -> None:
    before = list(answers.asked)
    page.evaluate("tick(), document.getElementById('sidebar').append(...paragraphs('fog', 3))")
    settled(lambda: len(answers.asked), "the requests", quiet=2)
    assert answers.asked == before
    assert is_all_marked(page)


def test_nothing_is_done_in_a_tab_that_is_not_in_front(
    page: Page, open_tab: Callable[[str], Page], answers: Site
) -> None:
    before = list(answers.asked)
    front = open_tab("about:blank")
    front.activate()
    until(lambda: page.evaluate("document.hidden"), "the tab to be hidden")
    page.evaluate("addEntry(1), recycle('tramway')")
    settled(lambda: len(answers.asked), "the requests", quiet=1.5)
    assert answers.asked == before
    page.activate()
    until(lambda: is_all_marked(page) and len(marked(page)) == AT_FIRST + 2, "the marks")


def test_a_click_ends_it(page: Page, answers: Site) -> None:
    before = list(answers.asked)
    page.click_button()
    page.evaluate("addEntry(1), recycle('tramway')")
    settled(lambda: len(answers.asked), "the requests", quiet=1.5)
    assert answers.asked == before
    assert page.count_marks() == 0
