"""A small model cut out of a large one says the same as long as nothing that it needs was cut."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import nn
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    MPNetConfig,
    PreTrainedTokenizerFast,
)

from models.cut import cut, main
from models.data import Row
from models.engine import ModelError, classify_all
from models.labels import CLASSES, FACT, OPINION
from models.loading import DEFAULT_WEIGHTS
from models.soft_targets import SoftTargets
from models.torch_engine import TorchEngine

_TEXTS = ["The council approved the plan in March.", "It is a disgrace, and it will never work!"]
_RARE = "Zeugma is untranslatable."
_ROWS = [
    Row(str(i), text, frozenset({label}), "mine", "page")
    for i, (text, label) in enumerate(zip(_TEXTS, (FACT, OPINION), strict=True))
]


@pytest.fixture(params=["bert", "mpnet"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A model of either architecture with its kind of tokenizer, few words and fresh weights."""
    path: Path = tmp_path / request.param
    if request.param == "bert":
        special = {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]"}
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
        ends = processors.TemplateProcessing("[CLS] $A [SEP]", None, [("[CLS]", 2), ("[SEP]", 3)])
    else:
        special = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
        words = ["<s>", "<pad>", "</s>", "<unk>", "[UNK]"]
        ends = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    letters = "abcdefghijklmnopqrstuvwxyz"
    words += [*letters, *".,!", *(f"##{letter}" for letter in letters)]
    words += ["the", "council", "approved", "plan", "in", "march", "disgrace", "never", "unused"]
    tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = ends
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(path)
    torch.manual_seed(0)
    config = (BertConfig if request.param == "bert" else MPNetConfig)(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=130,
        id2label=dict(enumerate(CLASSES)),
        label2id={name: i for i, name in enumerate(CLASSES)},
    )
    AutoModelForSequenceClassification.from_config(config).save_pretrained(path)
    return path


def _assert_the_same(folder: Path, out: Path, within: float = 1e-5) -> None:
    large, small = TorchEngine(folder), TorchEngine(out)
    np.testing.assert_allclose(classify_all(small, _TEXTS), classify_all(large, _TEXTS), atol=within)
    assert small.encode(_TEXTS)[0].ids == AutoTokenizer.from_pretrained(out)(_TEXTS[0])["input_ids"]


def test_nothing_changes_for_sentences_of_kept_tokens(tmp_path: Path, folder: Path) -> None:
    cut(folder, tmp_path / "small", _ROWS, tokens=75)
    _assert_the_same(folder, tmp_path / "small")
    vocabulary = json.loads((tmp_path / "small" / "tokenizer.json").read_text())["model"]["vocab"]
    assert "unused" not in vocabulary
    assert {"[UNK]", "council"} <= set(vocabulary)


def test_what_is_cut_out_says_which_run_it_is_from(tmp_path: Path, folder: Path) -> None:
    (folder / "run.json").write_text('{"rows": 7}', encoding="utf-8")
    cut(folder, tmp_path / "small", _ROWS, layers=[1, 3], neurons=20, tokens=75)
    record = json.loads((tmp_path / "small" / "run.json").read_text())
    assert record["rows"] == 7
    assert (record["cut"]["layers"], record["cut"]["neurons"]) == (2, 20)
    assert record["cut"]["tokens"] <= 75


def _changed(folder: Path, change: Callable[[nn.Linear], None]) -> Path:
    """The model in `folder` after `change` to the first part of each feed-forward part, in its place."""
    model: Any = AutoModelForSequenceClassification.from_pretrained(folder)
    for layer in model.base_model.encoder.layer:
        with torch.no_grad():
            change(layer.intermediate.dense)
    model.save_pretrained(folder)
    return folder


def test_the_neurons_that_go_are_those_that_do_nothing(tmp_path: Path, folder: Path) -> None:
    def silence(dense: nn.Linear) -> None:
        dense.weight[::2] = 0
        dense.bias[::2] = 0

    cut(_changed(folder, silence), tmp_path / "small", _ROWS, neurons=32)
    assert json.loads((tmp_path / "small" / "config.json").read_text())["intermediate_size"] == 32
    _assert_the_same(folder, tmp_path / "small")


def test_a_neuron_that_says_much_to_nobody_goes(tmp_path: Path, folder: Path) -> None:
    model: Any = AutoModelForSequenceClassification.from_pretrained(folder)
    for layer in model.base_model.encoder.layer:
        with torch.no_grad():
            layer.intermediate.dense.weight[::2] *= 100
            layer.output.dense.weight[:, ::2] = 0
    model.save_pretrained(folder)
    cut(folder, tmp_path / "small", _ROWS, neurons=32)
    _assert_the_same(folder, tmp_path / "small")


def test_of_twins_one_goes_and_the_other_does_the_work_of_both(tmp_path: Path, folder: Path) -> None:
    def pair(dense: nn.Linear) -> None:
        dense.weight[::2] = dense.weight[1::2]
        dense.bias[::2] = dense.bias[1::2]

    cut(_changed(folder, pair), tmp_path / "small", _ROWS, neurons=32)
    _assert_the_same(folder, tmp_path / "small", within=1e-3)


def test_a_layer_that_goes_is_made_up_for(tmp_path: Path, folder: Path) -> None:
    """The second layer only scales, which the first one's norm can do as well."""
    model: Any = AutoModelForSequenceClassification.from_pretrained(folder)
    second = model.base_model.encoder.layer[1]
    projection = _projection(second.attention)
    with torch.no_grad():
        for dense in (projection, second.output.dense):
            dense.weight.zero_()
            dense.bias.zero_()
        second.output.LayerNorm.weight.uniform_(0.5, 2)
        second.output.LayerNorm.bias.uniform_(-1, 1)
    model.save_pretrained(folder)
    cut(folder, tmp_path / "small", _ROWS, layers=[0, 2, 3], neurons=64)
    _assert_the_same(folder, tmp_path / "small", within=1e-3)


def _projection(attention: Any) -> Any:
    """What attention's heads go through last."""
    return attention.attn.o if hasattr(attention, "attn") else attention.output.dense


def test_what_is_left_is_fitted_to_what_the_whole_did(tmp_path: Path, folder: Path) -> None:
    random = np.random.default_rng(0)
    words = ["the", "council", "approved", "plan", "in", "march", "disgrace", "never", *"abcdefghij"]
    texts = [" ".join(random.choice(words, random.integers(3, 12))) for _ in range(250)]
    rows = [Row(str(i), text, frozenset(range(5)), "mine", "page") for i, text in enumerate(texts[:200])]

    def strengthen(dense: nn.Linear) -> None:
        dense.weight *= 20  # fresh neurons are nearly linear, and nearly nothing

    cut(_changed(folder, strengthen), tmp_path / "small", rows, neurons=24)
    large: Any = AutoModelForSequenceClassification.from_pretrained(folder)
    small: Any = AutoModelForSequenceClassification.from_pretrained(tmp_path / "small")
    for before, after in zip(large.base_model.encoder.layer, small.base_model.encoder.layer, strict=True):
        distances = torch.cdist(after.intermediate.dense.weight, before.intermediate.dense.weight)
        kept = distances.argmin(dim=1)
        with torch.no_grad():
            after.output.dense.weight.copy_(before.output.dense.weight[:, kept])
            after.output.dense.bias.copy_(before.output.dense.bias)
    shutil.copytree(tmp_path / "small", tmp_path / "unfitted")
    small.save_pretrained(tmp_path / "unfitted")
    whole, fitted, unfitted = (
        np.log(classify_all(TorchEngine(path), texts[200:]))
        for path in (folder, tmp_path / "small", tmp_path / "unfitted")
    )
    assert np.abs(fitted - whole).mean() < 0.7 * np.abs(unfitted - whole).mean()


def test_what_a_neuron_always_gives_stays_when_it_goes(tmp_path: Path, folder: Path) -> None:
    def fix(dense: nn.Linear) -> None:
        dense.weight.zero_()
        dense.bias.uniform_(-1, 1)

    cut(_changed(folder, fix), tmp_path / "small", _ROWS, neurons=1)
    _assert_the_same(folder, tmp_path / "small")


def test_the_layers_that_are_named_are_kept(tmp_path: Path, folder: Path) -> None:
    cut(folder, tmp_path / "small", _ROWS, layers=[1, 3])
    before, after = (load_file(path / "model.safetensors") for path in (folder, tmp_path / "small"))
    for name, tensor in after.items():
        old = name.replace("layer.1.", "layer.3.").replace("layer.0.", "layer.1.")
        np.testing.assert_array_equal(tensor, before[old])
    with pytest.raises(ModelError, match="has the layers 0 to 3"):
        cut(folder, tmp_path / "none", _ROWS, layers=[4])
    with pytest.raises(ModelError, match="and there are none"):
        cut(folder, tmp_path / "none", [], neurons=3)


def test_an_encoder_gets_a_last_layer(tmp_path: Path, folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    del config["id2label"], config["label2id"]
    (folder / "config.json").write_text(json.dumps(config))
    cut(folder, tmp_path / "small", _ROWS, tokens=75)
    assert classify_all(TorchEngine(tmp_path / "small"), _TEXTS).shape == (2, 5)


def test_the_released_model_can_be_cut(tmp_path: Path) -> None:
    cut(DEFAULT_WEIGHTS, tmp_path / "small", _ROWS, tokens=2_500)
    _assert_the_same(DEFAULT_WEIGHTS, tmp_path / "small")


def test_other_words_are_spelled_and_never_unknown(tmp_path: Path) -> None:
    cut(DEFAULT_WEIGHTS, tmp_path / "small", _ROWS, layers=[0, 1], tokens=2_500)
    tokenizer = Tokenizer.from_file(str(tmp_path / "small" / "tokenizer.json"))
    tokens = tokenizer.encode(_RARE).tokens
    assert "[UNK]" not in tokens
    assert "".join(tokens[1:-1]).replace("##", "") == _RARE.lower().replace(" ", "")


def test_the_command_writes_a_smaller_model(data_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "small"
    command = [sys.executable, "-m", "models.cut", "--model", str(DEFAULT_WEIGHTS), "--out", str(out)]
    subprocess.run(
        [*command, "--layers", "0,2,5", "--neurons", "500", "--tokens", "3000", "--data", str(data_folder)],
        check=True,
        capture_output=True,
    )
    config = json.loads((out / "config.json").read_text())
    assert config["num_hidden_layers"] == 3
    assert config["vocab_size"] <= 3000
    answers = classify_all(TorchEngine(out), _TEXTS)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)


def test_only_sentences_that_a_teacher_was_asked_about_say_what_matters(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    SoftTargets.empty("a teacher").save(tmp_path / "targets.npz")
    options = ["--model", str(DEFAULT_WEIGHTS), "--out", str(tmp_path / "small"), "--data", str(data_folder)]
    options += ["--neurons", "500", "--soft-targets", str(tmp_path / "targets.npz")]
    assert main(options) == 2
    assert "Which neurons can go is seen on sentences, and there are none." in capsys.readouterr().err


def test_a_folder_that_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="could not be loaded"):
        cut(tmp_path, tmp_path / "small", _ROWS, tokens=100)
