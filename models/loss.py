"""The loss for partial labels: the negative log of the probability of the classes a label allows."""

from __future__ import annotations

import torch
from torch import Tensor


def marginal_nll(logits: Tensor, allowed: Tensor, weights: Tensor) -> Tensor:
    """Mean over the batch of -log of the summed probability of the allowed classes.

    `logits` (n, 5); `allowed` (n, 5) of 0 and 1 with at least one 1 a row; `weights` (n,), relative.
    With one class allowed this is cross-entropy. Marginal likelihood for partial labels is as in
    Jin & Ghahramani, "Learning with multiple labels", NIPS 2002.
    """
    log_probabilities = torch.log_softmax(logits.float(), dim=-1)
    log_allowed = torch.logsumexp(log_probabilities.masked_fill(allowed == 0, -torch.inf), dim=-1)
    return -(weights * log_allowed).sum() / weights.sum()
