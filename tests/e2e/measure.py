"""How long a reader waits: from the toolbar click to the first, most, and the last of a blog post's marks.

    python -m tests.e2e.measure [--runs 7] [--page blog.html]

Real Chromium, the built extension, the real server with its result cache switched off, so that every
run classifies every sentence. The first run, with everything cold, is reported apart.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.e2e import web
from tests.e2e.build import built_extension
from tests.e2e.chromium import Chromium
from tests.e2e.marks import COUNT
from tests.e2e.reading import wait_for_marks
from tests.e2e.service import Service

#: Notes, frame by frame, when the number of marks changed: pairs of epoch milliseconds and the number.
RECORD = f"""(() => {{
  globalThis.frames = [];
  let before = 0;
  const look = () => {{
    const now = {COUNT};
    if (now !== before) frames.push([performance.timeOrigin + performance.now(), now]);
    before = now;
    requestAnimationFrame(look);
  }};
  look();
}})()"""


#: What is called most of the marks.
MOST = 0.7


class Wait(NamedTuple):
    """Milliseconds from the click to the first mark, to `MOST` and to the last, and how many there are."""

    first: float
    most: float
    last: float
    marks: float


def one_run(browser: Chromium, url: str) -> Wait:
    """Open a page, click, and wait until it is read."""
    tab = browser.open(url)
    try:
        tab.evaluate(RECORD)
        clicked = tab.click_button() * 1000
        marks = wait_for_marks(tab)
        frames = json.loads(tab.evaluate("JSON.stringify(frames)"))
        most = next(at for at, number in frames if number >= MOST * len(marks))
        return Wait(frames[0][0] - clicked, most - clicked, frames[-1][0] - clicked, len(marks))
    finally:
        tab.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Print each run, the cold one, and the medians of the others."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=7, help="warm runs (default: 7)")
    parser.add_argument("--page", default="blog.html", help="a page of tests/fixtures/pages, or generated/…")
    options = parser.parse_args(arguments)

    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        site = stack.enter_context(web.pages())
        service = Service(folder / "server.log", SAYSO_CACHE_SENTENCES="0")
        stack.callback(service.stop)
        service.start()
        browser = stack.enter_context(contextlib.closing(Chromium(built_extension())))
        browser.use_server(service.url)
        url = site.url(options.page)
        runs = [one_run(browser, url) for _ in range(options.runs + 1)]

    def line(name: str, wait: Wait, more: str = "") -> None:
        times = f"first mark {wait.first:6.0f} ms, {MOST:.0%} {wait.most:6.0f} ms, last {wait.last:6.0f} ms"
        print(f"{name:>6}: {times}, {wait.marks:.0f} marks{more}")

    for number, wait in enumerate(runs):
        line("cold" if number == 0 else f"run {number}", wait)
    line("median", median(runs[1:]), f"  ({options.page}; load {os.getloadavg()[0]:.1f})")


def median(waits: Sequence[Wait]) -> Wait:
    """The median of each part."""
    return Wait(*map(statistics.median, zip(*waits, strict=True)))


if __name__ == "__main__":
    main()
