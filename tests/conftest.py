"""What holds for all tests: quick ones run first, browsers last; property tests try the same examples."""

from __future__ import annotations

import os

import hypothesis
import pytest

# The same each time, so that a run fails for what was changed; `make fuzz` looks for others. No deadline: how
# long an example takes on a shared machine is no test's subject.
hypothesis.settings.register_profile("fixed", deadline=None, derandomize=True)
hypothesis.settings.register_profile("fuzz", deadline=None, max_examples=1000)
hypothesis.settings.load_profile("fuzz" if os.environ.get("SAYSO_FUZZ") else "fixed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A broken unit should be seen before minutes of browser tests have passed."""
    items.sort(key=lambda item: "e2e" in item.path.parts)
