"""The real server as a process of its own: started, killed and started again, as readers do."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx

from tests.e2e.wait import until

REPOSITORY = Path(__file__).parent.parent.parent
#: Loading a model on a machine that is busy with a training run takes its time.
START_S = 240.0


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    """`sayso serve` on a port of its own; `settings` are its `SAYSO_…` variables."""

    def __init__(self, log: Path, **settings: str) -> None:
        self.port = free_port()
        self._settings = settings
        self.url = f"http://127.0.0.1:{self.port}"
        self._log_path = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> None:
        """Start the server; by default until its model is loaded and warm."""
        command = Path(sys.executable).parent / "sayso"
        assert command.exists(), f"{command.name} is not installed in this environment: run `make setup`"
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [command, "serve", "--host", "127.0.0.1", "--port", str(self.port)],
                cwd=REPOSITORY,
                stdout=log,
                stderr=subprocess.STDOUT,
                # No colour codes in the log, whoever runs the tests.
                env={**os.environ, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", **self._settings},
            )
        if wait:
            until(self._ready_or_dead, "the server to be ready", timeout=START_S, every=0.1)

    def _ready_or_dead(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            tail = self._log_path.read_text(errors="replace")[-3000:]
            raise AssertionError(f"the server ended with {self._process.returncode}:\n{tail}")
        return self.status("/ready") == 200

    def status(self, path: str) -> int | None:
        """The status of a GET, or None where nothing answers."""
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(self.url + path, timeout=5).status_code
        return None

    def get(self, path: str, token: str) -> int | None:
        """The status of a GET that carries a token, or None where nothing answers."""
        with contextlib.suppress(httpx.TransportError):
            headers = {"Authorization": f"Bearer {token}"}
            return httpx.get(self.url + path, timeout=5, headers=headers).status_code
        return None

    def metric(self, name: str) -> float | None:
        """The sum of a Prometheus metric's samples, or None where there is none of that name."""
        lines = httpx.get(f"{self.url}/metrics", timeout=5).text.splitlines()
        values = [float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == name]
        return sum(values) if values else None

    @property
    def pid(self) -> int:
        """Of the server's process. Raises AssertionError when it does not run."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it at once, mid-answer: SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
            self._process = None

    def stop(self) -> None:
        """Ask it to end, as Ctrl-C does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None
