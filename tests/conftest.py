"""What holds for all tests: the quick ones run first, the browsers last."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A broken unit should be seen before minutes of browser tests have passed."""
    items.sort(key=lambda item: "e2e" in item.path.parts)
