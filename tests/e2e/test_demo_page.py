"""The server's own page, in both browsers: text is marked there, and axe-core finds nothing wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.e2e.either import Browser, Page
from tests.e2e.own_page import axe_violations
from tests.e2e.service import Service
from tests.e2e.wait import until

CLAIMS = "Number(document.querySelector('#count-fact').textContent)"


def test_the_sample_is_marked_and_axe_finds_nothing_wrong(
    open_tab: Callable[[str], Page], service: Service, browser: Browser, artifacts: Path
) -> None:
    demo = open_tab(service.url)
    assert axe_violations(demo) == []
    demo.evaluate("document.querySelector('#sample').click()")
    demo.evaluate("document.querySelector('#mark').click()")
    until(lambda: demo.evaluate(CLAIMS) > 5, "the sample to be marked")
    assert axe_violations(demo) == []
    demo.screenshot(artifacts / f"demo-{browser.name}.png")
