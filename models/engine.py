"""What runs a model: the interface every engine has, and how one is loaded by name.

An engine turns sentences into token ids and batches of token ids into class probabilities. It is
synchronous and knows nothing of requests: batching, order and threads are its caller's business.
The answer for a sentence must not depend on the batch it stands in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.labels import CLASSES

DEFAULT_WEIGHTS = Path(__file__).parent / "weights" / "default"
#: Engines by the name `--engine` takes; "auto" picks the best one that this machine can run.
ENGINES = ("auto", "torch")


class ModelError(Exception):
    """A model folder that cannot be used; the message says which folder, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model answered: a readable id, and a revision that changes whenever an answer could."""

    id: str
    revision: str


@dataclass(frozen=True, slots=True)
class Encoded:
    """One sentence as the model reads it; `truncated` when it was longer than the model reads."""

    ids: Sequence[int]
    truncated: bool

    def __len__(self) -> int:
        return len(self.ids)


class Engine(Protocol):
    """A loaded model. Not safe for concurrent `probabilities` calls: give it one thread."""

    @property
    def info(self) -> ModelInfo: ...

    @property
    def max_tokens(self) -> int:
        """The longest sentence the model reads, in tokens; `encode` cuts there."""
        ...

    def encode(self, sentences: Sequence[str]) -> list[Encoded]:
        """Tokenise, in one call. Takes any text without lone surrogates; safe on any thread."""
        ...

    def probabilities(self, batch: Sequence[Encoded]) -> NDArray[np.float32]:
        """Class probabilities, shape (len(batch), 5), in the order of `labels.CLASSES`.

        The cost is that of `len(batch) * max(len(e) for e in batch)` tokens: batch like with like.
        """
        ...


def load_engine(path: Path = DEFAULT_WEIGHTS, name: str = "auto") -> Engine:
    """Load the model folder at `path` with the engine called `name`.

    Raises `ModelError` when the folder or the name cannot be used. Takes seconds: call it off the
    event loop. The import is here because torch alone costs a second of start-up.
    """
    if name not in ENGINES:
        raise ModelError(f"There is no engine {name!r}; the engines are: {', '.join(ENGINES)}.")
    from models.torch_engine import TorchEngine

    return TorchEngine(path)


def classify_all(engine: Engine, sentences: Sequence[str], token_budget: int = 2048) -> NDArray[np.float32]:
    """Class probabilities, shape (n, 5), of many sentences at once, in their order.

    Batches are sorted by length and hold at most `token_budget` tokens with padding. For work with
    nobody waiting (evaluation, calibration); the server has a scheduler of its own.
    """
    encoded = engine.encode(sentences)
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]))
    out = np.empty((len(encoded), len(CLASSES)), dtype=np.float32)
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and (stop + 1 - start) * len(encoded[order[stop]]) <= token_budget:
            stop += 1
        out[order[start:stop]] = engine.probabilities([encoded[i] for i in order[start:stop]])
        start = stop
    return out
