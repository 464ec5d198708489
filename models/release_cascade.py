"""Let a released model ask another in doubt: `python -m models.release_cascade --second NAME --data DIR`.

Writes which other and when (`models.cascade`) into the model's folder, scores both as one, and writes the
card again. Nothing is trained.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from models import data
from models.card import write_card
from models.cascade import Recipe
from models.engine import ModelError, classify_all
from models.loading import DEFAULT_WEIGHTS, load_cascade, load_engine, model_folder
from models.released import measured, read, scored_sets, with_speeds, write
from models.runs import CASCADE_RELEASE, RELEASE


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
    sets = scored_sets(args.data, args.pages)
    recipe = Recipe(args.second, args.second_alone, args.first_alone)
    # Nothing is written before all has been measured: a cascade that is there stays as it was.
    engine, reference = (load_cascade(args.model, recipe, name) for name in ("openvino", "torch"))
    first = load_engine(args.model, "openvino", quick=True)
    for folder in (args.model, args.model.resolve().parent / recipe.second):
        read(folder, RELEASE)  # the card speaks of both
    record = {
        "asked": {
            name: float((recipe.share_of_second(classify_all(first, [row.text for row in rows])) > 0).mean())
            for name, rows in sets.items()
        },
        **measured(engine, reference, sets, args.data),
    }
    if (args.model / CASCADE_RELEASE).exists():
        record = with_speeds(read(args.model, CASCADE_RELEASE), record)
    write(args.model, CASCADE_RELEASE, record)
    recipe.write(args.model)
    write_card(args.model)
    print(f"Released {engine.info.id}, revision {engine.info.revision}, in {args.model}.")


if __name__ == "__main__":
    sys.exit(main())
