"""What happens to every request around its route. All of it pure ASGI, so that streams stay streams."""

from __future__ import annotations

import time
import uuid

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server import errors
from server.metrics import Metrics

log = structlog.get_logger()

#: For a page: its own files and nothing else, and nobody may frame it.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: For everything that is not a page.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"


class Observed:
    """Counts and logs each request, gives it an id, and turns a bug into a plain 500."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        request_id = uuid.uuid4().hex[:12]
        # What nginx calls a request whose client went away before there was an answer.
        status = 499

        async def observe(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                await self.app(scope, receive, observe)
            except ClientDisconnect:
                log.debug("client went away")
            except Exception as error:
                log.error("failed", exc_info=error)
                if status == 499:
                    await errors.internal().response()(scope, receive, observe)
            finally:
                seconds = time.perf_counter() - begun
                route = getattr(scope.get("route"), "path", None) or "other"
                self._metrics.requests.labels(route, _method(scope), str(status)).inc()
                self._metrics.request_seconds.labels(route).observe(seconds)
                log.info(
                    "request", method=_method(scope), route=route, status=status, ms=round(seconds * 1e3, 1)
                )


class Guarded:
    """Headers that keep a reply from being taken for anything else than what it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guard(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                is_page = headers.get("content-type", "").startswith("text/html")
                headers.setdefault("Content-Security-Policy", PAGE_POLICY if is_page else DATA_POLICY)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, guard)


class Head:
    """Answers HEAD as GET without the body, on every route that takes GET."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        # A copy: whoever called still has to see HEAD. What the router finds is carried back.
        inner = {**scope, "method": "GET"}
        await self.app(inner, receive, without_body)
        if "route" in inner:
            scope["route"] = inner["route"]


def _method(scope: Scope) -> str:
    """A method as a label: a client may make up as many as it likes."""
    method: str = scope["method"]
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
