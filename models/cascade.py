"""Two models as one: a small one reads every sentence, a large one reads those that it is unsure of.

Most sentences are easy, and of those a small model is as good as a large one (Viola & Jones, "Rapid object
detection using a boosted cascade of simple features", 2001). Its confidence says which they are.

Between two confidences of the small model the answer passes from the large one's to its own in proportion.
With one threshold an answer would jump there, and a sentence could be of another kind in another batch for
the last digit of a sum.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self, cast

import numpy as np
from numpy.typing import NDArray

from models.batching import Batching
from models.engine import Encoded, Engine, ModelError, ModelInfo
from models.labels import label_probabilities

#: The model of a folder with this file asks another in doubt.
_FILE = "cascade.json"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which second model a model asks, by the name of its folder beside it, and at which confidences.

    Up to `second_alone` only the second's answer counts, from `first_alone` only the first's, and then the
    second is not asked. Raises `ModelError` for what makes no cascade.
    """

    second: str
    second_alone: float
    first_alone: float

    def __post_init__(self) -> None:
        if not 0 <= self.second_alone < self.first_alone <= 1:
            raise ModelError(
                "Up to which confidence the second model answers alone must be less than from which one the "
                f"first does, and both between 0 and 1: they are {self.second_alone} and {self.first_alone}."
            )
        if not self.second or Path(self.second).name != self.second or self.second == "..":
            raise ModelError(f"{self.second!r} is not the name of a folder beside the first model's own.")

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The recipe in `folder`; None where the model in it asks no other. Raises `ModelError`."""
        file = folder / _FILE
        if not file.is_file():
            return None
        try:
            return cls(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise ModelError(f"{file} could not be read: {error}") from error
        except ModelError as error:
            raise ModelError(f"{file}: {error}") from error

    def write(self, folder: Path) -> None:
        (folder / _FILE).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    def share_of_second(self, answers: NDArray[np.float32]) -> NDArray[np.float32]:
        """How much of each answer is the second model's, 0 to 1, by the first's `answers`, shape (n, 5)."""
        confidence = label_probabilities(answers).max(axis=1)
        width = self.first_alone - self.second_alone
        share: NDArray[np.float32] = np.clip((self.first_alone - confidence) / width, 0, 1)
        return share


@dataclass(frozen=True, slots=True)
class _EncodedTwice(Encoded):
    """A sentence as the first model reads it, and as the second one does."""

    second: Encoded


class Cascade:
    """An engine that asks `second` only about what `first` is unsure of, as `recipe` says."""

    def __init__(self, first: Engine, second: Engine, recipe: Recipe) -> None:
        self._first = first
        self._second = second
        self._recipe = recipe
        # What decides about an answer; the folder's name does not.
        parts = (first.info.revision, second.info.revision, recipe.second_alone, recipe.first_alone)
        revision = hashlib.sha256(" ".join(map(str, parts)).encode()).hexdigest()[:12]
        self._info = ModelInfo(f"{first.info.id}+{second.info.id}", revision)

    @property
    def info(self) -> ModelInfo:
        return self._info

    @property
    def max_tokens(self) -> int:
        return min(self._first.max_tokens, self._second.max_tokens)

    @property
    def batching(self) -> Batching:
        """That of the first model: which sentences the second one will be asked about nobody knows before."""
        return self._first.batching

    def encode(self, sentences: Sequence[str]) -> list[Encoded]:
        pairs = zip(self._first.encode(sentences), self._second.encode(sentences), strict=True)
        return [_EncodedTwice(a.ids, a.truncated or b.truncated, b) for a, b in pairs]

    def warm_up(self) -> None:
        """Of the first model alone: the second takes most of the memory, and is loaded when it is asked."""
        self._first.warm_up()

    @property
    def loaded(self) -> bool:
        return self._first.loaded and self._second.loaded

    def load(self) -> None:
        self._first.load()
        self._second.load()

    def unload(self) -> None:
        self._first.unload()
        self._second.unload()

    def probabilities(self, batch: Sequence[Encoded]) -> NDArray[np.float32]:
        answers, unsure = self.first(batch)
        which = np.flatnonzero(unsure)
        if len(which):
            answers[which] = self.second([batch[i] for i in which.tolist()], answers[which])
        return answers

    def first(self, batch: Sequence[Encoded]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        answers = self._first.probabilities(batch)
        return answers, self._recipe.share_of_second(answers) > 0

    @property
    def second_model(self) -> Engine:
        return self._second

    def second(self, batch: Sequence[Encoded], drafts: NDArray[np.float32]) -> NDArray[np.float32]:
        twice = cast(Sequence[_EncodedTwice], batch)
        answers = self._second.probabilities([each.second for each in twice])
        return drafts + self._recipe.share_of_second(drafts)[:, None] * (answers - drafts)
