"""Waiting without sleeping blindly: poll until something holds, or say what was last seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: Generous: the suite must pass on a machine that is busy with something else.
DEADLINE_S = 60.0


def until(probe: Callable[[], T], what: str, *, timeout: float = DEADLINE_S, every: float = 0.05) -> T:
    """Call `probe` until it returns something truthy, and return that.

    Raises `AssertionError` saying what was waited for and what the probe last returned.
    """
    deadline = time.monotonic() + timeout
    while True:
        seen = probe()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:.0f} s for {what}; last seen: {seen!r}")
        time.sleep(every)


def settled(probe: Callable[[], T], what: str, *, quiet: float = 0.5, timeout: float = DEADLINE_S) -> T:
    """Call `probe` until it returns the same value for `quiet` seconds, and return that value."""
    deadline = time.monotonic() + timeout
    value, since = probe(), time.monotonic()
    while time.monotonic() - since < quiet:
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:.0f} s for {what} to settle; last seen: {value!r}")
        time.sleep(0.05)
        fresh = probe()
        if fresh != value:
            value, since = fresh, time.monotonic()
    return value
