"""What a teacher says, kept by hash: through the file and through the command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data import DataError
from models.engine import classify_all
from models.labels import label_probabilities
from models.loading import DEFAULT_WEIGHTS, load_engine
from models.soft_targets import SoftTargets, main

_ROWS = st.dictionaries(
    st.text(min_size=1).map(lambda text: " ".join(text.split())).filter(bool),
    st.lists(st.floats(0.001, 1), min_size=5, max_size=5),
    max_size=20,
)


@given(_ROWS)
def test_what_is_kept_is_found_again(rows: dict[str, list[float]]) -> None:
    texts = list(rows)
    probabilities = np.array(list(rows.values()), dtype=np.float32).reshape(-1, 5)
    targets = SoftTargets.empty("t").with_more(texts[::2], probabilities[::2])
    targets = targets.with_more(texts[1::2], probabilities[1::2])
    np.testing.assert_array_equal(targets.of(texts), probabilities)
    assert np.isnan(targets.of(["\x00 a sentence that nobody asked about"])).all()


def test_a_file_gives_them_back_nearly_and_holds_no_text(tmp_path: Path) -> None:
    path = tmp_path / "targets.npz"
    kept = np.array([[0.9, 0.05, 0.03, 0.0199, 0.0001]], dtype=np.float32)
    SoftTargets.empty("a teacher").with_more(["It rained in Ghent."], kept).save(path)
    read = SoftTargets.load(path)
    assert read.teacher == "a teacher"
    np.testing.assert_allclose(read.of(["It  rained in Ghent. "]), kept, rtol=0.01)
    assert b"Ghent" not in path.read_bytes()
    assert [each.name for each in tmp_path.iterdir()] == ["targets.npz"]


def test_a_spoilt_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "targets.npz"
    for content in (b"", b"PK\x03\x04 nonsense", b"nonsense"):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"targets\.npz"):
            SoftTargets.load(path)


def test_the_command_asks_once_and_goes_on(data_folder: Path, tmp_path: Path) -> None:
    out, more = tmp_path / "targets.npz", tmp_path / "pages.tsv"
    more.write_text(
        "id\ttext\na:0\tThe moon is the best of all moons.\na:1\tThe moon has no air.\n", encoding="utf-8"
    )
    command = [
        sys.executable,
        "-m",
        "models.soft_targets",
        "--engine",
        "torch",
        "--teacher",
        str(DEFAULT_WEIGHTS),
    ]
    command += ["--data", str(data_folder), "--out", str(out)]
    first = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "25 of 25" in first.stdout
    command += ["--pages", str(more), "--unlabelled", "pages"]
    second = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "2 of 2" in second.stdout

    sentence = "The moon has no air."
    said = classify_all(load_engine(DEFAULT_WEIGHTS, "torch"), [sentence])
    np.testing.assert_allclose(SoftTargets.load(out).of([sentence]), said, rtol=0.02, atol=1e-4)


def test_it_asks_only_about_what_another_model_is_unsure_of(data_folder: Path, tmp_path: Path) -> None:
    more, out = tmp_path / "pages.tsv", tmp_path / "targets.npz"
    more.write_text(
        "id\ttext\na:0\tThe report was published on 4 March 2021.\na:1\tIt rained.\n", encoding="utf-8"
    )
    texts = ["The report was published on 4 March 2021.", "It rained."]
    sure, unsure = label_probabilities(classify_all(load_engine(quick=True), texts)).max(axis=1)
    assert sure > 0.9 > unsure
    options = ["--teacher", str(DEFAULT_WEIGHTS), "--in-doubt", str(DEFAULT_WEIGHTS), "--below", "0.9"]
    options += ["--data", str(data_folder), "--pages", str(more), "--unlabelled", "pages", "--sources", ""]
    assert main([*options, "--out", str(out)]) == 0
    assert np.isnan(SoftTargets.load(out).of(texts)[:, 0]).tolist() == [True, False]


def test_the_command_does_not_mix_teachers(data_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "targets.npz"
    SoftTargets.empty("another@1").save(out)
    command = [sys.executable, "-m", "models.soft_targets", "--teacher", str(DEFAULT_WEIGHTS)]
    done = subprocess.run(
        [*command, "--data", str(data_folder), "--out", str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "another@1" in done.stderr
    assert "Traceback" not in done.stderr
