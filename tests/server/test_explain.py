"""`POST /v1/explain`: what each word gives to the answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.server.dummy import DummyEngine
from tests.server.process import Process
from tests.server.running import Running


def explain(server: Running | Process, sentence: str) -> dict[str, Any]:
    reply = server.client.post("/v1/explain", json={"sentence": sentence})
    assert reply.status_code == 200, reply.text
    return reply.json()


def in_utf16(sentence: str, word: dict[str, Any]) -> str:
    units = sentence.encode("utf-16-le")
    return units[2 * word["start"] : 2 * word["end"]].decode("utf-16-le")


def test_it_is_the_result_with_the_words_that_carry_it(own_server: Running) -> None:
    sentence = "  Opinion 😀 it’s a well-known one."
    (result,) = own_server.client.post("/v1/classify", json={"sentences": [sentence]}).json()["results"]
    explained = explain(own_server, sentence)
    assert explained["model"] == {"id": "dummy", "revision": "r1"}
    assert {name: explained[name] for name in result} == result
    words = explained["words"]
    assert [in_utf16(sentence, word) for word in words] == ["Opinion", "it’s", "a", "well-known", "one"]
    # The dummy goes by the first word alone: without it, opinion has 0.1 + 0.1 where it had 0.7 + 0.1.
    assert [word["weight"] for word in words] == pytest.approx([0.6, 0, 0, 0, 0], abs=1e-6)


def test_one_call_of_the_tokeniser_and_no_word_twice(own_server: Running, engine: DummyEngine) -> None:
    calls = engine.encode_calls
    explained = explain(own_server, "Fact is fact is fact.")
    assert engine.encode_calls == calls + 1
    assert len(explained["words"]) == 5


@pytest.mark.parametrize("sentence", ["", "  \n", "…", "😀"])
def test_without_words_there_is_nothing_to_weigh(own_server: Running, sentence: str) -> None:
    assert explain(own_server, sentence)["words"] == []


def test_the_only_word_carries_all(own_server: Running) -> None:
    explained = explain(own_server, "Opinion")
    assert [word["weight"] for word in explained["words"]] == [explained["confidence"]]


def test_words_beyond_what_the_model_reads_are_left_out(own_server: Running, engine: DummyEngine) -> None:
    explained = explain(own_server, "Fact " + "word " * 200_000)
    assert explained["truncated"] is True
    assert len(explained["words"]) == engine.max_tokens


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_words_of_any_text_are_apart_and_in_order(server: Running, sentence: str) -> None:
    end = 0
    for word in explain(server, sentence)["words"]:
        assert end <= word["start"] < word["end"]
        assert in_utf16(sentence, word).strip()
        end = word["end"]
    assert end <= len(sentence.encode("utf-16-le")) // 2


def test_the_released_model_points_at_the_loaded_word(released: Process) -> None:
    sentence = "The council’s decision was shameful."
    words = explain(released, sentence)["words"]
    heaviest = max(words, key=lambda word: word["weight"])
    assert in_utf16(sentence, heaviest) == "shameful"
