"""A BERT classifier rewritten for rows that hold several sentences: what `models.export` exports.

The answers are those of transformers' own model. What is gone is work: nearly all padding, and most of
the last layer, which is computed only for each sentence's first token, as the classifier looks at no
other.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import BertForSequenceClassification
from transformers.models.bert.modeling_bert import BertLayer

#: Added to the score of a token of another sentence. exp() of it is zero in fp32: nothing gets across.
_MASKED = -10_000.0


class PackedClassifier(nn.Module):
    """Class probabilities of packed sentences, by the weights of `model`.

    Inputs are integers: `ids`, `positions` (within the sentence) and `segments` (which sentence of the
    row; 0 is padding), of shape (rows, width), and `firsts`, shape (rows, slots): where each sentence
    begins in its row. The result has shape (rows, slots, classes); slots without a sentence hold
    anything.
    """

    def __init__(self, model: BertForSequenceClassification) -> None:
        super().__init__()
        self._bert = model.bert
        self._classifier = model.classifier

    def forward(self, ids: Tensor, positions: Tensor, segments: Tensor, firsts: Tensor) -> Tensor:
        embeddings: Any = self._bert.embeddings
        embedded = embeddings.word_embeddings(ids) + embeddings.position_embeddings(positions)
        hidden = embeddings.LayerNorm(embedded + embeddings.token_type_embeddings.weight[0])
        same = segments[:, None, :, None] == segments[:, None, None, :]
        mask = torch.where(same, 0.0, _MASKED)
        layers: Any = self._bert.encoder.layer
        *earlier, last = layers
        for layer in earlier:
            hidden = _layer(layer, hidden, hidden, mask)
        of_firsts = firsts.long()
        queries = torch.gather(hidden, 1, of_firsts[:, :, None].expand(-1, -1, hidden.shape[2]))
        mask = torch.gather(mask, 2, of_firsts[:, None, :, None].expand(-1, -1, -1, hidden.shape[1]))
        pooler: Any = self._bert.pooler
        pooled = pooler.activation(pooler.dense(_layer(last, queries, hidden, mask)))
        return torch.softmax(self._classifier(pooled), dim=-1)


def _layer(layer: BertLayer, queries: Tensor, hidden: Tensor, mask: Tensor) -> Tensor:
    """One transformer layer for the tokens in `queries`, which look at all of `hidden`."""
    attention: Any = layer.attention.self

    def heads(projected: Tensor) -> Tensor:
        split = (projected.shape[0], projected.shape[1], attention.num_attention_heads, -1)
        return projected.view(split).transpose(1, 2)

    context = nn.functional.scaled_dot_product_attention(
        heads(attention.query(queries)),
        heads(attention.key(hidden)),
        heads(attention.value(hidden)),
        attn_mask=mask,
    )
    attended = layer.attention.output(context.transpose(1, 2).reshape(queries.shape), queries)
    output: Tensor = layer.output(layer.intermediate(attended), attended)
    return output
