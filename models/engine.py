"""What runs a model: the interface that every engine has.

An engine turns sentences into token ids and batches of token ids into class probabilities. It is
synchronous and knows nothing of requests: batching, order and threads are its caller's business.
The answer for a sentence must not depend on the batch it stands in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


#: Which sentences of a batch, k of them, and their class probabilities, shape (k, 5).
Part = tuple[Sequence[int], NDArray[np.float32]]


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

    def unload(self) -> None:
        """Give the memory back that it can do without until it is asked again."""
        ...


@runtime_checkable
class Staged(Protocol):
    """An engine that has a part which takes long and is not needed for every sentence."""

    def as_known(self, batch: Sequence[Encoded]) -> Iterator[Part]:
        """`Engine.probabilities` in parts, as soon as they are known. Each of the batch is in one of them."""
        ...

    def rest(self) -> None:
        """Unload that part, as nobody has asked for a while."""
        ...


def as_known(engine: Engine, batch: Sequence[Encoded]) -> Iterator[Part]:
    """What any engine answers: in parts of a `Staged` one, all at once of another."""
    if isinstance(engine, Staged):
        yield from engine.as_known(batch)
    else:
        yield range(len(batch)), engine.probabilities(batch)


def classify_all(engine: Engine, sentences: Sequence[str], token_budget: int = 2048) -> NDArray[np.float32]:
    """Class probabilities, shape (n, 5), of many sentences at once, in their order.

    For work with nobody waiting (evaluation, calibration); the server has a scheduler of its own.
    """
    encoded = engine.encode(sentences)
    out = np.empty((len(encoded), len(CLASSES)), dtype=np.float32)
    for batch in engine.batching.cut([len(e) for e in encoded], token_budget):
        out[batch] = engine.probabilities([encoded[i] for i in batch])
    return out
