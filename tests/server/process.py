"""The `sayso` command as a process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.server.dummy import PATIENCE
from tests.server.running import until


def sayso(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `sayso` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "server.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=_environment(environment),
        check=False,
    )


def _environment(added: dict[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SAYSO_")}
    return {**inherited, **added}


class Process:
    """`sayso serve` while it runs; `--port 0` takes a free port, which is read off what it prints."""

    def __init__(self, *arguments: str, folder: Path, **environment: str) -> None:
        self.output = folder / "output"
        self.log = folder / "log"
        with self.output.open("wb") as output, self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server.cli", *arguments],
                stdout=output,
                stderr=log,
                env=_environment(environment),
            )
        self.client = httpx.Client(timeout=PATIENCE, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def listening(self) -> str:
        """Wait until it says where; the address."""

        def address() -> str | None:
            assert self.process.poll() is None, f"it ended:\n{self.log.read_text()}"
            found = re.search(r"demo page +(http://[^/]+)/\n", self.output.read_text())
            return found[1] if found else None

        url: str = until(address, "the address")
        self.client.base_url = httpx.URL(url)
        return url

    def ready(self) -> None:
        self.listening()
        until(self._is_ready, "the model")

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, f"it ended:\n{self.log.read_text()}"
        return self.client.get("/ready").status_code == 200

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send the signal and wait; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)
