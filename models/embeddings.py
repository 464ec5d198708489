"""The first layer of a network, a table of word vectors, as the fast engine keeps it: 8-bit integers.

OpenVINO would hold the table in fp32, four times as large and larger than the rest of a small network. A
look-up needs no network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.compact import STEPS

#: How transformers' name of the table ends, whatever the architecture.
NAME = "embeddings.word_embeddings.weight"


class Embeddings:
    """A table of n word vectors: `integers` (n, dimensions), to be multiplied by `steps` (n, 1)."""

    def __init__(self, integers: NDArray[np.int8], steps: NDArray[np.float32]) -> None:
        self._integers = integers
        self._steps = steps

    @classmethod
    def among(cls, tensors: Mapping[str, NDArray[Any]]) -> Embeddings:
        """The table among the weights of a model (`models.compact.read`)."""
        (name,) = (name for name in tensors if name.endswith(NAME))
        # Copies, so that the other weights need not stay.
        return cls(tensors[name].copy(), tensors[name + STEPS].copy())

    @property
    def dimensions(self) -> int:
        return int(self._integers.shape[1])

    def __call__(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """The vectors of token `ids` of any shape: that shape and one axis more, the dimensions."""
        return self._integers[ids] * self._steps[ids]
