"""Models side by side: judgement against speed and size, as a table and a plot.

    python -m tests.bench.models --data DIR --pages FILE --model FOLDER --model FOLDER … --plot FILE.svg

Each is run as it is served: with the fast engine where `models.export` was run on the folder; one that asks
another in doubt is also run alone ("quick"). Judgement is
that of the dev parts (`models.evaluate`), speed that of the sentences of `blog/dev` in shuffled order,
size what the engine reads from disk. All take turns in one run, so that the speeds can be compared.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from models import compact, data
from models.engine import Engine, classify_all
from models.evaluate import score
from models.loading import folders_of, load_engine, model_folder
from models.speed import medians

#: Columns of the table: of which dev part, which figure of `models.evaluate`, and its heading.
FIGURES = (
    ("blog", "accuracy, opinion/fact/other", "blog, O/F/other"),
    ("blog", "accuracy, opinion against fact", "blog, O against F"),
    ("blog", "accuracy, five classes", "blog, five classes"),
    ("blog", "calibration error", "calibration error"),
    (data.PAGES, "accuracy, opinion/fact/other", "pages, O/F/other"),
    (data.PAGES, "accuracy, opinion against fact", "pages, O against F"),
    (data.NEWS, "accuracy, opinion/fact/other", "news, O/F/other"),
    (data.WRITTEN, "accuracy, opinion/fact/other", "written, O/F/other"),
    ("checkthat-subjectivity-en", "macro-F1, the corpus' own labels", "CheckThat, macro-F1 at 0.5"),
    ("checkthat-subjectivity-en", "macro-F1 at that threshold", "at its best threshold"),
    ("babe", "accuracy, opinion against fact", "BABE, accuracy"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    parser.add_argument("--pages", type=Path, required=True, help="sentences of saved pages (server.pages)")
    parser.add_argument("--model", type=Path, action="append", required=True, help="model folder; several")
    parser.add_argument("--rounds", type=int, default=5, help="times that each is timed")
    parser.add_argument("--plot", type=Path, help="where the plot goes (.svg)")
    args = parser.parse_args(arguments)

    engines, sizes = {}, {}
    for path in args.model:
        folders = folders_of(model_folder(path))
        engines[path.name], sizes[path.name] = load_engine(path), megabytes(folders)
        if len(folders) > 1:
            name = f"{path.name}, quick"
            engines[name], sizes[name] = load_engine(path, quick=True), megabytes(folders[:1])
    dev = data.held_out(args.data, args.pages)
    dev |= {name: data.read(args.data, name, "dev") for name in {name for name, *_ in FIGURES} - dev.keys()}
    judged = {name: judgement(engine, dev) for name, engine in engines.items()}
    texts = [row.text for row in dev["blog"]]
    random.Random(0).shuffle(texts)
    seconds = medians(
        {name: partial(classify_all, engine, texts) for name, engine in engines.items()}, args.rounds
    )
    speeds = {name: len(texts) / seconds[name] for name in engines}

    headings = ["model", *(heading for *_, heading in FIGURES), "sentences/s", "MB"]
    print("|", " | ".join(headings), "|")
    print("|", " | ".join(["---"] * len(headings)), "|")
    for name in engines:
        figures = [f"{value:.3f}" for value in judged[name]]
        print("|", " | ".join([name, *figures, f"{speeds[name]:.0f}", f"{sizes[name]:.0f}"]), "|")
    if args.plot:
        plot({name: (speeds[name], judged[name][0], sizes[name]) for name in engines}, args.plot)


def judgement(engine: Engine, dev: dict[str, list[data.Row]]) -> list[float]:
    """The figures, in the order of `FIGURES`."""
    reports = {name: score(engine, name, rows) for name, rows in dev.items()}
    by_name = {
        (name, figure.name): figure.value for name, report in reports.items() for figure in report.figures
    }
    return [by_name[name, figure] for name, figure, _ in FIGURES]


def megabytes(folders: Iterable[Path]) -> float:
    """What the engine that is chosen for the models in these folders reads from disk."""
    return sum(map(_bytes, folders)) / 1e6


def _bytes(folder: Path) -> int:
    exported = folder / "openvino"
    network = (
        [folder / compact.WEIGHTS, *exported.iterdir()] if exported.is_dir() else folder.glob("*.safetensors")
    )
    return sum(file.stat().st_size for file in [*network, *folder.glob("*.json")])


def plot(models: dict[str, tuple[float, float, float]], path: Path) -> None:
    """Accuracy against sentences a second, a disc as large as the model."""
    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.subplots()
    for name, (speed, accuracy, size) in models.items():
        axes.scatter(speed, accuracy, s=4 * size, alpha=0.6, color="#4c78a8")
        axes.annotate(
            f"{name}\n{size:.0f} MB", (speed, accuracy), (8, 8), textcoords="offset points", fontsize=8
        )
    axes.set_xscale("log")
    axes.set_xlabel("sentences a second")
    axes.set_ylabel("blog/dev: accuracy over opinion, fact and other")
    axes.margins(0.25)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
