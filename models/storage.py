"""A model's weights on disk, in transformers' own files: fp16 where it is released."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from models.engine import ModelError

#: No file of the weights is larger: hosts of git repositories refuse files of 100 MB.
SHARD_SIZE = "90MB"


def load_model(path: Path, **settings: object) -> PreTrainedModel:
    """The classifier in the folder `path`, in fp32 whatever the files hold, ready to answer.

    `settings` go before those of its own configuration. Raises `ModelError`.
    """
    auto: Any = AutoModelForSequenceClassification
    try:
        model = auto.from_pretrained(path, dtype=torch.float32, local_files_only=True, **settings)
    except Exception as error:  # each library raises its own kinds for a broken file
        reason = " ".join(str(error).split())
        raise ModelError(f"The model in {path} could not be loaded: {reason}") from error
    ready: PreTrainedModel = model.eval()
    return ready


def save_model(model: PreTrainedModel, folder: Path) -> None:
    """Write `model` to `folder` in fp16, in place of what is there; afterwards `model` itself is fp16."""
    # Weights of another number of files would be read in these ones' place.
    for old in folder.glob("model*.safetensors*"):
        old.unlink()
    half: Any = model
    half.half().save_pretrained(folder, max_shard_size=SHARD_SIZE)
