"""The commands that measure the choice of text: what is sent of saved pages, and how well it fits a gold."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.build import EXTENSION
from tests.e2e.marks import Mark
from tests.e2e.pages import main as read_pages
from tests.e2e.pages import painted_wrong
from tests.e2e.service import REPOSITORY

SAVED = REPOSITORY / "tests" / "fixtures" / "saved"


def node(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = ["node", str(EXTENSION / "tools" / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def extract(folder: Path, out: Path) -> list[dict[str, str]]:
    done = node("extract.mjs", folder, out)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


@pytest.mark.usefixtures("extension")
def test_extracts_the_article_and_nothing_around_it(tmp_path: Path) -> None:
    foreign, surrounded = extract(SAVED, tmp_path / "out.jsonl")
    assert surrounded["id"] == "surrounded"
    assert surrounded["text"].splitlines() == (SAVED / "surrounded.txt").read_text("utf-8").splitlines()
    # What is sent after the reader has pressed "Read anyway".
    assert foreign["id"] == "foreign"
    assert foreign["text"].splitlines()[-1].startswith("Es ist ein leichtsinniger Plan")


@pytest.mark.usefixtures("extension")
def test_extracts_from_each_layout_of_folder_in_the_order_of_ids(tmp_path: Path) -> None:
    page = (SAVED / "html" / "surrounded.html").read_bytes()
    (tmp_path / "b.html.gz").write_bytes(gzip.compress(page))
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "source.html").write_bytes(page)
    # Not UTF-8: what the page itself says of its encoding counts then.
    latin = page.replace(b"utf-8", b"windows-1252").replace(b"The mayor, who", b"The mayor, Zo\xe9, who")
    (tmp_path / "a.html").write_bytes(latin)
    (tmp_path / "notes.txt").write_text("no page")
    a, b, c = extract(tmp_path, tmp_path / "out.jsonl")
    assert [line["id"] for line in (a, b, c)] == ["a", "b", "c"]
    assert b["text"] == c["text"] == a["text"].replace("mayor, Zoé, who", "mayor, who")
    assert "mayor, Zoé, who" in a["text"]


def test_says_what_is_wrong_with_its_arguments(tmp_path: Path) -> None:
    for arguments, said in (
        ((tmp_path,), "two arguments"),
        ((tmp_path / "none", tmp_path / "out"), "no such folder"),
        ((tmp_path, tmp_path / "out"), "no .html"),
        ((SAVED, tmp_path / "none" / "out"), "ENOENT"),
    ):
        done = node("extract.mjs", *arguments)
        assert done.returncode == 2
        assert said in done.stderr
        assert "usage:" in done.stderr


def test_scores_words_as_multisets_and_shingles_in_order(tmp_path: Path) -> None:
    gold = {
        "same": {"articleBody": "One two three, four five."},
        "half": {"articleBody": "One two three four."},
        "other order": {"articleBody": "One two three four five."},
        "not there": {"articleBody": "Something."},
    }
    found = {
        "same": "One two - three four five",
        "half": "One two. One two.",
        "other order": "five four three two One",
    }
    (tmp_path / "gold.json").write_text(json.dumps(gold))
    lines = [json.dumps({"id": page, "text": text}) for page, text in found.items()]
    (tmp_path / "found.jsonl").write_text("\n".join(lines) + "\n")
    done = node("score.mjs", tmp_path / "found.jsonl", tmp_path / "gold.json")
    assert done.returncode == 0, done.stderr
    assert "1 pages of the gold were not extracted" in done.stderr
    total = done.stdout.splitlines()[1].split("\t")
    # Means over the four pages of 1, ½, 1, 0 by words and of 1, 0, 0, 0 by shingles.
    assert total[:2] == ["all", "4"]
    assert [float(value) for value in total[2:8]] == [0.625, 0.625, 0.625, 0.25, 0.25, 0.25]


def test_reads_saved_pages_and_writes_a_table(extension: Path, tmp_path: Path) -> None:
    shutil.copytree(SAVED / "html", tmp_path / "set")
    out = tmp_path / "out.tsv"
    assert read_pages([str(tmp_path / "set"), str(out), "--firefox", "0"]) == 0
    header, foreign, surrounded = (line.split("\t") for line in out.read_text("utf-8").splitlines())
    assert foreign[header.index("said")] == "Not in English"
    row = dict(zip(header, surrounded, strict=True))
    assert (row["set"], row["id"], row["lang"]) == ("set", "surrounded", "en")
    assert row["blocks"] == str(len((SAVED / "surrounded.txt").read_text("utf-8").splitlines()))
    assert int(row["sentences"]) >= int(row["blocks"])
    assert int(row["marks"]) >= int(row["sentences"])
    assert (row["dom_changes"], row["painted_wrong"], row["errors"]) == ("", "0", "")


def test_compares_what_is_painted_with_what_was_sent() -> None:
    painted = [Mark("sayso-fact", "It co\u00adst\n  $3.", "p"), Mark("sayso-fact", "A lot!", "p")]
    assert painted_wrong(painted, ["It cost $3.", "A lot!"]) == 0
    assert painted_wrong([*painted, *painted], ["It cost $3.", "A lot!"]) == 0
    assert painted_wrong(painted, ["It cost $3.", "A lot."]) == len("Alot!") + len(".")
    assert painted_wrong(painted, ["It cost $3.", "A lot!", "More."]) == len("More.")
    assert painted_wrong(painted, ["It cost $3."]) == len("Alot!")
