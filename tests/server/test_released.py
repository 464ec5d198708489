"""The server as it is released: the real model, in a process of its own."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import psutil
import pytest

from models.engine import classify_all
from models.labels import label_probabilities
from models.loading import load_engine
from tests.server.process import Process
from tests.server.running import blocks, until

SENTENCES = [
    "The council approved the plan in March by nine votes to four.",
    "The plan is a disgrace and it will never work.",
    "What happens next?",
    "Read more below.",
    "The council's shameful nine-to-four vote in March sold the park to a developer.",
    "I think this is the best book of the year.",
    "Water boils at 100 degrees Celsius at sea level.",
    "😀",
    "Ceci n’est pas une phrase anglaise.",
    "No.",
    "They " + "talked and " * 40 + "left.",
]


def classify(process: Process, sentences: list[str]) -> list[dict[str, Any]]:
    reply = process.client.post("/v1/classify", json={"sentences": sentences})
    assert reply.status_code == 200, reply.text
    return reply.json()["results"]


def test_it_tells_plain_cases_apart(released: Process) -> None:
    labels = [result["label"] for result in classify(released, SENTENCES[:7])]
    assert [labels[i] for i in (0, 1, 2, 5, 6)] == ["fact", "opinion", "other", "opinion", "fact"]


def test_a_sentence_gets_the_same_answer_alone_and_in_any_batch(released: Process) -> None:
    alone = [classify(released, [sentence])[0] for sentence in SENTENCES]
    fillers = [f"{sentence} {n} more words follow." for sentence in SENTENCES[:10] for n in range(2)]
    for seed in range(2):
        order = SENTENCES + fillers
        random.Random(seed).shuffle(order)
        together = dict(zip(order, classify(released, order), strict=True))
        for sentence, result in zip(SENTENCES, alone, strict=True):
            assert together[sentence]["label"] == result["label"]
            assert together[sentence]["probabilities"] == pytest.approx(result["probabilities"], abs=1e-3)


def test_the_three_calls_agree(released: Process) -> None:
    results = classify(released, SENTENCES)
    analyzed = released.client.post("/v1/analyze", json={"blocks": blocks(*SENTENCES[:7])}).json()
    predicted = released.client.post("/predict", json={"inputs": SENTENCES}).json()
    for block, result in zip(analyzed["blocks"], results, strict=False):
        (sentence,) = block["sentences"]
        assert sentence["label"] == result["label"]
        assert sentence["confidence"] == pytest.approx(result["confidence"], abs=1e-3)
    for result, prediction in zip(results, predicted, strict=True):
        assert prediction[0]["label"] == result["label"]
        assert prediction[0]["score"] == pytest.approx(result["confidence"], abs=1e-3)
        assert sum(each["score"] for each in prediction) == pytest.approx(1, abs=1e-5)


def test_enormous_and_odd_texts(released: Process) -> None:
    texts = [
        "word " * 1_000_000,
        "\x00\x01\ufffe",
        "x" * 1_000_000,
        "。" * 1000,
        "Это предложение.",
        "😀" * 10_000,
    ]
    reply = released.client.post("/v1/analyze", json={"blocks": blocks(*texts)})
    assert reply.status_code == 200
    answered = reply.json()["blocks"]
    assert all("sentences" in block for block in answered)
    assert "server" not in reply.headers
    assert answered[0]["sentences"][0]["truncated"] is True
    assert released.client.get("/ready").status_code == 200


def test_the_log_has_no_word_of_any_page(released: Process) -> None:
    secret = "xylophone"
    released.client.post("/v1/analyze", json={"blocks": blocks(f"The {secret} is loud.")})
    lone = json.dumps({"blocks": [{"id": secret, "text": f"{secret}\ud800"}]})
    released.client.post("/v1/analyze", content=lone, headers={"Content-Type": "application/json"})
    released.client.post("/v1/classify", json={"sentences": [secret, {secret: secret}]})
    released.client.post("/predict", json={"inputs": [[secret, secret]]})
    released.client.get(f"/{secret}?{secret}", headers={"User-Agent": secret, "Origin": f"https://{secret}"})
    log = released.log.read_text()
    assert "event=request" in log
    assert "route=/v1/analyze" in log
    assert secret not in log


def test_the_second_model_reads_what_the_first_is_unsure_of(released: Process, tmp_path: Path) -> None:
    # The last is far longer than either model reads: the server cuts it before they see it.
    unsure_of = ["It rained.", "perhaps " * 50_000]
    doubts = label_probabilities(classify_all(load_engine(quick=True), unsure_of)).max(axis=1)
    assert (doubts < 0.85).all()
    easy, unsure, long = classify(released, [SENTENCES[0], *unsure_of])
    assert easy["label"] == "fact"
    assert unsure["label"] == "fact"
    assert "truncated" not in unsure
    assert long["truncated"] is True
    with Process("serve", "--port", "0", "--quick", folder=tmp_path) as process:
        process.ready()
        ids = [each.client.get("/health").json()["model"]["id"] for each in (process, released)]
        assert ids[1].startswith(f"{ids[0]}+")
        easier, quicker, longer = classify(process, [SENTENCES[0], *unsure_of])
        assert easier == easy
        assert quicker["confidence"] != unsure["confidence"]
        assert longer["truncated"] is True


def test_the_second_model_is_in_memory_only_while_it_is_needed(tmp_path: Path) -> None:
    options = ("--cache-sentences", "0", "--rest-seconds", "1")
    with Process("serve", "--port", "0", *options, folder=tmp_path) as process:
        process.ready()

        def megabytes() -> float:
            return psutil.Process(process.process.pid).memory_info().rss / 1e6

        (before,) = classify(process, ["It rained."])
        reading = megabytes()
        until(lambda: megabytes() < reading - 60, "the memory to be given back")
        assert classify(process, ["It rained."]) == [before]
