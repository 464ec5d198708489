from __future__ import annotations

import numpy as np
import pytest

from models.calibration import (
    apply_temperature,
    expected_calibration_error,
    fit_temperature,
    reliability,
)
from models.labels import label_probabilities


def _softmax(logits: np.ndarray) -> np.ndarray:
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("temperature", [0.7, 1.0, 2.5])
def test_the_temperature_that_made_answers_overconfident_is_found(temperature: float) -> None:
    generator = np.random.default_rng(1)
    logits = generator.normal(scale=2, size=(20_000, 5))
    honest = label_probabilities(_softmax(logits))
    labels = np.array([generator.choice(3, p=p / p.sum()) for p in honest.astype(np.float64)])
    stated = _softmax(logits * temperature)
    found = fit_temperature(stated, labels)
    assert found == pytest.approx(temperature, rel=0.05)
    calibrated = label_probabilities(apply_temperature(stated, found))
    right = calibrated.argmax(axis=1) == labels
    assert expected_calibration_error(calibrated.max(axis=1).astype(np.float64), right) < 0.02


def test_bins_hold_every_answer_once_and_name_their_share_right() -> None:
    confidence = np.array([0.05, 0.95, 1.0, 0.95])
    right = np.array([False, True, True, False])
    bins = reliability(confidence, right)
    assert sum(b.count for b in bins) == 4
    assert (bins[9].count, bins[9].accuracy) == (3, pytest.approx(2 / 3))


def test_certain_and_always_wrong_is_the_largest_error() -> None:
    assert expected_calibration_error(np.ones(5), np.zeros(5, dtype=bool)) == pytest.approx(1.0)
