"""JSON Lines: who asks for them, how early they come, and how they end."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from models.engine import Encoded, ModelError
from server.negotiation import prefers_lines
from tests.server.dummy import PATIENCE, DoubtfulEngine, DummyEngine, SteppedEngine
from tests.server.running import Running, blocks, running, until

LINES = {"Accept": "application/jsonl"}


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", False),
        ("*/*", False),
        ("application/*", False),
        ("application/json", False),
        ("text/html", False),
        ("application/jsonl", True),
        ("Application/JSONL; charset=utf-8", True),
        ("application/jsonl, */*", True),
        ("*/*, application/jsonl;q=0.1", True),
        ("application/jsonl;q=0", False),
        ("application/jsonl;q=0, application/json;q=0", False),
        ("application/json, application/jsonl", False),
        ("application/jsonl, application/json", True),
        ("application/json;q=0.5, application/jsonl", True),
        ("application/jsonl;q=0.5, application/json", False),
        ("application/jsonl;q=nonsense", False),
        (",;,", False),
    ],
)
def test_negotiation(accept: str, wanted: bool) -> None:
    assert prefers_lines(accept) is wanted


def test_the_stream_says_what_the_reply_says(server: Running) -> None:
    texts = ["Fact one. Opinion two.", "", "Both three.", "Fact one."]
    *received, done = server.lines(*texts)
    whole = server.analyze(*texts).json()
    assert sorted(received, key=lambda block: block["id"]) == whole["blocks"]
    assert done.pop("timings_ms").keys() == {"read", "segment", "tokenize", "queue", "model", "total"}
    assert done == {
        "done": True,
        "model": whole["model"],
        "offset_unit": "utf16",
        "blocks": 4,
        "sentences": 4,
    }
    assert list(server.lines()[0])[:5] == ["done", "model", "offset_unit", "blocks", "sentences"]


def test_the_media_type_is_that_of_json_lines(server: Running) -> None:
    body = {"blocks": blocks("Fact.")}
    reply = server.client.post("/v1/analyze", json=body, headers=LINES)
    assert reply.headers["content-type"] == "application/jsonl"
    # Errors come before the stream, as JSON with a status.
    reply = server.client.post("/v1/analyze", json={}, headers=LINES)
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/json")


def test_lines_are_split_by_nothing_but_newlines(server: Running) -> None:
    block_id = "a\u2028b\u2029c\x85d\ne\x0bf\x1e😀"
    reply = server.client.post(
        "/v1/analyze", json={"blocks": [{"id": block_id, "text": "Fact."}]}, headers=LINES
    )
    assert len(reply.text.splitlines()) == 2
    assert json.loads(reply.text.splitlines()[0])["id"] == block_id


def test_the_first_blocks_come_before_the_last_are_computed(
    stepped_server: Running, stepped: SteppedEngine
) -> None:
    texts = [f"Fact number {n} is here." for n in range(20)]
    with stepped_server.client.stream(
        "POST", "/v1/analyze", json={"blocks": blocks(*texts)}, headers=LINES
    ) as reply:
        lines: Iterator[str] = reply.iter_lines()
        # One sentence fills a batch here.
        seen = []
        for _ in range(3):
            stepped.begun()
            stepped.allow()
            seen.append(json.loads(next(lines))["id"])
        assert seen == ["0", "1", "2"]
        assert len(stepped.batches) <= 4
        stepped.release()
        assert json.loads(list(lines)[-1])["done"] is True


@pytest.fixture
def doubtful() -> Iterator[tuple[Running, DoubtfulEngine]]:
    """A ready server, and its engine, which waits before it answers what it is not sure of."""
    engine = DoubtfulEngine()
    with running(lambda: engine) as server:
        server.ready()
        engine.batches.clear()
        engine.hold()
        yield server, engine
        engine.release()


def test_what_is_certain_comes_before_what_is_doubtful(doubtful: tuple[Running, DoubtfulEngine]) -> None:
    server, engine = doubtful
    texts = ["Fact one. Fact DOUBT two.", "Opinion three.", "Fact four.", "Opinion DOUBT five."]
    with server.client.stream("POST", "/v1/analyze", json={"blocks": blocks(*texts)}, headers=LINES) as reply:
        lines: Iterator[str] = reply.iter_lines()
        assert engine.begun() == ["Fact DOUBT two.", "Opinion DOUBT five."]
        assert sorted(json.loads(next(lines))["id"] for _ in range(2)) == ["1", "2"]
        engine.allow()
        *rest, done = [json.loads(line) for line in lines]
    assert sorted(block["id"] for block in rest) == ["0", "3"]
    assert [sentence["label"] for block in rest for sentence in block["sentences"]].count("fact") == 2
    assert done["sentences"] == 5
    engine.release()
    assert server.analyze(*texts).status_code == 200
    assert len(engine.computed()) == 5, "all of them are in the cache"


def test_who_asks_for_parts_gets_a_block_before_all_of_it_is_known(
    doubtful: tuple[Running, DoubtfulEngine],
) -> None:
    server, engine = doubtful
    texts = ["Fact one. Opinion DOUBT two. Both three.", "Opinion DOUBT four.", "Fact five.", "Fact one."]
    body = {"blocks": blocks(*texts), "partial": True}
    with server.client.stream("POST", "/v1/analyze", json=body, headers=LINES) as reply:
        lines: Iterator[str] = reply.iter_lines()
        engine.begun()
        early = {block["id"]: block for block in (json.loads(next(lines)) for _ in range(4))}
        engine.allow()
        *late, done = [json.loads(line) for line in lines]
    whole = {block["id"]: block for block in server.analyze(*texts).json()["blocks"]}
    assert early.pop("1") == {"id": "1", "sentences": [], "partial": True}, "nothing is known of it yet"
    first, doubted, last = whole["0"]["sentences"]
    assert early.pop("0") == {"id": "0", "sentences": [first, last], "partial": True}
    assert doubted["label"] == "opinion"
    assert early == {"2": whole["2"], "3": whole["3"]}
    assert {block["id"]: block for block in late} == {"0": whole["0"], "1": whole["1"]}
    assert (done["blocks"], done["sentences"]) == (4, 6)


def test_a_part_of_a_block_may_be_followed_by_its_failure(doubtful: tuple[Running, DoubtfulEngine]) -> None:
    server, engine = doubtful
    engine.release()
    body = {"blocks": blocks("Fact one. Fact DOUBT FAIL two."), "partial": True}
    reply = server.client.post("/v1/analyze", json=body, headers=LINES)
    part, whole, done = [json.loads(line) for line in reply.text.splitlines()]
    assert (part["partial"], len(part["sentences"])) == (True, 1)
    assert whole["error"]["code"] == "model_failed"
    assert done["done"] is True


def test_a_reply_that_comes_at_once_has_no_parts(doubtful: tuple[Running, DoubtfulEngine]) -> None:
    server, engine = doubtful
    engine.release()
    body = {"blocks": blocks("Fact one. Fact DOUBT two."), "partial": True}
    (block,) = server.client.post("/v1/analyze", json=body).json()["blocks"]
    assert len(block["sentences"]) == 2
    assert "partial" not in block


def test_what_is_doubtful_fails_alone(doubtful: tuple[Running, DoubtfulEngine]) -> None:
    server, engine = doubtful
    engine.release()
    first, second, third = server.analyze("Fact one.", "Fact DOUBT FAIL two.", "Fact DOUBT three.").json()[
        "blocks"
    ]
    assert first["sentences"][0]["label"] == third["sentences"][0]["label"] == "fact"
    assert second["error"]["code"] == "model_failed"
    assert engine.computed().count("Fact one.") == 1
    assert server.analyze("Fact four.").status_code == 200


def test_a_second_model_that_cannot_be_loaded_costs_only_what_is_doubtful(
    doubtful: tuple[Running, DoubtfulEngine],
) -> None:
    server, engine = doubtful
    engine.release()
    engine.second_model.error = ModelError("The model in models/weights/accurate could not be loaded.")
    for tried in range(2):
        texts = [f"Fact {tried}.", *(f"Fact DOUBT {tried} {n}." for n in range(20))]
        first, *others = server.analyze(*texts).json()["blocks"]
        assert first["sentences"][0]["label"] == "fact"
        assert {block["error"]["code"] for block in others} == {"model_failed"}
        assert engine.second_model.loads == 1, "another try for each sentence would take minutes"
    assert server.analyze("Opinion three.").status_code == 200


def test_while_the_second_model_is_loaded_the_first_goes_on(
    doubtful: tuple[Running, DoubtfulEngine],
) -> None:
    server, engine = doubtful
    engine.second_model.may_load.clear()
    texts = [f"Fact {'DOUBT ' * (n % 2)}{n}." for n in range(200)]
    body = {"blocks": blocks(*texts)}
    with server.client.stream("POST", "/v1/analyze", json=body, headers=LINES) as reply:
        lines: Iterator[str] = reply.iter_lines()
        sure = [json.loads(next(lines))["id"] for _ in range(100)]
        assert sorted(map(int, sure)) == list(range(0, 200, 2))
        assert server.analyze("Opinion three.").status_code == 200, "others do not wait either"
        engine.second_model.may_load.set()
        engine.release()
        *unsure, done = [json.loads(line) for line in lines]
    assert [int(block["id"]) for block in unsure] == list(range(1, 200, 2)), "in the order of the page"
    assert done["sentences"] == 200


def test_all_of_a_page_is_read_once_before_anything_is_read_twice(
    doubtful: tuple[Running, DoubtfulEngine],
) -> None:
    server, engine = doubtful
    page = [f"Fact {'DOUBT ' * (n % 4 == 0)}is the number {n}." for n in range(60)]
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(server.analyze, *page)
        engine.begun()
        assert len([sentence for batch in engine.first_batches for sentence in batch]) == 60
        # Who comes now does not wait for what the other one doubts.
        second = pool.submit(server.analyze, "Opinion one.")
        until(lambda: server.metric("sayso_queue_requests") == 2, "the second request")
        engine.allow()
        assert second.result(PATIENCE).status_code == 200
        engine.release()
        assert first.result(PATIENCE).status_code == 200


def test_of_an_archive_what_is_doubtful_does_not_wait_for_its_end(
    doubtful: tuple[Running, DoubtfulEngine],
) -> None:
    server, engine = doubtful
    engine.release()
    texts = [f"Fact {'DOUBT ' * (n % 2)}{n} {'word ' * 20}." for n in range(1000)]
    ids = [int(block["id"]) for block in server.lines(*texts)[:-1]]
    assert sorted(ids) == list(range(1000))
    # The first batches are the small ones of a page's beginning: after them doubts wait for little else.
    assert max(max(ids[: index + 1]) - each for index, each in enumerate(ids)) < 500


def test_nobody_waits_for_what_a_closed_connection_doubted(doubtful: tuple[Running, DoubtfulEngine]) -> None:
    server, engine = doubtful
    with server.client.stream(
        "POST", "/v1/analyze", json={"blocks": blocks("Fact one.", "Fact DOUBT two.")}, headers=LINES
    ) as reply:
        engine.begun()
        next(reply.iter_lines())
    until(lambda: server.metric("sayso_queue_requests") == 0, "the work to be dropped")
    engine.release()
    assert server.analyze("Opinion three.").json()["blocks"][0]["sentences"][0]["label"] == "opinion"


def test_no_model_is_loaded_for_who_has_left() -> None:
    class Slow(DoubtfulEngine):
        begins, goes_on = threading.Event(), threading.Event()

        def first(self, batch: Sequence[Encoded]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
            self.begins.set()
            assert self.goes_on.wait(PATIENCE)
            return super().first(batch)

    engine = Slow()
    with running(lambda: engine) as server:
        server.ready()

        async def leave() -> None:
            async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
                request = asyncio.create_task(
                    client.post("/v1/analyze", json={"blocks": blocks("Fact DOUBT one.")})
                )
                await asyncio.to_thread(engine.begins.wait, PATIENCE)
                request.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await request

        asyncio.run(leave())
        until(lambda: server.metric("sayso_queue_requests") == 0, "the work to be dropped")
        engine.goes_on.set()
        assert server.analyze("Fact two.").status_code == 200
        assert engine.second_model.loads == 0


def test_the_time_of_loading_is_in_what_a_request_waited(doubtful: tuple[Running, DoubtfulEngine]) -> None:
    server, engine = doubtful
    engine.release()
    engine.second_model.may_load.clear()
    threading.Timer(0.5, engine.second_model.may_load.set).start()
    *_, done = server.lines("Fact one. Fact DOUBT two.")
    times = done["timings_ms"]
    assert times["queue"] > 300
    assert times["queue"] + times["model"] <= times["total"] + 1


def test_blank_blocks_are_not_kept_waiting(stepped_server: Running, stepped: SteppedEngine) -> None:
    with stepped_server.client.stream(
        "POST", "/v1/analyze", json={"blocks": blocks("Fact.", " ")}, headers=LINES
    ) as reply:
        stepped.begun()
        assert json.loads(next(reply.iter_lines())) == {"id": "1", "sentences": []}


@pytest.mark.parametrize("word", ["FAIL", "UNREADABLE"])
def test_a_block_fails_alone(own_server: Running, engine: DummyEngine, word: str) -> None:
    texts = ["Fact one.", f"Fact two. Fact {word} three.", "Fact four."]
    whole = own_server.analyze(*texts)
    assert whole.status_code == 200
    first, second, third = whole.json()["blocks"]
    assert list(second) == ["id", "error"]
    assert list(second["error"]) == ["code", "message", "hint"]
    assert first["sentences"][0]["label"] == third["sentences"][0]["label"] == "fact"
    assert word not in whole.text
    assert sorted(own_server.lines(*texts)[:-1], key=lambda block: block["id"]) == whole.json()["blocks"]
    # The thread that runs the model has survived.
    assert own_server.analyze("Fact one.").status_code == 200


def test_a_sentence_that_fails_fails_its_classify_request(own_server: Running) -> None:
    for path, body in (
        ("/v1/classify", {"sentences": ["", "Fact one.", "Fact FAIL two."]}),
        ("/predict", {"inputs": ["", "Fact one.", "Fact FAIL two."]}),
    ):
        reply = own_server.client.post(path, json=body)
        assert reply.status_code == 500
        assert reply.json()["error"]["code"] == "model_failed"
        assert "sentence 2" in reply.json()["error"]["message"]
        assert "FAIL" not in reply.text


def test_a_stream_that_the_server_gives_up_says_so(stepped_server: Running, stepped: SteppedEngine) -> None:
    with stepped_server.client.stream(
        "POST",
        "/v1/analyze",
        json={"blocks": blocks(*[f"Fact number {n} is here." for n in range(5)])},
        headers=LINES,
    ) as reply:
        stepped.begun()
        stepped_server.service.stop()
        last = json.loads(list(reply.iter_lines())[-1])
    assert last["error"]["code"] == "stopping"
    assert stepped_server.analyze("Fact.").status_code == 503


def test_the_first_block_is_timed(server: Running) -> None:
    server.lines("Fact one.")
    assert until(lambda: server.metric("sayso_first_block_seconds_count"), "the metric")
