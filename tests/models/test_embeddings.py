from __future__ import annotations

import numpy as np

from models.embeddings import Embeddings


def test_vectors_come_back_for_ids_of_any_shape() -> None:
    integers = np.array([[127, -127, 0], [1, 2, 3]], dtype=np.int8)
    steps = np.array([[0.5], [2.0]], dtype=np.float32)
    name = "anything.embeddings.word_embeddings.weight"
    table = Embeddings.among({name: integers, f"{name}.steps": steps, "another": integers})
    assert table.dimensions == 3
    vectors = table(np.array([[1, 0], [1, 1]], dtype=np.int32))
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors[0], [[2, 4, 6], [63.5, -63.5, 0]])
    np.testing.assert_array_equal(vectors[1], [[2, 4, 6], [2, 4, 6]])
