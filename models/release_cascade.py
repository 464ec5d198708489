"""Let a released model ask another in doubt: `python -m models.release_cascade --second NAME --data DIR`.

Writes which other and when (`models.cascade`) into the model's folder, scores both as one, and writes the
card again. Nothing is trained.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from models import data
from models.card import write_card
from models.cascade import Recipe
from models.engine import ModelError, classify_all
from models.evaluate import annotator_agreement, development_sets, evaluate, without_text
from models.loading import DEFAULT_WEIGHTS, load_cascade, load_engine, model_folder
from models.robustness import measure
from models.runs import CASCADE_RELEASE
from models.speed import measure as measure_speed


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.release_cascade", description=__doc__)
    parser.add_argument(
        "--model", type=Path, default=DEFAULT_WEIGHTS, help="folder of the model that reads everything"
    )
    parser.add_argument(
        "--second", required=True, help="folder beside it with the model that it asks in doubt"
    )
    parser.add_argument(
        "--second-alone",
        type=float,
        default=0.8,
        metavar="P",
        help="confidence of the first up to which only the second's answer counts (default: %(default)s)",
    )
    parser.add_argument(
        "--first-alone",
        type=float,
        default=0.85,
        metavar="P",
        help="confidence of the first from which only its own answer counts (default: %(default)s)",
    )
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    parser.add_argument(
        "--pages", type=Path, help="sentences of saved pages (server.pages): those held out are scored too"
    )
    args = parser.parse_args(arguments)
    args.model = model_folder(args.model)
    try:
        _release(args)
    except (data.DataError, ModelError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _release(args: argparse.Namespace) -> None:
    sets = development_sets(args.data, args.pages)
    recipe = Recipe(args.second, args.second_alone, args.first_alone)
    # Nothing is written before all has been measured: a cascade that is there stays as it was.
    engine = load_cascade(args.model, recipe, "openvino")
    reference = load_cascade(args.model, recipe, "torch")
    first = load_engine(args.model, "openvino", quick=True)
    reports, asked = [], {}
    for name, rows in sets.items():
        texts = [row.text for row in rows]
        reports.append(without_text(evaluate(name, rows, classify_all(engine, texts))))
        asked[name] = float((recipe.share_of_second(classify_all(first, texts)) > 0).mean())
    record = {
        "model": asdict(engine.info),
        "reference": asdict(reference.info),
        "asked": asked,
        "speed": [asdict(measure_speed(engine, reference, [row.text for row in sets["blog"]]))],
        "robustness": measure(engine, args.data),
        "annotators": asdict(annotator_agreement(args.data)),
        "sets": reports,
    }
    recipe.write(args.model)
    (args.model / CASCADE_RELEASE).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    write_card(args.model)
    print(f"Released {engine.info.id}, revision {engine.info.revision}, in {args.model}.")


if __name__ == "__main__":
    sys.exit(main())
