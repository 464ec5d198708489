"""Generated pages, in each browser's own engine: what is painted is what was classified.

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
from tests.e2e.either import Page
from tests.e2e.wait import until
from tests.e2e.web import Site

FUZZ = bool(os.environ.get("SAYSO_FUZZ"))
SEED = int(os.environ.get("SAYSO_SEED") or (random.randrange(2**31) if FUZZ else 1))
TIMES = int(os.environ.get("SAYSO_RUNS") or (10 if FUZZ else 1))

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
def test_holds(open_tab: Callable[[str], Page], site: Site, bundle: str, name: str, runs: int) -> None:
    page = open_tab(site.url("nothing.html"))
    page.evaluate("document.body.replaceChildren()")
    # Not awaited: a driver's command has a time limit that is shorter than this may take.
    page.evaluate(
        f"void (() => {{ {bundle}\n {name}({SEED}, {runs}).then((found) => (window.failure = found),"
        " (error) => (window.failure = String(error))) })()"
    )
    until(lambda: page.evaluate("window.failure !== undefined"), "the property", timeout=280, every=0.5)
    failure = page.evaluate("window.failure")
    assert failure is None, f"seed {SEED}: {failure}"
