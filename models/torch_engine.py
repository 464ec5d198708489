"""The reference engine: transformers and torch, in fp32, exactly the released weights."""

from __future__ import annotations

import hashlib
import json
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
from tokenizers import Tokenizer
from transformers import AutoModelForSequenceClassification
from transformers.utils import logging as transformers_logging

from models.engine import Encoded, ModelError, ModelInfo
from models.labels import CLASSES

#: Files an answer depends on.
_REVISION_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "*.safetensors")


class TorchEngine:
    """A Hugging Face sequence-classification folder with Sayso's five labels.

    Raises `ModelError` when the folder is missing a file or has other labels.
    """

    def __init__(self, path: Path) -> None:
        for name in ("config.json", "tokenizer.json"):
            if not (path / name).is_file():
                raise ModelError(f"{path} is not a model folder: it has no {name}.")
        # A bar of a tenth of a second would be the only noise in the server's log.
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            config = json.loads((path / "config.json").read_text(encoding="utf-8"))
            self._tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
            # The released file is fp16 for its size; the arithmetic is fp32.
            model = AutoModelForSequenceClassification.from_pretrained(
                path, dtype=torch.float32, local_files_only=True
            )
        except Exception as error:  # each library raises its own kinds for a broken file
            raise ModelError(f"The model in {path} could not be loaded: {error}") from error
        self._model = model.eval()
        self._columns = _columns(model.config.id2label, path)
        self._pad_id = int(config.get("pad_token_id") or 0)
        self._max_tokens = _max_tokens(path, config)
        # A released tokenizer file may carry its own truncation and padding; both are decided here.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._info = ModelInfo(config.get("sayso_id") or path.resolve().name, _revision(path))

    @property
    def info(self) -> ModelInfo:
        return self._info

    @property
    def max_tokens(self) -> int:
        return self._max_tokens

    def encode(self, sentences: Sequence[str]) -> list[Encoded]:
        limit = self._max_tokens
        encoded = []
        for encoding in self._tokenizer.encode_batch_fast(list(sentences)):
            ids = encoding.ids
            if len(ids) > limit:
                # Keep the closing token, which the model was trained to see at the end.
                encoded.append(Encoded([*ids[: limit - 1], ids[-1]], truncated=True))
            else:
                encoded.append(Encoded(ids, truncated=False))
        return encoded

    @torch.inference_mode()
    def probabilities(self, batch: Sequence[Encoded]) -> NDArray[np.float32]:
        if not batch:
            return np.zeros((0, len(CLASSES)), dtype=np.float32)
        width = max(len(e) for e in batch)
        ids = torch.full((len(batch), width), self._pad_id, dtype=torch.long)
        mask = torch.zeros((len(batch), width), dtype=torch.long)
        for row, encoded in enumerate(batch):
            ids[row, : len(encoded)] = torch.as_tensor(encoded.ids)
            mask[row, : len(encoded)] = 1
        logits = self._model(input_ids=ids, attention_mask=mask).logits.float()
        probabilities: NDArray[np.float32] = torch.softmax(logits, dim=-1).numpy()
        return probabilities[:, self._columns]


def _columns(id2label: dict[int, str], path: Path) -> list[int]:
    """Where each of `CLASSES` stands among the model's outputs."""
    by_label = {label: int(index) for index, label in id2label.items()}
    if set(by_label) != set(CLASSES):
        raise ModelError(
            f"The model in {path} answers with {sorted(by_label)}; Sayso needs exactly {list(CLASSES)}."
        )
    return [by_label[name] for name in CLASSES]


def _max_tokens(path: Path, config: dict[str, object]) -> int:
    positions = int(str(config.get("max_position_embeddings", 512)))
    settings = path / "tokenizer_config.json"
    if settings.is_file():
        stated = json.loads(settings.read_text(encoding="utf-8")).get("model_max_length", positions)
        # transformers writes 1e30 where no limit is known.
        return min(int(stated), positions)
    return positions


def _revision(path: Path) -> str:
    digest = hashlib.sha256()
    for pattern in _REVISION_FILES:
        for file in sorted(path.glob(pattern)):
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
