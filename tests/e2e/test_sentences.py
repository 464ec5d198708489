"""Which text is sent, and where its marks are: markup in the line, shadow trees, frames, languages."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.e2e.either import Page
from tests.e2e.marks import NAMES
from tests.e2e.reading import number
from tests.e2e.wait import until
from tests.e2e.web import PAGES, Site

#: The texts of all marks, also of those in shadow trees and frames, of which `Page.marks` knows nothing.
ALL_MARKS = f"""[window, ...Array.from(document.querySelectorAll('iframe'), (frame) => frame.contentWindow)]
  .filter((view) => {{ try {{ return view.document; }} catch {{ return false; }} }})
  .flatMap((view) => {json.dumps(list(NAMES))}.flatMap((name) => [...(view.CSS.highlights.get(name) ?? [])]))
  .map((mark) => {{
    const range = mark.startContainer.ownerDocument.createRange();
    range.setStart(mark.startContainer, mark.startOffset);
    range.setEnd(mark.endContainer, mark.endOffset);
    return range.toString();
  }})"""


@pytest.fixture
def read(open_canned: Callable[[str], Page]) -> Callable[[str], Page]:
    """Opens a fixture page and has it read."""

    def open_one(path: str) -> Page:
        page = open_canned(path)
        page.click_button()
        return page

    return open_one


def until_read(page: Page) -> None:
    until(lambda: page.panel.text("status").endswith("read"), "the panel to say that it is read")


def squeezed(texts: list[str]) -> list[str]:
    return [" ".join(text.split()) for text in texts]


def test_sentences_run_through_what_is_in_the_line(read: Callable[[str], Page], answers: Site) -> None:
    page = read("inline.html")
    until_read(page)
    lines = (PAGES / "inline.txt").read_text(encoding="utf-8").splitlines()
    expected = [line.replace("\\n", "\n") for line in lines]
    assert [text for text in expected if text not in answers.asked] == []
    assert [text for text in answers.asked if text not in expected] == []
    painted = squeezed(page.evaluate(ALL_MARKS))
    # A note's number is not in the mark around it, and what shows nothing is.
    assert {"The ferry was late on nine of ten days", ", and nobody", "knew why."} <= set(painted)
    office = "The of\u00adfice hours are\u200b long, the\u2060 lift is n\ufeffew"
    assert f"{office}, and the ﬁrst ofﬁce is a diﬃcult one." in painted
    page.click_button()
    assert page.evaluate(ALL_MARKS) == []


def test_text_in_shadow_trees_and_frames(read: Callable[[str], Page], answers: Site) -> None:
    page = read("trees.html")
    until_read(page)
    special = [
        "A component is a wall with a door that nobody finds.",
        "A wall without a door is at least honest about it.",
        "The new fog signal can be heard for two miles.",
        "The letter in this frame came from a reader on Tuesday. It is far too kind to the office.",
    ]
    assert [text for text in special if text not in answers.asked] == []
    # And nothing of the other origin's frame, or of the frame's menu.
    assert len(answers.asked) == 10, answers.asked
    painted = page.evaluate(ALL_MARKS)
    assert {special[0], special[1], "fog signal", "It is far too kind to the office."} <= set(painted)

    for where in ("openQuote()", "letter()"):
        click_on(page, where)
        until(lambda: page.panel.visible("card"), f"the card of {where}")
        page.panel.click("card-close")
        until(lambda: not page.panel.visible("card"), "the card to go")

    changed = {"The quote was changed after it had been read.", "The letter was changed too, on Wednesday."}
    for where, text in zip(("openQuote()", "letter()"), sorted(changed, reverse=True), strict=True):
        page.evaluate(f"{where}.firstChild.data = {json.dumps(text)}")
    until(lambda: changed <= set(page.evaluate(ALL_MARKS)), "the changed text's marks")
    assert special[0] not in page.evaluate(ALL_MARKS)
    page.click_button()
    assert page.evaluate(ALL_MARKS) == []


def click_on(page: Page, element: str) -> None:
    """A real click on the beginning of an element's first line."""
    place = f"""(() => {{
      const e = {element};
      e.scrollIntoView({{block: 'center', behavior: 'instant'}});
      const frame = e.ownerDocument.defaultView.frameElement?.getBoundingClientRect() ?? {{left: 0, top: 0}};
      const box = e.getBoundingClientRect();
      return [frame.left + box.left + 40, frame.top + box.top + 10];
    }})()"""
    page.click_at(*page.evaluate(place))


def test_marks_in_shadow_trees_and_frames_are_painted(read: Callable[[str], Page]) -> None:
    """A highlight's style does not reach into every tree by itself: the pixels tell."""
    page = read("trees.html")
    until_read(page)
    places = ("x-quote", "x-sealed", "#same")
    marked = {where: page.picture_of(where) for where in places}

    def differ(before: dict[str, bytes]) -> dict[str, bytes] | None:
        now = {where: page.picture_of(where) for where in places}
        return now if all(now[where] != before[where] for where in places) else None

    page.panel.click("switch-opinion")
    hidden = until(lambda: differ(marked), "all without their marks")
    page.panel.click("switch-opinion")
    until(lambda: differ(hidden), "all with their marks again")
    page.click_button()


def test_marks_in_a_frame_that_is_added_later_are_painted(read: Callable[[str], Page]) -> None:
    page = read("trees.html")
    until_read(page)
    sentence = "The second letter came on Friday and was shorter."
    page.evaluate(
        "document.getElementById('same').after(Object.assign(document.createElement('iframe'),"
        f" {{id: 'later', width: 600, height: 60, srcdoc: '<p>{sentence}</p>'}})), 0"
    )
    until(lambda: sentence in page.evaluate(ALL_MARKS), "the frame's mark")

    def is_painted() -> bool:
        marked = page.picture_of("#later")
        page.panel.click("switch-opinion")
        hidden = page.picture_of("#later")
        page.panel.click("switch-opinion")
        return marked != hidden

    until(is_painted, "the mark to be seen")
    page.click_button()

    # No style is left behind in any frame, where it was put in more than once.
    def after(name: str) -> list[bytes]:
        for frame in ("same", "later"):
            page.evaluate(
                f"""(({{document, Range, Highlight, CSS}}) => {{
                  const range = new Range();
                  range.selectNodeContents(document.body);
                  CSS.highlights.clear();
                  CSS.highlights.set('{name}', new Highlight(range));
                }})(document.getElementById('{frame}').contentWindow), 0"""
            )
        return [page.picture_of(f"#{frame}") for frame in ("same", "later")]

    plain = after("another")
    until(lambda: after("sayso-opinion") == plain, "the style to be gone")


def test_a_frame_that_goes_takes_its_marks_along_and_holds_up_nothing(read: Callable[[str], Page]) -> None:
    """Firefox lets nothing of it be touched then."""
    page = read("trees.html")
    until_read(page)
    letter = "It is far too kind to the office."
    assert letter in page.evaluate(ALL_MARKS)
    other = "The letter of Sunday was not kind to anybody."
    page.evaluate(f"document.getElementById('same').srcdoc = '<p>{other}</p>'")
    until(lambda: other in page.evaluate(ALL_MARKS), "the mark of the frame's next document")
    assert letter not in page.evaluate(ALL_MARKS)
    before = number(page.panel.text("status"))
    page.evaluate("document.getElementById('same').remove()")
    until(lambda: number(page.panel.text("status")) == before - 1, "its sentence to be counted no more")
    page.panel.click("switch-opinion")
    page.panel.click("switch-opinion")
    click_on(page, "openQuote()")
    until(lambda: page.panel.visible("card"), "the card")
    page.click_button()
    assert page.evaluate(ALL_MARKS) == []


def test_a_frame_that_never_loads_holds_up_nothing(open_canned: Callable[[str], Page]) -> None:
    """As where the page's policy forbids what the frame is to show: Chromium then waits for it for ever."""
    page = open_canned("strict.html?csp")
    page.evaluate(
        "document.body.prepend("
        "Object.assign(document.createElement('iframe'), {src: 'javascript:false', hidden: true})), 0"
    )
    for _ in range(2):
        page.click_button()
        until_read(page)
        page.click_button()
    page.forget_errors()  # of the policy


def test_passages_in_other_languages_are_left_alone(read: Callable[[str], Page], answers: Site) -> None:
    """The text tells, also on a page that declares the wrong language; else its script, or `lang`."""
    page = read("languages.html")
    until_read(page)
    assert len(answers.asked) == 7
    assert any("Northport" in text for text in answers.asked)
    assert not any("Frühjahr" in text or "Tant pis" in text for text in answers.asked)
    until(
        lambda: "German, French, and Japanese: 3" in page.panel.text("panel"),
        "the panel to say what was left alone",
    )
    page.click_button()


def test_a_page_in_another_language_is_read_only_if_the_reader_wants_it(
    read: Callable[[str], Page], answers: Site
) -> None:
    page = read("german.html")
    until(lambda: "This page is in German" in page.panel.text("panel"), "the panel to say so")
    assert answers.asked == []
    page.panel.click("proceed")
    until_read(page)
    assert len(answers.asked) == 5
    page.click_button()
