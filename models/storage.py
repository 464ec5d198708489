"""A model as torch has it, from what is on disk and to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedModel

from models import compact
from models.engine import ModelError
from models.labels import CLASSES


def load_model(path: Path, **settings: object) -> PreTrainedModel:
    """The classifier in the folder `path`, in fp32 whatever the files hold, ready to answer.

    The weights are those that are released (`models.compact`) or else transformers' own files. `settings` go
    before those of its own configuration. Raises `ModelError`.
    """
    auto: Any = AutoModelForSequenceClassification
    try:
        if (path / compact.WEIGHTS).exists():
            config = AutoConfig.from_pretrained(path, local_files_only=True, **settings)
            model = auto.from_config(config, dtype=torch.float32)
            found = compact.weights(compact.read(path / compact.WEIGHTS))
            model.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in found.items()})
        else:
            model = auto.from_pretrained(path, dtype=torch.float32, local_files_only=True, **settings)
    except ModelError:
        raise
    except Exception as error:  # each library raises its own kinds for a broken file
        reason = " ".join(str(error).split())
        raise ModelError(f"The model in {path} could not be loaded: {reason}") from error
    ready: PreTrainedModel = model.eval()
    return ready


def load_for_training(path: Path, **settings: object) -> PreTrainedModel:
    """The same for an encoder, which gets a last layer for Sayso's five classes, or for a classifier of them.

    A fresh last layer is random: seed before. Raises `ModelError`.
    """
    labels = {"id2label": dict(enumerate(CLASSES)), "label2id": {name: i for i, name in enumerate(CLASSES)}}
    return load_model(path, num_labels=len(CLASSES), **labels, **settings)


def save_model(model: PreTrainedModel, folder: Path) -> None:
    """Write `model` to `folder` in fp16, in place of what is there; afterwards `model` itself is fp16."""
    (folder / compact.WEIGHTS).unlink(missing_ok=True)  # of an earlier model, which would be read instead
    half: Any = model
    half.half().save_pretrained(folder)
