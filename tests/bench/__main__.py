"""`make bench`: how fast Sayso is, as ratios within one run, because machines differ and are noisy.

    python -m tests.bench [--only engine,server,memory,browser] [--text FILE] [--out docs]

Prints the table and writes it with the numbers and the plots into `--out`.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
from pathlib import Path
from typing import Any

from models.loading import DEFAULT_WEIGHTS
from models.speed import machine
from tests.bench import report

_SECTIONS = ("engine", "server", "memory", "browser")


def main() -> None:
    """Run the sections that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join(_SECTIONS), help="sections to run (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="timed rounds; the median counts")
    parser.add_argument("--text", type=Path, help="sentences to classify, one a line (default: fixtures)")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="where results go (default: docs)")
    args = parser.parse_args()
    chosen = args.only.split(",")
    if unknown := set(chosen) - set(_SECTIONS):
        parser.error(f"there is no section {', '.join(sorted(unknown))}; there are {', '.join(_SECTIONS)}")

    results: dict[str, Any] = {
        "machine": machine(),
        "date": datetime.date.today().isoformat(),
        "load": os.getloadavg()[0],
        "model": json.loads((DEFAULT_WEIGHTS / "config.json").read_text(encoding="utf-8"))["sayso_id"],
        "text": "the fixture pages" if args.text is None else args.text.name,
    }
    print(f"{', '.join(chosen)}: this takes about ten minutes.", flush=True)
    # Each section's libraries are imported with it: the engine's peers need much that the others do not.
    # And each is written when it is done: the whole takes long.
    if "engine" in chosen:
        from tests.bench import engine

        results["engine"] = engine.measure(args.rounds, args.text)
        report.write(results, args.out)
    if "server" in chosen or "memory" in chosen:
        from tests.bench import service

        if "server" in chosen:
            results["server"] = service.measure(args.text)
            report.write(results, args.out)
        if "memory" in chosen:
            results["memory"] = service.memory(args.text)
            report.write(results, args.out)
    if "browser" in chosen:
        from tests.bench import browser

        results["browser"] = browser.measure(args.rounds)
    print(report.write(results, args.out))


if __name__ == "__main__":
    main()
