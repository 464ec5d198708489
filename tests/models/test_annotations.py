"""Codes kept without their sentences: through the command, and back through training's reader."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from models import data


def _run(labelled: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "models.annotations", str(labelled), "--out", str(out)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_sentence_stays_out_and_is_found_again(data_folder: Path, tmp_path: Path) -> None:
    labelled, out = tmp_path / "labelled.tsv", tmp_path / "annotations.tsv"
    labelled.write_text("source\ttext\tcode\nbabe\tThe minister may leave.\tF\n", encoding="utf-8")
    assert _run(labelled, out).returncode == 0
    assert "minister" not in out.read_text(encoding="utf-8")
    (row,) = data.read_annotations(data_folder, out)
    assert (row.text, row.source) == ("The minister may leave.", "annotations")


def test_a_file_without_the_columns_is_one_line_on_stderr(tmp_path: Path) -> None:
    labelled = tmp_path / "labelled.tsv"
    labelled.write_text("id\ttext\n1\tIt rained.\n", encoding="utf-8")
    done = _run(labelled, tmp_path / "out.tsv")
    assert done.returncode == 2
    assert done.stderr.strip() == (f"{labelled}: the first line must name the columns source, text, code.")
    assert not (tmp_path / "out.tsv").exists()
