"""Reads every page of folders of saved pages in the real browsers, and says how each went.

    python -m tests.e2e.pages DIR… OUT.tsv [--firefox 40] [--only ID…]

A click on the toolbar button, the panel's last word, and another click; a stand-in for the server marks
every sentence. One row a page: what the panel said; how many blocks, sentences and marks; milliseconds
to the first answer asked for (`asked`) and to the end, and the longest task of the page's main thread
(Chromium alone tells); and what may not be: changes to the page's DOM, painted text that is not the text
that was sent, errors. Folders are laid out as `extension/tools/saved-pages.mjs` says. Ends with 1 where a
page has something that may not be.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

from server.segmentation import sentences, utf16
from tests.e2e import web
from tests.e2e.build import EXTENSION, built_extension
from tests.e2e.changes import WATCH
from tests.e2e.chromium import Chromium
from tests.e2e.either import HOST_ELEMENT, Browser, Page
from tests.e2e.firefox import Firefox
from tests.e2e.marks import Mark
from tests.e2e.wait import until

#: Saved pages ask for what has long changed or gone; without a network each run sees the same.
NO_NETWORK_CHROMIUM = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
NO_NETWORK_FIREFOX = {
    "network.proxy.type": "1",
    "network.proxy.http": '"127.0.0.1"',
    "network.proxy.http_port": "9",
    "network.proxy.ssl": '"127.0.0.1"',
    "network.proxy.ssl_port": "9",
}

#: What the panel says when there is nothing left to do.
LAST_WORD = re.compile(r"\d sentences? read|^Nothing|not in English|language", re.IGNORECASE)
PATIENCE_S = 90.0

NOT_LOADED = re.compile(r"Failed to load resource|Manifest fetch from")

#: Notes how long the page's main thread is held by one task.
TIME_TASKS = """(() => {
  window.tasks = [0];
  if (PerformanceObserver.supportedEntryTypes.includes('longtask'))
    new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((entry) => entry.duration)))
      .observe({type: 'longtask'});
})()"""

#: Characters that are on the page and not in the text that is sent, and the other way round.
_NOT_COMPARED = re.compile(r"[\s\u00ad\u200b\u2060\ufeff\ufffd]|[\ud800-\udfff]")


@dataclass
class Row:
    """One page in one browser."""

    browser: str
    set: str
    id: str
    said: str = ""
    lang: str = ""
    blocks: int = 0
    sentences: int = 0
    marks: int = 0
    asked_ms: int = 0
    done_ms: int = 0
    longest_task_ms: int = 0
    dom_changes: str = ""
    painted_wrong: int = 0
    errors: str = ""

    @property
    def is_bad(self) -> bool:
        return bool(self.dom_changes or self.painted_wrong or self.errors)


class MarksEverything(web.Quiet):
    """Stands in for a Sayso server, in whose eyes every sentence is opinion or claim."""

    blocks: ClassVar[list[str]] = []
    texts: ClassVar[list[str]] = []
    first_asked: ClassVar[list[float]] = []

    def do_GET(self) -> None:
        health = {"name": "sayso", "version": "0", "api": "v1", "status": "ready", "model": None}
        self.reply(200, "application/json", json.dumps(health).encode())

    def do_POST(self) -> None:
        self.first_asked.append(time.time())
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        lines = [self._line(block) for block in request["blocks"]]
        lines.append({"done": True, "model": {"id": "none", "revision": ""}, "offset_unit": "utf16"})
        body = "".join(json.dumps(line) + "\n" for line in lines)
        self.reply(200, "application/jsonl", body.encode())

    def _line(self, block: dict[str, str]) -> dict[str, Any]:
        spans = list(sentences(block["text"]))
        self.blocks.append(block["id"])
        self.texts.extend(block["text"][start:end] for start, end in spans)
        answer = {"confidence": 0.9, "mixed": False}
        found = [
            {"start": start, "end": end, "label": ("opinion", "fact")[number % 2], **answer}
            for number, (start, end) in enumerate(utf16(block["text"], spans))
        ]
        return {"id": block["id"], "sentences": found}

    @classmethod
    def forget(cls) -> None:
        cls.texts.clear()
        cls.blocks.clear()
        cls.first_asked.clear()


@contextlib.contextmanager
def served(folders: Sequence[str]) -> Iterator[list[dict[str, str]]]:
    """The folders' pages on loopback, each with `set`, `id` and `url`."""
    command = ["node", str(EXTENSION / "tools" / "serve-pages.mjs"), *folders]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit(2)
        try:
            yield json.loads(line)
        finally:
            process.kill()


def source(page: Page) -> str:
    """The document as it is, without the extension's one element."""
    return page.evaluate(
        f"(() => {{const host = document.querySelector('{HOST_ELEMENT}')?.outerHTML ?? '';"
        " return document.documentElement.outerHTML.replace(host, '');})()"
    )


def painted_wrong(marks: Sequence[Mark], texts: Sequence[str]) -> int:
    """How many characters are painted in marks that are of no sentence, or sent and not painted.

    What stands on the page more than once is sent once, and painted everywhere.
    """
    sent = [_NOT_COMPARED.sub("", text) for text in texts]
    painted = [_NOT_COMPARED.sub("", mark.text) for mark in marks]
    everything = "\n".join(sent)
    of_none = sum(len(text) for text in painted if text not in everything)
    return of_none + (Counter("".join(sent)) - Counter("".join(painted))).total()


def read(page: Page, row: Row) -> None:
    """One reading, into the row: click, wait for the last word, compare, click again, compare again."""
    MarksEverything.forget()
    row.lang = page.evaluate("document.documentElement.lang")
    before = source(page)
    page.evaluate(WATCH)
    page.evaluate(TIME_TASKS)
    clicked = page.click_button()

    def said() -> str | None:
        status = page.panel.text("status")
        return status if LAST_WORD.search(status) else None

    row.said = until(said, "the panel's last word", timeout=PATIENCE_S) or ""
    row.done_ms = round((time.time() - clicked) * 1000)
    row.blocks, row.sentences = len(MarksEverything.blocks), len(MarksEverything.texts)
    if MarksEverything.first_asked:
        row.asked_ms = round((MarksEverything.first_asked[0] - clicked) * 1000)
    marks = page.marks()
    row.marks = len(marks)
    row.painted_wrong = painted_wrong(marks, MarksEverything.texts)
    during = source(page)
    page.click_button()
    changes = set(page.evaluate("window.changes"))
    changes |= {"the source while marked"} if during != before else set()
    changes |= {"the source afterwards"} if source(page) != before else set()
    changes |= {"marks are left"} if page.marks() else set()
    row.dom_changes = "; ".join(sorted(changes))
    row.longest_task_ms = round(max(page.evaluate("window.tasks")))


def visit(browser: Browser, row: Row, url: str) -> None:
    tab = browser.open()
    try:
        tab.navigate(url)
        tab.forget_errors()
        read(tab, row)
        # What the page asks for and does not get is logged at any time, and is no fault of the extension's.
        row.errors = "; ".join(sorted({error for error in tab.errors() if not NOT_LOADED.search(error)}))
    finally:
        tab.close()


def run(browser: Browser, pages: Sequence[dict[str, str]]) -> Iterator[Row]:
    """Visit each page; a failure is an entry in its row. The last row is of the extension's own errors."""
    name = browser.name
    browser.forget_errors()
    for number, page in enumerate(pages, 1):
        row = Row(name, page["set"], page["id"])
        try:
            visit(browser, row, page["url"])
        except Exception as error:  # whatever it is, the other pages are to be read
            row.errors = f"{type(error).__name__}: {str(error)[:300]}"
        print(f"{name} {number}/{len(pages)} {row.id[:30]}: {row.said}", file=sys.stderr)
        yield row
    for error in sorted(set(browser.errors())):
        yield Row(name, "-", "the extension", errors=error)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table; print what may not be, and the totals."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", metavar="DIR")
    parser.add_argument("out", metavar="OUT.tsv", type=Path)
    parser.add_argument("--firefox", type=int, default=40, metavar="N", help="pages in Firefox (default: 40)")
    parser.add_argument("--chromium", type=int, metavar="N", help="pages in Chromium (default: all)")
    parser.add_argument("--only", nargs="*", default=[], metavar="ID", help="pages whose id begins so")
    options = parser.parse_args(arguments)

    rows: list[Row] = []
    with contextlib.ExitStack() as stack:
        pages = stack.enter_context(served(options.folders))
        if options.only:
            pages = [page for page in pages if page["id"].startswith(tuple(options.only))]
        server = stack.enter_context(web.serve(MarksEverything))
        extension = built_extension()
        out = stack.enter_context(options.out.open("w", encoding="utf-8", newline=""))
        table = csv.DictWriter(out, [field.name for field in fields(Row)], delimiter="\t")
        table.writeheader()

        def note(found: Iterator[Row]) -> None:
            for row in found:
                rows.append(row)
                table.writerow(asdict(row))
                out.flush()

        if chosen := sample(pages, options.chromium):
            with contextlib.closing(Chromium(extension, NO_NETWORK_CHROMIUM)) as chromium:
                chromium.use_server(server.origin)
                note(run(chromium, chosen))
        if chosen := sample(pages, options.firefox):
            with contextlib.closing(Firefox(extension, **NO_NETWORK_FIREFOX)) as firefox:
                firefox.use_server(server.origin)
                note(run(firefox, chosen))

    bad = [row for row in rows if row.is_bad]
    for row in bad:
        print(f"{row.browser} {row.set}/{row.id}: {row.dom_changes} {row.painted_wrong or ''} {row.errors}")
    without = sum(row.blocks == 0 for row in rows)
    print(f"{len(rows)} readings, {len(bad)} with what may not be, {without} without a block; {options.out}")
    return 1 if bad else 0


def sample(pages: Sequence[dict[str, str]], size: int | None) -> Sequence[dict[str, str]]:
    """So many of the pages, evenly spread; all of them where there is no number."""
    if size is None or size >= len(pages):
        return pages
    return [pages[number * len(pages) // size] for number in range(size)]


if __name__ == "__main__":
    sys.exit(main())
