"""Servers for the tests: with a dummy engine in this process, and as it is released in its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.loading import DEFAULT_WEIGHTS
from server import logs
from tests.server.dummy import DummyEngine, SteppedEngine
from tests.server.process import Process
from tests.server.running import Running, running


@pytest.fixture(scope="session", autouse=True)
def quiet_logs() -> None:
    logs.configure("error")


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of whoever runs the tests must not decide how they end."""
    for name in list(os.environ):
        if name.startswith("SAYSO_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A ready server with a dummy engine, shared by a module's tests."""
    with running(DummyEngine) as server:
        server.ready()
        yield server


@pytest.fixture
def engine() -> DummyEngine:
    return DummyEngine()


@pytest.fixture
def own_server(engine: DummyEngine) -> Iterator[Running]:
    """A ready server of the test's own, without a cache, whose engine is the fixture `engine`."""
    with running(lambda: engine, cache_sentences=0) as server:
        server.ready()
        engine.batches.clear()
        engine.encode_calls = 0
        yield server


@pytest.fixture
def stepped() -> Iterator[SteppedEngine]:
    engine = SteppedEngine()
    yield engine
    engine.release()


@pytest.fixture
def stepped_server(stepped: SteppedEngine) -> Iterator[Running]:
    """A ready server, without a cache, that runs a batch only when `stepped` allows it."""
    with running(lambda: stepped, cache_sentences=0, batch_tokens=8) as server:
        server.ready()
        stepped.batches.clear()
        stepped.hold()
        yield server
        stepped.release()


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """The real server with the released model, as a process of its own, logging all it can.

    Without a cache, so that a sentence which is asked for again is computed again.
    """
    assert (DEFAULT_WEIGHTS / "weights.safetensors.gz").exists(), (
        "the released weights are missing from models/weights/default, where they are always committed"
    )
    folder: Path = tmp_path_factory.mktemp("released")
    arguments = ("--port", "0", "--log-level", "debug", "--cache-sentences", "0")
    with Process("serve", *arguments, folder=folder) as process:
        process.ready()
        yield process
