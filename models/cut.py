"""Cut a small model out of a large one, to be trained on as a student: `python -m models.cut --help`.

What is kept are some of the layers, evenly spread (Sanh et al., "DistilBERT", 2019, section 3), and of the
vocabulary the tokens that English text needs: those that are most frequent in the sentences given, and every
single character, so that any word can still be spelled.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoTokenizer

from models import data
from models.engine import ModelError
from models.pretrained import Pretrained
from models.runs import RunError, finish, record_of
from models.storage import load_model


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m models.cut", description="Cut a small model out of a large."
    )
    parser.add_argument("--model", type=Path, required=True, help="trained model folder (bert or mpnet)")
    parser.add_argument("--out", type=Path, required=True, help="where the small one goes")
    parser.add_argument("--layers", type=int, required=True, help="how many layers are kept")
    parser.add_argument("--tokens", type=int, required=True, help="how many tokens are kept")
    data.add_arguments(parser)
    args = parser.parse_args(arguments)
    try:
        texts = [row.text for row in data.chosen_rows(args)]
        cut(args.model, args.out, args.layers, args.tokens, texts)
    except (data.DataError, ModelError, RunError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def cut(path: Path, out: Path, layers: int, tokens: int, texts: Sequence[str]) -> None:
    """Write the model at `path` to `out` with so many `layers` and at most so many `tokens`.

    `texts` say which tokens are frequent. Raises `ModelError` for a model without Sayso's labels, or with
    another tokenizer than WordPiece.
    """
    Pretrained(path)  # raises for what is none of ours
    model = load_model(path)
    description = json.loads((path / "tokenizer.json").read_text(encoding="utf-8"))
    if description["model"]["type"] != "WordPiece":
        raise ModelError(f"The tokenizer of {path} is no WordPiece; its vocabulary cannot be cut.")

    counts = _counts(path / "tokenizer.json", texts)
    kept = _kept(description, counts, tokens)
    encoder: Any = model.base_model.encoder
    chosen = np.linspace(0, len(encoder.layer) - 1, layers).round().astype(int)
    encoder.layer = nn.ModuleList(encoder.layer[i] for i in chosen)
    model.config.num_hidden_layers = layers

    old: Any = model.get_input_embeddings()
    ids = [description["model"]["vocab"][token] for token in kept]
    new_id = {token: i for i, token in enumerate(kept)}
    pad = new_id[AutoTokenizer.from_pretrained(path).pad_token]
    embeddings = nn.Embedding(len(kept), old.embedding_dim, padding_idx=pad)
    with torch.no_grad():
        embeddings.weight.copy_(old.weight[ids])
    model.set_input_embeddings(embeddings)
    model.config.vocab_size = len(kept)
    for name in ("pad_token_id", "bos_token_id", "eos_token_id"):
        if (number := getattr(model.config, name, None)) is not None:
            setattr(model.config, name, ids.index(number))

    model.save_pretrained(out)
    AutoTokenizer.from_pretrained(path).save_pretrained(out)
    (out / "tokenizer.json").write_text(
        json.dumps(_renumbered(description, new_id), ensure_ascii=False), encoding="utf-8"
    )
    # So that a run that begins with this can say what came before it. Last, as it says that all is there.
    if record := record_of(path):
        finish(out, {**record, "cut": {"layers": layers, "tokens": len(kept)}})


def _counts(tokenizer_file: Path, texts: Sequence[str]) -> Counter[str]:
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    counts: Counter[str] = Counter()
    for encoding in tokenizer.encode_batch(list(texts)):
        counts.update(encoding.tokens)
    return counts


def _kept(description: dict[str, Any], counts: Counter[str], tokens: int) -> list[str]:
    """The tokens to keep, in the order of their old numbers: special ones, characters, then by frequency."""
    vocabulary: dict[str, int] = description["model"]["vocab"]
    needed = {added["content"] for added in description["added_tokens"]} | {description["model"]["unk_token"]}
    needed |= {token for token in vocabulary if len(token.removeprefix("##")) == 1}
    frequent = (token for token, _ in counts.most_common() if token in vocabulary and token not in needed)
    kept = needed | {token for token, _ in zip(frequent, range(max(0, tokens - len(needed))), strict=False)}
    return sorted(kept, key=vocabulary.__getitem__)


def _renumbered(description: dict[str, Any], new_id: dict[str, int]) -> dict[str, Any]:
    """A tokenizer's description with the numbers of `new_id`, wherever it says them."""
    description["model"]["vocab"] = new_id
    for added in description["added_tokens"]:
        added["id"] = new_id[added["content"]]
    processor = description["post_processor"]
    for special in processor.get("special_tokens", {}).values():  # BERT's template
        special["ids"] = [new_id[token] for token in special["tokens"]]
    for name in ("sep", "cls"):  # RoBERTa's, which MPNet has
        if name in processor:
            token = processor[name][0]
            processor[name] = [token, new_id[token]]
    return description


if __name__ == "__main__":
    sys.exit(main())
