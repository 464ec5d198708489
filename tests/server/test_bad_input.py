"""Bad input: a clear error or a sensible answer, nothing of the input in it, and the server goes on."""

from __future__ import annotations

import contextlib
import gzip
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.server.dummy import DummyEngine
from tests.server.running import Running, blocks, running

JSON = {"Content-Type": "application/json"}
POSTS = ("/v1/analyze", "/v1/classify", "/v1/explain", "/predict")


def post(server: Running, path: str, content: Any, **headers: str) -> httpx.Response:
    return server.client.post(path, content=content, headers={**JSON, **headers})


def assert_error(reply: httpx.Response, status: int, code: str, *mentioned: str) -> None:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/json"
    body = reply.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ["code", "message", "hint"]
    assert body["error"]["code"] == code
    assert all(body["error"].values())
    for each in mentioned:
        assert each in body["error"]["message"]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n",
        b"{",
        b"nonsense",
        b"{'blocks': []}",
        b'{"blocks": [],}',
        b'{"blocks": []} extra',
        b'{"x": NaN}',
        b'{"x": -Infinity}',
        b'{"x": "\xff\xfe"}',
        b'{"x": "\xed\xa0\x80"}',
        b'{"x": "\x00"}',
        b"\x00\x01\x02\x03",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"blocks":' * 50_000,
        b'{"x":"\\ud800",' + b'"y":[' * 50_000,
        b"1" * 5_000,
    ],
)
def test_malformed(server: Running, path: str, content: bytes) -> None:
    assert_error(post(server, path, content), 400, "malformed_json")


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/plain;application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonl",
        "application/json-seq",
        "application/json; charset=utf-16",
        "json",
        "application/",
    ],
)
def test_not_declared_as_json(server: Running, path: str, content_type: str) -> None:
    assert_error(post(server, path, b'{"blocks":[]}', **{"Content-Type": content_type}), 415, "not_json")


def test_no_content_type_at_all(server: Running) -> None:
    received = server.raw(
        b"POST /v1/analyze HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 2\r\n\r\n{}" % server.port
    )
    assert received.startswith(b"HTTP/1.1 415")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "APPLICATION/JSON", "application/json; charset=UTF-8", "application/ld+json"],
)
def test_declared_as_json(server: Running, content_type: str) -> None:
    assert post(server, "/v1/analyze", b'{"blocks":[]}', **{"Content-Type": content_type}).status_code == 200


BLOCK = {"id": "a", "text": "Fact."}


@pytest.mark.parametrize(
    ("path", "body", "mentioned"),
    [
        ("/v1/analyze", [], "JSON object"),
        ("/v1/analyze", None, "JSON object"),
        ("/v1/analyze", "text", "JSON object"),
        ("/v1/analyze", {}, "`blocks` is missing"),
        ("/v1/analyze", {"blocks": None}, "`blocks` must be a list, not null"),
        ("/v1/analyze", {"blocks": {"0": BLOCK}}, "`blocks` must be a list, not an object"),
        ("/v1/analyze", {"blocks": ["text"]}, "`blocks[0]` must be an object, not a string"),
        ("/v1/analyze", {"blocks": [BLOCK, {"text": "Fact."}]}, "`blocks[1].id` is missing"),
        ("/v1/analyze", {"blocks": [{"id": "a"}]}, "`blocks[0].text` is missing"),
        ("/v1/analyze", {"blocks": [{"id": 1, "text": ""}]}, "`blocks[0].id` must be a string, not a number"),
        ("/v1/analyze", {"blocks": [{"id": None, "text": ""}]}, "`blocks[0].id` must be a string, not null"),
        ("/v1/analyze", {"blocks": [{"id": "a", "text": ["x"]}]}, "`blocks[0].text` must be a string, not a"),
        ("/v1/analyze", {"blocks": [{"id": "a", "text": True}]}, "not a boolean"),
        ("/v1/analyze", {"blocks": [BLOCK, BLOCK]}, "`blocks[1].id`"),
        (
            "/v1/analyze",
            {"blocks": [], "offset_unit": "utf8"},
            "`offset_unit` must be 'utf16' or 'codepoint'",
        ),
        ("/v1/analyze", {"blocks": [], "offset_unit": None}, "`offset_unit`"),
        ("/v1/analyze", {"blocks": [{"id": "a", "text": "x\ud800y"}]}, "`blocks[0].text`"),
        ("/v1/analyze", {"blocks": [{"id": "\udc00", "text": ""}]}, "`blocks[0].id`"),
        ("/v1/analyze", {"blocks": [{"id": "a", "text": "\ude00\ud83d"}]}, "surrogate"),
        ("/v1/classify", {}, "`sentences` is missing"),
        ("/v1/explain", {}, "`sentence` is missing"),
        ("/v1/explain", {"sentence": ["Fact."]}, "`sentence` must be a string, not a list"),
        ("/v1/explain", {"sentence": "Fact.\ud83d"}, "`sentence`"),
        ("/v1/classify", {"sentences": "Fact."}, "`sentences` must be a list, not a string"),
        ("/v1/classify", {"sentences": ["Fact.", 3]}, "`sentences[1]` must be a string, not a number"),
        ("/v1/classify", {"sentences": ["Fact.", "\ud83d"]}, "`sentences[1]`"),
        ("/predict", {}, "`inputs` is missing"),
        ("/predict", {"inputs": 3}, "`inputs`"),
        ("/predict", {"inputs": None}, "`inputs`"),
        ("/predict", {"inputs": ["Fact.", 3]}, "item 1"),
        ("/predict", {"inputs": [[]]}, "item 0"),
        ("/predict", {"inputs": [[["Fact."]]]}, "item 0"),
        ("/predict", {"inputs": "\ud83d"}, "`inputs`"),
        ("/predict", {"inputs": [["Fact."], ["\ud83d"]]}, "`inputs[1]`"),
        ("/predict", {"inputs": "Fact.", "raw_scores": "yes"}, "`raw_scores` must be true or false"),
    ],
)
def test_invalid_fields(server: Running, path: str, body: object, mentioned: str) -> None:
    assert_error(post(server, path, json.dumps(body)), 422, "invalid_field", mentioned)


def test_errors_do_not_repeat_what_was_sent(server: Running) -> None:
    secret = "xylophone"
    for path, body in (
        ("/v1/analyze", {"blocks": secret}),
        ("/v1/analyze", {"blocks": [{"id": secret, "text": secret}] * 2}),
        ("/v1/analyze", {"blocks": [], "offset_unit": secret}),
        ("/v1/classify", {"sentences": [secret + "\ud800"]}),
        ("/predict", {"inputs": [[secret, secret]]}),
    ):
        reply = post(server, path, json.dumps(body))
        assert reply.status_code == 422
        assert secret not in reply.text
    for content in (b'{"xylophone', b'{"a":"xylophone\\q"}', b'{"a": xylophone}'):
        reply = post(server, "/v1/analyze", content)
        assert reply.status_code == 400
        assert secret not in reply.text
    assert secret not in server.client.get(f"/{secret}").text


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
FIELDS = st.sampled_from(["blocks", "sentences", "inputs", "offset_unit", "raw_scores", "id", "text"])


@settings(max_examples=50)
@given(
    st.sampled_from(POSTS),
    st.dictionaries(FIELDS, ANYTHING | st.lists(st.dictionaries(FIELDS, ANYTHING), max_size=3)) | ANYTHING,
)
def test_any_json(server: Running, path: str, body: object) -> None:
    reply = post(server, path, json.dumps(body))
    assert reply.status_code in (200, 422), reply.text
    if reply.status_code == 422:
        assert_error(reply, 422, "invalid_field")


@settings(max_examples=50)
@given(st.sampled_from(POSTS), st.binary(max_size=100))
def test_any_bytes(server: Running, path: str, content: bytes) -> None:
    assert post(server, path, content).status_code in (200, 400, 422)


@settings(max_examples=50)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.sampled_from(["utf16", "codepoint"])
)
def test_any_text(server: Running, text: str, unit: str) -> None:
    reply = server.analyze(text, "Fact.", offset_unit=unit)
    assert reply.status_code == 200
    first, second = reply.json()["blocks"]
    assert len(second["sentences"]) == 1
    units = text.encode("utf-16-le") if unit == "utf16" else text.encode("utf-32-le")
    width = 2 if unit == "utf16" else 4
    for sentence in first["sentences"]:
        piece = units[width * sentence["start"] : width * sentence["end"]]
        decoded = piece.decode("utf-16-le" if unit == "utf16" else "utf-32-le")
        assert decoded
        assert decoded == decoded.strip()
        assert decoded in text


# --- size ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small() -> Iterator[Running]:
    """A server with limits that are easily passed."""
    with running(DummyEngine, max_body_bytes=1000, max_blocks=3, max_sentences=5) as server:
        server.ready()
        yield server


@pytest.mark.parametrize("path", POSTS)
def test_a_body_over_the_limit(small: Running, path: str) -> None:
    content = b'{"sentences":[],"inputs":[],"blocks":[],"sentence":""' + b" " * 2000 + b"}"
    for body in (content, [content[:500], content[500:]], iter([content])):
        assert_error(post(small, path, body), 413, "too_large", "1,000 bytes")
    exact = content[:999] + b"}"
    assert len(exact) == 1000
    assert post(small, path, exact).status_code == 200


def test_a_declared_length_over_the_limit_is_refused_before_it_is_sent(small: Running) -> None:
    received = small.raw(
        b"POST /v1/analyze HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
        b"Expect: 100-continue\r\nContent-Length: 9000000000\r\n\r\n" % small.port
    )
    assert received.startswith(b"HTTP/1.1 413")


def test_a_compressed_body_is_not_taken_for_broken_json(small: Running) -> None:
    reply = small.client.post(
        "/v1/classify",
        content=gzip.compress(b'{"sentences":["Fact one."]}'),
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
    )
    assert_error(reply, 415, "compressed", "compressed")


def test_an_announced_body_that_nobody_would_read_is_refused_at_once(small: Running) -> None:
    received = small.raw(
        b"POST /v1/classify HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
        b"Content-Length: 99999999999\r\n\r\n{" % small.port
    )
    assert received.startswith(b"HTTP/1.1 413")


def test_an_endless_body_is_not_read_to_its_end(small: Running) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(100_000):
            sent += 1000
            yield b" " * 1000

    # The server may close the connection on a client that goes on and on.
    with contextlib.suppress(httpx.TransportError):
        assert post(small, "/v1/analyze", endless()).status_code == 413
    assert sent < 50_000_000
    assert small.client.get("/health").status_code == 200


def test_more_items_than_the_limit(small: Running) -> None:
    assert small.analyze(*["Fact."] * 3).status_code == 200
    assert_error(small.analyze(*["Fact."] * 4), 413, "too_large", "`blocks` has 4 items; the limit is 3")
    assert small.analyze("Fact one. Fact two. Fact three.", "Fact four. Fact five.").status_code == 200
    six = small.analyze("Fact one. Fact two. Fact three.", "Fact. Fact. Fact.")
    assert_error(six, 413, "too_large", "5 sentences")
    for path, field in (("/v1/classify", "sentences"), ("/predict", "inputs")):
        assert small.client.post(path, json={field: ["Fact."] * 5}).status_code == 200
        assert_error(
            small.client.post(path, json={field: ["Fact."] * 6}), 413, "too_large", f"`{field}` has 6"
        )


def test_the_limits_of_the_contract(server: Running) -> None:
    assert server.analyze(*["Fact."] * 5_000).status_code == 200
    assert server.analyze(*["Fact."] * 5_001).status_code == 413
    assert server.analyze("Fact it is. " * 20_000).status_code == 200
    assert server.analyze("Fact it is. " * 20_001).status_code == 413
    assert post(server, "/v1/analyze", b'{"blocks":[]' + b" " * 8_000_000 + b"}").status_code == 413


@pytest.mark.parametrize(
    "piece", ["a", "Fact ", "a. ", " ", "\n", "\x00", "😀", "é", "\u200d", "ж", "Fact\n", "-"]
)
def test_five_megabytes_without_a_sentence_s_end(server: Running, piece: str) -> None:
    text = piece * (5_000_000 // len(json.dumps(piece)))
    first, second = server.analyze(text, "Fact.").json()["blocks"]
    assert len(second["sentences"]) == 1
    if text.strip():
        (sentence,) = first["sentences"]
        assert sentence["truncated"] is True
        assert sentence["end"] - sentence["start"] >= len(text.strip())
    else:
        assert first["sentences"] == []


def test_five_megabytes_of_prose(server: Running) -> None:
    sentence = "Fact it is that " + "the council of the town met on Monday and " * 8 + "voted. "
    text = sentence * (5_000_000 // len(sentence))
    reply = server.analyze(text)
    assert reply.status_code == 200
    assert len(reply.json()["blocks"][0]["sentences"]) == 5_000_000 // len(sentence)


def test_after_all_that_it_still_answers(server: Running) -> None:
    assert server.client.get("/health").json()["status"] == "ready"
    assert server.analyze("Fact.").json()["blocks"][0]["sentences"][0]["label"] == "fact"
    assert (
        server.client.post("/v1/analyze", json={"blocks": blocks("C’est un fait. Это факт.")}).status_code
        == 200
    )
