from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.labels import judge

_WEIGHT = st.floats(0.0, 1.0, width=32)


def _probabilities(*values: float) -> np.ndarray:
    return np.array([values], dtype=np.float32)


@given(st.lists(_WEIGHT, min_size=5, max_size=5).filter(lambda w: sum(w) > 0.01))
def test_label_confidence_and_mixed_follow_from_the_probabilities(weights: list[float]) -> None:
    row = np.array(weights, dtype=np.float32) / np.float32(sum(weights))
    (answer,) = judge(row[None, :])
    o, f, mo, mf, x = (float(p) for p in row)
    sums = {"opinion": o + mo, "fact": f + mf, "other": x}
    assert sums[answer.label] >= max(sums.values()) - 1e-6
    assert abs(answer.confidence - sums[answer.label]) < 1e-6
    assert 1 / 3 - 1e-6 <= answer.confidence <= 1
    if abs(mo + mf - max(o, f, x)) > 1e-6:
        assert answer.mixed == (mo + mf > max(o, f, x))
    assert answer.probabilities == (o, f, mo, mf, x)


def test_two_mixed_classes_can_outweigh_a_larger_single_class() -> None:
    (answer,) = judge(_probabilities(0.1, 0.4, 0.3, 0.2, 0.0))
    assert (answer.label, answer.mixed) == ("fact", True)


def test_no_sentences_give_no_judgements() -> None:
    assert judge(np.zeros((0, 5), dtype=np.float32)) == []
