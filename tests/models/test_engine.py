"""The released weights behind the engine interface: the answers that everything else passes on."""

from __future__ import annotations

import errno
import json
import mmap
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.engine import Engine, ModelError, classify_all
from models.labels import FACT, MIXED_FACT, MIXED_OPINION, OPINION, OTHER, judge
from models.loading import DEFAULT_WEIGHTS, load_engine
from models.openvino_engine import OpenVinoEngine, packing, read_network, run_tokens, runs

SENTENCES = [
    "The bridge opened on 4 June 2019.",
    "What a miserable, joyless building this is.",
    "Thanks!",
    "The council voted nine to four to sell the park to a developer from Rotterdam after a long debate.",
    "I think it should never have been sold.",
    "Read more below.",
]


@pytest.fixture(scope="module", params=["openvino", "torch"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return load_engine(name=request.param, quick=True)


def _as_transformers_has_it(folder: Path) -> Path:
    """The file with the weights, of which there is no other then."""
    (folder / "weights.safetensors.gz").unlink()
    return folder / "model.safetensors"


def largest_change(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max())


def test_a_sentence_has_the_same_answer_alone_and_in_any_batch(engine: Engine) -> None:
    alone = np.concatenate([engine.probabilities(engine.encode([s])) for s in SENTENCES])
    together = engine.probabilities(engine.encode(SENTENCES))
    assert largest_change(alone, together) < 1e-3
    assert [j.label for j in judge(alone)] == [j.label for j in judge(together)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_whatever_stands_beside_it_a_sentence_keeps_its_answer(
    engine: Engine, lengths: list[int], random: Random
) -> None:
    words = " ".join(SENTENCES).split()
    others = [" ".join(random.choices(words, k=length)) for length in lengths]
    alone = engine.probabilities(engine.encode(SENTENCES[:1]))
    place = random.randint(0, len(others))
    among = engine.probabilities(engine.encode([*others[:place], SENTENCES[0], *others[place:]]))
    assert largest_change(alone[0], among[place]) < 1e-3


def test_the_fast_engine_answers_as_the_reference() -> None:
    fast, reference = (load_engine(name=name, quick=True) for name in ("openvino", "torch"))
    answers, expected = (classify_all(e, SENTENCES) for e in (fast, reference))
    assert [j.label for j in judge(answers)] == [j.label for j in judge(expected)]
    assert largest_change(answers, expected) < 0.1
    assert fast.info.revision != reference.info.revision, "its answers are not the same to the last digit"


def test_clear_cases(engine: Engine) -> None:
    labels = [judgement.label for judgement in judge(classify_all(engine, SENTENCES))]
    assert labels == ["fact", "opinion", "other", "fact", "opinion", "other"]


def test_it_answers_the_same_when_it_has_given_its_weights_back() -> None:
    engine = load_engine(name="openvino", quick=True)
    before = classify_all(engine, SENTENCES)
    engine.warm_up()
    assert largest_change(classify_all(engine, SENTENCES), before) == 0


def test_it_answers_the_same_where_no_file_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = classify_all(load_engine(name="openvino", quick=True), SENTENCES)

    def full(**_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    engine = load_engine(name="openvino", quick=True)
    engine.warm_up()
    assert largest_change(classify_all(engine, SENTENCES), expected) == 0


def test_unloaded_it_answers_as_before_when_it_is_asked_again() -> None:
    engine = OpenVinoEngine(DEFAULT_WEIGHTS)
    engine.warm_up()
    before = classify_all(engine, SENTENCES)
    engine.unload()
    assert largest_change(classify_all(engine, SENTENCES), before) == 0


def test_another_model_in_its_place_is_not_loaded_later(tmp_path: Path) -> None:
    folder = shutil.copytree(
        DEFAULT_WEIGHTS, tmp_path / "model", ignore=shutil.ignore_patterns("model.safe*")
    )
    engine = OpenVinoEngine(folder)
    tokenizer = folder / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text() + " ")
    with pytest.raises(ModelError, match="start Sayso again"):
        classify_all(engine, SENTENCES)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not give the memory back")
def test_its_weights_are_in_a_file() -> None:
    assert isinstance(read_network(DEFAULT_WEIGHTS).weights, mmap.mmap)


def test_every_shape_is_warm_before_anybody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = set()

    def run(_engine: object, _loaded: object, _batch: object, rows: list[object], width: int) -> None:
        seen.add((len(rows), width))

    monkeypatch.setattr(OpenVinoEngine, "_run", run)
    engine = OpenVinoEngine(DEFAULT_WEIGHTS)
    engine.warm_up()
    rule = packing(engine.max_tokens)
    asked = {
        (len(run), width)
        for width in rule.widths
        for n in range(20)
        for run in runs([[0]] * n, width, run_tokens(384))
    }
    assert asked == seen


@given(st.integers(0, 40), st.sampled_from([64, 128, 256, 200, 1000]), st.sampled_from([384, 768]))
def test_runs_have_few_shapes_and_leave_nothing_out(count: int, width: int, dimensions: int) -> None:
    rows = [[i] for i in range(count)]
    found = list(runs(rows, width, run_tokens(dimensions)))
    assert [row for run in found for row in run] == rows
    assert {len(run) for run in found} <= {1, 2, 4, 8}
    assert all(len(run) * width * dimensions <= 512 * 384 or len(run) == 1 for run in found)


def test_many_sentences_come_back_in_order(engine: Engine) -> None:
    many = SENTENCES * 20
    expected = np.tile(classify_all(engine, SENTENCES), (20, 1))
    assert largest_change(classify_all(engine, many, token_budget=64), expected) < 1e-3


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
    swapped = load_engine(folder, "openvino" if "OpenVino" in type(engine).__name__ else "torch", quick=True)
    expected = classify_all(engine, SENTENCES)[:, [FACT, OPINION, MIXED_OPINION, MIXED_FACT, OTHER]]
    assert largest_change(classify_all(swapped, SENTENCES), expected) < 1e-3
    assert swapped.info.revision != engine.info.revision


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda folder: (folder / "tokenizer.json").unlink(), "has no tokenizer.json"),
        (lambda folder: (folder / "config.json").unlink(), "has no config.json"),
        (lambda folder: (folder / "config.json").write_text("{"), "could not be loaded"),
        (lambda folder: (folder / "weights.safetensors.gz").write_bytes(b"junk"), "could not be read"),
        (lambda folder: _as_transformers_has_it(folder).write_bytes(b"junk"), "could not be loaded"),
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
        load_engine(folder, "torch", quick=True)
    assert str(folder) in str(raised.value)
    assert complaint in str(raised.value)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda folder: shutil.rmtree(folder / "openvino"), "has not been exported"),
        (lambda folder: (folder / "openvino" / "model.bin.gz").write_bytes(b"junk"), "model.bin.gz changed"),
        (lambda folder: (folder / "openvino" / "model.xml").unlink(), "could not be read"),
        (lambda folder: (folder / "openvino" / "export.json").write_text("[]"), "could not be read"),
        (
            lambda folder: (folder / "openvino" / "export.json").write_text('{"sha256": {}}'),
            "of another version",
        ),
        (
            lambda folder: (folder / "weights.safetensors.gz").write_bytes(b"junk"),
            "weights.safetensors.gz changed",
        ),
        (
            lambda folder: (folder / "tokenizer.json").write_text(
                (folder / "tokenizer.json").read_text() + " "
            ),
            "tokenizer.json changed",
        ),
    ],
)
def test_a_spoilt_export_is_refused_with_what_to_do(tmp_path: Path, spoil, complaint: str) -> None:
    folder = shutil.copytree(DEFAULT_WEIGHTS, tmp_path / "model")
    spoil(folder)
    with pytest.raises(ModelError) as raised:
        load_engine(folder, "openvino", quick=True)
    assert complaint in str(raised.value)
    assert "python -m models.release" in str(raised.value)
    assert "--engine torch" in str(raised.value)


def test_a_folder_without_an_export_is_served_by_torch(tmp_path: Path) -> None:
    folder = shutil.copytree(DEFAULT_WEIGHTS, tmp_path / "model", ignore=shutil.ignore_patterns("openvino"))
    assert type(load_engine(folder, quick=True)).__name__ == "TorchEngine"


def test_the_fast_engine_needs_neither_torch_nor_transformers_and_calls_nobody() -> None:
    program = """
import sys
from models.loading import load_engine
engine = load_engine(name="openvino")
engine.probabilities(engine.encode(["It rained."]))
unwanted = "torch transformers openvino_telemetry openvino.tools.ovc requests urllib3 huggingface_hub"
print([name for name in unwanted.split() if sys.modules.get(name)])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ModelError, match="There is no engine 'gpu'"):
        load_engine(name="gpu")
