"""The mean of runs, through the command."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from models.loading import DEFAULT_WEIGHTS
from models.storage import load_model


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Two runs: the released model, and the same with other weights in its last layer."""
    folders = [tmp_path / "one", tmp_path / "other"]
    for shift, folder in enumerate(folders):
        shutil.copytree(
            DEFAULT_WEIGHTS, folder, ignore=shutil.ignore_patterns("*weights*", "*.safetensors", "openvino")
        )
        model = load_model(DEFAULT_WEIGHTS)
        with torch.no_grad():
            model.get_parameter("classifier.weight").add_(shift)
        model.save_pretrained(folder)
        (folder / "run.json").write_text(json.dumps({"rows": shift}), encoding="utf-8")
    return folders


def _average(runs: list[Path], out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "models.average", "--out", str(out)]
    for run in runs:
        command += ["--run", str(run)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_weights_are_the_mean_and_the_record_names_all(runs: list[Path], tmp_path: Path) -> None:
    done = _average(runs, tmp_path / "mean")
    assert done.returncode == 0, done.stderr
    mean = load_model(tmp_path / "mean").state_dict()
    for name, tensor in load_model(DEFAULT_WEIGHTS).state_dict().items():
        assert torch.allclose(mean[name], tensor + 0.5 * (name == "classifier.weight"), atol=1e-5), name
    record = json.loads((tmp_path / "mean" / "run.json").read_text())
    assert record == {"rows": 1, "averaged_with": [{"rows": 0}]}


def test_the_mean_of_one_run_is_that_run(runs: list[Path], tmp_path: Path) -> None:
    assert _average(runs[1:], tmp_path / "mean").returncode == 0
    assert json.loads((tmp_path / "mean" / "run.json").read_text()) == {"rows": 1}


def test_none_of_the_runs_is_overwritten(runs: list[Path]) -> None:
    done = _average(runs, runs[0] / ".." / runs[0].name)
    assert done.returncode == 2
    assert "is one of the runs" in done.stderr
    assert json.loads((runs[0] / "run.json").read_text()) == {"rows": 0}


def test_what_is_no_run_is_refused(runs: list[Path], tmp_path: Path) -> None:
    (runs[0] / "run.json").unlink()
    done = _average(runs, tmp_path / "mean")
    assert done.returncode == 2
    assert done.stderr.startswith(f"{runs[0]} is no finished run")
    assert not (tmp_path / "mean").exists()
