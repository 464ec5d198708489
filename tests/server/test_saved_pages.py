"""Sentences of saved pages, through the command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server.pages", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_line_a_sentence_in_the_order_of_the_page(tmp_path: Path) -> None:
    extracted, out = tmp_path / "saved.jsonl", tmp_path / "new" / "pages.tsv"
    pages = [
        {"id": "a/1", "text": "A heading\nIt rained. It  was\tawful."},
        {"id": "b\tc", "text": "It rained."},
        {"id": "d", "text": "", "error": "no such file"},
    ]
    extracted.write_text("".join(json.dumps(page) + "\n" for page in pages), encoding="utf-8")
    done = _run(extracted, "--out", out)
    assert done.returncode == 0, done.stderr
    assert out.read_text(encoding="utf-8").splitlines() == [
        "id\ttext",
        "saved/a/1:0\tA heading",
        "saved/a/1:1\tIt rained.",
        "saved/a/1:2\tIt was awful.",
        "saved/b c:0\tIt rained.",
    ]
    assert done.stderr == f"{extracted}: d left out: no such file\n"


@pytest.mark.parametrize("line", ["no json", "[]", '{"id": "a"}', '{"id": "a", "text": null}'])
def test_another_file_is_one_line_on_stderr(tmp_path: Path, line: str) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text(f"{line}\n", encoding="utf-8")
    done = _run(other, "--out", tmp_path / "pages.tsv")
    assert done.returncode == 2
    assert done.stderr.startswith(f"{other} could not be read as extracted pages")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "pages.tsv").exists()
