"""How fast a released model reads on this machine: `python -m models.speed --model FOLDER --data DIR`.

Adds what it measured to the model's record and writes the card again, so that the card can speak of several
machines. A release does the same for the machine that it is made on.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from models import data
from models.cascade import Recipe
from models.engine import Engine, ModelError, classify_all
from models.loading import DEFAULT_WEIGHTS, load_engine, model_folder
from models.runs import CASCADE_RELEASE, RELEASE

#: The instructions that matter most to the engines, the best first: torch's names of them and ours.
_INSTRUCTIONS = {
    "amx_int8": "AMX",
    "avx512_vnni": "AVX-512 VNNI",
    "avx_vnni": "AVX2 VNNI",
    "avx512_f": "AVX-512",
    "avx2": "AVX2",
}
#: By this oneDNN, which OpenVINO computes with, leaves out the instructions of newer processors.
_LIMIT = "ONEDNN_MAX_CPU_ISA"
#: Times that each is timed.
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Speed:
    """Sentences a second of the engine that serves and of the reference, in one run on one machine."""

    machine: str
    sentences: int
    served: float
    reference: float


def measure(served: Engine, reference: Engine, texts: Sequence[str], rounds: int = ROUNDS) -> Speed:
    """Both read all of `texts`, in turns; the speed is that of the median round."""
    engines = {"served": served, "reference": reference}
    seconds = medians({name: partial(classify_all, e, texts) for name, e in engines.items()}, rounds)
    return Speed(machine(), len(texts), **{name: round(len(texts) / seconds[name], 1) for name in engines})


def medians(contenders: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each, after one round that warms up.

    They run in turn, so that a slow spell of a machine that others use too falls on all of them.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for round_ in range(rounds + 1):
        for name, run in contenders.items():
            started = time.perf_counter()
            run()
            if round_:
                seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(times) for name, times in seconds.items()}


def machine() -> str:
    """This machine in words: its cores, its processor and the instructions that the engines compute with."""
    import torch  # for what it knows of processors on every system

    known = torch.cpu.get_capabilities()
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    said = [f"{cores} core{'' if cores == 1 else 's'}", known.get("cpu_name") or platform.machine()]
    if limit := os.environ.get(_LIMIT):
        said.append(f"{limit} by {_LIMIT}")
    else:
        said += [name for flag, name in _INSTRUCTIONS.items() if known.get(flag)][:1]
    return ", ".join(said)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.speed", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data folder: its blog/dev is read")
    parser.add_argument("--model", type=Path, default=DEFAULT_WEIGHTS, help="folder of a released model")
    parser.add_argument("--rounds", type=_above_zero, default=ROUNDS, help="times that each is timed")
    args = parser.parse_args(arguments)
    try:
        lines = _add(model_folder(args.model), args.data, args.rounds)
    except (ModelError, data.DataError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Sentences a second, {lines[0].sentences} sentences, {lines[0].machine}:")
    for name, line in zip(("the model", "alone, as --quick has it"), lines, strict=False):
        print(f"{name:>24}: served {line.served:.0f}, the reference under torch {line.reference:.0f}")
    return 0


def _above_zero(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError
    return number


def _add(folder: Path, data_folder: Path, rounds: int) -> list[Speed]:
    """Measure the model in `folder` and put that into its card; where it asks another, also without that."""
    # Scores and cards need what only `make setup` installs.
    from models import released
    from models.card import write_card

    texts = [row.text for row in data.read(data_folder, "blog", "dev")]
    lines = []
    for quick in (False, True) if Recipe.read(folder) else (True,):
        name = RELEASE if quick else CASCADE_RELEASE
        record = released.read(folder, name)
        served, reference = (load_engine(folder, engine, quick=quick) for engine in ("openvino", "torch"))
        line = measure(served, reference, texts, rounds)
        released.write(folder, name, released.with_speeds(record, {**record, "speed": [asdict(line)]}))
        lines.append(line)
    write_card(folder)
    return lines


if __name__ == "__main__":
    sys.exit(main())
