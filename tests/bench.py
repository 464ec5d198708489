"""`make bench`: how fast Sayso is, as ratios within one run, because machines differ and are noisy.

    python -m tests.bench [--repeats 5]

The engine against the usual way to serve such a model (a Hugging Face pipeline), same weights, same
sentences, fp32; then the reader's wait in a real browser (`tests.e2e.measure`).
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from transformers import pipeline

from models.engine import classify_all
from models.loading import DEFAULT_WEIGHTS, load_engine
from tests.e2e import measure

_PAGES = Path(__file__).parent / "fixtures" / "pages"


def sentences() -> list[str]:
    """Every sentence of the fixture pages once: prose of ordinary lengths."""
    found: dict[str, None] = {}
    for path in sorted(_PAGES.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                found[row["sentence"]] = None
    return list(found)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5, help="timed rounds; the median counts")
    args = parser.parse_args()

    texts = sentences()
    engine = load_engine()
    peer = pipeline("text-classification", model=str(DEFAULT_WEIGHTS), dtype="float32", top_k=None)
    contenders: dict[str, Callable[[], object]] = {
        "transformers pipeline, one at a time": lambda: [peer(text) for text in texts],
        "transformers pipeline, batch_size=32": lambda: peer(texts, batch_size=32),
        f"Sayso, {type(engine).__name__}": lambda: classify_all(engine, texts),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for round_ in range(args.repeats + 1):
        # In turn, so that a slow spell of the machine falls on all of them.
        for name, run in contenders.items():
            started = time.perf_counter()
            run()
            if round_:  # the first round warms up
                seconds[name].append(time.perf_counter() - started)
    median = {name: statistics.median(times) for name, times in seconds.items()}
    slowest = max(median.values())
    print(f"{len(texts)} sentences of the fixture pages, median of {args.repeats} rounds")
    for name, value in median.items():
        print(f"  {name:40} {len(texts) / value:7.0f} sentences/s  {slowest / value:5.1f}x")
    print("\nFrom the click to the marks, real Chromium, result cache off")
    measure.main([])


if __name__ == "__main__":
    main()
