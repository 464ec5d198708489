"""A Hugging Face model folder as far as every engine reads it: labels, tokens, and what it is called."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from models.engine import Encoded, ModelError, ModelInfo
from models.labels import CLASSES

#: Files that every engine's answer depends on, beside those that hold its weights.
_SHARED_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json")


class Pretrained:
    """The folder at `path`, without its weights.

    Raises `ModelError` when it lacks a file, has a broken one, or has other labels than Sayso's five.
    """

    def __init__(self, path: Path) -> None:
        for name in ("config.json", "tokenizer.json"):
            if not (path / name).is_file():
                raise ModelError(f"{path} is not a model folder: it has no {name}.")
        self.path = path
        try:
            config = json.loads((path / "config.json").read_text(encoding="utf-8"))
            self._tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
            self.max_tokens = _max_tokens(path, config)
            labels = {int(index): label for index, label in config.get("id2label", {}).items()}
        except Exception as error:  # each library raises its own kinds for a broken file
            raise ModelError(f"The model in {path} could not be loaded: {error}") from error
        # A released tokenizer file may carry its own truncation and padding; both are decided here.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.columns = _columns(labels, path)
        """Where each of `CLASSES` stands among the model's outputs."""
        self.pad_id = int(config.get("pad_token_id") or 0)
        self._id = str(config.get("sayso_id") or path.resolve().name)

    def encode(self, sentences: Sequence[str]) -> list[Encoded]:
        """See `Engine.encode`."""
        limit = self.max_tokens
        encoded = []
        for encoding in self._tokenizer.encode_batch_fast(list(sentences)):
            ids = encoding.ids
            if len(ids) > limit:
                # Keep the closing token, which the model was trained to see at the end.
                encoded.append(Encoded([*ids[: limit - 1], ids[-1]], truncated=True))
            else:
                encoded.append(Encoded(ids, truncated=False))
        return encoded

    def info(self, weights: Iterable[Path]) -> ModelInfo:
        """The model's name, with a revision over `weights` and everything else an answer depends on."""
        files = [self.path / name for name in _SHARED_FILES]
        return ModelInfo(self._id, _hash_of(file for file in [*files, *sorted(weights)] if file.exists()))


def sha256(file: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _hash_of(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name} {sha256(file)}\n".encode())
    return digest.hexdigest()[:12]


def _columns(labels: dict[int, str], path: Path) -> list[int]:
    by_label = {label: index for index, label in labels.items()}
    if set(by_label) != set(CLASSES):
        raise ModelError(
            f"The model in {path} answers with {sorted(by_label)}; Sayso needs exactly {list(CLASSES)}."
        )
    return [by_label[name] for name in CLASSES]


def _max_tokens(path: Path, config: dict[str, Any]) -> int:
    positions = int(config.get("max_position_embeddings", 512))
    settings = path / "tokenizer_config.json"
    if settings.is_file():
        stated = json.loads(settings.read_text(encoding="utf-8")).get("model_max_length", positions)
        # transformers writes 1e30 where no limit is known.
        return min(int(stated), positions)
    return positions
