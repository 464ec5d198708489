"""The released weights behind the engine interface: the answers that everything else passes on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.engine import DEFAULT_WEIGHTS, Engine, ModelError, classify_all, load_engine
from models.labels import FACT, MIXED_FACT, MIXED_OPINION, OPINION, OTHER, judge

SENTENCES = [
    "The bridge opened on 4 June 2019.",
    "What a miserable, joyless building this is.",
    "Thanks!",
    "The council voted nine to four to sell the park to a developer from Rotterdam after a long debate.",
    "I think it should never have been sold.",
    "Read more below.",
]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


def test_a_sentence_has_the_same_answer_alone_and_in_any_batch(engine: Engine) -> None:
    alone = np.concatenate([engine.probabilities(engine.encode([s])) for s in SENTENCES])
    together = engine.probabilities(engine.encode(SENTENCES))
    assert np.abs(alone - together).max() < 1e-4
    assert [j.label for j in judge(alone)] == [j.label for j in judge(together)]


def test_clear_cases(engine: Engine) -> None:
    labels = [judgement.label for judgement in judge(classify_all(engine, SENTENCES))]
    assert labels == ["fact", "opinion", "other", "fact", "opinion", "other"]


def test_many_sentences_come_back_in_order(engine: Engine) -> None:
    many = SENTENCES * 20
    expected = np.tile(classify_all(engine, SENTENCES), (20, 1))
    assert np.abs(classify_all(engine, many, token_budget=64) - expected).max() < 1e-4


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_text_gets_probabilities(engine: Engine, text: str) -> None:
    (row,) = classify_all(engine, [text])
    assert row.sum() == pytest.approx(1.0, abs=1e-4)
    assert (row >= 0).all()


def test_a_sentence_longer_than_the_model_reads_is_cut_and_says_so(engine: Engine) -> None:
    short, long = engine.encode(["A short one.", "word " * 5000])
    assert not short.truncated
    assert long.truncated
    assert len(long) == engine.max_tokens
    assert long.ids[-1] == short.ids[-1], "the closing token stays"
    assert engine.probabilities([long, short]).shape == (2, 5)


def test_an_empty_batch_is_no_work(engine: Engine) -> None:
    assert engine.probabilities([]).shape == (0, 5)


def test_classes_are_found_by_name_whatever_their_order(engine: Engine, tmp_path: Path) -> None:
    folder = shutil.copytree(DEFAULT_WEIGHTS, tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    swap = {"opinion": "fact", "fact": "opinion"}
    config["id2label"] = {i: swap.get(name, name) for i, name in config["id2label"].items()}
    config["label2id"] = {name: int(i) for i, name in config["id2label"].items()}
    (folder / "config.json").write_text(json.dumps(config))
    swapped = load_engine(folder)
    expected = classify_all(engine, SENTENCES)[:, [FACT, OPINION, MIXED_OPINION, MIXED_FACT, OTHER]]
    assert np.abs(classify_all(swapped, SENTENCES) - expected).max() < 1e-4
    assert swapped.info.revision != engine.info.revision


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda folder: (folder / "tokenizer.json").unlink(), "has no tokenizer.json"),
        (lambda folder: (folder / "config.json").unlink(), "has no config.json"),
        (lambda folder: (folder / "config.json").write_text("{"), "could not be loaded"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"junk"), "could not be loaded"),
        (
            lambda folder: (folder / "config.json").write_text(
                (folder / "config.json").read_text().replace('"mixed_fact"', '"nonsense"')
            ),
            "Sayso needs exactly",
        ),
    ],
)
def test_a_spoilt_folder_is_refused_with_the_reason(tmp_path: Path, spoil, complaint: str) -> None:
    folder = shutil.copytree(DEFAULT_WEIGHTS, tmp_path / "model")
    spoil(folder)
    with pytest.raises(ModelError) as raised:
        load_engine(folder)
    assert str(folder) in str(raised.value)
    assert complaint in str(raised.value)


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ModelError, match="There is no engine 'gpu'"):
        load_engine(name="gpu")
