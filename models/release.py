"""Turn a finished run into released weights: `python -m models.release --run RUN --data DIR`.

Calibrates on `blog/dev`, folds the temperature into the last layer, puts the weights into the integers that
both engines run, scores the fast one, and writes the model card and `evaluation.json` from what was measured.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from models import data
from models.calibration import apply_temperature, expected_calibration_error, fit_temperature
from models.card import QUICK, write_card
from models.cascade import Recipe
from models.engine import ModelError, classify_all
from models.evaluate import annotator_agreement, development_sets, gold_label, score, without_text
from models.export import add_rounding, export
from models.labels import label_probabilities
from models.loading import DEFAULT_WEIGHTS
from models.openvino_engine import OpenVinoEngine
from models.robustness import measure
from models.runs import CASCADE_RELEASE, RELEASE, RunError, finished
from models.speed import measure as measure_speed
from models.storage import load_model, save_model
from models.torch_engine import TorchEngine


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.release", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="run folder of models.train")
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    parser.add_argument("--out", type=Path, default=DEFAULT_WEIGHTS, help="where the weights are released")
    parser.add_argument("--id", required=True, help="the model's name in every answer")
    parser.add_argument(
        "--pages",
        type=Path,
        help="sentences of saved pages (server.pages): those held out are scored, others are seen by --loss",
    )
    add_rounding(parser)
    args = parser.parse_args(arguments)
    try:
        _release(args)
    except (data.DataError, ModelError, RunError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _release(args: argparse.Namespace) -> None:
    run = finished(args.run)
    dev = data.read(args.data, "blog", "dev")
    sets = development_sets(args.data, args.pages)
    texts = [row.text for row in dev]
    raw = classify_all(TorchEngine(args.run), texts)
    gold = np.array([gold_label(row) for row in dev])
    temperature = fit_temperature(raw, gold)
    store(args.run, args.out, temperature, args.id)
    # When another is to be asked was decided for the model that was here before.
    Recipe.remove(args.out)
    for name in (CASCADE_RELEASE, QUICK, Path(QUICK).with_suffix(".svg")):
        (args.out / name).unlink(missing_ok=True)

    exported = export(args.out, args.data, args.resolution, loss=args.loss, pages=args.pages)
    reference = TorchEngine(args.out)
    stored = classify_all(reference, texts)
    released = OpenVinoEngine(args.out)
    fp32 = apply_temperature(raw, temperature)
    record = {
        "model": asdict(released.info),
        "reference": asdict(reference.info),
        "integers": exported["cost"],
        "run": run,
        "temperature": temperature,
        "calibration_error_cross_fitted": _cross_fitted_error(raw, gold, [row.document for row in dev]),
        "stored_largest_change": float(np.abs(stored - fp32).max()),
        "stored_label_flips": int(
            (label_probabilities(stored).argmax(1) != label_probabilities(fp32).argmax(1)).sum()
        ),
        "speed": [asdict(measure_speed(released, reference, texts))],
        "robustness": measure(released, args.data),
        "annotators": asdict(annotator_agreement(args.data)),
        "sets": [without_text(score(released, name, rows)) for name, rows in sets.items()],
    }
    (args.out / RELEASE).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    write_card(args.out)
    print(f"Released {args.id}, revision {released.info.revision}, in {args.out}.")


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
