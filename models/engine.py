"""What runs a model: the interface that every engine has.

An engine turns sentences into token ids and batches of token ids into class probabilities. It is
synchronous and knows nothing of requests: batching, order and threads are its caller's business.
The answer for a sentence must not depend on the batch it stands in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from models.batching import Batching
from models.labels import CLASSES


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

    @property
    def batching(self) -> Batching:
        """What a batch costs, and how to cut sentences into batches that waste little."""
        ...

    def warm_up(self) -> None:
        """Do now what the first batches would otherwise wait for."""
        ...

    def probabilities(self, batch: Sequence[Encoded]) -> NDArray[np.float32]:
        """Class probabilities, shape (len(batch), 5), in the order of `labels.CLASSES`."""
        ...

    @property
    def loaded(self) -> bool:
        """Whether `probabilities` can begin at once."""
        ...

    def load(self) -> None:
        """Make it so. Takes seconds; on any thread, while no other asks for `probabilities`."""
        ...

    def unload(self) -> None:
        """Give the memory back that it can do without until it is loaded again."""
        ...


@runtime_checkable
class Staged(Protocol):
    """An engine that asks a second, slower model about what its first one is unsure of."""

    def first(self, batch: Sequence[Encoded]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """What the first model answers, shape (n, 5), and which of that, shape (n,), it is unsure of."""
        ...

    @property
    def second_model(self) -> Engine:
        """To be loaded before `second` and unloaded when nobody has asked for a while."""
        ...

    def second(self, batch: Sequence[Encoded], drafts: NDArray[np.float32]) -> NDArray[np.float32]:
        """The answers, shape (n, 5), to sentences of which the first model is unsure: it gave `drafts`."""
        ...


def classify_all(engine: Engine, sentences: Sequence[str], token_budget: int = 2048) -> NDArray[np.float32]:
    """Class probabilities, shape (n, 5), of many sentences at once, in their order.

    For work with nobody waiting (evaluation, calibration); the server has a scheduler of its own.
    """
    encoded = engine.encode(sentences)
    out = np.empty((len(encoded), len(CLASSES)), dtype=np.float32)
    for batch in engine.batching.cut([len(e) for e in encoded], token_budget):
        out[batch] = engine.probabilities([encoded[i] for i in batch])
    return out
