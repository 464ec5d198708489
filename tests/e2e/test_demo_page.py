"""The server's own page, in both browsers: text is marked there, and axe-core finds nothing wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.chromium import Chromium, Tab
from tests.e2e.firefox import Firefox
from tests.e2e.own_page import axe_violations
from tests.e2e.service import Service
from tests.e2e.wait import until

CLAIMS = "Number(document.querySelector('#count-fact').textContent)"


@pytest.fixture(params=["chromium", "firefox"])
def demo(request: pytest.FixtureRequest, service: Service) -> Iterator[Tab | Firefox]:
    """The demo page, open."""
    driver: Chromium | Firefox = request.getfixturevalue(request.param)
    if isinstance(driver, Chromium):
        tab = driver.open(service.url)
        yield tab
        assert tab.errors == []
        tab.close()
    else:
        driver.navigate(service.url)
        yield driver
        driver.navigate("about:blank")


def test_the_sample_is_marked_and_axe_finds_nothing_wrong(demo: Tab | Firefox, artifacts: Path) -> None:
    assert axe_violations(demo) == []
    demo.evaluate("document.querySelector('#sample').click()")
    demo.evaluate("document.querySelector('#mark').click()")
    until(lambda: demo.evaluate(CLAIMS) > 5, "the sample to be marked")
    assert axe_violations(demo) == []
    demo.screenshot(artifacts / f"demo-{type(demo).__name__.lower()}.png")
