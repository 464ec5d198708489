"""Running the server: the socket, the lines it prints, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import http.client
import ipaddress
import json
import os
import signal
import socket
import sys
from types import FrameType

import uvicorn
from fastapi import FastAPI

from models.engine import ModelError
from models.loading import folders_of, load_engine
from server import logs
from server.app import create_app
from server.service import Service
from server.settings import Settings
from server.version import VERSION

#: Seconds that open connections are given to end by themselves, once their work has been given up.
_GRACE_SECONDS = 2


class CannotServeError(Exception):
    """Why the server cannot run, in a line that says what to do."""


def serve(settings: Settings) -> None:
    """Serve until a signal; returns after a clean stop. Raises `CannotServeError`."""
    _require_model(settings)
    logs.configure(settings.log_level)
    listener = _listen(settings)
    port: int = listener.getsockname()[1]
    settings = settings.model_copy(update={"port": port})
    address = f"http://{_shown_host(settings.host)}:{port}"
    if not _is_loopback(settings.host):
        names = ", ".join(["127.0.0.1, localhost and [::1], with port " + str(port), *settings.hosts])
        print(
            f"sayso: warning: other machines can reach {settings.host}, but requests are only answered under "
            f"the names {names}.",
            file=sys.stderr,
        )

    failure = ""

    def ready(seconds: float) -> None:
        print(f"Ready in {seconds:.1f} s. Ctrl-C stops the server.", flush=True)

    def failed(message: str) -> None:
        nonlocal failure
        failure = message
        server.should_exit = True

    service = Service(
        settings, lambda: load_engine(settings.model, settings.engine, quick=settings.quick), ready, failed
    )
    server = _Server(
        http_config(create_app(service)),
        service,
    )
    print(
        f"Sayso {VERSION}\n  demo page  {address}/\n  API        {address}/docs\nLoading the model ...",
        flush=True,
    )
    server.run(sockets=[listener])
    service.join(1)
    if not failure:
        print("Stopped.", flush=True)
    if service.busy:
        # Nothing can interrupt a library that is being imported or that makes a network ready, and a thread
        # of that kind may crash an interpreter that is being taken down around it.
        sys.stderr.flush()
        os._exit(1 if failure else 0)
    if failure:
        raise CannotServeError(failure)


def http_config(app: FastAPI, grace_seconds: int = _GRACE_SECONDS) -> uvicorn.Config:
    """How HTTP is spoken, for the server and for its tests."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        # h11 would refuse a missing or repeated Host by itself, with 400 and not in our error shape;
        # httptools does so only with a method that it has never heard of.
        http="httptools",
        ws="none",
        timeout_graceful_shutdown=grace_seconds,
    )


class _Server(uvicorn.Server):
    """Gives up its work at the first signal, and does not take the signal for an error."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # uvicorn's own remembers the signal to raise it again at the end.
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # a second signal when the loop has been closed
                self._loop.call_soon_threadsafe(self._service.stop)


def _require_model(settings: Settings) -> None:
    """Say what is plainly wrong at once, and not after seconds of importing."""
    try:
        folders = [settings.model] if settings.quick else folders_of(settings.model)
    except ModelError as error:
        raise CannotServeError(str(error)) from error
    for folder in folders:
        for path in (folder, folder / "config.json"):
            if not path.exists():
                if folder != settings.model:
                    raise CannotServeError(
                        f"there is no model in {folder}, which {settings.model} asks in doubt "
                        f"({path.name} is missing). Put it there again, or serve without it: --quick."
                    )
                raise CannotServeError(
                    f"there is no model in {folder} ({path.name} is missing). "
                    "Name the folder of a model with --model."
                )


def _listen(settings: Settings) -> socket.socket:
    host, port = settings.host, settings.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise CannotServeError(
            f"--host {host} is not an address of this machine ({error.strerror})."
        ) from error
    # "localhost" may be both: take IPv4, which is where the extension looks.
    family, kind, protocol, _, where = min(found, key=lambda each: each[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    # The port of a server that has just been stopped can be taken at once.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(where)
        # Already here, so that a request that comes before the loop runs is kept and not refused.
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            if _is_sayso(host, port):
                raise CannotServeError(
                    f"Sayso already runs at http://{_shown_host(host)}:{port}. Use it, or stop it first."
                ) from error
            raise CannotServeError(
                f"port {port} is in use by another program. Stop that, or choose another port with --port "
                "(SAYSO_PORT for make run); the extension looks for Sayso at port 8377."
            ) from error
        if error.errno == errno.EACCES:
            raise CannotServeError(
                f"port {port} needs rights that you lack. Choose one above 1023 with --port."
            ) from error
        raise CannotServeError(f"cannot listen on {host}, port {port}: {error.strerror}.") from error
    return listener


def _is_sayso(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/health", headers={"Host": f"127.0.0.1:{port}"})
        name: object = json.loads(connection.getresponse().read(10_000)).get("name")
        return name == "sayso"
    except (OSError, ValueError, AttributeError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _shown_host(host: str) -> str:
    """As it stands in an address that the server answers to."""
    if not _is_loopback(host):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
