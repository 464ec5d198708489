"""Take neurons and layers out of a transformer so that the rest does what the whole did, without training.

Layer by layer, from the first: of the feed-forward part those neurons go without which the layer's output can
best be made by the others, and the matrix that the others feed is fitted anew (optimal brain surgeon: Hassibi
& Stork, "Second order derivatives for network pruning", NIPS 1992; for whole columns of a transformer's
matrices: Kurtic et al., "ZipLM", NeurIPS 2023). To be matched is the output of the large model's layer, so
that a layer makes good what the ones before it have lost; before layers that are left out, it is the output
of the last of those. Tokens and dimensions count by how much the answer depends on them (the Fisher
information).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from models.fisher import LEAST, MOST, Batch, backpropagated

#: Pulls the fitted matrix to what it was, as a share of a neuron's mean square.
_RIDGE = 0.01
#: So many neurons go before what is left is made smaller: often enough to be fast.
_AT_ONCE = 64
#: What attention adds to the score of padding.
_MASKED = -1e9


@dataclass(frozen=True, slots=True)
class _Importance:
    """How much the answer depends on a layer's output: on each token of each batch, and on each dimension."""

    tokens: list[Tensor]
    dimensions: Tensor


class _Layer:
    """A transformer's layer, in the parts that matter here."""

    def __init__(self, model: PreTrainedModel, number: int) -> None:
        encoder: Any = model.base_model.encoder
        layer: Any = encoder.layer[number]
        self._encoder, self._layer = encoder, layer
        self.first: nn.Linear = layer.intermediate.dense
        self.second: nn.Linear = layer.output.dense
        self.norm: nn.LayerNorm = layer.output.LayerNorm

    def attended(self, hidden: Tensor, batch: Batch) -> Tensor:
        """What attention makes of `hidden`, both of shape (n, tokens, dimensions)."""
        mask = (1 - batch.mask[:, None, None, :].float()) * _MASKED
        if hasattr(self._encoder, "compute_position_bias"):  # MPNet
            bias = self._encoder.compute_position_bias(hidden)
            result: Tensor = self._layer.attention(hidden, mask, position_bias=bias)[0]
        else:
            result = self._layer.attention(hidden, mask)[0]
        return result

    def inner(self, attended: Tensor) -> Tensor:
        """What the neurons make of that, shape (n, tokens, neurons)."""
        result: Tensor = self._layer.intermediate(attended)
        return result

    def total(self, attended: Tensor) -> Tensor:
        """What the last norm is applied to."""
        result: Tensor = self.second(self.inner(attended)) + attended
        return result


def prune(model: PreTrainedModel, batches: Sequence[Batch], layers: Sequence[int], neurons: int) -> None:
    """Leave of `model`, a BERT or MPNet classifier, only `layers`, in their order, with `neurons` each.

    `batches` are the sentences that it is to answer as before.
    """
    importance = _fisher(model, batches)
    whole = copy.deepcopy(model)
    count = len(importance)
    embeddings: Any = model.base_model.embeddings
    with torch.no_grad():
        wanted = [embeddings(input_ids=batch.ids) for batch in batches]
        had = list(wanted)
        if before := [_Layer(whole, i) for i in range(layers[0])]:
            wanted = [_wanted(before, each, batch)[1] for each, batch in zip(wanted, batches, strict=True)]
        for number, end in zip(layers, [*layers[1:], count], strict=True):
            layer, its_own = _Layer(model, number), [_Layer(whole, i) for i in range(number, end)]
            fit, attended = _Fit(layer.first, layer.second), []
            for i, batch in enumerate(batches):
                total, wanted[i] = _wanted(its_own, wanted[i], batch)
                attended.append(layer.attended(had[i], batch))
                weights = importance[end - 1].tokens[i] if end < count else _first(batch)
                fit.learn(layer.inner(attended[i]), total - attended[i], weights)
            fit.finish(neurons, importance[end - 1].dimensions)
            layer.norm.load_state_dict(its_own[-1].norm.state_dict())
            had = [layer.norm(layer.total(each)) for each in attended]
    encoder: Any = model.base_model.encoder
    encoder.layer = nn.ModuleList(encoder.layer[number] for number in layers)
    model.config.num_hidden_layers, model.config.intermediate_size = len(layers), neurons


def _wanted(layers: Sequence[_Layer], hidden: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """What the last norm of `layers` should be given by the first in their place; and what they give."""
    first = layers[0].total(layers[0].attended(hidden, batch))
    total, hidden = first, layers[0].norm(first)
    for layer in layers[1:]:
        total = layer.total(layer.attended(hidden, batch))
        hidden = layer.norm(total)
    if len(layers) > 1:
        # The norm takes mean and spread away; those of the first layer's own are nearest to what it can do.
        total = nn.functional.layer_norm(total, total.shape[-1:])
        total = total * first.std(dim=-1, correction=0, keepdim=True) + first.mean(dim=-1, keepdim=True)
    return total, hidden


def _first(batch: Batch) -> Tensor:
    """Weights of the last layer's tokens: the answer depends on the first alone, but those are few."""
    weights = LEAST * batch.mask
    weights[:, 0] = 1
    return weights


class _Fit:
    """The second matrix of a feed-forward part, while it is fitted to fewer neurons."""

    def __init__(self, first: nn.Linear, second: nn.Linear) -> None:
        self._first, self._second = first, second
        # The bias is one more neuron, which always gives 1 and never goes.
        self._squares = torch.zeros(first.out_features + 1, first.out_features + 1)
        self._missing = torch.zeros(first.out_features + 1, second.out_features)

    def learn(self, inner: Tensor, wanted: Tensor, weights: Tensor) -> None:
        """What neurons give, (n, tokens, neurons), should add up to `wanted` (n, tokens, dimensions)."""
        root = weights.sqrt()[..., None]
        missing = ((wanted - self._second(inner)) * root).flatten(0, 1)
        given = (torch.cat([inner, torch.ones_like(inner[..., :1])], dim=-1) * root).flatten(0, 1)
        self._squares += given.T @ given
        self._missing += given.T @ missing

    def finish(self, neurons: int, importance: Tensor) -> None:
        """Keep that many of them; `importance` is that of the dimensions."""
        size = self._first.out_features
        squares = self._squares.double()
        diagonal = squares.diagonal()[:size]
        diagonal += _RIDGE * diagonal.mean()
        inverse = torch.linalg.inv(squares)
        matrix = torch.cat([self._second.weight.T, self._second.bias[None]]).double()
        matrix += inverse @ self._missing.double()
        kept = _kept(inverse.float(), matrix.float(), neurons, importance)
        gone = torch.ones(size, dtype=torch.bool)
        gone[kept] = False
        left = torch.cat([kept, torch.tensor([size])])
        across = squares[left][:, :size][:, gone] @ matrix[:size][gone]
        fitted = (matrix[left] + torch.linalg.solve(squares[left][:, left], across)).float()
        first, second = self._first, self._second
        first.weight, first.bias = nn.Parameter(first.weight[kept]), nn.Parameter(first.bias[kept])
        second.weight, second.bias = nn.Parameter(fitted[:-1].T.contiguous()), nn.Parameter(fitted[-1])
        first.out_features = second.in_features = len(kept)


def _kept(inverse: Tensor, matrix: Tensor, neurons: int, importance: Tensor) -> Tensor:
    """Which neurons stay when the least missed goes, again and again; the others take over each time."""
    there = torch.arange(len(matrix))  # the last is the bias
    matrix = matrix * importance.sqrt()
    while len(there) - 1 > neurons:
        stays = torch.ones(len(there), dtype=torch.bool)
        for _ in range(min(_AT_ONCE, len(there) - 1 - neurons)):
            loss = torch.linalg.vector_norm(matrix, dim=1) ** 2 / inverse.diagonal().clamp_min(1e-12)
            loss[-1] = torch.inf
            gone = int(loss.masked_fill(~stays, torch.inf).argmin())
            column = inverse[:, gone] / inverse[gone, gone]
            matrix.addr_(column, matrix[gone].clone(), alpha=-1)
            inverse.addr_(column, inverse[gone].clone(), alpha=-1)
            stays[gone] = False
        there, matrix, inverse = there[stays], matrix[stays], inverse[stays][:, stays]
    return there[:-1]


def _fisher(model: PreTrainedModel, batches: Sequence[Batch]) -> list[_Importance]:
    """For each layer, from the gradients of answers drawn as probable as the model finds them."""
    encoder: Any = model.base_model.encoder
    tokens: list[list[Tensor]] = [[] for _ in encoder.layer]
    dimensions = [torch.zeros(model.config.hidden_size) for _ in encoder.layer]
    outputs: dict[int, Tensor] = {}

    def keep(number: int) -> Callable[[nn.Module, object, Tensor], None]:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            output.retain_grad()
            outputs[number] = output

        return hook

    hooks = [layer.output.dense.register_forward_hook(keep(i)) for i, layer in enumerate(encoder.layer)]
    for batch in backpropagated(model, batches):
        for i, output in outputs.items():
            assert output.grad is not None
            squared = output.grad**2 * batch.mask[..., None]
            of_tokens = squared.mean(dim=-1)
            ordinary = of_tokens[batch.mask.bool()].mean().clamp_min(1e-30)
            tokens[i].append((of_tokens / ordinary).clamp(LEAST, MOST) * batch.mask)
            dimensions[i] += squared.sum(dim=(0, 1))
    for hook in hooks:
        hook.remove()
    return [_Importance(t, d) for t, d in zip(tokens, dimensions, strict=True)]
