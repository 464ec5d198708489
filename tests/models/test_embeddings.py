from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.embeddings import Embeddings
from models.engine import ModelError


def test_vectors_come_back_for_ids_of_any_shape(tmp_path: Path) -> None:
    integers = np.array([[127, -127, 0], [1, 2, 3]], dtype=np.int8)
    Embeddings(integers, np.array([[0.5], [2.0]], dtype=np.float32)).save(tmp_path / "table")
    table = Embeddings.load(tmp_path / "table")
    assert table.dimensions == 3
    vectors = table(np.array([[1, 0], [1, 1]], dtype=np.int32))
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors[0], [[2, 4, 6], [63.5, -63.5, 0]])
    np.testing.assert_array_equal(vectors[1], [[2, 4, 6], [2, 4, 6]])


def test_integers_are_the_nearest_ones() -> None:
    vectors = np.array([[1, -0.004, 0.5], [0, 0, 0], [1000, 1, -3000]], dtype=np.float32)
    table = Embeddings.quantised(vectors)
    off = np.abs(table(np.arange(3, dtype=np.int32)) - vectors)
    assert (off <= np.abs(vectors).max(axis=1, keepdims=True) / 127 / 2 * 1.001).all()


def test_another_file_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"junk")
    for name in ("junk", "absent"):
        with pytest.raises(ModelError, match=name):
            Embeddings.load(tmp_path / name)
