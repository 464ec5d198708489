"""The page cannot drive or read the panel, and the panel leaves the page's own keys and clicks alone."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.either import Page
from tests.e2e.reading import read, wait_for_marks
from tests.e2e.wait import until

OpenPage = Callable[[str], Page]

#: Notes every event that reaches the page, in either phase, but for those on the window itself.
LISTEN = """(() => {
  window.heard = [];
  const types = 'keydown keyup keypress click mousedown pointerdown input change focusin wheel'.split(' ');
  const note = (event) => heard.push(`${event.type} ${event.key ?? ''}`);
  for (const type of types) {
    document.addEventListener(type, note, {capture: type.startsWith('key')});
    document.body.addEventListener(type, note);
  }
})()"""


def test_the_page_hears_nothing_of_what_is_done_in_the_panel(open_canned: OpenPage) -> None:
    page = read(open_canned, "blog.html")
    page.evaluate(LISTEN)
    page.panel.click("next")
    page.press("Enter")
    page.press("n")
    page.press("Tab")
    page.panel.click("sureness")
    page.press("ArrowRight")
    page.press("ArrowLeft")
    page.panel.click("switch-fact")
    page.panel.click("switch-fact")
    page.panel.click("details")
    until(lambda: page.panel.visible("card"), "the card")
    page.press("p")
    page.press("Escape")
    assert page.evaluate("heard") == []
    page.click_text("Harlow Bay just sold")
    assert "click " in page.evaluate("heard")


def test_keys_are_the_pages_while_the_focus_is_there(open_canned: OpenPage) -> None:
    page = read(open_canned, "blog.html")
    page.evaluate(LISTEN)
    page.click_text("Harlow Bay just sold")
    for key in ("n", "p", "ArrowDown", "Escape"):
        page.press(key)
    heard = page.evaluate("heard")
    for key in ("n", "p", "ArrowDown", "Escape"):
        assert f"keydown {key}" in heard
    assert page.panel.text("position").endswith("marked"), "a key of the page's moved the reader"


def test_the_page_cannot_press_anything(open_canned: OpenPage) -> None:
    page = read(open_canned, "blog.html")
    before = page.marks()
    page.panel.click("next")
    page.evaluate(
        """(() => {
  const host = document.getElementById('sayso-root');
  const at = {clientX: innerWidth - 60, clientY: innerHeight - 60};
  for (const target of [host, document.elementFromPoint(at.clientX, at.clientY), document, window]) {
    for (const key of ['n', 'p', 'Enter', 'Escape', 'Tab'])
      target.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, composed: true}));
    for (const type of ['click', 'pointerdown', 'input', 'change'])
      target.dispatchEvent(new MouseEvent(type, {bubbles: true, composed: true, ...at}));
  }
  window.read = [host.shadowRoot, host.innerHTML, host.textContent, Object.keys(host).length];
})()"""
    )
    assert page.panel.text("position").startswith("1 of ")
    assert page.marks() == before
    assert page.evaluate("read") == [None, "", "", 0]
    assert page.evaluate("[...document.querySelectorAll('*')].filter((e) => e.shadowRoot).length") == 0
    assert page.evaluate("getSelection().toString()") == ""


def test_the_page_cannot_own_the_host(open_canned: OpenPage) -> None:
    page = open_canned("blog.html")
    page.evaluate(
        """(() => {
  window.internals = [];
  const own = class extends HTMLElement {
    constructor() { super(); internals.push(this.attachInternals()); }
  };
  customElements.define('sayso-root', own);
})()"""
    )
    page.click_button()
    wait_for_marks(page)
    assert page.evaluate("internals.length") == 0
    take = (
        "try { document.getElementById('sayso-root').attachInternals() } catch (error) { return error.name }"
    )
    assert page.evaluate(f"(() => {{ {take} }})()") == "NotSupportedError"


def test_what_is_selected_in_the_panel_is_not_the_pages_to_know(open_canned: OpenPage) -> None:
    page = read(open_canned, "blog.html")
    status = page.panel.box("status")
    legend = page.panel.box("switch-fact")
    page.drag((status["left"] + 2, legend["top"] - 12), (status["left"] + 120, legend["top"] + 40))
    assert page.evaluate("getSelection().toString()") == ""
    assert page.evaluate("getSelection().anchorNode?.getRootNode() instanceof ShadowRoot") is False


def test_a_page_that_throws_the_panel_out_gets_it_back(open_canned: OpenPage) -> None:
    page = read(open_canned, "blog.html")
    marks = page.marks()
    page.evaluate("document.getElementById('sayso-root').remove()")
    until(lambda: page.panel.visible("panel"), "the panel to be back")
    page.evaluate("document.body.append(document.getElementById('sayso-root'))")
    until(lambda: page.panel.visible("panel"), "the panel to be back")
    assert page.evaluate("document.getElementById('sayso-root').parentNode === document.documentElement")
    page.panel.click("next")
    assert page.panel.text("position").startswith("1 of ")
    assert page.marks() == marks


def test_a_page_that_bears_no_panel_is_left_alone(open_canned: OpenPage) -> None:
    """Marks without a panel would be marks that nobody can explain or take away."""
    page = read(open_canned, "blog.html")
    page.evaluate(
        """(() => {
  const throwOut = () => document.getElementById('sayso-root')?.remove();
  new MutationObserver(throwOut).observe(document.documentElement, {childList: true});
  throwOut();
})()"""
    )
    until(lambda: page.count_marks() == 0, "the marks to go")
    assert not page.has_host()


def test_text_of_the_page_goes_in_as_text(open_canned: OpenPage) -> None:
    page = open_canned("nothing.html")
    page.evaluate(
        """(() => {
  const paragraph = document.createElement('p');
  const sentence = 'The council <img src=x onerror="window.hit = 1"> sold the old library building. ';
  paragraph.textContent = sentence.repeat(8);
  const article = document.createElement('article');
  article.append(paragraph);
  document.body.replaceChildren(article);
})()"""
    )
    page.click_button()
    until(lambda: page.count_marks() > 0, "the marks")
    page.panel.click("list-toggle")
    page.panel.click("next")
    page.panel.click("details")
    page.panel.click("card-why")
    until(lambda: page.panel.visible("why-words"), "the words")
    assert "<img src=x" in page.panel.text("why-words")
    assert "<img src=x" in page.panel.text("sentence")
    assert page.evaluate("window.hit") is None
