"""Who may talk to the server: every route, method and kind of connection, by walking what there is."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Any

import httpx
import pytest
from starlette.routing import Mount
from starlette.types import Message, Scope

from tests.server.running import Running

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


def all_paths(server: Running) -> set[str]:
    """Every path of the OpenAPI document, every route of the application, and some that do not exist."""
    paths = set(server.client.get("/openapi.json").json()["paths"])
    routes = list(server.app.routes)
    for route in routes:
        if isinstance(route, Mount):
            paths |= {route.path, f"{route.path}/demo.js", f"{route.path}/swagger-ui.css"}
        elif included := getattr(route, "original_router", None):
            routes += included.routes
        else:
            paths.add(route.path)
    paths |= {"/", "/sample", "/docs", "/openapi.json", "/nope", "/v1", "/v1/explain", "/..%2f", "//", "/%00"}
    assert {"/health", "/v1/analyze", "/static/demo.js", "/favicon.ico"} <= paths
    return paths


def bad_headers(port: int) -> list[dict[str, str]]:
    own = f"http://127.0.0.1:{port}"
    other = port + 1 if port < 65535 else port - 1
    return [
        *(
            {"Host": host}
            for host in (
                "",
                "evil.example",
                f"evil.example:{port}",
                "127.0.0.1",
                "localhost",
                f"127.0.0.1:{other}",
                f"localhost.:{port}",
                f"127.0.0.1.:{port}",
                f"0.0.0.0:{port}",
                f"127.0.0.2:{port}",
                f"127.1:{port}",
                f"2130706433:{port}",
                f"::1:{port}",
                f"[::]:{port}",
                f"[::ffff:127.0.0.1]:{port}",
                f"user@127.0.0.1:{port}",
                f"127.0.0.1:{port}@evil.example",
                f"127.0.0.1:{port}.evil.example",
                f"localhost:{port}, evil.example",
                f"127.0.0.1:0{port}",
                f"http://127.0.0.1:{port}",
            )
        ),
        *(
            {"Origin": origin}
            for origin in (
                "",
                "null",
                "https://evil.example",
                "http://127.0.0.1",
                "http://localhost",
                f"http://127.0.0.1:{other}",
                f"http://localhost:{other}",
                f"https://127.0.0.1:{port}",
                f"{own}/",
                f"{own}.evil.example",
                f"{own} https://evil.example",
                f"http://user@127.0.0.1:{port}",
                "chrome-extension://",
                "moz-extension:/abc",
                "safari-web-extension://abc",
                "file://",
                "https://chrome-extension://abc",
                "xchrome-extension://abc",
                "chrome-extension://abc evil",
            )
        ),
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none, cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "none"},
        {"Host": "evil.example", "Origin": "moz-extension://abc"},
        {
            "Host": f"evil.example:{port}",
            "X-Forwarded-Host": f"127.0.0.1:{port}",
            "Forwarded": "host=localhost",
        },
    ]


def test_what_is_refused_is_refused_everywhere(server: Running) -> None:
    async def walk() -> None:
        # Straight into the application: there are a thousand of these.
        transport = httpx.ASGITransport(server.app)
        async with httpx.AsyncClient(base_url=server.url, transport=transport) as client:
            bad = bad_headers(server.port)
            one_of_each = [bad[1], {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
            for path in sorted(all_paths(server)):
                for method in METHODS:
                    everything = (method, path) in (("GET", "/health"), ("POST", "/v1/analyze"))
                    for headers in bad if everything else one_of_each:
                        reply = await client.request(method, path, headers=headers)
                        assert reply.status_code == 403, (method, path, headers)
                        assert_no_cors(reply)
                        if method != "HEAD":
                            assert list(reply.json()) == ["error"]

    asyncio.run(walk())


def assert_no_cors(reply: httpx.Response) -> None:
    assert not [name for name in reply.headers if name.lower().startswith("access-control")]


def test_what_is_accepted(server: Running) -> None:
    port = server.port
    hosts = [f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}", f"LocalHost:{port}"]
    extension = "moz-extension://0f3a9c51-d2e4-4b6e-9d53-0a1b2c3d4e5f"
    accepted: list[dict[str, str]] = [
        {},
        *({"Host": host} for host in hosts),
        *({"Origin": f"http://{host}"} for host in hosts[:3]),
        {"Origin": "chrome-extension://abcdefghijklmnopabcdefghijklmnop"},
        {"Origin": extension},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin"},
        *({"Origin": extension, "Sec-Fetch-Site": site} for site in ("cross-site", "same-site", "none")),
        {"Host": hosts[1], "Origin": f"http://{hosts[0]}", "Sec-Fetch-Site": "cross-site"},
    ]
    for headers in accepted:
        assert server.client.get("/health", headers=headers).status_code == 200, headers
        reply = server.client.post("/v1/analyze", json={"blocks": []}, headers=headers)
        assert reply.status_code == 200, headers
        assert_no_cors(reply)
        # A preflight is a request like any other, and is not granted.
        preflight = server.client.options(
            "/v1/analyze", headers={**headers, "Access-Control-Request-Method": "POST"}
        )
        assert preflight.status_code == 405
        assert_no_cors(preflight)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"Host: evil.example\r\nHost: 127.0.0.1:PORT\r\n",
        b"Host: 127.0.0.1:PORT\r\nHost: 127.0.0.1:PORT\r\n",
        b"Host: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT\r\nOrigin: https://evil.example\r\n",
        b"Host: 127.0.0.1:PORT\r\nSec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n",
        b"Host: evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    ],
)
@pytest.mark.parametrize("target", [b"/health", b"http://127.0.0.1:PORT/health", b"/v1/analyze", b"/nope"])
def test_headers_that_no_client_library_sends(server: Running, head: bytes, target: bytes) -> None:
    port = str(server.port).encode()
    request = b"GET " + target + b" HTTP/1.1\r\n" + head + b"\r\n"
    received = server.raw(request.replace(b"PORT", port))
    status = received.split(b" ")[1]
    # Without any Host header the HTTP parser itself may answer.
    assert status == b"403" or (not head and status == b"400"), received


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"host", b"evil.example")],
        [(b"host", b"127.0.0.1:PORT"), (b"origin", b"https://evil.example")],
    ],
)
def test_websockets_are_refused_too(server: Running, headers: list[tuple[bytes, bytes]]) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def connect() -> None:
        port = str(server.port).encode()
        scope: Scope = {
            "type": "websocket",
            "path": "/",
            "raw_path": b"/",
            "root_path": "",
            "query_string": b"",
            "scheme": "ws",
            "headers": [(name, value.replace(b"PORT", port)) for name, value in headers],
            "subprotocols": [],
            "state": {},
        }
        await server.app(scope, receive, send)

    asyncio.run(connect())
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_every_reply_carries_the_guarding_headers(server: Running) -> None:
    for path in ("/health", "/", "/docs", "/sample", "/nope", "/static/demo.js", "/metrics"):
        for headers in ({}, {"Origin": "null"}):
            reply = server.client.get(path, headers=headers)
            assert reply.headers["X-Content-Type-Options"] == "nosniff"
            assert reply.headers["Referrer-Policy"] == "no-referrer"
            policy = reply.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy


def test_only_loopback_listens_by_default() -> None:
    from server.settings import Settings

    assert socket.gethostbyname(Settings().host) == "127.0.0.1"
    assert not [name for name in os.environ if name.startswith("SAYSO_")]


def test_the_port_of_the_web_may_be_left_out() -> None:
    from server.security import LocalOnly

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "passed"})

    async def ask(port: int, **headers: str) -> str:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.request"}

        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        await LocalOnly(app, port)({"type": "http", "headers": encoded}, receive, send)
        return sent[0]["type"]

    for name in ("127.0.0.1", "localhost", "[::1]"):
        assert asyncio.run(ask(80, host=name, origin=f"http://{name}")) == "passed"
        assert asyncio.run(ask(81, host=name)) == "http.response.start"
