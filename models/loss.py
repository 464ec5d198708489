"""The loss: what a label says of a sentence, which may be only a part, and what a teacher says of it."""

from __future__ import annotations

import torch
from torch import Tensor

from models.labels import MIXED_FACT, MIXED_OPINION, OPINION

#: How much of a row's loss is the teacher's, where there is one; usual values are 0.5 to 0.9.
TEACHER_SHARE = 0.7
#: Softens the teacher's answer and the student's, so that what is improbable counts as well.
TEACHER_TEMPERATURE = 2.0


def weighted(logits: Tensor, allowed: Tensor, weights: Tensor, targets: Tensor, thresholds: Tensor) -> Tensor:
    """The mean loss of a batch of n rows, by their `weights` (n,), which are relative.

    `logits` (n, 5); `allowed` (n, 5) as for `marginal_nll`; `targets` (n, 5) as for `divergence`;
    `thresholds` (n,) as for `as_if_asked_at`, which concern the labels alone.
    """
    by_label = marginal_nll(as_if_asked_at(logits, thresholds), allowed)
    asked = ~torch.isnan(targets[:, 0])
    by_teacher = divergence(logits, torch.where(asked[:, None], targets, 1.0))
    share = TEACHER_SHARE * asked
    return (weights * ((1 - share) * by_label + share * by_teacher)).sum() / weights.sum()


def marginal_nll(logits: Tensor, allowed: Tensor) -> Tensor:
    """-log of the summed probability of the allowed classes, for each row.

    `logits` (n, 5); `allowed` (n, 5) of 0 and 1 with at least one 1 a row; the result (n,). With one class
    allowed this is cross-entropy, with all of them it is nothing. Marginal likelihood for partial labels is
    as in Jin & Ghahramani, "Learning with multiple labels", NIPS 2002.
    """
    log_probabilities = torch.log_softmax(logits.float(), dim=-1)
    return -torch.logsumexp(log_probabilities.masked_fill(allowed == 0, -torch.inf), dim=-1)


def as_if_asked_at(logits: Tensor, thresholds: Tensor) -> Tensor:
    """`logits` (n, 5) shifted so that a probability of opinion at the threshold becomes one half.

    Opinion is here the sum of opinion and both mixed classes, as a corpus of two labels means it that calls a
    sentence opinion more seldom, or more often, than the guideline does: `thresholds` (n,) say above which
    probability. Its labels then teach the order of sentences and not another line between them. To subtract
    log-odds is logit adjustment as in Menon et al., "Long-tail learning via logit adjustment", ICLR 2021.
    """
    shifted = logits.float().clone()
    shifted[:, [OPINION, MIXED_OPINION, MIXED_FACT]] -= torch.logit(thresholds)[:, None]
    return shifted


def divergence(logits: Tensor, targets: Tensor) -> Tensor:
    """The divergence from a teacher's probabilities `targets` (n, 5) to those of `logits` (n, 5), each row's.

    Both are softened by the temperature and the result is scaled by its square, as in Hinton et al.,
    "Distilling the knowledge in a neural network", 2015, section 2.
    """
    softened = torch.log_softmax(targets.clamp_min(1e-6).log() / TEACHER_TEMPERATURE, dim=-1)
    student = torch.log_softmax(logits.float() / TEACHER_TEMPERATURE, dim=-1)
    return TEACHER_TEMPERATURE**2 * (softened.exp() * (softened - student)).sum(dim=-1)
