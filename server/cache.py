"""Answers kept in memory, so that a second visit to a page costs only what is new on it.

An entry is a hash of the sentence and the model's revision, and the five probabilities: no text is
kept. About 200 bytes each. Safe to use from several threads.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Answer(NamedTuple):
    """What the model said of a sentence."""

    probabilities: NDArray[np.float32]
    """Shape (5,), in the order of `models.labels.CLASSES`."""
    truncated: bool


class Cache:
    """The answers of one model, the least recently used dropped first; `capacity` in sentences."""

    def __init__(self, capacity: int, revision: str) -> None:
        self._capacity = capacity
        self._seed = revision.encode()[:64]
        self._entries: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def key(self, sentence: str) -> bytes:
        return hashlib.blake2b(sentence.encode(), digest_size=16, key=self._seed).digest()

    def get(self, keys: Sequence[bytes]) -> list[Answer | None]:
        """The answer for each key, or None."""
        if not self._capacity:
            return [None] * len(keys)
        found: list[Answer | None] = []
        with self._lock:
            for key in keys:
                packed = self._entries.get(key)
                if packed is None:
                    found.append(None)
                else:
                    self._entries.move_to_end(key)
                    found.append(Answer(np.frombuffer(packed, np.float32, 5), bool(packed[-1])))
        return found

    def put(self, answers: Iterable[tuple[bytes, Answer]]) -> None:
        if not self._capacity:
            return
        with self._lock:
            for key, answer in answers:
                self._entries[key] = answer.probabilities.astype(np.float32).tobytes() + bytes(
                    [answer.truncated]
                )
                self._entries.move_to_end(key)
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)
