"""Two models as one: who answers what, and that an answer is a sentence's own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.batching import Batching
from models.cascade import Cascade, Recipe
from models.engine import Encoded, ModelError, ModelInfo, Staged, classify_all
from models.evaluate import main as evaluate
from models.labels import CLASSES, label_probabilities
from models.loading import DEFAULT_WEIGHTS, load_engine
from models.openvino_engine import packing
from models.release_cascade import main as release_cascade

SENTENCES = (
    "The committee published its report on 4 March 2021.",
    "Great, another two-hour delay.",
    "It rained.",
    "What a farce this inquiry has become.",
    "Who could possibly want this?",
    "Subscribe now",
    "The council's shameful nine-to-four vote sold the park.",
)
RECIPE = Recipe("second", second_alone=0.85, first_alone=0.9)


class _Fixed:
    """An engine for these tests: a sentence is its confidence in `label`, written out."""

    def __init__(self, name: str, label: int) -> None:
        self.info = ModelInfo(name, name)
        self.max_tokens = 4
        self.asked: list[str] = []
        self._label = label

    @property
    def batching(self) -> Batching:
        return packing(4)

    def encode(self, sentences: Sequence[str]) -> list[Encoded]:
        return [Encoded([ord(c) for c in sentence], len(sentence) > 4) for sentence in sentences]

    def warm_up(self) -> None:
        raise NotImplementedError

    @property
    def loaded(self) -> bool:
        raise NotImplementedError

    def load(self) -> None:
        raise NotImplementedError

    def unload(self) -> None:
        raise NotImplementedError

    def probabilities(self, batch: Sequence[Encoded]) -> np.ndarray:
        texts = ["".join(map(chr, e.ids)) for e in batch]
        self.asked += texts
        out = np.zeros((len(batch), len(CLASSES)), np.float32)
        out[:, self._label] = [float(text) for text in texts]
        out[:, 4] = 1 - out[:, self._label]
        return out


def _both() -> tuple[_Fixed, _Fixed, Cascade]:
    first, second = _Fixed("a", 1), _Fixed("b", 0)
    return first, second, Cascade(first, second, RECIPE)


def test_the_second_model_is_asked_only_in_doubt() -> None:
    first, second, both = _both()
    texts = ["0.99", "0.6", "0.9", "0.7"]
    answers = classify_all(both, texts)
    assert sorted(first.asked) == sorted(texts)
    assert sorted(second.asked) == ["0.6", "0.7"]
    np.testing.assert_allclose(answers[:, 1], [0.99, 0, 0.9, 0])
    np.testing.assert_allclose(answers[:, 0], [0, 0.6, 0, 0.7])


def test_what_the_first_model_is_sure_of_is_known_before_the_second_is_asked() -> None:
    _, second, both = _both()
    batch = both.encode(["0.6", "0.99", "0.7", "0.95"])
    drafts, unsure = both.first(batch)
    assert (unsure.tolist(), second.asked) == ([True, False, True, False], [])
    np.testing.assert_allclose(drafts[[1, 3], 1], [0.99, 0.95])
    answers = both.second([batch[0], batch[2]], drafts[unsure])
    assert second.asked == ["0.6", "0.7"]
    np.testing.assert_allclose(answers[:, 0], [0.6, 0.7])


def test_between_the_two_confidences_the_answer_passes_over_in_proportion() -> None:
    _, second, both = _both()
    (answer,) = classify_all(both, ["0.88"])
    assert second.asked == ["0.88"]
    np.testing.assert_allclose(answer[[0, 1]], [0.4 * 0.88, 0.6 * 0.88], atol=1e-5)
    assert answer.sum() == pytest.approx(1)


@given(st.floats(0.5, 1), st.floats(0.5, 1))
def test_no_small_change_of_a_confidence_is_a_large_one_of_an_answer(one: float, other: float) -> None:
    answers = np.zeros((2, 5), np.float32)
    answers[:, 1] = one, other
    answers[:, 4] = 1 - answers[:, 1]
    shares = RECIPE.share_of_second(answers)
    assert ((shares >= 0) & (shares <= 1)).all()
    assert abs(shares[0] - shares[1]) <= abs(one - other) / 0.05 + 1e-4


def test_a_sentence_that_one_of_them_cuts_is_truncated() -> None:
    first, second, both = _both()
    second.encode = lambda sentences: [Encoded([ord("1")], True) for _ in sentences]  # type: ignore[method-assign]
    (encoded,) = both.encode(["0.99"])
    assert encoded.truncated
    assert len(encoded) == len(first.encode(["0.99"])[0])


def test_the_revision_changes_with_whatever_an_answer_hangs_on() -> None:
    recipes = (RECIPE, Recipe("second", 0.8, 0.9), Recipe("second", 0.85, 0.95))
    a, b = _Fixed("a", 1), _Fixed("b", 0)
    engines = [Cascade(a, b, recipe) for recipe in recipes] + [Cascade(b, a, RECIPE)]
    assert len({engine.info.revision for engine in engines}) == 4
    elsewhere = Cascade(a, b, Recipe("another-name", 0.85, 0.9))
    assert elsewhere.info == engines[0].info == ModelInfo("a+b", engines[0].info.revision)


@pytest.mark.parametrize("name", ["openvino", "torch"])
def test_the_released_one_answers_as_the_two_that_it_is_made_of(name: str) -> None:
    recipe = Recipe.read(DEFAULT_WEIGHTS)
    assert recipe is not None
    default, quick = load_engine(name=name), load_engine(name=name, quick=True)
    second = load_engine(Path(recipe.second), name)
    answers, by_first, by_second = (classify_all(engine, SENTENCES) for engine in (default, quick, second))
    confidence = label_probabilities(by_first).max(axis=1)
    sure, unsure = confidence >= recipe.first_alone, confidence <= recipe.second_alone
    assert sure.any()
    assert unsure.any()
    np.testing.assert_allclose(answers[sure], by_first[sure], atol=1e-3)
    np.testing.assert_allclose(answers[unsure], by_second[unsure], atol=1e-3)
    alone = np.concatenate([classify_all(default, [text]) for text in SENTENCES])
    assert np.abs(alone - answers).max() < 0.005
    assert default.info.id == f"{quick.info.id}+{second.info.id}"
    default.warm_up()
    default.unload()
    assert isinstance(default, Staged)
    default.second_model.load()
    assert default.second_model.loaded
    assert np.abs(classify_all(default, SENTENCES) - answers).max() < 1e-6


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "could not be read"),
        ('{"second": "x"}', "could not be read"),
        ('{"second": "../x", "second_alone": 0.8, "first_alone": 0.9}', "not the name of a folder"),
        ('{"second": "..", "second_alone": 0.8, "first_alone": 0.9}', "not the name"),
        ('{"second": "two", "second_alone": 0.8, "first_alone": 0.9}', "does not hold one"),
        ('{"second": "x", "second_alone": 0.9, "first_alone": 0.9}', "must be less"),
        ('{"second": "x", "second_alone": "a", "first_alone": 1}', "could not be read"),
        ('{"second": "x", "second_alone": 0.8, "first_alone": 0.9}', "does not hold one"),
    ],
)
def test_a_recipe_that_makes_no_model_is_refused(
    content: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "two"
    folder.mkdir()
    (folder / "cascade.json").write_text(content)
    with pytest.raises(ModelError, match=complaint):
        load_engine(folder)
    assert evaluate(["--tsv", "nowhere.tsv", "--model", str(folder)]) == 2
    assert complaint in capsys.readouterr().err


def test_releasing_two_models_as_one(data_folder: Path, tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    without = shutil.ignore_patterns("cascade*", "model.safetensors", "*.md", "*.svg")
    for folder in (small, large):  # one model under both names, which is quicker
        shutil.copytree(DEFAULT_WEIGHTS, folder, ignore=without)
    options = ["--model", str(small), "--second", "large", "--data", str(data_folder)]
    assert release_cascade(options) == 0
    record = json.loads((small / "cascade-evaluation.json").read_text())
    assert record["model"]["revision"] == load_engine(small).info.revision
    assert set(record["asked"]) == {scored["set"] for scored in record["sets"]}
    assert all(scored["mistakes"] == [] for scored in record["sets"])
    card = (small / "README.md").read_text()
    assert "[sayso-minilm-l6](quick.md)" in card
    assert "](../large/README.md)" in card
    assert record["model"]["revision"] in card
    of_the_first_alone = load_engine(small, quick=True).info.revision
    assert of_the_first_alone in (small / "quick.md").read_text()

    assert release_cascade([*options, "--first-alone", "0.5"]) == 2, "it would be below the other one"
    assert release_cascade([*options, "--second", "larg"]) == 2
    kept = json.loads((small / "cascade.json").read_text())
    assert kept == {"second": "large", "second_alone": 0.8, "first_alone": 0.85}
