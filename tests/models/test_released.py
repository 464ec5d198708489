"""What the repository ships: the weights, their cards, and that the two belong together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models import compact
from models.loading import DEFAULT_WEIGHTS, RELEASED, load_engine
from tests.bench.models import megabytes

_ACCURATE, _CAREFUL = RELEASED / "accurate", RELEASED / "careful"

own_weights = pytest.mark.parametrize("folder", [DEFAULT_WEIGHTS, _ACCURATE], ids=lambda path: path.name)
all_models = pytest.mark.parametrize(
    "folder", [DEFAULT_WEIGHTS, _ACCURATE, _CAREFUL], ids=lambda path: path.name
)


def _record(folder: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    return record


def _figures(folder: Path, name: str) -> dict[str, float]:
    (scored,) = (scored for scored in _record(folder)["sets"] if scored["set"] == name)
    return {figure["name"]: figure["value"] for figure in scored["figures"]}


@own_weights
def test_size(folder: Path) -> None:
    """Hosts of git repositories refuse files of 100 MB, and a reader's disk is their own."""
    in_the_repository = [file for file in folder.rglob("*") if file.name != compact.UNPACKED]
    assert max(file.stat().st_size for file in in_the_repository) <= 95_000_000
    assert megabytes(folder) <= 70, "what the fast engine reads from disk"


@all_models
def test_the_card_speaks_of_these_weights(folder: Path) -> None:
    record = _record(folder)
    info, reference = (load_engine(folder, name).info for name in ("openvino", "torch"))
    assert record["model"] == {"id": info.id, "revision": info.revision}
    assert record["reference"] == {"id": reference.id, "revision": reference.revision}
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert info.revision in card
    for scored in record["sets"]:
        assert scored["mistakes"] == [], "mistakes quote the corpora"
        for figure in scored["figures"]:
            assert f"{figure['value']:.3f}" in card


@own_weights
def test_it_is_at_least_as_good_as_a_plain_run_should_be(folder: Path) -> None:
    record = _record(folder)
    assert _figures(folder, "blog")["accuracy, opinion/fact/other"] >= 0.868
    # The integers of the weights, and those that the fast engine computes in: of 802 labels.
    assert record["stored_label_flips"] <= 12
    assert record["integers"]["label_flips"] <= 16


@pytest.mark.parametrize("name", ["blog", "pages", "news", "written"])
@pytest.mark.parametrize("folder", [_ACCURATE, _CAREFUL], ids=lambda path: path.name)
def test_the_others_are_more_accurate_than_the_default(folder: Path, name: str) -> None:
    figure = "accuracy, opinion/fact/other"
    assert _figures(folder, name)[figure] >= _figures(DEFAULT_WEIGHTS, name)[figure]


def test_two_models_as_one_take_from_disk_what_both_do() -> None:
    assert megabytes(_ACCURATE) < megabytes(_CAREFUL) <= 90
