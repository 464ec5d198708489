"""Cut a small model out of a large one, to be trained on as a student: `python -m models.cut --help`.

What is kept, of each only what is asked for:

- some of the **layers**;
- of every layer's feed-forward part the **neurons** that the others can least make up for (`models.pruning`);
  then the rest also makes up for layers that go;
- of the vocabulary the **tokens** that English text needs: those that are most frequent in the sentences
  given, and every single character, so that any word can still be spelled.
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
import transformers
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from models import data
from models.engine import ModelError
from models.fisher import batches
from models.pruning import prune
from models.runs import RunError, finish, origin_of
from models.soft_targets import SoftTargets
from models.storage import load_for_training

#: Sentences that say which neurons matter, unless asked otherwise: about ten tokens for each neuron of a
#: large layer.
_SENTENCES = 900


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m models.cut", description="Cut a small model out of a large."
    )
    parser.add_argument("--model", type=Path, required=True, help="model folder (bert or mpnet)")
    parser.add_argument("--out", type=Path, required=True, help="where the small one goes")
    parser.add_argument("--layers", type=_numbers, help='which layers are kept, as in "0,2,4" (default: all)')
    parser.add_argument("--neurons", type=_positive, help="how many a feed-forward part keeps (default: all)")
    parser.add_argument("--tokens", type=_positive, help="how many tokens are kept (default: all)")
    parser.add_argument(
        "--sentences",
        type=_positive,
        default=_SENTENCES,
        help="how many sentences say which neurons matter (default: %(default)s)",
    )
    parser.add_argument(
        "--soft-targets",
        type=Path,
        help="only sentences that a teacher was asked about (models.soft_targets)",
    )
    data.add_arguments(parser)
    args = parser.parse_args(arguments)
    sizes = {"layers": args.layers, "neurons": args.neurons, "tokens": args.tokens}
    try:
        rows = data.chosen_rows(args)
        if args.soft_targets:
            asked = ~np.isnan(SoftTargets.load(args.soft_targets).of([row.text for row in rows])[:, 0])
            rows = [row for row, chosen in zip(rows, asked, strict=True) if chosen]
        cut(args.model, args.out, rows, sentences=args.sentences, **sizes)
    except (data.DataError, ModelError, RunError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def cut(
    path: Path,
    out: Path,
    rows: Sequence[data.Row],
    *,
    layers: Sequence[int] | None = None,
    neurons: int | None = None,
    tokens: int | None = None,
    sentences: int = _SENTENCES,
) -> None:
    """Write to `out` the model at `path`, an encoder or a classifier, with what is named of it; None is all.

    `rows` say which tokens are frequent, and so many `sentences` of them which neurons matter. Raises
    `ModelError` for a model that cannot be loaded or has no such layer, for neurons without `rows`, and for
    cutting the tokens of another tokenizer than WordPiece.
    """
    transformers.set_seed(0)  # an encoder gets a random last layer
    model = load_for_training(path)
    try:
        tokenizer = AutoTokenizer.from_pretrained(path)
        description = json.loads((path / "tokenizer.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"The tokenizer in {path} could not be read: {error}") from error
    encoder: Any = model.base_model.encoder
    kept = list(range(len(encoder.layer))) if layers is None else list(layers)
    if not kept or not {*kept} <= {*range(len(encoder.layer))} or kept != sorted({*kept}):
        known = f"0 to {len(encoder.layer) - 1}"
        raise ModelError(f"{path} has the layers {known}; {kept} are not some of them in their order.")
    if neurons is None:
        encoder.layer = nn.ModuleList(encoder.layer[i] for i in kept)
        model.config.num_hidden_layers = len(kept)
    else:
        if not rows:
            raise ModelError("Which neurons can go is seen on sentences, and there are none.")
        seen = batches(tokenizer, [row.text for row in rows], sentences)
        prune(model, seen, kept, min(neurons, model.config.intermediate_size))
    if tokens is not None:
        if description["model"]["type"] != "WordPiece":
            raise ModelError(f"The tokenizer of {path} is no WordPiece; its vocabulary cannot be cut.")
        description = _cut_tokens(
            model, tokenizer, description, _counts(path / "tokenizer.json", rows), tokens
        )

    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    (out / "tokenizer.json").write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
    # So that a run that begins with this can say what came before it. Last, as it says that all is there.
    if record := origin_of(path):
        config = model.config
        size = {"layers": len(kept), "neurons": config.intermediate_size, "tokens": config.vocab_size}
        finish(out, {**record, "cut": size})


def _cut_tokens(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    description: dict[str, Any],
    counts: Counter[str],
    tokens: int,
) -> dict[str, Any]:
    """The tokenizer's `description` for the tokens that are kept."""
    kept = _kept(description, counts, tokens)
    ids = [description["model"]["vocab"][token] for token in kept]
    new_id = {token: i for i, token in enumerate(kept)}
    old: Any = model.get_input_embeddings()
    embeddings = nn.Embedding(len(kept), old.embedding_dim, padding_idx=new_id[str(tokenizer.pad_token)])
    with torch.no_grad():
        embeddings.weight.copy_(old.weight[ids])
    model.set_input_embeddings(embeddings)
    model.config.vocab_size = len(kept)
    for name in ("pad_token_id", "bos_token_id", "eos_token_id"):
        if (number := getattr(model.config, name, None)) is not None:
            setattr(model.config, name, ids.index(number))
    return _renumbered(description, new_id)


def _counts(tokenizer_file: Path, rows: Sequence[data.Row]) -> Counter[str]:
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    counts: Counter[str] = Counter()
    for encoding in tokenizer.encode_batch([row.text for row in rows]):
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
