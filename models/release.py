"""Turn a finished run into released weights: `python -m models.release --run RUN --data DIR`.

Calibrates on `blog/dev`, folds the temperature into the last layer, puts the weights into the integers that
both engines run, scores the fast one, and writes the model card and `evaluation.json` from what was measured.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from models import data
from models.calibration import apply_temperature, expected_calibration_error, fit_temperature
from models.card import write_card
from models.engine import ModelError, classify_all
from models.evaluate import gold_label
from models.export import add_rounding, export
from models.labels import label_probabilities
from models.loading import DEFAULT_WEIGHTS
from models.openvino_engine import OpenVinoEngine
from models.released import measured, read, scored_sets, with_speeds, write
from models.runs import RELEASE, RunError, finished
from models.storage import load_model, save_model
from models.torch_engine import TorchEngine


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.release", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--run", type=Path, help="run folder of models.train")
    what.add_argument(
        "--again", action="store_true", help="leave the weights in --out as they are and measure them again"
    )
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    parser.add_argument("--out", type=Path, default=DEFAULT_WEIGHTS, help="where the weights are released")
    parser.add_argument("--id", help="the model's name in every answer; needed with --run")
    parser.add_argument(
        "--pages",
        type=Path,
        help="sentences of saved pages (server.pages): those held out are scored, others are seen by --loss",
    )
    add_rounding(parser)
    args = parser.parse_args(arguments)
    if args.run and not args.id:
        parser.error("name the model: --id")
    try:
        _measure_again(args) if args.again else _release(args)
    except (data.DataError, ModelError, RunError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _release(args: argparse.Namespace) -> None:
    run = finished(args.run)
    sets = scored_sets(args.data, args.pages)
    asked = {
        "id": args.id,
        **({"resolution": args.resolution} if args.loss is None else {"loss": args.loss}),
        "run": run,
        "scored": list(sets),
    }
    if args.out.exists() and not _may_be_replaced(args.out):
        raise ModelError(f"{args.out} is a folder, and no model that was released: name another one.")
    if (args.out / RELEASE).exists():
        released = read(args.out, RELEASE)
        if {name: released.get(name) for name in asked} == asked:
            print(f"The run in {args.run} is released in {args.out}.")
            return

    # What is there stays whole until all of the new model is.
    part = args.out.with_name(args.out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    dev = sets["blog"]
    texts = [row.text for row in dev]
    raw = classify_all(TorchEngine(args.run), texts)
    gold = np.array([gold_label(row) for row in dev])
    temperature = fit_temperature(raw, gold)
    store(args.run, part, temperature, args.id)
    exported = export(part, args.data, args.resolution, loss=args.loss, pages=args.pages)
    reference = TorchEngine(part)
    stored = classify_all(reference, texts)
    fp32 = apply_temperature(raw, temperature)
    engine = OpenVinoEngine(part)
    record = {
        **asked,
        "integers": exported["cost"],
        "temperature": temperature,
        "calibration_error_cross_fitted": _cross_fitted_error(raw, gold, [row.document for row in dev]),
        "stored_largest_change": float(np.abs(stored - fp32).max()),
        "stored_label_flips": int(
            (label_probabilities(stored).argmax(1) != label_probabilities(fp32).argmax(1)).sum()
        ),
        **measured(engine, reference, sets, args.data),
    }
    write(part, RELEASE, record)
    write_card(part)
    # The recipe of a cascade goes with the model that it was decided for.
    old = args.out.with_name(args.out.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if args.out.exists():
        args.out.rename(old)
    part.rename(args.out)
    shutil.rmtree(old, ignore_errors=True)
    print(f"Released {args.id}, revision {engine.info.revision}, in {args.out}.")


def _may_be_replaced(folder: Path) -> bool:
    return folder.is_dir() and ((folder / RELEASE).exists() or not any(folder.iterdir()))


def _measure_again(args: argparse.Namespace) -> None:
    """Of a model that asks another in doubt, about itself alone: `models.release_cascade` does both."""
    record = read(args.out, RELEASE)
    sets = scored_sets(args.data, args.pages)
    again = measured(OpenVinoEngine(args.out), TorchEngine(args.out), sets, args.data)
    if again["model"] != record["model"]:
        raise ModelError(f"The weights in {args.out} are not those that {RELEASE} is about.")
    write(args.out, RELEASE, with_speeds(record, {**record, **again, "scored": list(sets)}))
    write_card(args.out)


def store(run: Path, out: Path, temperature: float, model_id: str) -> None:
    """Write the run's model to `out` as fp16 with its logits divided by `temperature`."""
    model: Any = load_model(run)
    last = getattr(model.classifier, "out_proj", model.classifier)
    with torch.no_grad():
        last.weight /= temperature
        last.bias /= temperature
    model.config.sayso_id = model_id
    save_model(model, out)
    AutoTokenizer.from_pretrained(run).save_pretrained(out)
    # The encoder's files ask for padding and cutting to 128 tokens; who loads this model decides both.
    tokenizer = Tokenizer.from_file(str(out / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.save(str(out / "tokenizer.json"))
    settings_file = out / "tokenizer_config.json"
    settings = json.loads(settings_file.read_text(encoding="utf-8"))
    for key in ("max_length", "stride", "truncation_strategy", "pad_to_multiple_of", "is_local"):
        settings.pop(key, None)
    settings_file.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def _cross_fitted_error(raw: np.ndarray, gold: np.ndarray, documents: Sequence[str]) -> float:
    """Calibration error on `blog/dev` when each document's temperature comes from the other documents."""
    scaled = np.empty_like(raw)
    for document in set(documents):
        inside = np.array([d == document for d in documents])
        scaled[inside] = apply_temperature(raw[inside], fit_temperature(raw[~inside], gold[~inside]))
    labels = label_probabilities(scaled)
    return expected_calibration_error(labels.max(1).astype(np.float64), labels.argmax(1) == gold)


if __name__ == "__main__":
    sys.exit(main())
