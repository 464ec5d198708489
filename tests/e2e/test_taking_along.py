"""The ways out: files in three formats, the clipboard, and paper."""

from __future__ import annotations

import csv
import io
import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.either import Browser, Page
from tests.e2e.marks import squeeze
from tests.e2e.reading import read, tab_to
from tests.e2e.wait import until

OpenPage = Callable[[str], Page]


def saved(folder: Path, ending: str) -> str:
    """The text of the one file with this ending, once it is whole."""

    def whole() -> Path | None:
        files = list(folder.glob(f"*.{ending}"))
        partial = [*folder.glob("*.part"), *folder.glob("*.crdownload")]
        return files[0] if files and not partial and files[0].stat().st_size else None

    return until(whole, f"the {ending} file", timeout=20).read_bytes().decode("utf-8")


@pytest.mark.parametrize("path", ["strict.html?csp", "blog.html"])
def test_saved_as_a_file(open_canned: OpenPage, browser: Browser, tmp_path: Path, path: str) -> None:
    """Under a strict policy as well, and with no more permissions than reading takes."""
    page = read(open_canned, path)
    marks = page.marks()
    browser.save_downloads_in(tmp_path)
    page.panel.click("save-toggle")
    for name in ("markdown", "csv", "json"):
        page.panel.click(f"save-{name}")

    whole = json.loads(saved(tmp_path, "json"))
    texts = [squeeze(s["text"]) for s in whole["sentences"] if s["kind"] != "other"]
    assert texts == [mark.sentence for mark in marks]
    assert whole["title"] == page.evaluate("document.title")
    assert whole["address"] == page.evaluate("location.href")
    assert whole["model"] == {"id": "canned", "revision": ""}
    assert whole["counts"]["opinion"] + whole["counts"]["fact"] == len(marks)
    assert re.match(r"\d{4}-\d\d-\d\dT", whole["date"])

    rows = list(csv.DictReader(io.StringIO(saved(tmp_path, "csv").removeprefix("\ufeff"), newline="")))
    assert [row["sentence"] for row in rows] == [s["text"] for s in whole["sentences"]]
    assert {row["address"] for row in rows} == {whole["address"]}

    text = saved(tmp_path, "md")
    assert text.count("\n1. ") == len(whole["sentences"])
    assert "canned" in text
    assert page.evaluate("document.querySelectorAll('a[download]').length") == 0


def test_the_page_does_not_hear_of_a_file(open_canned: OpenPage, browser: Browser, tmp_path: Path) -> None:
    """A page is told of its own documents' downloads, and could read them."""
    page = read(open_canned, "blog.html")
    page.evaluate("window.heard = [], navigation.addEventListener('navigate', () => heard.push(1)), 0")
    browser.save_downloads_in(tmp_path)
    page.panel.click("save-toggle")
    page.panel.click("save-json")
    assert json.loads(saved(tmp_path, "json"))["sentences"]
    assert page.evaluate("heard") == []


def test_copied(open_canned: OpenPage) -> None:
    page = read(open_canned, "strict.html?csp")
    page.panel.click("save-toggle")
    tab_to(page, "copy-json")
    page.press("Enter")
    until(lambda: page.panel.text("save-said") == "Copied", "it to be copied")


def printed(page: Page) -> str:
    """What a PDF of the page draws, its streams unpacked."""
    streams = []
    for found in re.finditer(rb"stream\r?\n(.*?)endstream", page.pdf(), re.DOTALL):
        try:
            streams.append(zlib.decompressobj().decompress(found.group(1)).decode("latin-1"))
        except zlib.error:
            continue  # not packed that way: fonts and pictures
    return "\n".join(streams)


def colours(drawing: str) -> set[tuple[float, ...]]:
    """The colours that are set in a drawing, to two digits."""
    found = re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG|scn|SCN)\b", drawing)
    return {tuple(round(float(part), 2) for part in colour) for colour in found}


def test_print_keeps_the_marks_and_leaves_the_panel_out(open_canned: OpenPage, browser: Browser) -> None:
    page = open_canned("strict.html")
    plain = colours(printed(page))
    page.click_button()
    until(lambda: page.count_marks() >= 8, "the marks")
    until(lambda: page.panel.text("status").endswith("read"), "the end")
    marked = colours(printed(page)) - plain
    dark_of_the_logo = (0.07, 0.2, 0.23)
    assert dark_of_the_logo not in marked, "the panel is printed"
    if browser.name == "firefox":
        # It prints a copy of the document, and the copy has no highlights. When this fails, it has learnt to.
        assert marked == set()
        return
    # Chromium draws the wavy line as a picture; of opinion there is the tint.
    for kind, colour in {"opinion": (0.91, 0.35, 0.05), "fact": (0.05, 0.52, 0.6)}.items():
        assert colour in marked, f"nothing of {kind} is printed: {sorted(marked)}"
