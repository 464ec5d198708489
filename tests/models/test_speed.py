"""A released model's speed, as a command that puts it into the card."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from models import speed
from models.loading import DEFAULT_WEIGHTS


def _released(folder: Path) -> Path:
    """A copy of the released models, so that their cards can be written again."""
    shutil.copytree(DEFAULT_WEIGHTS.parent, folder)
    return folder / DEFAULT_WEIGHTS.name


def _speeds(model: Path, name: str) -> dict[str, dict[str, object]]:
    record = json.loads((model / name).read_text(encoding="utf-8"))
    return {line["machine"]: line for line in record["speed"]}


def test_the_card_tells_the_speed_on_every_machine_that_measured_it(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = _released(tmp_path / "weights")
    command = ["--data", str(data_folder), "--model", str(model), "--rounds", "1"]
    before = _speeds(model, "evaluation.json")

    monkeypatch.setattr(speed, "machine", lambda: "a slow machine")
    assert speed.main(command) == 0
    assert "4 sentences, a slow machine:" in capsys.readouterr().out
    for record, card in (("evaluation.json", "quick.md"), ("cascade-evaluation.json", "README.md")):
        lines = _speeds(model, record)
        assert lines.keys() == {*before, "a slow machine"}, "the other machines' are kept"
        said = (model / card).read_text(encoding="utf-8")
        for name, line in lines.items():
            assert f"| {name} | {line['served']:,.0f} | {line['reference']:,.0f} |" in said

    assert speed.main(command) == 0
    record = json.loads((model / "evaluation.json").read_text(encoding="utf-8"))
    assert len(record["speed"]) == len(before) + 1, "a machine has one line"


def test_what_is_no_released_model_is_refused(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert speed.main(["--data", str(data_folder), "--model", str(tmp_path)]) == 2
    assert f"{tmp_path} holds no released model" in capsys.readouterr().err


def test_a_machine_says_what_its_engines_compute_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"cpu_name": "Acme 1", "avx2": True})
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    assert speed.machine().endswith(", Acme 1, AVX2")
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
    assert speed.machine().endswith(", Acme 1, SSE41 by ONEDNN_MAX_CPU_ISA")
    monkeypatch.setattr("torch.cpu.get_capabilities", dict)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA")
    assert ", " in speed.machine(), "a processor of which nothing is known has at least a name"
