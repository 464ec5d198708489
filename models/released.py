"""What a released model says of itself, in a file beside it: measured on what it was not trained on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models import data
from models.engine import Engine, ModelError
from models.evaluate import DEV_SETS, annotator_agreement, score, without_text
from models.robustness import measure as measure_robustness
from models.speed import machine
from models.speed import measure as measure_speed


def scored_sets(folder: Path, pages: Path | None) -> dict[str, list[data.Row]]:
    """What a release is scored on: the dev parts that `folder` has, "blog" among them, and what is held out.

    Raises `DataError`, also where there is no "blog", by which confidence is calibrated.
    """
    sets = {s: data.read(folder, s, "dev") for s in DEV_SETS if (folder / s / "dev.tsv").exists()}
    if "blog" not in sets:
        raise data.DataError(f"{folder} has no blog/dev.tsv, which a release is calibrated on.")
    return sets | data.held_out(folder, pages)


def measured(
    engine: Engine, reference: Engine, sets: Mapping[str, Sequence[data.Row]], folder: Path
) -> dict[str, Any]:
    """What every record says of `engine`, by the `scored_sets` of the data folder `folder`."""
    return {
        "machine": machine(),
        "model": asdict(engine.info),
        "reference": asdict(reference.info),
        "sets": [without_text(score(engine, name, rows)) for name, rows in sets.items()],
        "robustness": measure_robustness(engine, folder),
        "annotators": asdict(annotator_agreement(folder)),
        "speed": [asdict(measure_speed(engine, reference, [row.text for row in sets["blog"]]))],
    }


def with_speeds(earlier: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """`record` and, if it is of the same model, what an `earlier` one says of its speed on other machines."""
    new = list(record["speed"])
    known = earlier.get("speed", ()) if earlier["model"] == record["model"] else ()
    others = [line for line in known if line["machine"] not in [line["machine"] for line in new]]
    return {**record, "speed": [*others, *new]}


def read(folder: Path, name: str) -> dict[str, Any]:
    """The record `name` in the model folder. Raises `ModelError` where there is none that can be read."""
    file = folder / name
    try:
        record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"{folder} holds no released model: it has no {name}.") from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{file} could not be read: {error}") from error
    return record


def write(folder: Path, name: str, record: Mapping[str, Any]) -> None:
    """Write the record `name`, or leave the one that is there."""
    part = folder / f"{name}.part"
    part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    part.replace(folder / name)
