"""The application behind a real uvicorn and a real socket, in a thread of the test's process."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn

from models.engine import Engine
from server.app import create_app
from server.serve import http_config
from server.service import Service
from server.settings import Settings
from tests.server.dummy import PATIENCE


def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait for `condition` to be true; its value."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited in vain for {what}")


class Running:
    """A server that runs, and a client that knows its address."""

    def __init__(self, service: Service, port: int) -> None:
        self.service = service
        self.port = port
        self.app = create_app(service)
        self.url = f"http://127.0.0.1:{port}"
        self.client = httpx.Client(base_url=self.url, timeout=PATIENCE, trust_env=False)

    def ready(self) -> None:
        until(lambda: self.client.get("/ready").status_code == 200, "the model")

    def analyze(self, *texts: str, **fields: Any) -> httpx.Response:
        """POST /v1/analyze, with "0", "1", … as ids."""
        return self.client.post("/v1/analyze", json={"blocks": blocks(*texts), **fields})

    def lines(self, *texts: str) -> list[dict[str, Any]]:
        """The same as JSON Lines, read to the end."""
        reply = self.client.post(
            "/v1/analyze", json={"blocks": blocks(*texts)}, headers={"Accept": "application/jsonl"}
        )
        assert reply.status_code == 200, reply.text
        return [json.loads(line) for line in reply.text.splitlines()]

    def metric(self, name: str, **labels: str) -> float:
        return self.service.metrics.registry.get_sample_value(name, labels) or 0.0

    def raw(self, request: bytes) -> bytes:
        """Send bytes as they are; whatever comes back until the server closes or falls silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(request)
            connection.settimeout(PATIENCE)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
                if b"Connection: keep" not in request and _complete(received):
                    break
            return received


def _complete(received: bytes) -> bool:
    head, separator, body = received.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return bool(separator) and len(body) >= int(line.split(b":")[1])
    return False


def blocks(*texts: str) -> list[dict[str, str]]:
    return [{"id": str(index), "text": text} for index, text in enumerate(texts)]


@contextmanager
def running(load: Callable[[], Engine], **settings: Any) -> Iterator[Running]:
    """A server whose model `load` makes; not waited for."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        service = Service(Settings(port=port, **settings), load)
        server = Running(service, port)
        uvicorn_server = uvicorn.Server(http_config(server.app, grace_seconds=1))
        thread = threading.Thread(
            target=lambda: asyncio.run(uvicorn_server.serve(sockets=[listener])), daemon=True
        )
        thread.start()
        until(lambda: uvicorn_server.started, "the socket")
        try:
            yield server
        finally:
            server.client.close()
            uvicorn_server.should_exit = True
            thread.join(PATIENCE)
