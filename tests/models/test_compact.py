"""Weights on disk: what the coarse integers keep, how small they are, and that they come back."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import load_file

from models import compact
from models.engine import ModelError, classify_all
from models.loading import DEFAULT_WEIGHTS, load_engine


@given(
    arrays.arrays(
        np.float32,
        arrays.array_shapes(min_dims=2, max_dims=2, max_side=20),
        elements=st.floats(-1000, 1000, width=32),
    )
)
def test_a_number_is_off_by_half_a_step_at_most(matrix: np.ndarray) -> None:
    integers, steps = compact.quantised(matrix)
    assert integers.shape == matrix.shape
    assert steps.shape == (len(matrix), 1)
    assert (np.abs(integers * steps - matrix) <= steps * 0.501).all()


def test_weights_take_little_more_than_five_bits(tmp_path: Path) -> None:
    matrix = np.random.default_rng(0).normal(size=(300, 1000)).astype(np.float32)
    integers, steps = compact.quantised(matrix)
    assert np.corrcoef((integers * steps).ravel(), matrix.ravel())[0, 1] > 0.999
    compact.write(tmp_path / "weights", {"one": integers})
    assert (tmp_path / "weights").stat().st_size * 8 / matrix.size < 5.2


def test_what_is_written_comes_back_and_is_the_same_file_each_time(tmp_path: Path) -> None:
    tensors = {"m": np.array([[1, -2]], np.int8), "m.steps": np.array([[0.5]], np.float32)}
    tensors["m.factors"] = np.array([[3, 4]], np.float32)
    tensors["bias"] = np.array([1.5], np.float16)
    for name in ("one", "other"):
        compact.write(tmp_path / name, tensors)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    found = compact.weights(compact.read(tmp_path / "one"))
    assert {name: tensor.tolist() for name, tensor in found.items()} == {"m": [[1.5, -4]], "bias": [1.5]}


@pytest.mark.parametrize(
    "content", [None, b"junk", compact.compressed(b"junk"), compact.compressed(b"x" * 99)[:-9]]
)
def test_another_file_is_refused_by_its_name(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "spoilt").write_bytes(content)
    with pytest.raises(ModelError, match="spoilt could not be read as weights"):
        compact.read(tmp_path / "spoilt")


def test_unpacked_they_are_a_model_of_transformers(tmp_path: Path) -> None:
    folder = _as_in_the_repository(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "models.compact", str(folder)], capture_output=True, text=True, check=True
    )
    assert "model.safetensors written" in done.stdout
    assert {tensor.dtype for tensor in load_file(folder / compact.UNPACKED).values()} == {np.dtype("float16")}
    (folder / compact.WEIGHTS).unlink()
    shutil.rmtree(folder / "openvino")
    texts = ["The bridge opened on 4 June 2019.", "What a joyless building this is."]
    answers = classify_all(load_engine(folder, quick=True), texts)
    np.testing.assert_allclose(
        answers, classify_all(load_engine(name="torch", quick=True), texts), atol=0.002
    )


def test_two_may_unpack_at_once(tmp_path: Path) -> None:
    folder = _as_in_the_repository(tmp_path)
    with ThreadPoolExecutor() as pool:
        list(pool.map(compact.unpack, [folder] * 4))
    assert load_file(folder / compact.UNPACKED)
    assert not list(folder.glob(".*"))


def test_the_engines_need_nothing_unpacked(tmp_path: Path) -> None:
    folder = _as_in_the_repository(tmp_path)
    assert {load_engine(folder, name, quick=True).info.id for name in ("openvino", "torch")} == {
        load_engine(name="openvino", quick=True).info.id
    }


def test_the_command_says_what_it_cannot_unpack(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "models.compact", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "could not be read as weights" in done.stderr
    assert "Traceback" not in done.stderr


def _as_in_the_repository(tmp_path: Path) -> Path:
    without = shutil.ignore_patterns(compact.UNPACKED)
    return Path(shutil.copytree(DEFAULT_WEIGHTS, tmp_path / "model", ignore=without))
