"""Matrices that are rounded so that a model's answers hardly change."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from transformers import AutoModelForSequenceClassification, BertConfig, MPNetConfig, PreTrainedModel

from models.compact import WEIGHTS, compressed, quantised
from models.engine import classify_all
from models.export import export, main
from models.fisher import Batch
from models.loading import DEFAULT_WEIGHTS, load_engine
from models.rounding import Sensitivity, rounded, sensitivities
from models.storage import load_model, save_model


def _inputs(dimensions: int, seed: int = 0) -> torch.Tensor:
    """What a matrix is multiplied with: numbers that go along with each other, as those of a network do."""
    generator = torch.Generator().manual_seed(seed)
    mixed = torch.randn(dimensions // 4, dimensions, generator=generator)
    own = torch.randn(4000, dimensions, generator=generator) / 5
    return torch.randn(4000, dimensions // 4, generator=generator) @ mixed + own


def _matrix(rows: int, columns: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def _sensitivity(inputs: torch.Tensor, rows: int) -> Sensitivity:
    return Sensitivity(inputs.T @ inputs / len(inputs), torch.ones(rows))


def _error(matrix: np.ndarray, integers: np.ndarray, steps: np.ndarray, inputs: torch.Tensor) -> float:
    """The mean square of what the product misses."""
    missed = inputs.numpy() @ (matrix - integers * steps).T
    return float((missed**2).mean())


def test_what_rounding_misses_the_other_columns_make_good() -> None:
    inputs, matrix = _inputs(64), _matrix(40, 64)
    integers, steps = rounded(matrix, _sensitivity(inputs, 40), 0.02)
    nearest = np.rint(matrix / steps)
    unseen = _inputs(64)[:100]
    assert _error(matrix, integers, steps, unseen) < 0.5 * _error(matrix, nearest, steps, unseen)


def test_a_row_that_counts_more_has_finer_steps() -> None:
    inputs, matrix = _inputs(64), _matrix(40, 64)
    rows = torch.ones(40)
    rows[7] = 100
    fine, coarse = (
        rounded(matrix, Sensitivity(inputs.T @ inputs / len(inputs), which), 0.01)[1]
        for which in (rows, torch.ones(40))
    )
    assert fine[7, 0] == pytest.approx(coarse[7, 0] / 10)
    assert fine[8, 0] == pytest.approx(coarse[8, 0])


def test_in_as_many_bytes_less_is_lost_than_by_rounding_to_the_nearest() -> None:
    inputs, matrix = _inputs(128), _matrix(200, 128)
    nearest = quantised(matrix, 3)
    fitted = rounded(matrix, _sensitivity(inputs, 200), 0.04)
    assert len(compressed(fitted[0].tobytes())) <= len(compressed(nearest[0].tobytes()))
    assert _error(matrix, *fitted, inputs) < 0.7 * _error(matrix, *nearest, inputs)


def test_factors_that_the_inputs_are_multiplied_with_are_reckoned_with() -> None:
    inputs, matrix = _inputs(64), _matrix(40, 64)
    factors = np.exp(np.random.default_rng(2).normal(size=(1, 64))).astype(np.float32)
    sensitivity = _sensitivity(inputs, 40)
    integers, steps = rounded(matrix / factors, sensitivity, 0.02, factors)
    smooth = inputs * torch.from_numpy(factors)
    smoothed = Sensitivity(smooth.T @ smooth / len(inputs), torch.ones(40))
    expected, _ = rounded(matrix / factors, smoothed, 0.02)
    assert (integers != expected).mean() < 0.01  # the last digit of a sum decides some
    assert _error(matrix / factors, integers, steps, smooth) < 1


@given(
    rows=st.integers(1, 8),
    columns=st.integers(1, 8),
    scale=st.sampled_from([0.0, 1e-20, 1e-3, 1.0, 1e6]),
    loss=st.sampled_from([1e-12, 1e-3, 1e9]),
    seed=st.integers(0, 9),
)
def test_any_matrix_fits_into_bytes(rows: int, columns: int, scale: float, loss: float, seed: int) -> None:
    matrix = _matrix(rows, columns, seed) * np.float32(scale)
    inputs = torch.randn(
        3, columns, generator=torch.Generator().manual_seed(seed)
    )  # fewer than columns: the squares have no inverse by themselves
    integers, steps = rounded(matrix, Sensitivity(inputs.T @ inputs + 1e-9, torch.zeros(rows)), loss)
    assert integers.dtype == np.int8
    assert integers.min() >= -127
    assert steps.shape == (rows, 1)
    assert np.isfinite(steps).all()
    assert (steps > 0).all()
    assert steps.max() <= 1.5 * np.abs(matrix).max() + 1e-30


@pytest.fixture(params=["bert", "mpnet"])
def model(request: pytest.FixtureRequest) -> PreTrainedModel:
    torch.manual_seed(0)
    kind = BertConfig if request.param == "bert" else MPNetConfig
    config = kind(
        vocab_size=50,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=20,
        num_labels=5,
    )
    made: PreTrainedModel = AutoModelForSequenceClassification.from_config(config).eval()
    return made


def _batch(sentences: list[list[int]], width: int) -> Batch:
    ids = torch.tensor([each + [1] * (width - len(each)) for each in sentences])
    mask = torch.tensor([[1] * len(each) + [0] * (width - len(each)) for each in sentences])
    return Batch(ids, mask)


def test_every_matrix_is_known_by_the_name_of_its_weight(model: PreTrainedModel) -> None:
    found = sensitivities(model, [_batch([[5, 6, 7], [8, 9, 4]], 3)])
    linear = {f"{name}.weight" for name, each in model.named_modules() if isinstance(each, nn.Linear)}
    (vectors,) = found.keys() - linear
    assert linear <= found.keys()
    assert vectors.endswith("embeddings.word_embeddings.weight")
    weights = dict(model.named_parameters())
    for name, each in found.items():
        assert each.squares.shape == (weights[name].shape[1],) * 2
        assert each.rows.shape == weights[name].shape[:1]
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_padding_says_nothing(model: PreTrainedModel) -> None:
    sentences = [[5, 6, 7], [8, 9, 4]]
    tight = sensitivities(model, [_batch(sentences, 3)])
    padded = sensitivities(model, [_batch(sentences, 9)])
    for name, each in tight.items():
        torch.testing.assert_close(padded[name].squares, each.squares, rtol=1e-3, atol=1e-7)
        torch.testing.assert_close(padded[name].rows, each.rows, rtol=1e-3, atol=1e-7)


def test_what_the_answers_do_not_depend_on_counts_nothing(model: PreTrainedModel) -> None:
    """Here the second dimension of what goes into the last layer."""
    before, last = [module for module in model.named_modules() if isinstance(module[1], nn.Linear)][-2:]
    with torch.no_grad():
        last[1].weight[:, 1] = 0  # type: ignore[index, operator]
    rows = sensitivities(model, [_batch([[5, 6, 7], [8, 9, 4]], 3)])[f"{before[0]}.weight"].rows
    assert rows[1] == 0
    assert rows[0] > 0


def test_a_model_with_fitted_integers_answers_as_before_in_fewer_bytes(
    data_folder: Path, tmp_path: Path
) -> None:
    plain, fitted = tmp_path / "plain", tmp_path / "fitted"
    for out in (plain, fitted):
        shutil.copytree(
            DEFAULT_WEIGHTS, out, ignore=shutil.ignore_patterns("openvino", "weights*", "cascade*")
        )
        save_model(load_model(DEFAULT_WEIGHTS), out)
    export(plain, data_folder, 8)
    main(["--model", str(fitted), "--data", str(data_folder), "--loss", "1e-9"])
    sizes = [(folder / WEIGHTS).stat().st_size for folder in (plain, fitted)]
    assert sizes[1] < 0.8 * sizes[0]
    texts = ["The bridge opened in 2019.", "What a disgrace this bridge is!", "Read more"]
    before = classify_all(load_engine(DEFAULT_WEIGHTS, "torch", quick=True), texts)
    for engine in ("openvino", "torch"):
        after = classify_all(load_engine(fitted, engine), texts)
        assert (after.argmax(1) == before.argmax(1)).all()
        np.testing.assert_allclose(after, before, atol=0.15)
