from __future__ import annotations

import torch

from models.labels import MIXED_FACT, MIXED_OPINION, OPINION
from models.loss import TEACHER_SHARE, as_if_asked_at, divergence, marginal_nll, weighted


def test_with_one_class_allowed_it_is_cross_entropy() -> None:
    logits = torch.randn(7, 5, generator=torch.Generator().manual_seed(0))
    classes = torch.tensor([0, 1, 2, 3, 4, 0, 1])
    allowed = torch.nn.functional.one_hot(classes, 5)
    expected = torch.nn.functional.cross_entropy(logits, classes)
    assert torch.allclose(marginal_nll(logits, allowed).mean(), expected)


def test_a_row_that_allows_everything_teaches_nothing() -> None:
    logits = torch.randn(1, 5, requires_grad=True)
    loss = marginal_nll(logits, torch.ones(1, 5)).sum()
    loss.backward()
    assert abs(loss.item()) < 1e-6
    assert logits.grad is not None
    assert torch.allclose(logits.grad, torch.zeros(1, 5), atol=1e-6)


def test_mass_may_go_to_any_allowed_class_and_to_no_other() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0, 0.5, -1.0]], requires_grad=True)
    marginal_nll(logits, torch.tensor([[1, 0, 1, 0, 0]])).sum().backward()
    assert logits.grad is not None
    assert (logits.grad[0, [0, 2]] < 0).all()
    assert (logits.grad[0, [1, 3, 4]] > 0).all()


NOT_ASKED = torch.full((2, 5), torch.nan)
EVEN = torch.full((2,), 0.5)


def test_weights_are_relative() -> None:
    logits = torch.tensor([[3.0, 0, 0, 0, 0], [0, 0, 0, 0, 3.0]])
    allowed = torch.tensor([[1, 0, 0, 0, 0], [1, 0, 0, 0, 0]])
    mostly_first = weighted(logits, allowed, torch.tensor([9.0, 1.0]), NOT_ASKED, EVEN)
    mostly_second = weighted(logits, allowed, torch.tensor([1.0, 9.0]), NOT_ASKED, EVEN)
    assert mostly_first < mostly_second
    assert torch.allclose(mostly_first, weighted(logits, allowed, torch.tensor([18.0, 2.0]), NOT_ASKED, EVEN))


def test_a_student_who_says_the_same_has_nothing_to_learn_from_the_teacher() -> None:
    logits = torch.randn(3, 5, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(divergence(logits, logits.softmax(dim=-1)), torch.zeros(3), atol=1e-5)
    assert (divergence(logits, logits.flip(1).softmax(dim=-1)) > 0).all()


def test_rows_without_a_teacher_learn_from_their_labels_alone() -> None:
    logits = torch.randn(2, 5, generator=torch.Generator().manual_seed(2), requires_grad=True)
    allowed = torch.tensor([[1, 0, 0, 0, 0], [1, 1, 1, 1, 1]])
    targets = NOT_ASKED.clone()
    targets[1] = torch.tensor([0.1, 0.6, 0.1, 0.1, 0.1])
    loss = weighted(logits, allowed, torch.ones(2), targets, EVEN)
    expected = (marginal_nll(logits, allowed)[0] + TEACHER_SHARE * divergence(logits[1:], targets[1:])[0]) / 2
    assert torch.allclose(loss, expected)
    loss.backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_at_a_corpus_threshold_its_two_labels_are_equally_probable() -> None:
    logits = torch.randn(4, 5, generator=torch.Generator().manual_seed(3))
    opinion = [OPINION, MIXED_OPINION, MIXED_FACT]
    at_threshold = logits.softmax(dim=-1)[:, opinion].sum(dim=-1)
    shifted = as_if_asked_at(logits, at_threshold).softmax(dim=-1)
    assert torch.allclose(shifted[:, opinion].sum(dim=-1), torch.full((4,), 0.5), atol=1e-5)
    assert torch.allclose(as_if_asked_at(logits, torch.full((4,), 0.5)), logits)


def test_a_threshold_concerns_the_label_and_not_the_teacher() -> None:
    logits = torch.randn(2, 5, generator=torch.Generator().manual_seed(4))
    anything = torch.ones(2, 5)
    targets = logits.flip(1).softmax(dim=-1)
    plain = weighted(logits, anything, torch.ones(2), targets, EVEN)
    assert torch.allclose(weighted(logits, anything, torch.ones(2), targets, torch.full((2,), 0.9)), plain)
    subjective = torch.zeros(2, 5)
    subjective[:, [OPINION, MIXED_OPINION, MIXED_FACT]] = 1
    easy, hard = (
        weighted(logits, subjective, torch.ones(2), NOT_ASKED, torch.full((2,), p)) for p in (0.1, 0.9)
    )
    assert easy < hard, "the higher the threshold, the surer of opinion the model has to be"
