"""The benchmark's results as a table and as a plot, each target beside what was reached."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from models.markdown import table

ONE, BATCHED = "transformers pipeline, one at a time", "transformers pipeline, batch_size=32"
OURS, SERVED = "Sayso, OpenVINO int8", "Sayso as served, with a second model"


def write(results: dict[str, Any], folder: Path) -> str:
    """Write `benchmark.json`, `benchmark.md` and the plots into `folder`; returns the table."""
    folder.mkdir(parents=True, exist_ok=True)
    table = _document(results)
    (folder / "benchmark.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (folder / "benchmark.md").write_text(table, encoding="utf-8")
    if "engine" in results:
        _plot_engine(results["engine"], folder / "benchmark-engine.svg")
    if "server" in results:
        _plot_server(results["server"], folder / "benchmark-server.svg")
    return table


def _document(results: dict[str, Any]) -> str:
    parts = [
        "# Benchmark",
        "Written by `make bench`. Figures of one run, side by side; machines differ and are shared, so the "
        "ratios are what counts. The result cache is off.",
        f"{results['machine']}, {results['date']}. The model: {results['model']}. "
        f"Load before the run: {results['load']:.1f}.",
        "## Targets",
        table(("", "reached", "target"), _targets(results)),
    ]
    if engine := results.get("engine"):
        slowest = max(engine["seconds"].values())
        parts += [
            "## Engine",
            f"{engine['sentences']} different sentences, {engine['tokens']} tokens; the same weights, but "
            "what is served also asks a second model in doubt.",
            table(
                ("", "sentences/s", "tokens/s", "ratio"),
                [
                    (
                        name,
                        f"{engine['sentences'] / seconds:.0f}",
                        f"{engine['tokens'] / seconds:.0f}",
                        f"{slowest / seconds:.1f}",
                    )
                    for name, seconds in engine["seconds"].items()
                ],
            ),
            f"Matrix products of the network, without padding: {engine['operations_per_second'] / 1e9:.0f} "
            f"G operations/s; a chain of large 8-bit products: "
            f"{engine['matrix_product_operations_per_second'] / 1e9:.0f} G.",
            "Where the network's time goes, by OpenVINO's counters:",
            table(("", "share"), [(kind, f"{share:.0%}") for kind, share in engine["profile"].items()]),
            "![Engine](benchmark-engine.svg)",
        ]
    if server := results.get("server"):
        parts += [
            "## Server",
            "`POST /v1/analyze` as JSON lines, pages in blocks of 5 sentences, each reader a page after "
            "another.",
            _cells(server["pages"]),
            "![Server](benchmark-server.svg)",
            "The usual server, FastAPI around a pipeline, a sentence at a time:",
            _cells(server["naive"]),
        ]
    if memory := results.get("memory"):
        columns = [name for name in memory[0] if name != "engine"]
        lines = [(line["engine"], *(f"{line[name]:.0f}" for name in columns)) for line in memory]
        parts += ["## Memory", "Resident megabytes of the process tree.", table(("engine", *columns), lines)]
    if browser := results.get("browser"):
        parts += [
            "## Browser",
            "Real Chromium, a page of 100 sentences, medians.",
            table(
                ("", "ms"),
                [(name.removesuffix("_ms").replace("_", " "), f"{ms:.0f}") for name, ms in browser.items()],
            ),
        ]
    return "\n\n".join(parts) + "\n"


def _targets(results: dict[str, Any]) -> list[tuple[str, str, str]]:
    lines = []
    if engine := results.get("engine"):
        seconds = engine["seconds"]
        lines += [
            ("engine / pipeline one at a time, same weights", f"{seconds[ONE] / seconds[OURS]:.1f}x", "16x"),
            ("engine / pipeline batched, same weights", f"{seconds[BATCHED] / seconds[OURS]:.1f}x", "14x"),
            ("as served / pipeline one at a time", f"{seconds[ONE] / seconds[SERVED]:.1f}x", ""),
            ("share of the matrix-product limit", f"{engine['share_of_limit']:.0%}", "40 %"),
            ("a probability, alone against in a batch", f"{engine['alone_against_batch']:.4f}", "0.005"),
        ]
    if server := results.get("server"):
        small = server["small_beside_large"]
        lines += [
            ("server / bare engine, 1,000 sentences", f"{server['server_over_engine']:.0%}", "85 %"),
            ("time per sentence, 10,000 / 100 sentences", f"{server['scale']:.2f}x", "1.1x"),
            ("10 sentences beside 10,000 / alone", f"{small['ratio']:.1f}x", "3x"),
            ("first line of 1,000 sentences", f"{server['first_line_share']:.1%} of the whole", "10 %"),
        ]
    if memory := results.get("memory"):
        lines.append(("memory, ready and idle", f"{memory[0]['idle']:.0f} MB", "300 MB"))
    if browser := results.get("browser"):
        lines += [
            ("click to first mark", f"{browser['first_mark_ms']:.0f} ms", "about 150 ms"),
            ("click to last mark", f"{browser['last_mark_ms']:.0f} ms", "about 500 ms"),
            ("content script on the main thread", f"{browser['content_script_ms']:.0f} ms", "50 ms"),
            ("the most of it in one task", f"{browser['content_script_in_one_task_ms']:.0f} ms", "50 ms"),
        ]
    return lines


def _cells(cells: Sequence[dict[str, Any]]) -> str:
    head = ["sentences", "readers", "sentences/s", "p50 ms", "p95 ms"]
    timed = "first_line_ms" in cells[0]
    return table(
        [*head, "first line ms"] if timed else head,
        [
            (
                f"{cell['sentences']:,}",
                str(cell["readers"]),
                f"{cell['sentences_per_second']:.0f}",
                f"{cell['p50_ms']:.0f}",
                f"{cell['p95_ms']:.0f}",
                *([f"{cell['first_line_ms']:.0f}"] if timed else []),
            )
            for cell in cells
        ],
    )


def _plot_engine(engine: dict[str, Any], path: Path) -> None:
    names = list(engine["seconds"])
    speeds = [engine["sentences"] / engine["seconds"][name] for name in names]
    figure = Figure(figsize=(8, 2.6), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh(names, speeds, color=["#9aa5b1"] * (len(names) - 2) + ["#4c78a8", "#d97706"])
    axes.bar_label(bars, fmt="%.0f", padding=3)
    axes.invert_yaxis()
    axes.set_xlabel("sentences a second")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


def _plot_server(server: dict[str, Any], path: Path) -> None:
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    axes = figure.subplots()
    servers = (("Sayso", server["pages"], "o-"), ("FastAPI + pipeline", server["naive"], "s--"))
    for name, cells, style in servers:
        for readers, colour in ((1, "#d97706"), (4, "#4c78a8"), (16, "#6b7280")):
            chosen = [cell for cell in cells if cell["readers"] == readers]
            label = f"{name}, {readers} reader{'s' if readers > 1 else ''}"
            axes.plot(
                [cell["sentences"] for cell in chosen],
                [cell["p50_ms"] for cell in chosen],
                style,
                color=colour,
                label=label,
            )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("sentences of the page")
    axes.set_ylabel("median ms to the last line")
    axes.legend(fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
