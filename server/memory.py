"""Memory that the process has and does not need."""

from __future__ import annotations

import contextlib
import ctypes
import gc


def give_back() -> None:
    """Return to the system what was needed for a moment: some megabytes, which glibc would keep."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError, TypeError):  # other systems have no such call
        ctypes.CDLL(None).malloc_trim(0)
