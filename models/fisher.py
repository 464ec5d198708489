"""How much a model's answers depend on what it computes on the way: the gradients of its own answers.

The mean square of such a gradient is the Fisher information, which says how far the answers move when a
number inside changes a little, whatever the right answers are (Theis et al., "Faster gaze prediction with
dense networks and Fisher pruning", 2018).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

#: A token counts at least and at most this many times the ordinary one.
LEAST, MOST = 0.05, 20.0
_BATCH = 48
#: Longer sentences are cut there: what matters shows in their beginnings, and memory stays small.
_MAX_TOKENS = 128


@dataclass(frozen=True, slots=True)
class Batch:
    """Token ids and mask of n sentences, both of shape (n, tokens)."""

    ids: Tensor
    mask: Tensor


def batches(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], count: int) -> list[Batch]:
    """So many of the sentences, drawn at random, those of a batch alike in length."""
    drawn = np.random.default_rng(0).permutation(len(texts))[:count]
    chosen = sorted((texts[i] for i in drawn), key=len)
    found = []
    for start in range(0, len(chosen), _BATCH):
        encoded = tokenizer(
            chosen[start : start + _BATCH],
            padding=True,
            truncation=True,
            max_length=_MAX_TOKENS,
            return_tensors="pt",
        )
        found.append(Batch(encoded["input_ids"], encoded["attention_mask"]))
    return found


def backpropagated(model: PreTrainedModel, given: Sequence[Batch]) -> Iterator[Batch]:
    """Each batch when it has gone through `model` and back, for whoever has hooked into that.

    What goes back are the gradients of the loss of answers that are drawn as probable as the model finds
    them, summed over the batch.
    """
    generator = torch.Generator().manual_seed(0)
    learnt = [parameter for parameter in model.parameters() if parameter.requires_grad]
    for parameter in learnt:
        parameter.requires_grad_(False)
    # Gradients begin at the embeddings: those of the weights would take as long again, and nobody asks.
    embeddings: Any = model.get_input_embeddings()
    hook = embeddings.register_forward_hook(lambda _module, _inputs, output: output.requires_grad_())
    try:
        for batch in given:
            logits = model(input_ids=batch.ids, attention_mask=batch.mask).logits
            drawn = torch.multinomial(logits.detach().softmax(dim=-1), 1, generator=generator).squeeze(1)
            loss: Any = nn.functional.cross_entropy(logits, drawn, reduction="sum")
            loss.backward()
            yield batch
    finally:
        hook.remove()
        for parameter in learnt:
            parameter.requires_grad_(True)
