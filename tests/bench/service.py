"""The server through HTTP: pages of several sizes, several readers, and what the process takes of memory."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil

from models.engine import classify_all
from models.loading import DEFAULT_WEIGHTS, load_engine
from models.speed import medians
from tests.bench import texts
from tests.e2e.service import REPOSITORY, Service, free_port
from tests.e2e.wait import until

PAGES = (10, 100, 1_000, 10_000)
READERS = (1, 4, 16)
#: A cell of the table reads a page for each reader, and more of them up to so many sentences.
_SENTENCES_A_CELL = 16_000
_NAIVE_SENTENCES_A_CELL = 400
#: Kept open, as a browser's connections are.
_CLIENT = httpx.Client(timeout=600.0, trust_env=False)


def measure(source: Path | None) -> dict[str, Any]:
    """Everything about the server, its result cache off."""
    sentences = texts.sentences(PAGES[-1], source)
    with _sayso() as service:
        cells = [_cell(service, sentences, size, readers) for size in PAGES for readers in READERS]
        beside = _beside_an_archive(service, sentences)
        ratio = _against_the_engine(service, sentences[:1_000])
        scale = _scale(service, sentences)
    with _naive() as url:
        naive = [
            _naive_cell(url, sentences, size, readers)
            for size in PAGES
            for readers in READERS
            if size * readers <= _NAIVE_SENTENCES_A_CELL
        ]
    return {"pages": cells, "naive": naive, "small_beside_large": beside, **ratio, "scale": scale}


def memory(source: Path | None) -> list[dict[str, Any]]:
    """Resident megabytes of the server's process tree, for each engine."""
    sentences = texts.sentences(PAGES[-1], source)
    found = []
    for engine in ("openvino", "torch"):
        with _sayso(SAYSO_ENGINE=engine) as service:
            line: dict[str, Any] = {"engine": engine, "idle": _megabytes(service)}
            for count in (100, 10_000):
                _read_page(service.url, sentences[:count])
                line[f"after {count:,} sentences"] = _megabytes(service)
            found.append(line)
    return found


@contextlib.contextmanager
def _sayso(**settings: str) -> Iterator[Service]:
    with tempfile.TemporaryDirectory() as folder:
        # Sixteen readers of a thousand sentences are more than a reader's own machine has to take on.
        limits = {"SAYSO_CACHE_SENTENCES": "0", "SAYSO_MAX_TOKENS_IN_FLIGHT": "5000000"}
        service = Service(Path(folder) / "server.log", **limits, **settings)
        service.start()
        try:
            yield service
        finally:
            service.stop()


@contextlib.contextmanager
def _naive() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.naive_server", str(DEFAULT_WEIGHTS), str(port)]
    process = subprocess.Popen(command, cwd=REPOSITORY)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, "the naive server ended"
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{url}/openapi.json").is_success
        return False

    try:
        until(answers, "the naive server to answer", timeout=240, every=0.2)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _read_page(url: str, sentences: list[str]) -> tuple[float, float]:
    """Seconds to the first JSON line and to the last of a page in blocks."""
    body = json.dumps({"blocks": texts.blocks(sentences)}).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/jsonl"}
    first = 0.0
    started = time.perf_counter()
    with _CLIENT.stream("POST", f"{url}/v1/analyze", content=body, headers=headers) as reply:
        reply.raise_for_status()
        for line in reply.iter_lines():
            first = first or time.perf_counter() - started
            last = line
    assert json.loads(last)["done"] is True
    return first, time.perf_counter() - started


def _shares(sentences: list[str], size: int, pages: int) -> list[list[str]]:
    """Pages of `size` different sentences, beginning at different places."""
    twice = sentences + sentences
    return [twice[(n * 977) % len(sentences) :][:size] for n in range(pages)]


def _cell(service: Service, sentences: list[str], size: int, readers: int) -> dict[str, Any]:
    rounds = max(1, min(5, _SENTENCES_A_CELL // (size * readers)))
    pages = _shares(sentences, size, readers * rounds)
    with ThreadPoolExecutor(readers) as pool:
        if rounds > 1:
            list(pool.map(lambda page: _read_page(service.url, page), pages[:readers]))  # warm
        started = time.perf_counter()
        times = list(pool.map(lambda page: _read_page(service.url, page), pages))
        seconds = time.perf_counter() - started
    whole = [last for _, last in times]
    return {
        "sentences": size,
        "readers": readers,
        "sentences_per_second": size * len(pages) / seconds,
        "p50_ms": 1000 * _percentile(whole, 0.5),
        "p95_ms": 1000 * _percentile(whole, 0.95),
        "first_line_ms": 1000 * _percentile([first for first, _ in times], 0.5),
    }


def _naive_cell(url: str, sentences: list[str], size: int, readers: int) -> dict[str, Any]:
    def read(page: list[str]) -> float:
        started = time.perf_counter()
        _CLIENT.post(f"{url}/classify", json={"sentences": page}).raise_for_status()
        return time.perf_counter() - started

    pages = _shares(sentences, size, readers)
    with ThreadPoolExecutor(readers) as pool:
        started = time.perf_counter()
        times = list(pool.map(read, pages))
        seconds = time.perf_counter() - started
    return {
        "sentences": size,
        "readers": readers,
        "sentences_per_second": size * len(pages) / seconds,
        "p50_ms": 1000 * _percentile(times, 0.5),
        "p95_ms": 1000 * _percentile(times, 0.95),
    }


def _beside_an_archive(service: Service, sentences: list[str], samples: int = 15) -> dict[str, float]:
    """A page of 10 sentences alone, and while one of 10,000 is being read: medians of milliseconds."""
    small = _shares(sentences, 10, samples)
    alone = [_read_page(service.url, page)[1] for page in small]
    archive = threading.Thread(target=_read_page, args=(service.url, sentences))
    archive.start()
    time.sleep(1.0)
    beside = []
    for page in small:
        seconds = _read_page(service.url, page)[1]
        if not archive.is_alive():
            break
        beside.append(seconds)
    archive.join()
    assert beside, "the large page was done before the small one had begun"
    one, other = (1000 * _percentile(times, 0.5) for times in (alone, beside))
    return {"alone_ms": one, "beside_ms": other, "ratio": other / one}


def _against_the_engine(service: Service, sentences: list[str]) -> dict[str, float]:
    """What HTTP, segmentation and scheduling leave of the bare engine's speed; the first line's share."""
    engine = load_engine()
    engine.warm_up()
    lines: list[float] = []

    def through_http() -> None:
        first, whole = _read_page(service.url, sentences)
        lines.append(first / whole)

    seconds = medians(
        {"server": through_http, "engine": lambda: classify_all(engine, sentences, 512)}, rounds=5
    )
    return {
        "server_over_engine": seconds["engine"] / seconds["server"],
        "first_line_share": _percentile(lines, 0.5),
    }


def _scale(service: Service, sentences: list[str]) -> float:
    """Time a sentence of a page of 10,000 over that of one of 100."""
    seconds = medians(
        {
            "100": lambda: [_read_page(service.url, page) for page in _shares(sentences, 100, 10)],
            "10,000": lambda: _read_page(service.url, sentences),
        },
        rounds=2,
    )
    return (seconds["10,000"] / 10_000) / (seconds["100"] / 1_000)


def _megabytes(service: Service) -> float:
    process = psutil.Process(service.pid)
    tree = [process, *process.children(recursive=True)]
    return sum(each.memory_info().rss for each in tree) / 1e6


def _percentile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
