"""Who may talk to the server: a middleware in front of every route, method and kind of connection.

The server listens on loopback, but any web page can make its reader's browser send requests there.
Three headers that a page cannot forge keep pages out:

- `Host` must be a loopback name with the server's port, which defeats DNS rebinding;
- `Origin`, where there is one, must be the server's own or a browser extension's;
- `Sec-Fetch-Site` must not say that another site sent the request, unless an accepted origin did.

Extensions are let in by scheme, not by id: Firefox makes up an id for each installation. No CORS
header is ever sent, so that a page cannot read an answer even where a browser lets it ask.

A server with a token asks for it as well, and may then be reached under other names than loopback's:
whoever knows the token is meant to be there.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from server.errors import ApiError

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
_EXTENSION_ORIGIN = re.compile(r"(?:chrome|moz)-extension://[A-Za-z0-9._-]+")
#: What a browser says of a typed address or a bookmark, and of a page of the server itself.
_OWN_SITES = ("none", "same-origin")
#: Says who answers, and nothing else: a client has to know before it sends a token.
_OPEN_PATH = "/health"


class LocalOnly:
    """Refuses, with 403, whatever does not come from this machine's user. Pure ASGI.

    `port` is the one that clients see, which `Host` and `Origin` have to name. `hosts` are accepted as
    `Host` too, in lower case and with the port that they name.
    """

    def __init__(self, app: ASGIApp, port: int, hosts: Iterable[str] = ()) -> None:
        self.app = app
        self._hosts = {f"{name}:{port}" for name in LOOPBACK_NAMES}
        self._origins = {f"http://{host}" for host in self._hosts}
        if port == 80:  # which browsers leave out
            self._hosts.update(LOOPBACK_NAMES)
            self._origins.update(f"http://{name}" for name in LOOPBACK_NAMES)
        self._hosts.update(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):  # lifespan: the server talking to itself
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope["headers"])
        if refusal is None:
            await self.app(scope, receive, send)
        else:
            await _refuse(refusal, scope, receive, send)

    def _refusal(self, headers: Iterable[tuple[bytes, bytes]]) -> ApiError | None:
        hosts, origins, sites = [], [], []
        for name, value in headers:
            match name.lower():
                case b"host":
                    hosts.append(value.decode("latin-1"))
                case b"origin":
                    origins.append(value.decode("latin-1"))
                case b"sec-fetch-site":
                    sites.append(value.decode("latin-1"))

        # A header given twice is read differently by different software: take none of them.
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return _refused(
                "host",
                "The Host header does not name this server.",
                f"Use one of these addresses: {', '.join(sorted(self._origins))}.",
            )
        if origins:
            if len(origins) != 1 or not self._is_accepted(origins[0]):
                return _refused(
                    "origin",
                    "Web pages may not use this server; only its own pages and browser extensions may.",
                    "Use the Sayso extension, or a program that sends no Origin header.",
                )
            return None
        if any(site not in _OWN_SITES for site in sites) or len(sites) > 1:
            return _refused(
                "site",
                "Another website sent this request.",
                "To open a page of this server, type its address instead of following a link.",
            )
        return None

    def _is_accepted(self, origin: str) -> bool:
        return origin in self._origins or _EXTENSION_ORIGIN.fullmatch(origin) is not None


class TokenRequired:
    """Refuses, with 401, whatever does not carry the token, but for `/health`. Pure ASGI."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self._expected = f"bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_request = scope["type"] in ("http", "websocket")
        if is_request and scope["path"] != _OPEN_PATH and not self._is_carried(scope["headers"]):
            await _refuse(_token_missing(), scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _is_carried(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        given = [value for name, value in headers if name.lower() == b"authorization"]
        if len(given) != 1:
            return False
        scheme, _, token = given[0].partition(b" ")
        # In constant time: how long a comparison takes must not tell how much of a guess is right.
        return hmac.compare_digest(scheme.lower() + b" " + token.strip(), self._expected)


async def _refuse(refusal: ApiError, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await refusal.response()(scope, receive, send)
    else:  # closing before accepting is how ASGI refuses a websocket with 403
        await send({"type": "websocket.close", "code": 1008, "reason": refusal.code})


def _token_missing() -> ApiError:
    return ApiError(
        401,
        "token_required",
        "The request does not carry this server's token.",
        "Send the header `Authorization: Bearer` with it; the extension takes it in its options.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _refused(what: str, message: str, hint: str) -> ApiError:
    return ApiError(403, f"{what}_refused", message, hint)
