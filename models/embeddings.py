"""The first layer of a network, a table of word vectors, as the fast engine keeps it: 8-bit integers.

OpenVINO would hold the table in fp32, four times as large and larger than the rest of a small network. A
look-up needs no network.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from models.engine import ModelError


class Embeddings:
    """A table of n word vectors: `integers` (n, dimensions), to be multiplied by `scales` (n, 1)."""

    def __init__(self, integers: NDArray[np.int8], scales: NDArray[np.float32]) -> None:
        self._integers = integers
        self._scales = scales

    @classmethod
    def load(cls, path: Path) -> Embeddings:
        """Raises `ModelError` for a file that `save` did not write."""
        try:
            tensors = load_file(path)
            return cls(tensors["integers"], tensors["scales"])
        except (OSError, SafetensorError, KeyError) as error:
            raise ModelError(f"{path} could not be read as word vectors: {error}") from error

    @classmethod
    def quantised(cls, vectors: NDArray[np.float32]) -> Embeddings:
        """The nearest table in integers: each vector's largest number is 127 of its scale."""
        scales = np.maximum(np.abs(vectors).max(axis=1, keepdims=True) / 127, 1e-12)
        return cls(np.round(vectors / scales).astype(np.int8), scales)

    def save(self, path: Path) -> None:
        # safetensors' own `save_file` leaves a file that only its owner may read.
        path.write_bytes(save({"integers": self._integers, "scales": self._scales}))

    @property
    def dimensions(self) -> int:
        return int(self._integers.shape[1])

    def __call__(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """The vectors of token `ids` of any shape: that shape and one axis more, the dimensions."""
        return self._integers[ids] * self._scales[ids]
