"""Several sentences a row: the answers are those of transformers' own model, whatever stands beside them."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    DistilBertConfig,
    MPNetConfig,
    PreTrainedModel,
)

from models.engine import Encoded
from models.openvino_engine import packed_inputs
from models.packed import packed

_SIZES = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 64}
_CONFIGS: dict[str, BertConfig | MPNetConfig] = {
    "bert": BertConfig(vocab_size=50, pad_token_id=0, num_labels=5, **_SIZES),
    "mpnet": MPNetConfig(vocab_size=50, pad_token_id=1, num_labels=5, **_SIZES),
}
_WIDTH, _SLOTS = 160, 40

_SENTENCES = st.lists(st.lists(st.integers(4, 49), min_size=1, max_size=12), min_size=1, max_size=8)


@functools.cache
def _model(architecture: str) -> PreTrainedModel:
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(_CONFIGS[architecture]).eval()
    with torch.no_grad():  # fresh weights are so small that every answer is nearly the same
        for weights in model.parameters():
            weights.mul_(4) if weights.dim() > 1 else weights.add_(torch.randn_like(weights) / 10)
    return model


@pytest.mark.parametrize("architecture", _CONFIGS)
@settings(deadline=None, max_examples=10)
@given(_SENTENCES)
def test_packed_answers_are_the_models_own(architecture: str, sentences: list[list[int]]) -> None:
    model = _model(architecture)
    encoded = [Encoded(ids, truncated=False) for ids in sentences]
    row = range(len(encoded))
    table: Any = model.get_input_embeddings()
    with torch.inference_mode():
        inputs = packed_inputs(
            encoded,
            [row, list(reversed(row))],
            _WIDTH,
            _SLOTS,
            lambda ids: table(torch.as_tensor(ids)).numpy(),
        )
        answers = packed(model)(**{name: torch.as_tensor(value) for name, value in inputs.items()}).numpy()
        alone = [model(input_ids=torch.tensor([ids])).logits.softmax(-1)[0].numpy() for ids in sentences]
    np.testing.assert_allclose(answers[0, : len(alone)], alone, atol=1e-5)
    np.testing.assert_allclose(answers[1, : len(alone)], alone[::-1], atol=1e-5)


def test_other_architectures_are_named() -> None:
    config = DistilBertConfig(vocab_size=50, dim=32, n_layers=1, n_heads=4, hidden_dim=64, num_labels=5)
    with pytest.raises(ValueError, match="distilbert model; only bert and mpnet"):
        packed(AutoModelForSequenceClassification.from_config(config))
