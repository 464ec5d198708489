"""The reader's wait in real Chromium, from the click to the marks, and what it takes of the page's thread."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
from pathlib import Path
from typing import Any

from tests.e2e import web
from tests.e2e.build import built_extension
from tests.e2e.chromium import Chromium
from tests.e2e.measure import median, one_run
from tests.e2e.service import Service
from tests.e2e.smoothness import Trace, is_read
from tests.e2e.wait import until

PAGE = "generated/long.html?sentences=100"


def measure(runs: int) -> dict[str, Any]:
    """Medians of `runs` clicks on a page of 100 sentences, the result cache off, after one to warm up."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(web.pages()).url(PAGE)
        service = Service(folder / "server.log", SAYSO_CACHE_SENTENCES="0")
        stack.callback(service.stop)
        service.start()
        browser = stack.enter_context(contextlib.closing(Chromium(built_extension())))
        browser.use_server(service.url)
        wait = median([one_run(browser, url) for _ in range(runs + 1)][1:])
        traced = [_main_thread(browser, url) for _ in range(runs)]
    return {
        "first_mark_ms": wait.first,
        "most_marks_ms": wait.most,
        "last_mark_ms": wait.last,
        "content_script_ms": statistics.median(total for total, _ in traced),
        "content_script_in_one_task_ms": statistics.median(longest for _, longest in traced),
    }


def _main_thread(browser: Chromium, url: str) -> tuple[float, float]:
    """Milliseconds that the content script ran: all together, and the most in one task."""
    tab = browser.open(url)
    try:
        trace = Trace(browser)
        tab.click_button()
        until(lambda: is_read(tab), "the page to be read", timeout=120)
        ours = [task.ours for task in trace.tasks()]
        return sum(ours), max(ours)
    finally:
        tab.close()
