"""Cross-validate a recipe: `python -m models.cross_validate --data DIR --out RUNS`.

Takes the options of `models.train`, of which `--soft-targets` is honest only with a teacher that has not seen
`blog/train`. For each fold of that a run that has not seen its documents is trained in a folder of RUNS;
finished ones are kept, so it goes on where it was cut off. Each sentence is then scored in fp32, not
calibrated, by the run that has not seen its document, and the report is over all at once.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models import data, train
from models.engine import ModelError, classify_all
from models.evaluate import evaluate, print_report, without_text
from models.labels import CLASSES
from models.loading import load_engine
from models.runs import RunError, origin_of


def main(arguments: Sequence[str] | None = None) -> int:
    # Not abbreviated: what begins like an option here may be one of models.train's.
    parser = argparse.ArgumentParser(
        prog="python -m models.cross_validate", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with one folder a corpus")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs, one a fold")
    parser.add_argument("--folds", type=_several, default=4, help="how many (default: %(default)s)")
    parser.add_argument("--base", type=Path, help="encoder folder, as for models.train; no trained model")
    parser.add_argument("--json", type=Path, help="also write the report here, mistakes left out")
    args, recipe = parser.parse_known_args(arguments)
    rows, answers = [], []
    try:
        if args.base:
            if origin_of(args.base) or _is_classifier(args.base):
                raise RunError(f"{args.base} was trained, perhaps on what is to be scored: name an encoder.")
            recipe += ["--base", str(args.base)]
        folds = [data.Fold(number, args.folds) for number in range(args.folds)]
        rows_by_fold = {fold: data.read_fold(args.data, fold) for fold in folds}
        if not all(rows_by_fold.values()):
            raise data.DataError(f"blog/train has too few documents for {args.folds} folds.")
        for fold in folds:
            where = ["--data", str(args.data), "--out", str(_run(args.out, fold)), "--fold", str(fold)]
            if code := train.main([*recipe, *where]):
                return code
        for fold, of_fold in rows_by_fold.items():
            engine = load_engine(_run(args.out, fold), "torch")
            answers.append(classify_all(engine, [row.text for row in of_fold]))
            rows += of_fold
    except (ModelError, RunError, data.DataError) as error:
        print(error, file=sys.stderr)
        return 2
    report = evaluate(f"blog/train, {args.folds} folds", rows, np.concatenate(answers))
    print_report(report, mistakes=0)
    if args.json:
        args.json.write_text(json.dumps(without_text(report), indent=2) + "\n", encoding="utf-8")
    return 0


def _is_classifier(folder: Path) -> bool:
    """Whether the model there answers in Sayso's classes: a checkpoint has no record that says so."""
    config = folder / "config.json"
    named = json.loads(config.read_text(encoding="utf-8")).get("id2label", {}) if config.is_file() else {}
    return {*CLASSES} <= {*named.values()}


def _several(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 2 upwards")
    return int(text)


def _run(folder: Path, fold: data.Fold) -> Path:
    return folder / f"{fold.number}-of-{fold.folds}"


if __name__ == "__main__":
    sys.exit(main())
