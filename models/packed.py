"""A classifier rewritten for rows that hold several sentences: what `models.export` exports.

The answers are those of transformers' own model. What is gone is work: nearly all padding, and most of
the last layer, which is computed only for each sentence's first token, as the classifier looks at no
other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import BertForSequenceClassification, MPNetForSequenceClassification, PreTrainedModel
from transformers.models.bert.modeling_bert import BertLayer
from transformers.models.mpnet.modeling_mpnet import MPNetLayer

#: Added to the score of a token of another sentence. exp() of it is zero in fp32: nothing gets across.
_MASKED = -10_000.0


@dataclass(frozen=True, slots=True)
class _Layer:
    """A transformer layer's parts, whatever its architecture calls them.

    `attended` and `fed` take what was computed and what it is added to.
    """

    heads: int
    query: nn.Module
    key: nn.Module
    value: nn.Module
    attended: Callable[[Tensor, Tensor], Tensor]
    fed: Callable[[Tensor], Tensor]

    def __call__(self, queries: Tensor, hidden: Tensor, mask: Tensor) -> Tensor:
        """The layer for the tokens in `queries`, which look at all of `hidden`."""

        def split(projected: Tensor) -> Tensor:
            shape = (projected.shape[0], projected.shape[1], self.heads, -1)
            return projected.view(shape).transpose(1, 2)

        context = nn.functional.scaled_dot_product_attention(
            split(self.query(queries)), split(self.key(hidden)), split(self.value(hidden)), attn_mask=mask
        )
        return self.fed(self.attended(context.transpose(1, 2).reshape(queries.shape), queries))


class PackedClassifier(nn.Module):
    """Class probabilities of packed sentences, by the weights of a model of another architecture each.

    Inputs are the tokens' word vectors `embedded`, shape (rows, width, dimensions), and integers: `positions`
    (within the sentence) and `segments` (which sentence of the row; 0 is padding), of shape (rows, width),
    and `firsts`, shape (rows, slots): where each sentence begins in its row. The result has shape (rows,
    slots, classes); slots without a sentence hold anything.
    """

    _layers: list[_Layer]

    def _placed(self, embedded: Tensor, positions: Tensor) -> Tensor:
        """What the first layer sees: word vectors that know their places."""
        raise NotImplementedError

    def _bias(self, mask: Tensor) -> Tensor:
        """What attention adds to the scores, from a mask of shape (rows, 1, width, width)."""
        return mask

    def _head(self, firsts: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, embedded: Tensor, positions: Tensor, segments: Tensor, firsts: Tensor) -> Tensor:
        hidden = self._placed(embedded, positions)
        same = segments[:, None, :, None] == segments[:, None, None, :]
        mask = self._bias(torch.where(same, 0.0, _MASKED))
        *earlier, last = self._layers
        for layer in earlier:
            hidden = layer(hidden, hidden, mask)
        of_firsts = firsts.long()
        queries = torch.gather(hidden, 1, of_firsts[:, :, None].expand(-1, -1, hidden.shape[2]))
        rows_of_mask = of_firsts[:, None, :, None].expand(-1, mask.shape[1], -1, hidden.shape[1])
        mask = torch.gather(mask, 2, rows_of_mask)
        return torch.softmax(self._head(last(queries, hidden, mask)), dim=-1)


class _PackedBert(PackedClassifier):
    def __init__(self, model: BertForSequenceClassification) -> None:
        super().__init__()
        self._bert, self._classifier = model.bert, model.classifier
        layers: Any = model.bert.encoder.layer
        self._layers = [self._parts(layer) for layer in layers]

    @staticmethod
    def _parts(layer: BertLayer) -> _Layer:
        attention: Any = layer.attention.self
        return _Layer(
            attention.num_attention_heads,
            attention.query,
            attention.key,
            attention.value,
            layer.attention.output,
            lambda attended: layer.output(layer.intermediate(attended), attended),
        )

    def _placed(self, embedded: Tensor, positions: Tensor) -> Tensor:
        embeddings: Any = self._bert.embeddings
        placed = embedded + embeddings.position_embeddings(positions)
        result: Tensor = embeddings.LayerNorm(placed + embeddings.token_type_embeddings.weight[0])
        return result

    def _head(self, firsts: Tensor) -> Tensor:
        pooler: Any = self._bert.pooler
        result: Tensor = self._classifier(pooler.activation(pooler.dense(firsts)))
        return result


class _PackedMPNet(PackedClassifier):
    def __init__(self, model: MPNetForSequenceClassification) -> None:
        super().__init__()
        self._mpnet, self._classifier = model.mpnet, model.classifier
        layers: Any = model.mpnet.encoder.layer
        self._layers = [self._parts(layer) for layer in layers]

    @staticmethod
    def _parts(layer: MPNetLayer) -> _Layer:
        attention: Any = layer.attention.attn
        return _Layer(
            attention.num_attention_heads,
            attention.q,
            attention.k,
            attention.v,
            lambda context, added: layer.attention.LayerNorm(attention.o(context) + added),
            lambda attended: layer.output(layer.intermediate(attended), attended),
        )

    def _placed(self, embedded: Tensor, positions: Tensor) -> Tensor:
        embeddings: Any = self._mpnet.embeddings
        # The first position has the number after that of padding.
        places = embeddings.position_embeddings(positions + (embeddings.padding_idx + 1))
        result: Tensor = embeddings.LayerNorm(embedded + places)
        return result

    def _bias(self, mask: Tensor) -> Tensor:
        """How far two tokens are apart adds to their score: within a sentence as far as in its row."""
        encoder: Any = self._mpnet.encoder
        places = torch.arange(mask.shape[3])
        buckets = encoder.relative_position_bucket(places[None, :] - places[:, None])
        result: Tensor = mask + encoder.relative_attention_bias(buckets).permute(2, 0, 1)[None]
        return result

    def _head(self, firsts: Tensor) -> Tensor:
        classifier: Any = self._classifier
        result: Tensor = classifier.out_proj(torch.tanh(classifier.dense(firsts)))
        return result


_ARCHITECTURES: dict[str, Callable[[Any], PackedClassifier]] = {"bert": _PackedBert, "mpnet": _PackedMPNet}


def packed(model: PreTrainedModel) -> PackedClassifier:
    """`model`, a sequence classifier, for packed rows. Raises `ValueError` for other architectures."""
    kind = model.config.model_type
    if kind not in _ARCHITECTURES:
        known = " and ".join(_ARCHITECTURES)
        raise ValueError(f"it is a {kind} model; only {known} models can be packed.")
    return _ARCHITECTURES[kind](model)
