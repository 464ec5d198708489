"""An engine without weights, whose answers and failures a test decides. Only for tests of the HTTP layer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.batching import Padded
from models.engine import Encoded, ModelInfo

PATIENCE = 60.0
"""Seconds to wait for what has to happen; a machine that trains a model is slow."""

#: Class probabilities by the first word of a sentence.
ANSWERS = {
    "opinion": [0.7, 0.1, 0.1, 0.0, 0.1],
    "fact": [0.1, 0.7, 0.0, 0.1, 0.1],
    "both": [0.2, 0.1, 0.3, 0.3, 0.1],
}
OTHER = [0.1, 0.1, 0.1, 0.0, 0.7]


class DummyEngine:
    """Reads words as tokens. A sentence with the word FAIL cannot be classified, one with UNREADABLE
    not even tokenised."""

    batching = Padded()

    def __init__(self, max_tokens: int = 50) -> None:
        self.info = ModelInfo("dummy", "r1")
        self.max_tokens = max_tokens
        self.encode_calls = 0
        self.batches: list[list[str]] = []
        """The sentences of each batch that was run, the one that warms the model up included."""
        self._words: list[str] = []
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    def computed(self) -> list[str]:
        """The sentences of all batches."""
        return sorted(sentence for batch in self.batches for sentence in batch)

    def encode(self, sentences: Sequence[str]) -> list[Encoded]:
        self.encode_calls += 1
        if any("UNREADABLE" in sentence for sentence in sentences):
            raise RuntimeError("cannot read: " + " ".join(sentences))
        return [self._encode(sentence) for sentence in sentences]

    def warm_up(self) -> None:
        self.probabilities(self.encode(["Warm up."]))

    def probabilities(self, batch: Sequence[Encoded]) -> NDArray[np.float32]:
        sentences = [self._decode(encoded) for encoded in batch]
        self.batches.append(sentences)
        if any("FAIL" in sentence.split() for sentence in sentences):
            raise RuntimeError("cannot classify: " + " ".join(sentences))
        rows = [
            ANSWERS.get((sentence.split() or [""])[0].lower().strip("."), OTHER) for sentence in sentences
        ]
        return np.array(rows, dtype=np.float32).reshape(len(batch), 5)

    @property
    def loaded(self) -> bool:
        return True

    def load(self) -> None:
        """It has nothing in memory."""

    def unload(self) -> None:
        """It has nothing in memory."""

    def _encode(self, sentence: str) -> Encoded:
        words = sentence.split()
        with self._lock:
            for word in words:
                if word not in self._numbers:
                    self._numbers[word] = len(self._words)
                    self._words.append(word)
            ids = [self._numbers[word] for word in words]
        return Encoded(ids[: self.max_tokens], truncated=len(ids) > self.max_tokens)

    def _decode(self, encoded: Encoded) -> str:
        return " ".join(self._words[number] for number in encoded.ids)


class SteppedEngine(DummyEngine):
    """Runs a batch only when it is told to. The batch that warms the model up is not held."""

    def __init__(self) -> None:
        super().__init__()
        self._begun: queue.Queue[list[str]] = queue.Queue()
        self._allowed = threading.Semaphore(0)
        self._free = True

    def hold(self) -> None:
        self._free = False

    def begun(self) -> list[str]:
        """Wait for the next batch to begin; its sentences."""
        return self._begun.get(timeout=PATIENCE)

    def allow(self, batches: int = 1) -> None:
        self._allowed.release(batches)

    def release(self) -> None:
        """Hold nothing any more."""
        self._free = True
        self._allowed.release(1_000_000)

    def probabilities(self, batch: Sequence[Encoded]) -> NDArray[np.float32]:
        if not self._free:
            self._begun.put([self._decode(encoded) for encoded in batch])
            assert self._allowed.acquire(timeout=PATIENCE)
        return super().probabilities(batch)


class SecondModel(DummyEngine):
    """The second model of `DoubtfulEngine`: only whether it is loaded matters."""

    def __init__(self) -> None:
        super().__init__()
        self.loads = self.unloads = 0
        self.may_load = threading.Event()
        self.may_load.set()
        self.error: Exception | None = None

    @property
    def loaded(self) -> bool:
        return self.loads > self.unloads

    def load(self) -> None:
        assert self.may_load.wait(PATIENCE)
        self.loads += 1
        if self.error:
            self.unloads += 1
            raise self.error

    def unload(self) -> None:
        self.unloads = self.loads


class DoubtfulEngine(SteppedEngine):
    """Knows at once what sentences are without the word DOUBT, and of the others when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.second_model = SecondModel()
        self.first_batches: list[list[str]] = []

    def first(self, batch: Sequence[Encoded]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        sentences = [self._decode(encoded) for encoded in batch]
        self.first_batches.append(sentences)
        unsure = np.array(["DOUBT" in sentence.split() for sentence in sentences], np.bool_)
        sure = [encoded for encoded, doubt in zip(batch, unsure, strict=True) if not doubt]
        answers = np.full((len(batch), 5), 0.2, np.float32)
        answers[~unsure] = DummyEngine.probabilities(self, sure)
        return answers, unsure

    def second(self, batch: Sequence[Encoded], drafts: NDArray[np.float32]) -> NDArray[np.float32]:
        assert self.second_model.loaded
        assert (drafts == np.float32(0.2)).all()
        return self.probabilities(batch)
