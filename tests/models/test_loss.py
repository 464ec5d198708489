from __future__ import annotations

import torch

from models.loss import marginal_nll


def test_with_one_class_allowed_it_is_cross_entropy() -> None:
    logits = torch.randn(7, 5, generator=torch.Generator().manual_seed(0))
    classes = torch.tensor([0, 1, 2, 3, 4, 0, 1])
    allowed = torch.nn.functional.one_hot(classes, 5)
    expected = torch.nn.functional.cross_entropy(logits, classes)
    assert torch.allclose(marginal_nll(logits, allowed, torch.ones(7)), expected)


def test_a_row_that_allows_everything_teaches_nothing() -> None:
    logits = torch.randn(1, 5, requires_grad=True)
    loss = marginal_nll(logits, torch.ones(1, 5), torch.ones(1))
    loss.backward()
    assert abs(loss.item()) < 1e-6
    assert logits.grad is not None
    assert torch.allclose(logits.grad, torch.zeros(1, 5), atol=1e-6)


def test_mass_may_go_to_any_allowed_class_and_to_no_other() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0, 0.5, -1.0]], requires_grad=True)
    marginal_nll(logits, torch.tensor([[1, 0, 1, 0, 0]]), torch.ones(1)).backward()
    assert logits.grad is not None
    assert (logits.grad[0, [0, 2]] < 0).all()
    assert (logits.grad[0, [1, 3, 4]] > 0).all()


def test_weights_are_relative() -> None:
    logits = torch.tensor([[3.0, 0, 0, 0, 0], [0, 0, 0, 0, 3.0]])
    allowed = torch.tensor([[1, 0, 0, 0, 0], [1, 0, 0, 0, 0]])
    mostly_first = marginal_nll(logits, allowed, torch.tensor([9.0, 1.0]))
    mostly_second = marginal_nll(logits, allowed, torch.tensor([1.0, 9.0]))
    assert mostly_first < mostly_second
    assert torch.allclose(mostly_first, marginal_nll(logits, allowed, torch.tensor([18.0, 2.0])))
