"""The five classes of the model and what a reader sees of them.

The model is one softmax over five classes. Everything a client sees (label, confidence, mixed) is
derived here from those five probabilities, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Label = Literal["opinion", "fact", "other"]

#: The model's classes; the order is that of every probability vector in the project.
CLASSES = ("opinion", "fact", "mixed_opinion", "mixed_fact", "other")
#: What a client sees; the order is that of the rows of `LABEL_OF_CLASS`.
LABELS: tuple[Label, ...] = ("opinion", "fact", "other")

OPINION, FACT, MIXED_OPINION, MIXED_FACT, OTHER = range(5)

#: (3, 5): adds the class probabilities up to label probabilities.
LABEL_OF_CLASS: NDArray[np.float32] = np.array(
    [[1, 0, 1, 0, 0], [0, 1, 0, 1, 0], [0, 0, 0, 0, 1]], dtype=np.float32
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the model says about one sentence.

    `label` is the largest of opinion (opinion + mixed_opinion), fact (fact + mixed_fact) and other;
    `confidence` is that sum, 0 to 1. `mixed` is true when the two mixed classes together outweigh
    each pure class. `probabilities` are in the order of `CLASSES` and sum to 1.
    """

    label: Label
    confidence: float
    mixed: bool
    probabilities: tuple[float, float, float, float, float]


def label_probabilities(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Class probabilities, shape (n, 5), to label probabilities, shape (n, 3), ordered as `LABELS`."""
    return probabilities @ LABEL_OF_CLASS.T


def is_mixed(probabilities: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Class probabilities, shape (n, 5), to shape (n,): do the mixed classes outweigh each pure one?"""
    pure = probabilities[:, [OPINION, FACT, OTHER]].max(axis=1)
    mixed: NDArray[np.bool_] = probabilities[:, MIXED_OPINION] + probabilities[:, MIXED_FACT] > pure
    return mixed


def judge(probabilities: NDArray[np.float32]) -> Sequence[Judgement]:
    """One `Judgement` for each row of class probabilities, shape (n, 5)."""
    labels = label_probabilities(probabilities)
    best = labels.argmax(axis=1)
    mixed = is_mixed(probabilities)
    judgements = []
    for i, (opinion, fact, mixed_opinion, mixed_fact, other) in enumerate(probabilities.tolist()):
        label = int(best[i])
        # A sum of float32 probabilities can pass 1 by a rounding error; a confidence may not.
        confidence = min(float(labels[i, label]), 1.0)
        judgements.append(
            Judgement(
                LABELS[label], confidence, bool(mixed[i]), (opinion, fact, mixed_opinion, mixed_fact, other)
            )
        )
    return judgements
