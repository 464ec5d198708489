"""Random pages, in each browser's own engine: what is painted is what was classified.

`extension/tests/browser/properties.ts` holds the properties. A failure names its seed and the smallest
page that fails; `SAYSO_SEED=…` runs it again, `SAYSO_RUNS=10` makes ten times as many pages.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.build import EXTENSION
from tests.e2e.chromium import Tab
from tests.e2e.firefox import Firefox
from tests.e2e.web import Site

SEED = int(os.environ.get("SAYSO_SEED") or random.randrange(2**31))
TIMES = int(os.environ.get("SAYSO_RUNS") or 1)

#: Each property, and how many pages it is tried on.
PROPERTIES = pytest.mark.parametrize(
    ("name", "runs"),
    [("saysoPaints", 300 * TIMES), ("saysoReads", 300 * TIMES), ("saysoFollows", 20 * TIMES)],
)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The properties and what they test, as one script."""
    out: Path = tmp_path_factory.mktemp("properties") / "properties.js"
    source, options = (
        "tests/browser/properties.ts",
        ["--format=iife", "--loader:.css=text", "--log-level=error"],
    )
    command = ["npx", "esbuild", source, "--bundle", *options, f"--outfile={out}"]
    subprocess.run(command, cwd=EXTENSION, check=True, timeout=120)
    return out.read_text(encoding="utf-8")


@PROPERTIES
def test_in_chromium(open_tab: Callable[[str], Tab], site: Site, bundle: str, name: str, runs: int) -> None:
    tab = open_tab(site.url("nothing.html"))
    tab.evaluate(f"{bundle}\n;document.body.replaceChildren()")
    run = {"expression": f"{name}({SEED}, {runs})", "awaitPromise": True, "returnByValue": True}
    reply = tab.send("Runtime.evaluate", timeout=300, **run)
    failure = reply["result"].get("value", "no answer")
    assert failure is None, f"seed {SEED}: {failure}"


@PROPERTIES
def test_in_firefox(firefox: Firefox, site: Site, bundle: str, name: str, runs: int) -> None:
    firefox.navigate(site.url("nothing.html"))
    firefox.marionette.timeout.script = 300
    script = f"{bundle}\ndocument.body.replaceChildren();\n{name}({SEED}, {runs}).then(arguments[0]);"
    failure = firefox.marionette.execute_async_script(script, sandbox=None)
    assert failure is None, f"seed {SEED}: {failure}"
