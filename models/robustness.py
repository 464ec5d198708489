"""What should not move an answer, and whether it does: `python -m models.robustness [--data DIR]`.

Three tables: how sentences are typed (on `blog/dev`, where a data folder is named), whom they are about,
and what of a page is neither opinion nor claim. The sentences of the last two are this project's own.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import data
from models.engine import Engine, ModelError, classify_all
from models.labels import LABELS, label_probabilities
from models.loading import DEFAULT_WEIGHTS, ENGINES, load_engine
from models.perturbations import FILLINGS, NEITHER, OTHER_FILLINGS, TEMPLATES, TYPING

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Typing:
    """One way of typing: of the sentences it changes, how many get another label, and their accuracy."""

    change: str
    sentences: int
    other_label: float
    accuracy_before: float
    accuracy_after: float


@dataclass(frozen=True, slots=True)
class Swap:
    """One slot: how many templates keep one label whoever is in it, and how many answers are right.

    `largest_change` is the largest difference between two fillings in the probability of the right label.
    """

    slot: str
    templates: int
    fillings: int
    one_label: float
    right: float
    largest_change: float


@dataclass(frozen=True, slots=True)
class Neither:
    """One kind of text that is neither opinion nor claim: how many of its texts are called `other`."""

    kind: str
    texts: int
    other: float


def typing_table(engine: Engine, rows: Sequence[data.Row], gold: Sequence[int]) -> list[Typing]:
    """Of `rows`, with the index of each one's right label."""
    texts = [row.text for row in rows]
    before = _labels(engine, texts)
    right = np.array(gold)
    table = []
    for name, change in TYPING.items():
        changed = [change(text) for text in texts]
        applies = np.array([one != other for one, other in zip(texts, changed, strict=True)])
        if not applies.any():
            continue
        after = _labels(engine, [text for text, use in zip(changed, applies, strict=True) if use])
        table.append(
            Typing(
                name,
                int(applies.sum()),
                float((after != before[applies]).mean()),
                float((before == right)[applies].mean()),
                float((after == right[applies]).mean()),
            )
        )
    return table


def swap_table(engine: Engine) -> list[Swap]:
    """A line for each slot, and one more where there are names for it that were not trained on."""
    return [_swap(engine, slot, slot, names) for slot, names in FILLINGS.items()] + [
        _swap(engine, slot, f"{slot}, other names", names) for slot, names in OTHER_FILLINGS.items()
    ]


def _swap(engine: Engine, slot: str, title: str, fillings: Sequence[str]) -> Swap:
    chosen = [(label, text) for label, text in TEMPLATES if _slot(text) == slot]
    texts = [text.replace(f"{{{slot}}}", name) for _, text in chosen for name in fillings]
    probabilities = label_probabilities(classify_all(engine, texts))
    by_template = probabilities.reshape(len(chosen), len(fillings), len(LABELS))
    right = np.array([LABELS.index(label) for label, _ in chosen])
    answers = by_template.argmax(2)
    of_right = np.take_along_axis(by_template, right[:, None, None], 2)[:, :, 0]
    return Swap(
        title,
        len(chosen),
        len(fillings),
        float((answers == answers[:, :1]).all(1).mean()),
        float((answers == right[:, None]).mean()),
        float((of_right.max(1) - of_right.min(1)).max()),
    )


def neither_table(engine: Engine) -> list[Neither]:
    other = LABELS.index("other")
    return [
        Neither(kind, len(texts), float((_labels(engine, texts) == other).mean()))
        for kind, texts in NEITHER.items()
    ]


def _labels(engine: Engine, texts: Sequence[str]) -> NDArray[np.int_]:
    labels: NDArray[np.int_] = label_probabilities(classify_all(engine, texts)).argmax(1)
    return labels


def _slot(template: str) -> str:
    (slot,) = _SLOT.findall(template)
    return str(slot)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.robustness", description=__doc__)
    parser.add_argument("--data", type=Path, help="data folder: its blog/dev is typed in other ways")
    parser.add_argument("--model", type=Path, default=DEFAULT_WEIGHTS, help="model folder")
    parser.add_argument("--engine", choices=ENGINES, default="auto")
    parser.add_argument("--quick", action="store_true", help="without the model that it asks in doubt")
    parser.add_argument("--json", type=Path, help="also write the tables here")
    args = parser.parse_args(arguments)
    try:
        engine = load_engine(args.model, args.engine, quick=args.quick)
        tables = measure(engine, args.data)
    except (ModelError, data.DataError) as error:
        print(error, file=sys.stderr)
        return 2
    for name, lines in tables.items():
        print(f"\n== {name}")
        if lines:
            print("  ".join(f"{column:>16}" for column in lines[0]))
        for line in lines:
            cells = (f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in line.values())
            print("  ".join(f"{cell:>16}" for cell in cells))
    if args.json:
        args.json.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")
    return 0


def measure(engine: Engine, folder: Path | None) -> dict[str, list[dict[str, object]]]:
    """The three tables; the first is empty without a data folder. Raises `DataError`."""
    typing: list[Typing] = []
    if folder is not None:
        # The scorer needs scikit-learn, which only `make setup` installs.
        from models.evaluate import gold_label

        rows = data.read(folder, "blog", "dev")
        typing = typing_table(engine, rows, [label for row in rows if (label := gold_label(row)) is not None])
    return {
        "typing": [asdict(line) for line in typing],
        "names": [asdict(line) for line in swap_table(engine)],
        "neither": [asdict(line) for line in neither_table(engine)],
    }


if __name__ == "__main__":
    sys.exit(main())
