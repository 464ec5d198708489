"""What the repository ships: the weights, their cards, and that the two belong together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models import compact
from models.loading import DEFAULT_WEIGHTS, RELEASED, folders_of, load_engine
from tests.bench.models import megabytes

_SECOND = RELEASED / "accurate"

each_alone = pytest.mark.parametrize("folder", [DEFAULT_WEIGHTS, _SECOND], ids=lambda path: path.name)


def _record(folder: Path, name: str = "evaluation.json") -> dict[str, Any]:
    record: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    return record


def _figures(record: dict[str, Any], name: str) -> dict[str, float]:
    (scored,) = (scored for scored in record["sets"] if scored["set"] == name)
    return {figure["name"]: figure["value"] for figure in scored["figures"]}


def test_size() -> None:
    """Hosts of git repositories refuse files of 100 MB, and a reader's disk is their own."""
    folders = folders_of(DEFAULT_WEIGHTS)
    assert folders == [DEFAULT_WEIGHTS, _SECOND]
    for folder in folders:
        in_the_repository = [file for file in folder.rglob("*") if file.name != compact.UNPACKED]
        assert max(file.stat().st_size for file in in_the_repository) <= 95_000_000
    assert megabytes(folders) <= 70, "what the fast engine reads from disk"


@pytest.mark.parametrize(
    ("folder", "card", "evaluation", "quick"),
    [
        (DEFAULT_WEIGHTS, "README.md", "cascade-evaluation.json", False),
        (DEFAULT_WEIGHTS, "quick.md", "evaluation.json", True),
        (_SECOND, "README.md", "evaluation.json", False),
    ],
    ids=["default", "quick", "accurate"],
)
def test_the_card_speaks_of_these_weights(folder: Path, card: str, evaluation: str, quick: bool) -> None:
    record = _record(folder, evaluation)
    info, reference = (load_engine(folder, name, quick=quick).info for name in ("openvino", "torch"))
    assert record["model"] == {"id": info.id, "revision": info.revision}
    assert record["reference"] == {"id": reference.id, "revision": reference.revision}
    text = (folder / card).read_text(encoding="utf-8")
    assert info.revision in text
    for scored in record["sets"]:
        assert scored["mistakes"] == [], "mistakes quote the corpora"
        for figure in scored["figures"]:
            assert f"{figure['value']:.3f}" in text


@each_alone
def test_it_is_at_least_as_good_as_a_plain_run_should_be(folder: Path) -> None:
    record = _record(folder)
    assert _figures(record, "blog")["accuracy, opinion/fact/other"] >= 0.868
    # The integers of the weights, and those that the fast engine computes in: of 802 labels.
    assert record["stored_label_flips"] <= 16
    assert record["integers"]["label_flips"] <= 16


@pytest.mark.parametrize("name", ["blog", "pages", "news", "written"])
def test_asking_in_doubt_is_more_accurate_than_not(name: str) -> None:
    figure = "accuracy, opinion/fact/other"
    both, quick = _record(DEFAULT_WEIGHTS, "cascade-evaluation.json"), _record(DEFAULT_WEIGHTS)
    assert _figures(both, name)[figure] >= _figures(quick, name)[figure]
