"""Round a model's matrices so coarsely that its answers hardly change, without training.

Column by column a matrix is rounded, and what that changes the columns that are left make good, as far as
what they are multiplied with goes along (GPTQ: Frantar et al., ICLR 2023). How wide a row's steps are says
how much the answers depend on what the row gives (the Fisher information): every number's rounding may cost
the same, which is where an entropy code spends its bits best (reverse water-filling: Cover & Thomas,
"Elements of Information Theory", chapter 10).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

from models.compact import LARGEST
from models.fisher import LEAST, MOST, Batch, backpropagated

#: What is added to each input's mean square, as a share of the mean of all: few sentences say little.
_DAMPING = 0.01
#: A row counts at least so much of the ordinary one: the Fisher information is of small changes.
_LEAST_ROW = 0.05
#: Steps are at most so many standard deviations wide, for the same reason.
_WIDEST = 1.0
#: How often a token that no sentence had counts.
_UNSEEN = 0.5
#: Columns that are rounded before those after them hear of it: often enough to be fast.
_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How much the answers depend on a matrix of shape (n, m).

    They move by about half of the sum over rows r of `rows[r]` times d @ `squares` @ d, where d is what
    changes of the row: `squares` has shape (m, m), `rows` (n,).
    """

    squares: Tensor
    rows: Tensor


def sensitivities(model: PreTrainedModel, batches: Sequence[Batch]) -> dict[str, Sensitivity]:
    """That of each linear layer's matrix and of the word vectors, by the names of `model`'s weights."""
    vectors: Any = model.get_input_embeddings()
    found: dict[str, _Linear | _Vectors] = {}
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            found[f"{name}.weight"] = _Linear(module)
        elif module is vectors:
            found[f"{name}.weight"] = _Vectors(module)
    sentences = 0
    with _told(model, found):
        for batch in backpropagated(model, batches):
            sentences += len(batch.ids)
    return {name: each.sensitivity(sentences) for name, each in found.items()}


def rounded(
    matrix: NDArray[np.float32],
    sensitivity: Sensitivity,
    loss: float,
    factors: NDArray[np.float32] | None = None,
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Integers for `matrix` (n, m) and the step of each row, shape (n, 1).

    If `factors` (1, m) are given, what they are multiplied with is multiplied by those before. `loss` is what
    the rounding of one number may cost, in nats of a sentence's answer, above 0: so it is estimated, and
    what all of them cost together is less.
    """
    left = torch.from_numpy(matrix)
    squares = sensitivity.squares.double()
    if factors is not None:
        by_column = torch.from_numpy(factors[0]).double()
        squares = squares * by_column * by_column[:, None]
    # The columns that count most go first, while there are others to make good what they lose.
    order = torch.argsort(squares.diagonal(), descending=True)
    squares = squares[order][:, order]
    damping = (_DAMPING * squares.diagonal().mean()).clamp_min(1e-30)  # of inputs that are all zeros
    squares += damping * torch.eye(len(squares), dtype=torch.double)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(squares))
    upper = torch.linalg.cholesky(inverse, upper=True).float()
    steps = _steps(left, sensitivity.rows, (1 / upper.diagonal() ** 2).mean(), loss)

    left = left[:, order]
    integers = torch.empty_like(left)
    for begin in range(0, left.shape[1], _AT_ONCE):
        end = min(begin + _AT_ONCE, left.shape[1])
        missed = torch.empty(len(left), end - begin)
        for column in range(begin, end):
            integers[:, column] = torch.round(left[:, column] / steps).clamp(-LARGEST, LARGEST)
            error = (left[:, column] - integers[:, column] * steps) / upper[column, column]
            left[:, column:end] -= error[:, None] * upper[column, column:end]
            missed[:, column - begin] = error
        left[:, end:] -= missed @ upper[begin:end, end:]
    in_place = torch.empty_like(integers)
    in_place[:, order] = integers
    return in_place.to(torch.int8).numpy(), steps[:, None].numpy()


def _steps(matrix: Tensor, rows: Tensor, squares: Tensor, loss: float) -> Tensor:
    """For each row how wide a step is, shape (n,), when an ordinary column's error counts `squares`."""
    weights = rows.clamp_min(_LEAST_ROW * rows.mean()) * squares
    # The error of rounding is evenly distributed: its mean square is a twelfth of a step's.
    steps = (12 * loss / weights).sqrt()
    steps = torch.minimum(steps, _WIDEST * matrix.std(dim=1, correction=0))
    steps = torch.maximum(steps, matrix.abs().amax(dim=1) / LARGEST)
    return steps.clamp_min(torch.finfo(torch.float32).tiny)  # of a row of zeros


class _Linear:
    """What a linear layer is given, and what depends on what it gives."""

    def __init__(self, module: nn.Linear) -> None:
        self.module = module
        self.squares = torch.zeros(module.in_features, module.in_features)
        self.rows = torch.zeros(module.out_features)
        self._weights = 0.0
        self._ordinary: Tensor | None = None

    def learn(self, inputs: Tensor, gradients: Tensor) -> None:
        """What tokens gave and got, of shape (tokens, m) and (tokens, n)."""
        squared = gradients**2
        self.rows += squared.sum(dim=0)
        of_tokens = squared.mean(dim=1)
        if self._ordinary is None:
            # Of the first batch, the shortest sentences. What another one would change was not measured.
            self._ordinary = of_tokens.mean().clamp_min(1e-30)
        weights = (of_tokens / self._ordinary).clamp(LEAST, MOST)
        scaled = inputs * weights.sqrt()[:, None]
        self.squares.addmm_(scaled.T, scaled)
        self._weights += float(weights.sum())

    def sensitivity(self, sentences: int) -> Sensitivity:
        return Sensitivity(self.squares / self._weights, self.rows / sentences)


class _Vectors:
    """Which tokens there are, and what depends on their vectors."""

    def __init__(self, module: nn.Embedding) -> None:
        self.module = module
        self.squares = torch.zeros(module.embedding_dim, module.embedding_dim)
        self.counts = torch.full((module.num_embeddings,), _UNSEEN)
        self._tokens = 0

    def learn(self, ids: Tensor, gradients: Tensor) -> None:
        """Tokens, shape (tokens,), and what depends on their vectors, shape (tokens, dimensions)."""
        self.squares.addmm_(gradients.T, gradients)
        self.counts.index_add_(0, ids, torch.ones(len(ids)))
        self._tokens += len(ids)

    def sensitivity(self, sentences: int) -> Sensitivity:
        return Sensitivity(self.squares / self._tokens, self.counts / sentences)


@contextmanager
def _told(model: PreTrainedModel, listeners: Mapping[str, _Linear | _Vectors]) -> Iterator[None]:
    """While it lasts the listeners learn what goes through their modules and back, but for padding."""
    masks: list[Tensor] = []

    def begin(_module: nn.Module, _inputs: object, options: dict[str, Any]) -> None:
        masks[:] = [options["attention_mask"].bool()]

    def listen(listener: _Linear | _Vectors) -> Callable[[nn.Module, tuple[Tensor], Tensor], None]:
        def forward(_module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
            given, (mask,) = inputs[0].detach(), masks

            def backward(gradient: Tensor) -> None:
                # Behind the layers there is one vector a sentence.
                chosen = mask if gradient.dim() == 3 else slice(None)
                listener.learn(given[chosen], gradient[chosen])

            output.requires_grad_()  # the word vectors', where gradients begin
            output.register_hook(backward)  # type: ignore[no-untyped-call]

        return forward

    hooks = [model.register_forward_pre_hook(begin, with_kwargs=True)]
    hooks += [each.module.register_forward_hook(listen(each)) for each in listeners.values()]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
