"""Score a model on labelled sentences: `python -m models.evaluate --data DIR --model FOLDER`.

Sets are the `dev` parts of the data folder, or any `id text label` file given by `--tsv`. Every
figure has a 95 % interval from resampling whole documents (rows, where a set names none).
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    from sklearn.metrics import confusion_matrix, f1_score, roc_auc_score
except ModuleNotFoundError:
    # Serving needs no scikit-learn, so `make run` does not install it.
    sys.exit("models.evaluate needs what `make setup` installs; run that first.")

from models import data
from models.calibration import expected_calibration_error, reliability
from models.engine import Engine, ModelError, classify_all
from models.labels import (
    CLASSES,
    FACT,
    LABELS,
    MIXED_FACT,
    MIXED_OPINION,
    OPINION,
    OTHER,
    label_probabilities,
)
from models.loading import DEFAULT_WEIGHTS, ENGINES, load_engine

#: Dev parts of the data folder, in the order of the report.
DEV_SETS = ("blog", "checkthat-subjectivity-en", "babe", "cmv-verifiability", "hse-nsdc")

#: Where the lengths of sentences are parted, in words: about a quarter of `blog/dev` each.
_WORDS = (8, 16, 24)

#: A set of more documents is not reported document by document, which would bury the rest.
_MOST_DOCUMENTS = 50

_LABEL_OF_CLASS = {OPINION: 0, MIXED_OPINION: 0, FACT: 1, MIXED_FACT: 1, OTHER: 2}

#: The figure that says where a corpus with two labels would part them best. Fitted on the rows it is
#: reported for, so the macro-F1 at it is what could be reached there, and no estimate for other rows.
BEST_THRESHOLD = "best threshold for its first label"

Scorer = Callable[[NDArray[np.int_]], float]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, 0 to 1, with its 95 % interval, and how many rows it is over."""

    name: str
    value: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True, slots=True)
class Report:
    """What one model reached on one set.

    `parts` is the accuracy over opinion, fact and other by the length of sentences and by document, empty
    where a corpus' labels leave open everywhere which it is.
    `confusion` is (gold, given) over `labels`: those of a reader (`LABELS`), over the rows whose label is
    known, or else the corpus' own. `reliability` and `mistakes` are of the same answers.
    """

    set: str
    figures: list[Figure]
    parts: list[Figure]
    labels: list[str]
    confusion: list[list[int]]
    reliability: list[dict[str, float]]
    mistakes: list[dict[str, Any]]


def gold_label(row: data.Row) -> int | None:
    """The index into `LABELS` that a row's classes agree on, or None where they leave it open."""
    labels = {_LABEL_OF_CLASS[c] for c in row.allowed}
    return labels.pop() if len(labels) == 1 else None


def evaluate(
    name: str,
    rows: Sequence[data.Row],
    probabilities: NDArray[np.float32],
    threshold: float | None = None,
) -> Report:
    """Every figure that the labels of `rows` allow, for class probabilities of shape (len(rows), 5).

    `threshold` is a probability from which the first of a corpus' two labels is to be given, found elsewhere.
    """
    documents = np.unique([row.document for row in rows], return_inverse=True)[1]
    gold = np.array([-1 if (label := gold_label(row)) is None else label for row in rows])
    labels = label_probabilities(probabilities)
    given = labels.argmax(axis=1)
    confidence = labels.max(axis=1).astype(np.float64)
    figures = []

    def add(title: str, mask: NDArray[np.bool_], scorer: Scorer) -> None:
        if mask.any():
            figures.append(_figure(title, np.flatnonzero(mask), documents, scorer))

    known = gold >= 0
    right = given == gold
    if set(gold[known]) == {0, 1, 2}:
        add("accuracy, opinion/fact/other", known, lambda i: float(right[i].mean()))
        add("macro-F1, opinion/fact/other", known, lambda i: _macro_f1(gold[i], given[i]))
    sided = (gold == 0) | (gold == 1)
    if {0, 1} <= set(gold[known]):
        side = (labels[:, 1] > labels[:, 0]).astype(int)
        add("accuracy, opinion against fact", sided, lambda i: float((side[i] == gold[i]).mean()))
    if all(len(row.allowed) == 1 for row in rows):
        classes = np.array([min(row.allowed) for row in rows])
        five = probabilities.argmax(axis=1)
        add("accuracy, five classes", known, lambda i: float((five[i] == classes[i]).mean()))
    else:
        own_labels = _own_labels(rows)
        own = np.array([own_labels.index(row.allowed) for row in rows])
        # How probable each of them is: its classes together. Shape (rows, labels).
        mass = np.stack([probabilities[:, sorted(label)].sum(axis=1) for label in own_labels], axis=1)
        answered, first = mass.argmax(axis=1), mass[:, 0]
        everything = np.ones(len(rows), dtype=bool)
        add("macro-F1, the corpus' own labels", everything, lambda i: _macro_f1(own[i], answered[i]))
        if len(set(own)) == 2:
            add(
                "accuracy, the corpus' own labels",
                everything,
                lambda i: float((own[i] == answered[i]).mean()),
            )
            add("ranking, area under the ROC curve", everything, lambda i: _ranking(own[i], first[i]))
            add(BEST_THRESHOLD, everything, lambda i: best_threshold(own[i], first[i])[0])
            add(
                "macro-F1 at that threshold",
                everything,
                lambda i: best_threshold(own[i], first[i])[1],
            )
            if threshold is not None:
                from_there = (first < threshold).astype(int)
                add(
                    f"macro-F1 at a threshold of {threshold:g}",
                    everything,
                    lambda i: _macro_f1(own[i], from_there[i]),
                )
    if set(gold[known]) == {0, 1, 2}:
        add("calibration error", known, lambda i: expected_calibration_error(confidence[i], right[i]))

    has_documents = len(set(documents)) < len(rows)
    parts = _parts(rows, documents if has_documents else None, known, right) if known.any() else []
    if known.any():
        names: list[str] = list(LABELS)
    else:
        names = ["/".join(data.CODES[c] for c in sorted(label)) for label in own_labels]
        gold, given, known, right = own, answered, everything, own == answered
        confidence = mass.max(axis=1).astype(np.float64)
    wrong = np.flatnonzero(known & ~right)
    worst = wrong[np.argsort(-confidence[wrong])]
    return Report(
        name,
        figures,
        parts,
        names,
        confusion_matrix(gold[known], given[known], labels=range(len(names))).tolist(),
        [asdict(b) for b in reliability(confidence[known], right[known])],
        [
            {
                "id": rows[i].id,
                "text": rows[i].text,
                "gold": names[gold[i]],
                "given": names[given[i]],
                "confidence": round(float(confidence[i]), 3),
            }
            for i in worst
        ],
    )


def _parts(
    rows: Sequence[data.Row],
    documents: NDArray[np.int_] | None,
    known: NDArray[np.bool_],
    right: NDArray[np.bool_],
) -> list[Figure]:
    """The share of right labels by length, and by document where these are few, of several rows."""
    lengths = np.array([len(row.text.split()) for row in rows])
    every_row = np.arange(len(rows))

    def share(name: str, mask: NDArray[np.bool_], groups: NDArray[np.int_]) -> list[Figure]:
        chosen = np.flatnonzero(mask & known)
        return [_figure(name, chosen, groups, lambda i: float(right[i].mean()))] if len(chosen) else []

    parts = []
    for low, high in zip((1, *(limit + 1 for limit in _WORDS)), (*_WORDS, None), strict=True):
        name = f"{low} to {high} words" if high else f"{low} words and more"
        within = (lengths >= low) & (lengths <= (high or lengths.max()))
        parts += share(name, within, every_row if documents is None else documents)
    if documents is not None and len(set(documents)) <= _MOST_DOCUMENTS:
        for document in sorted({row.document for row in rows}):
            within = np.array([row.document == document for row in rows])
            # Of a single document its sentences are what there is to resample.
            parts += share(document, within, every_row)
    return parts


def annotator_agreement(path: Path) -> Figure:
    """How far the second annotator of `blog/dev` gives the first one's label: the ceiling to compare with."""
    rows = data.read(path, "blog", "dev")
    first = np.array([_LABEL_OF_CLASS[min(row.allowed)] for row in rows])
    second = np.array([_LABEL_OF_CLASS[data.CODES.index(code)] for code in data.second_annotator(path)])
    documents = np.unique([row.document for row in rows], return_inverse=True)[1]
    return _figure(
        "second annotator, opinion/fact/other",
        np.arange(len(rows)),
        documents,
        lambda i: float((first[i] == second[i]).mean()),
    )


def _own_labels(rows: Sequence[data.Row]) -> list[frozenset[int]]:
    """The corpus' own labels, each as its classes, in their order: of CheckThat's SUBJ is the first."""
    return sorted({row.allowed for row in rows}, key=sorted)


def best_threshold(gold: NDArray[np.int_], first: NDArray[np.float32]) -> tuple[float, float]:
    """The threshold with the best macro-F1 of two labels, and that macro-F1.

    `gold` (n,) is 0 for the first label, 1 for the second; `first` (n,) the probability of the first label,
    which is given from the threshold upwards. Of thresholds that part the rows alike the middle is taken.
    """
    order = np.argsort(-first, kind="stable")
    hits = np.cumsum(gold[order] == 0)  # of the first label, among the 1, 2, … n most probable
    taken = np.arange(1, len(gold) + 1)
    total, left = hits[-1], len(gold) - taken
    f1_first = 2 * hits / (taken + total)
    f1_second = 2 * (left - (total - hits)) / np.maximum(left + len(gold) - total, 1)
    score = (f1_first + f1_second) / 2
    ranked = np.append(first[order], -1.0)
    score[ranked[:-1] == ranked[1:]] = -1  # rows that are equally probable fall on one side
    best = int(score.argmax())
    return float((ranked[best] + max(ranked[best + 1], 0.0)) / 2), float(score[best])


def _ranking(gold: NDArray[np.int_], first: NDArray[np.float32]) -> float:
    # A resample can be of one label alone, which no curve can be drawn of.
    return float(roc_auc_score(gold == 0, first)) if len(set(gold)) == 2 else 0.5


def _macro_f1(gold: NDArray[np.int_], given: NDArray[np.int_]) -> float:
    return float(f1_score(gold, given, average="macro", zero_division=0))


def _figure(
    name: str, rows: NDArray[np.int_], documents: NDArray[np.int_], scorer: Scorer, samples: int = 500
) -> Figure:
    """`scorer` over `rows` (indices), with a percentile interval from resampled documents."""
    groups = [rows[documents[rows] == d] for d in np.unique(documents[rows])]
    generator = np.random.default_rng(0)
    scores = [
        scorer(np.concatenate([groups[g] for g in generator.integers(len(groups), size=len(groups))]))
        for _ in range(samples)
    ]
    low, high = np.percentile(scores, [2.5, 97.5])
    return Figure(name, scorer(rows), float(low), float(high), len(rows))


def print_report(report: Report, mistakes: int) -> None:
    """A report as text on standard output, with the `mistakes` most confident mistakes."""
    print(f"\n== {report.set}")
    for f in report.figures:
        print(f"{f.name:36} {f.value:6.3f}  [{f.low:.3f}, {f.high:.3f}]  n={f.rows}")
    for f in report.parts:
        print(f"  {f.name:34} {f.value:6.3f}  [{f.low:.3f}, {f.high:.3f}]  n={f.rows}")
    width = max(9, *(len(label) + 2 for label in report.labels))
    print("gold \\ given  " + "".join(f"{label:>{width}}" for label in report.labels))
    for label, line in zip(report.labels, report.confusion, strict=True):
        print(f"{label:14}" + "".join(f"{count:{width}}" for count in line))
    for bin_ in report.reliability:
        if bin_["count"]:
            print(f"  stated {bin_['confidence']:.2f}  right {bin_['accuracy']:.2f}  n={bin_['count']:.0f}")
    for mistake in report.mistakes[:mistakes]:
        print(f"  {mistake['confidence']:.2f} {mistake['gold']}→{mistake['given']}: {mistake['text']}")


def without_text(report: Report) -> dict[str, Any]:
    """A report as it may be kept: a mistake quotes its corpus, which may not be copied."""
    return asdict(report) | {"mistakes": []}


def score(engine: Engine, name: str, rows: Sequence[data.Row], threshold: float | None = None) -> Report:
    """Run `engine` over `rows` and evaluate what it says."""
    return evaluate(name, rows, classify_all(engine, [row.text for row in rows]), threshold)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.evaluate", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with one folder a corpus; its dev parts are scored")
    parser.add_argument(
        "--tsv", type=Path, action="append", default=[], help="a file with id, text and label"
    )
    parser.add_argument(
        "--pages", type=Path, help="sentences of saved pages (server.pages); those held out are scored"
    )
    parser.add_argument(
        "--model", type=Path, default=DEFAULT_WEIGHTS, help="model folder (default: released)"
    )
    parser.add_argument("--engine", choices=ENGINES, default="auto")
    parser.add_argument("--quick", action="store_true", help="without the model that it asks in doubt")
    parser.add_argument(
        "--sets",
        default=",".join(DEV_SETS),
        help="dev parts to score, beside what is held out (default: %(default)s)",
    )
    parser.add_argument(
        "--fold",
        type=data.Fold.parse,
        metavar="K/N",
        help="score what models.train --fold left out, too",
    )
    parser.add_argument(
        "--threshold",
        type=float,
        metavar="P",
        help="score corpora of two labels also where the first is given from this probability upwards",
    )
    parser.add_argument("--mistakes", type=int, default=5, help="confident mistakes to print a set")
    parser.add_argument("--json", type=Path, help="also write the reports here, mistakes left out")
    args = parser.parse_args(arguments)
    if not args.data and not args.tsv and not args.pages:
        parser.error("name a data folder (--data) or a file (--tsv, --pages)")
    if args.fold and not args.data:
        parser.error("--fold is of the data folder: name that too (--data)")
    try:
        engine = load_engine(args.model, args.engine, quick=args.quick)
        sets = [(s, data.read(args.data, s, "dev")) for s in args.sets.split(",")] if args.data else []
        held_out = data.held_out(args.data, args.pages) if args.data or args.pages else {}
        if args.pages and data.PAGES not in held_out:
            raise data.DataError(f"{args.pages} has none of the sentences that are held out.")
        sets += held_out.items()
        sets += [(str(path), data.read_tsv(path)) for path in args.tsv]
        if args.fold:
            sets.append((f"blog/train, fold {args.fold}", data.read_fold(args.data, args.fold)))
    except (ModelError, data.DataError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"model {engine.info.id}, revision {engine.info.revision}")
    if args.data and "blog" in args.sets.split(","):
        ceiling = annotator_agreement(args.data)
        print(f"{ceiling.name:36} {ceiling.value:6.3f}  [{ceiling.low:.3f}, {ceiling.high:.3f}]")
    reports = []
    for name, rows in sets:
        report = score(engine, name, rows, args.threshold)
        print_report(report, args.mistakes)
        reports.append(without_text(report))
    if args.json:
        args.json.write_text(
            json.dumps({"model": asdict(engine.info), "classes": CLASSES, "sets": reports}, indent=2) + "\n",
            encoding="utf-8",
        )
    return 0


if __name__ == "__main__":
    if hasattr(signal, "SIGPIPE"):  # "| head": who reads has had enough, which is no error to report
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
