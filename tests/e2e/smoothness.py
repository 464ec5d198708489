"""Whether a page stays smooth while it is read: the longest tasks of its main thread, by what is in them.

    python -m tests.e2e.smoothness [--page generated/long.html?sentences=10000] [--real]

A trace of real Chromium from the toolbar click until the page is read, with a scroll to the middle and
to the end on the way; of some seconds in which the read page changes a style and a text of the article
in every frame; of a reader who works the panel on it; and of the click that stops it in the middle of
its work. Tasks are told apart by
whether the extension's content script runs in them. CPU time, as other work on the machine makes any
task long by the clock; the clock's time stands beside it. The server answers at once and without a
model (`--real` takes the real one), which is the most that can come in at a time.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e import web
from tests.e2e.build import built_extension
from tests.e2e.chromium import Chromium, Tab
from tests.e2e.service import Service
from tests.e2e.wait import until

#: From this many milliseconds on a reader feels a delay.
LONG_MS = 50
CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline"]
#: What a task may consist of, and how it is called in a trace.
PARTS = {"FunctionCall", "EvaluateScript", "v8.compile", "RunMicrotasks", "MinorGC", "MajorGC"}
PARTS |= {"UpdateLayoutTree", "Layout", "PrePaint", "Paint", "Layerize", "Commit"}

BUSY_MS = 10_000
#: How long what the panel was told goes on being painted.
SETTLE_MS = 2_000

#: Changes the colour of one paragraph and a digit of another in every frame.
BUSY = f"""new Promise((done) => {{
  const [one, other] = document.querySelectorAll('article p');
  const text = other.appendChild(document.createTextNode('0'));
  const end = performance.now() + {BUSY_MS};
  const step = (now) => {{
    one.style.color = now % 2 < 1 ? 'black' : '#111';
    text.data = String(Math.round(now) % 10);
    if (now < end) requestAnimationFrame(step);
    else done();
  }};
  requestAnimationFrame(step);
}})"""


@dataclass
class Task:
    """One task of the main thread, in milliseconds."""

    cpu: float
    wall: float
    #: Of the clock's time, what the content script's own functions took.
    ours: float
    parts: str


class Trace:
    """Traces the browser between `__init__` and `tasks`."""

    def __init__(self, browser: Chromium) -> None:
        self._cdp = browser.cdp
        self._script = f"chrome-extension://{browser.extension_id}/content.js"
        self._events: list[dict[str, Any]] = []
        self._done = threading.Event()
        self._cdp.listen(self._on_event)
        config = {"recordMode": "recordAsMuchAsPossible", "includedCategories": CATEGORIES}
        self._cdp.send("Tracing.start", transferMode="ReportEvents", traceConfig=config)

    def _on_event(self, method: str, params: dict[str, Any]) -> None:
        if method == "Tracing.dataCollected":
            self._events.extend(params["value"])
        elif method == "Tracing.tracingComplete":
            self._done.set()

    def _is_ours(self, event: dict[str, Any]) -> bool:
        return self._script in str(event.get("args", {}).get("data", {}).get("url", ""))

    def tasks(self) -> list[Task]:
        """The tasks of the thread that ran the content script, the longest first."""
        self._cdp.send("Tracing.end")
        assert self._done.wait(120), "the trace did not end"
        spans = [event for event in self._events if event.get("ph") == "X"]
        ours = [event for event in spans if self._is_ours(event)]
        assert ours, "the content script is not in the trace"
        thread = (ours[0]["pid"], ours[0]["tid"])
        mine = [event for event in spans if (event["pid"], event["tid"]) == thread]
        mine.sort(key=lambda event: event["ts"])
        tasks = []
        for run in (event for event in mine if event["name"] == "RunTask"):
            end = run["ts"] + run.get("dur", 0)
            inside = [event for event in mine if run["ts"] <= event["ts"] < end and event is not run]
            own = _outermost([event for event in inside if self._is_ours(event)])
            totals: dict[str, float] = {}
            for event in inside:
                if event["name"] in PARTS:
                    totals[event["name"]] = totals.get(event["name"], 0) + event.get("dur", 0) / 1000
            largest = sorted(totals.items(), key=lambda item: -item[1])[:3]
            parts = ", ".join(f"{name} {took:.0f}" for name, took in largest)
            tasks.append(Task(run.get("tdur", 0) / 1000, run.get("dur", 0) / 1000, own, parts))
        return sorted(tasks, key=lambda task: -task.cpu)


def _outermost(events: Sequence[dict[str, Any]]) -> float:
    """Milliseconds of events in the order of their beginning, those within others counted once."""
    total, end = 0.0, 0.0
    for event in events:
        if event["ts"] >= end:
            total += event.get("dur", 0) / 1000
            end = event["ts"] + event.get("dur", 0)
    return total


def is_read(tab: Tab) -> bool:
    return re.search(r"\d sentences? read$", tab.panel.text("status")) is not None


def report(name: str, tasks: Sequence[Task]) -> None:
    """Print the longest tasks, with the content script in them and without."""
    print(name)
    for is_ours, whose in ((True, "with the content script"), (False, "without it")):
        some = [task for task in tasks if (task.ours > 0) == is_ours]
        long = [task for task in some if task.cpu > LONG_MS]
        print(f"  {whose}: {len(some)} tasks, {len(long)} over {LONG_MS} ms of CPU")
        for task in some[:5]:
            times = (
                f"{task.cpu:6.1f} ms CPU, {task.wall:6.1f} ms by the clock, {task.ours:6.1f} of it its own"
            )
            print(f"    {times}: {task.parts}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Trace a page that is read to its end, and one that is stopped."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    page = "generated/long.html?sentences=10000"
    parser.add_argument(
        "--page", default=page, help=f"of tests/fixtures/pages, or generated/… (default: {page})"
    )
    parser.add_argument("--real", action="store_true", help="ask the real server")
    options = parser.parse_args(arguments)

    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        site = stack.enter_context(web.pages())
        if options.real:
            service = Service(folder / "server.log", SAYSO_CACHE_SENTENCES="0")
            stack.callback(service.stop)
            service.start()
            server = service.url
        else:
            server = stack.enter_context(web.answering()).url().rstrip("/")
        browser = stack.enter_context(contextlib.closing(Chromium(built_extension())))
        browser.use_server(server)

        url = site.url(options.page)
        read_to_the_end(browser, url)
        work_the_panel(browser, url)
        read_and_stop(browser, url)


def begin(browser: Chromium, url: str) -> tuple[Tab, Trace]:
    """The page with its first marks, and the trace of it."""
    tab = browser.open(url)
    trace = Trace(browser)
    tab.click_button()
    until(lambda: tab.count_marks() > 0, "the first marks", timeout=120)
    return tab, trace


def end(tab: Tab, trace: Trace, name: str) -> list[Task]:
    """Print what the trace has when the page is still."""
    marks = tab.count_marks()
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 500)))")
    tasks = trace.tasks()
    report(f"{name}: {marks} marks registered, load {os.getloadavg()[0]:.1f}", tasks)
    return tasks


def read_to_the_end(browser: Chromium, url: str) -> None:
    """Read the page, scrolling, and let it change in every frame afterwards."""
    tab, trace = begin(browser, url)
    for share in (0.5, 1):
        tab.evaluate(f"scrollTo(0, {share} * document.body.scrollHeight)")
    until(lambda: is_read(tab), "the page to be read", timeout=900)
    end(tab, trace, "read")
    trace = Trace(browser)
    tab.evaluate(BUSY)
    tasks = end(tab, trace, f"busy for {BUSY_MS / 1000:.0f} s")
    share = sum(task.ours for task in tasks) / BUSY_MS
    print(f"  the content script's functions took {share:.1%} of that time")
    tab.close()


def work_the_panel(browser: Chromium, url: str) -> None:
    """All that the panel offers, while the page is read with the list open and afterwards."""
    tab, trace = begin(browser, url)
    tab.panel.click("list-toggle")
    until(lambda: is_read(tab), "the page to be read", timeout=900)
    end(tab, trace, "read with the list open")

    def press(*keys: str) -> None:
        for key in keys:
            tab.press(key)

    def save() -> None:
        tab.panel.click("save-toggle")
        tab.panel.click("copy-json")

    actions: dict[str, Callable[[], object]] = {
        "slider, 20 keys": lambda: press(*["ArrowRight"] * 10, *["ArrowLeft"] * 10),
        "next, 20 times": lambda: press(*["n"] * 20),
        "list, 20 sentences, to its end and back": lambda: press(*["ArrowDown"] * 20, "End", "Home"),
        "overview, a jump to the middle": lambda: tab.panel.click("overview"),
        "copied as JSON": save,
    }
    starts = {"slider, 20 keys": "sureness", "list, 20 sentences, to its end and back": "sentence"}
    for name, act in actions.items():
        if name in starts:
            tab.panel.click(starts[name])
        trace = Trace(browser)
        act()
        tab.evaluate(f"new Promise((done) => setTimeout(done, {SETTLE_MS}))")
        end(tab, trace, name)
    tab.close()


def read_and_stop(browser: Chromium, url: str) -> None:
    """Stop in the middle of the work."""
    tab, trace = begin(browser, url)
    tab.trigger_action()
    until(lambda: not tab.has_host(), "the panel to go", timeout=120)
    end(tab, trace, "stopped")
    tab.close()


if __name__ == "__main__":
    main()
