"""What the repository ships: the weights, their card, and that the two belong together."""

from __future__ import annotations

import json

from models.loading import DEFAULT_WEIGHTS, load_engine
from tests.bench.models import megabytes


def test_size() -> None:
    """Hosts of git repositories refuse files of 100 MB, and a reader's disk and memory are their own."""
    assert max(file.stat().st_size for file in DEFAULT_WEIGHTS.rglob("*")) <= 95_000_000
    assert megabytes(DEFAULT_WEIGHTS) <= 70, "what the default engine loads"


def test_the_card_speaks_of_these_weights() -> None:
    record = json.loads((DEFAULT_WEIGHTS / "evaluation.json").read_text(encoding="utf-8"))
    info = load_engine(name="openvino").info
    assert record["model"] == {"id": info.id, "revision": info.revision}
    card = (DEFAULT_WEIGHTS / "README.md").read_text(encoding="utf-8")
    assert info.revision in card
    for scored in record["sets"]:
        assert scored["mistakes"] == [], "mistakes quote the corpora"
        for figure in scored["figures"]:
            assert f"{figure['value']:.3f}" in card


def test_it_is_at_least_as_good_as_a_plain_run_should_be() -> None:
    record = json.loads((DEFAULT_WEIGHTS / "evaluation.json").read_text(encoding="utf-8"))
    (blog,) = (s for s in record["sets"] if s["set"] == "blog")
    figures = {f["name"]: f["value"] for f in blog["figures"]}
    assert figures["accuracy, opinion/fact/other"] >= 0.868
    # Two labels that are as probable as each other can change places by the last digit of fp16.
    assert record["fp16_label_flips"] <= 1
    assert record["fp16_largest_change"] < 0.005
