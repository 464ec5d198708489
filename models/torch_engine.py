"""The reference engine: transformers and torch, in fp32, exactly the released weights."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

# torch's threads wait for each other at every operation. By default they spin while they wait, which
# beside any other busy process (the browser, say) takes the processor from the very thread they wait
# for. Sleeping instead is the slower of the two only where both cores are free. OpenMP reads this
# once, when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from numpy.typing import NDArray
from transformers.utils import logging as transformers_logging

from models import compact
from models.batching import Batching, Padded
from models.engine import Encoded, ModelInfo
from models.labels import CLASSES
from models.pretrained import Pretrained
from models.storage import load_model


class TorchEngine:
    """A Hugging Face sequence-classification folder with Sayso's five labels, of any architecture.

    Raises `ModelError` when the folder is missing a file or has other labels.
    """

    batching: Batching = Padded()

    def __init__(self, path: Path) -> None:
        self._folder = Pretrained(path)
        # A bar of a tenth of a second would be the only noise in the server's log.
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        # Whatever the files hold, the arithmetic is fp32.
        self._model = load_model(path)
        released = path / compact.WEIGHTS
        self._info = self._folder.info([released] if released.exists() else path.glob("*.safetensors"))

    @property
    def info(self) -> ModelInfo:
        return self._info

    @property
    def max_tokens(self) -> int:
        return self._folder.max_tokens

    def encode(self, sentences: Sequence[str]) -> list[Encoded]:
        return self._folder.encode(sentences)

    def warm_up(self) -> None:
        self.probabilities(self.encode(["The first sentence takes longer than the others."]))

    @property
    def loaded(self) -> bool:
        return True

    def load(self) -> None:
        """Nothing: it is loaded when it is made."""

    def unload(self) -> None:
        """Nothing: the reference is not for machines that are short of memory."""

    @torch.inference_mode()
    def probabilities(self, batch: Sequence[Encoded]) -> NDArray[np.float32]:
        if not batch:
            return np.zeros((0, len(CLASSES)), dtype=np.float32)
        width = max(len(e) for e in batch)
        ids = torch.full((len(batch), width), self._folder.pad_id, dtype=torch.long)
        mask = torch.zeros((len(batch), width), dtype=torch.long)
        for row, encoded in enumerate(batch):
            ids[row, : len(encoded)] = torch.as_tensor(encoded.ids)
            mask[row, : len(encoded)] = 1
        logits = self._model(input_ids=ids, attention_mask=mask).logits.float()
        probabilities: NDArray[np.float32] = torch.softmax(logits, dim=-1).numpy()
        return probabilities[:, self._folder.columns]
