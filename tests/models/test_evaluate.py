"""Figures that are easier to check by themselves than through the command (which `test_train` runs too)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from models import evaluate
from models.evaluate import best_threshold

_ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=1, max_size=30)


@given(_ROWS)
def test_no_threshold_is_better_than_the_best(rows: list[tuple[bool, int]]) -> None:
    gold = np.array([int(second) for second, _ in rows])
    first = np.array([tenths / 20 for _, tenths in rows], dtype=np.float32)
    threshold, reached = best_threshold(gold, first)
    assert 0 <= threshold <= 1

    def macro_f1(limit: float) -> float:
        scores = f1_score(gold, (first < limit).astype(int), average=None, labels=[0, 1], zero_division=0)
        return float(np.mean(scores))

    assert reached == pytest.approx(macro_f1(threshold))
    assert reached >= max(macro_f1(float(limit)) for limit in first) - 1e-9


def test_two_labels_that_are_parted() -> None:
    threshold, reached = best_threshold(np.array([1, 0, 1, 0]), np.array([0.3, 0.5, 0.1, 0.9], np.float32))
    assert threshold == pytest.approx(0.4)
    assert reached == 1


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end otherwise there")
def test_a_reader_that_has_had_enough_is_no_error(tmp_path: Path) -> None:
    table = tmp_path / "mine.tsv"
    table.write_text("id\ttext\tlabel\n1\tThe council met on Monday.\tF\n", encoding="utf-8")
    command = [sys.executable, "-m", "models.evaluate", "--tsv", str(table)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""


def test_a_corpus_of_labels_of_its_own_is_scored_at_a_threshold_from_elsewhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "subjectivity.tsv"
    rows = [
        ("This is a disgrace and it will never work.", "O/MO/MF"),
        ("The council approved the plan in March by nine votes to four.", "F/X"),
        ("The council approved the budget in June by eight votes to five.", "O/MO/MF"),
        ("Read more below.", "F/X"),
    ]
    lines = [f"{i}\t{text}\t{label}" for i, (text, label) in enumerate(rows)]
    table.write_text("\n".join(["id\ttext\tlabel", *lines]) + "\n", encoding="utf-8")
    command = ["--tsv", str(table), "--quick", "--threshold", "1", "--json", str(tmp_path / "report.json")]
    assert evaluate.main(command) == 0
    said = capsys.readouterr().out
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["sets"][0]
    assert report["labels"] == ["O/MO/MF", "F/X"]
    assert report["confusion"] == [[1, 1], [0, 2]]
    assert sum(each["count"] for each in report["reliability"]) == 4
    assert f"O/MO/MF→F/X: {rows[2][0]}" in said, "the most confident mistake"
    figures = {figure["name"]: figure["value"] for figure in report["figures"]}
    assert figures["macro-F1 at a threshold of 1"] == pytest.approx(1 / 3), "all are called F/X"


def test_a_code_that_is_none_is_named_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "mine.tsv"
    table.write_text("id\ttext\tlabel\n1\tIt rained.\tF/Y\n", encoding="utf-8")
    assert evaluate.main(["--tsv", str(table), "--quick"]) == 2
    assert "mine.tsv, line 2: 'F/Y' is none of" in capsys.readouterr().err
