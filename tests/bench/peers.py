"""The usual ways to run such a model, on the same weights: what Sayso is measured against."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline


def hugging_face_pipeline(path: Path) -> Any:
    """transformers' pipeline as its documentation shows it, in fp32."""
    return pipeline("text-classification", model=str(path), dtype="float32", top_k=None)


class OnnxRuntime:
    """onnxruntime in fp32, in batches of 32 in the order in which sentences come."""

    def __init__(self, path: Path) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(path)
        model = AutoModelForSequenceClassification.from_pretrained(path, dtype=torch.float32).eval()
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "model.onnx")
            names = ["input_ids", "attention_mask"]
            axes = {0: "sentences", 1: "tokens"}
            example = tuple(torch.ones((2, 8), dtype=torch.long) for _ in names)
            torch.onnx.export(
                model,
                example,
                file,
                input_names=names,
                output_names=["logits"],
                dynamic_axes=dict.fromkeys(names, axes),
                dynamo=False,
            )
            self._session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])

    def __call__(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        answers = []
        for start in range(0, len(sentences), 32):
            batch = self._tokenizer(list(sentences[start : start + 32]), padding=True, return_tensors="np")
            feed = {name: batch[name] for name in ("input_ids", "attention_mask")}
            answers.append(self._session.run(None, feed)[0])
        return np.concatenate(answers)
