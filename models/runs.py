"""What a training run says of itself, in files beside its model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: Written when a run is finished: its plan, rows, versions, seconds.
_RECORD = "run.json"
#: Written before its first step: what must be the same when it goes on.
_PLAN = "plan.json"
#: What a release says of itself, with the record of its run as "run".
RELEASE = "evaluation.json"
#: What it says of itself with the second model that it asks in doubt.
CASCADE_RELEASE = "cascade-evaluation.json"
#: Where the steps between are kept.
CHECKPOINTS = "checkpoints"


class RunError(Exception):
    """A run folder that cannot be used; says which and why."""


def record_of(folder: Path) -> dict[str, Any] | None:
    """The record of the run that made the model in `folder`; None for a model that no run of ours made.

    Raises `RunError` for a record that cannot be read.
    """
    return _read(folder / _RECORD)


def origin_of(folder: Path) -> dict[str, Any] | None:
    """The same, also of a released model: the record of the run that was released."""
    record = record_of(folder)
    return (_read(folder / RELEASE) or {}).get("run") if record is None else record


def finished(folder: Path) -> dict[str, Any]:
    """The record of the finished run in `folder`. Raises `RunError` where there is none."""
    record = record_of(folder)
    if record is None:
        raise RunError(f"{folder} is no finished run of models.train: it has no {_RECORD}.")
    return record


def begin(folder: Path, plan: dict[str, Any]) -> None:
    """Note in `folder` that a run by `plan` begins or goes on. Raises `RunError` where another one began."""
    plan = json.loads(json.dumps(plan))  # as it is read again: a tuple is a list there
    earlier = _read(folder / _PLAN)
    if earlier is None and ((folder / _RECORD).exists() or (folder / CHECKPOINTS).exists()):
        raise RunError(f"{folder} holds a run that does not say by what plan: name another folder.")
    if earlier is not None and earlier != plan:
        differences = "; ".join(_differences(earlier, plan))
        raise RunError(f"{folder} holds another run ({differences}): name another folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / _PLAN, plan)
    except OSError as error:
        raise RunError(f"{folder} cannot hold a run: {error}") from error


def finish(folder: Path, record: dict[str, Any]) -> None:
    """Write the record of the run whose model is in `folder`: now it is finished."""
    _write(folder / _RECORD, record)


def _differences(earlier: dict[str, Any], plan: dict[str, Any]) -> list[str]:
    """Of nested plans the innermost keys, each with what it was and what it is to be."""
    said = []
    for key in sorted({*earlier, *plan}):
        was, is_now = earlier.get(key), plan.get(key)
        if isinstance(was, dict) and isinstance(is_now, dict):
            said += _differences(was, is_now)
        elif was != is_now:
            said.append(f"{key} was {was}, is {is_now}")
    return said


def _read(file: Path) -> dict[str, Any] | None:
    if not file.is_file():
        return None
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{file} could not be read: {error}") from error
    return content


def _write(file: Path, content: dict[str, Any]) -> None:
    temporary = file.with_suffix(".tmp")
    temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    temporary.replace(file)
