"""Figures that are easier to check by themselves than through the command (which `test_train` runs too)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

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
