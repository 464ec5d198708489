"""A server with a token: what it asks of whom, and the names it may then be reached under."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import Message, Scope

from server.settings import Settings
from tests.server.dummy import DummyEngine
from tests.server.running import Running, running
from tests.server.test_security import METHODS, all_paths, assert_no_cors

TOKEN = "correct-horse-battery-staple"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
HEADER = f"Authorization: Bearer {TOKEN}\r\n"


@pytest.fixture(scope="module")
def guarded() -> Iterator[Running]:
    with running(DummyEngine, token=TOKEN, allowed_hosts="Sayso.example.org, 192.0.2.7:8443") as server:
        server.client.headers.update(BEARER)
        server.ready()
        yield server


def test_every_route_but_health_asks_for_it(guarded: Running) -> None:
    for path in sorted(all_paths(guarded)):
        for method in METHODS:
            reply = guarded.client.request(method, path, headers={"Authorization": ""})
            if path == "/health":
                assert reply.status_code in (200, 405)
                continue
            assert reply.status_code == 401, (method, path)
            assert reply.headers["WWW-Authenticate"] == "Bearer"
            assert_no_cors(reply)
            if method != "HEAD":
                assert reply.json()["error"]["code"] == "token_required"


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Bearer{TOKEN}",
    ],
)
def test_nothing_else_will_do(guarded: Running, given: str) -> None:
    assert guarded.client.get("/ready", headers={"Authorization": given}).status_code == 401


def test_two_headers_are_none(guarded: Running) -> None:
    request = f"GET /ready HTTP/1.1\r\nHost: 127.0.0.1:{guarded.port}\r\n" + 2 * HEADER
    assert guarded.raw(f"{request}\r\n".encode()).split(b" ")[1] == b"401"


def test_who_carries_it_is_served(guarded: Running) -> None:
    assert guarded.analyze("It rained.").status_code == 200
    assert guarded.client.get("/ready", headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200


def test_the_names_that_were_allowed(guarded: Running) -> None:
    for host in ("sayso.example.org", "SAYSO.example.org", "192.0.2.7:8443", f"127.0.0.1:{guarded.port}"):
        assert guarded.client.get("/ready", headers={"Host": host}).status_code == 200, host
    for host in ("sayso.example.org:8443", "192.0.2.7", "evil.example", "x.sayso.example.org"):
        assert guarded.client.get("/ready", headers={"Host": host}).status_code == 403, host


def test_pages_are_refused_with_the_token_too(guarded: Running) -> None:
    for headers in ({"Origin": "https://sayso.example.org"}, {"Sec-Fetch-Site": "cross-site"}):
        assert guarded.client.get("/ready", headers=headers).status_code == 403


def test_websockets_without_it_are_refused(guarded: Running) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", f"127.0.0.1:{guarded.port}".encode())]
    scope: Scope = {"type": "websocket", "path": "/", "headers": headers, "subprotocols": [], "state": {}}
    asyncio.run(guarded.app(scope, receive, send))
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_the_file_says_it(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    settings = Settings(token_file=file)
    assert settings.token.get_secret_value() == TOKEN
    assert TOKEN not in repr(settings)
