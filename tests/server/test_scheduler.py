"""Who gets the model next, seen from outside: what is computed, in which order, and what is not."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.batching import Packed, Padded
from server.scheduler import plan_batches
from tests.server.dummy import DoubtfulEngine, DummyEngine, SteppedEngine
from tests.server.running import Running, blocks, running, until

LENGTHS = st.lists(st.integers(1, 600), max_size=300)


@given(LENGTHS, st.integers(1, 1024))
def test_batches_hold_every_sentence_once_and_are_never_too_large(lengths: list[int], most: int) -> None:
    batches = plan_batches(dict(enumerate(lengths)), most, Padded())
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        assert batch
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= most


@given(st.lists(st.integers(1, 256), max_size=300), st.integers(1, 1024))
def test_packed_batches_hold_every_sentence_once_and_are_never_too_large(
    lengths: list[int], most: int
) -> None:
    batches = plan_batches(dict(enumerate(lengths)), most, Packed((64, 128, 256)))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        assert sum(lengths[i] for i in batch) <= max(most, 256)


@settings(max_examples=20)
@given(st.randoms(use_true_random=False), st.integers(500, 1500))
def test_batches_waste_little_and_begin_with_what_comes_first(random: Random, count: int) -> None:
    lengths = [random.randint(5, 60) for _ in range(count)]
    batches = plan_batches(dict(enumerate(lengths)), 512, Padded())
    padded = sum(len(batch) * max(lengths[i] for i in batch) for batch in batches)
    assert padded <= 1.2 * sum(lengths)
    # The first band is a few sentences from the top of the page.
    assert max(batches[0]) < 256 / 5
    assert sum(lengths[i] for i in batches[0]) <= 256


def in_background(server: Running, pool: ThreadPoolExecutor, *texts: str) -> Future[httpx.Response]:
    return pool.submit(server.analyze, *texts)


def test_one_call_of_the_tokeniser_for_a_request(own_server: Running, engine: DummyEngine) -> None:
    own_server.analyze(*[f"Fact {n} one. Fact {n} two." for n in range(300)])
    assert engine.encode_calls == 1


def test_a_repeated_sentence_is_computed_once(own_server: Running, engine: DummyEngine) -> None:
    blocks = own_server.analyze("Fact one. Fact two.", "Fact one.", "Fact one.").json()["blocks"]
    assert [len(block["sentences"]) for block in blocks] == [2, 1, 1]
    assert engine.computed() == ["Fact one.", "Fact two."]


def test_a_short_request_passes_a_long_one(stepped_server: Running, stepped: SteppedEngine) -> None:
    with ThreadPoolExecutor() as pool:
        long = in_background(stepped_server, pool, *[f"Fact {n} of the long one." for n in range(50)])
        stepped.begun()
        short = in_background(stepped_server, pool, "Opinion of the short one.")
        until(lambda: stepped_server.metric("sayso_queue_requests") == 2, "the short request")
        stepped.allow()  # the batch that was running
        assert stepped.begun() == ["Opinion of the short one."]
        stepped.allow()
        assert short.result().status_code == 200
        assert not long.done()
        stepped.release()
        assert long.result().status_code == 200


def test_long_requests_take_turns(stepped_server: Running, stepped: SteppedEngine) -> None:
    with ThreadPoolExecutor() as pool:
        first = in_background(stepped_server, pool, *[f"Fact {n} of the first." for n in range(20)])
        stepped.begun()
        second = in_background(stepped_server, pool, *[f"Fact {n} of the second." for n in range(20)])
        until(lambda: stepped_server.metric("sayso_queue_requests") == 2, "the second request")
        turns = []
        for _ in range(10):
            stepped.allow()
            turns.append(stepped.begun()[0].split()[-1])
        assert sorted(turns[:4]) == ["first.", "first.", "second.", "second."]
        assert 4 <= turns.count("second.") <= 6
        stepped.release()
        assert first.result().status_code == second.result().status_code == 200


def test_small_requests_share_a_batch(stepped: SteppedEngine) -> None:
    with running(lambda: stepped, cache_sentences=0) as server, ThreadPoolExecutor() as pool:
        server.ready()
        stepped.hold()
        blocking = in_background(server, pool, "Fact to begin with.")
        stepped.begun()
        others = [in_background(server, pool, f"Fact from reader {n}.") for n in range(4)]
        until(lambda: server.metric("sayso_queue_requests") == 5, "all requests")
        stepped.allow()
        assert len(stepped.begun()) == 4
        stepped.release()
        assert all(request.result().status_code == 200 for request in [blocking, *others])


@pytest.mark.parametrize("accept", ["application/json", "application/jsonl"])
@pytest.mark.parametrize("path", ["/v1/analyze", "/v1/classify", "/predict"])
def test_a_closed_connection_drops_its_work(
    stepped_server: Running, stepped: SteppedEngine, accept: str, path: str
) -> None:
    sentences = [f"Fact number {n} is here." for n in range(50)]
    body = {"blocks": blocks(*sentences), "sentences": sentences, "inputs": sentences}

    async def leave() -> None:
        async with httpx.AsyncClient(base_url=stepped_server.url, trust_env=False) as client:
            request = asyncio.create_task(client.post(path, json=body, headers={"Accept": accept}))
            await asyncio.to_thread(stepped.begun)
            request.cancel()
            with pytest.raises(asyncio.CancelledError):
                await request

    asyncio.run(leave())
    until(lambda: stepped_server.metric("sayso_queue_requests") == 0, "the work to be dropped")
    assert stepped_server.metric("sayso_queue_tokens") == 0
    stepped.allow(2)
    # What comes next is another's work, after the batch that was running.
    with ThreadPoolExecutor() as pool:
        other = in_background(stepped_server, pool, "Opinion of another.")
        assert stepped.begun() == ["Opinion of another."]
        assert other.result().status_code == 200


def test_too_busy(stepped: SteppedEngine) -> None:
    with running(lambda: stepped, max_tokens_in_flight=100) as server, ThreadPoolExecutor() as pool:
        server.ready()
        stepped.hold()
        # Larger than the bound, and taken all the same: nothing else was waiting.
        large = in_background(server, pool, *[f"Fact number {n} is here." for n in range(40)])
        stepped.begun()
        for _ in range(2):
            refused = server.analyze(*[f"Fact number {n} is there." for n in range(40)])
            assert refused.status_code == 429
            assert refused.json()["error"]["code"] == "too_busy"
            assert int(refused.headers["Retry-After"]) >= 1
        assert server.client.get("/health").status_code == 200
        stepped.release()
        assert large.result().status_code == 200
        until(lambda: server.metric("sayso_queue_requests") == 0, "an idle server")
        assert server.analyze("Fact one.").status_code == 200


def test_a_small_request_finds_room_beside_one_that_is_larger_than_the_queue(stepped: SteppedEngine) -> None:
    """The larger one once filled the queue by itself, and all others were refused until it was done."""
    with running(lambda: stepped, max_tokens_in_flight=100) as server, ThreadPoolExecutor() as pool:
        server.ready()
        stepped.hold()
        large = in_background(server, pool, *[f"Fact number {n} is here." for n in range(40)])
        stepped.begun()
        small = [in_background(server, pool, f"Fact {n}.") for n in range(5)]
        stepped.release()
        assert [each.result().status_code for each in (large, *small)] == [200] * 6


def test_the_largest_requests_are_taken_one_after_the_other(server: Running) -> None:
    """No request leaves anything behind that would make the next one be refused."""
    for turn in range(2):
        text = " ".join(f"Fact {turn} and {n}." for n in range(20_000))
        assert server.analyze(text).status_code == 200
        assert server.metric("sayso_queue_tokens") == 0


def test_health_answers_while_the_model_works(stepped_server: Running, stepped: SteppedEngine) -> None:
    with ThreadPoolExecutor() as pool:
        busy = in_background(stepped_server, pool, *[f"Fact {n}." for n in range(1000)])
        stepped.begun()
        assert stepped_server.client.get("/health").status_code == 200
        stepped.release()
        assert busy.result().status_code == 200


def test_the_cache(engine: DummyEngine) -> None:
    with running(lambda: engine, cache_sentences=3) as server:
        server.ready()

        def computed(*sentences: str) -> list[str]:
            engine.batches.clear()
            reply = server.client.post("/v1/classify", json={"sentences": list(sentences)})
            assert [each["label"] for each in reply.json()["results"]] == ["fact"] * len(sentences)
            return engine.computed()

        assert computed("Fact a.", "Fact b.") == ["Fact a.", "Fact b."]
        assert computed("Fact a.", "Fact b.") == []
        assert computed(" Fact a. ", "Fact c.") == ["Fact c."]
        assert server.metric("sayso_cache_sentences") == 3
        # `b` is the one that was not asked for longest.
        assert computed("Fact d.") == ["Fact d."]
        assert computed("Fact a.", "Fact c.", "Fact d.") == []
        assert computed("Fact b.") == ["Fact b."]
        # That a sentence was too long is remembered too, and a failure is not.
        long = {"sentences": ["Fact " * 60]}
        first = server.client.post("/v1/classify", json=long).json()
        assert server.client.post("/v1/classify", json=long).json() == first
        assert first["results"][0]["truncated"] is True
        for _ in range(2):
            assert server.client.post("/v1/classify", json={"sentences": ["FAIL"]}).status_code == 500


def test_the_cache_can_be_switched_off(own_server: Running, engine: DummyEngine) -> None:
    for _ in range(2):
        engine.batches.clear()
        own_server.analyze("Fact one.")
        assert engine.batches == [["Fact one."]]


def test_many_readers_at_once(server: Running) -> None:
    texts = [[f"Fact {reader} {n}. Opinion {reader} {n}." for n in range(30)] for reader in range(16)]
    with ThreadPoolExecutor(16) as pool:
        for reply in pool.map(lambda each: server.analyze(*each), texts):
            labels = [[s["label"] for s in block["sentences"]] for block in reply.json()["blocks"]]
            assert labels == [["fact", "opinion"]] * 30


def test_an_idle_server_does_not_spin(server: Running) -> None:
    model = next(thread for thread in threading.enumerate() if thread.name == "model")
    assert model.daemon
    before = server.metric("process_cpu_seconds_total")
    threading.Event().wait(1)
    assert server.metric("process_cpu_seconds_total") - before < 0.5


@pytest.mark.parametrize("seconds", [float("inf"), 1e12])
def test_an_engine_that_never_rests(seconds: float) -> None:
    with running(DoubtfulEngine, rest_seconds=seconds) as server:
        server.ready()
        assert server.analyze("Fact one.").status_code == 200


def test_the_engine_rests_once_after_a_while_without_a_request() -> None:
    engine = DoubtfulEngine()
    with running(lambda: engine, cache_sentences=0, rest_seconds=0.2) as server:
        server.ready()
        second = engine.second_model
        for load in (1, 2):
            assert server.analyze("Fact DOUBT one.").status_code == 200
            assert second.loads == load
            until(lambda: second.unloads == load, "the rest after a request")  # noqa: B023
        time.sleep(0.5)
        assert server.analyze("Fact one.").status_code == 200
        assert second.loads == 2, "it is loaded when it is needed, and not before"
