"""The mean of several runs' weights: `python -m models.average --run A --run B --out RUN`.

Of runs that go on from each other it often reads better than the last alone, at no cost (Wortsman et al.,
"Model soups", ICML 2022). The record is the last run's, with those of the others as "averaged_with".
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoTokenizer

from models.engine import ModelError
from models.runs import RunError, finish, finished
from models.storage import load_model


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.average", description=__doc__)
    parser.add_argument("--run", type=Path, action="append", required=True, help="run folder; several")
    parser.add_argument("--out", type=Path, required=True, help="folder for the mean")
    args = parser.parse_args(arguments)
    try:
        average(args.run, args.out)
    except (ModelError, RunError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def average(runs: Sequence[Path], out: Path) -> None:
    """Write the mean of the models in `runs` to `out`, as a run.

    Raises `ModelError` for models of different shapes, and `RunError` for a folder without a finished run or
    where `out` is one of them.
    """
    records = [finished(run) for run in runs]
    if out.resolve() in [run.resolve() for run in runs]:
        raise RunError(f"{out} is one of the runs: name another folder for their mean.")
    *others, last = [load_model(run) for run in runs]
    weights = [model.state_dict() for model in (*others, last)]
    shapes = [{name: tensor.shape for name, tensor in each.items()} for each in weights]
    if any(each != shapes[-1] for each in shapes):
        raise ModelError(f"The models in {', '.join(map(str, runs))} have different shapes.")
    mean = {name: torch.stack([each[name].float() for each in weights]).mean(dim=0) for name in weights[-1]}
    last.load_state_dict(mean)
    last.save_pretrained(out)
    AutoTokenizer.from_pretrained(runs[-1]).save_pretrained(out)
    finish(out, {**records[-1], "averaged_with": records[:-1]} if len(runs) > 1 else records[0])


if __name__ == "__main__":
    sys.exit(main())
