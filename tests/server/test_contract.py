"""Every row of the contract's table, with answers that the test decides."""

from __future__ import annotations

import json
import threading

import pytest

from tests.server.dummy import DummyEngine
from tests.server.running import Running, running, until

MODEL = {"id": "dummy", "revision": "r1"}


def test_health_answers_while_the_model_loads() -> None:
    loaded = threading.Event()

    def load() -> DummyEngine:
        assert loaded.wait(60)
        return DummyEngine()

    with running(load) as server:
        health = server.client.get("/health")
        assert health.status_code == 200
        body = health.json()
        assert list(body) == ["name", "version", "api", "status", "model"]
        assert (body["name"], body["api"], body["status"], body["model"]) == ("sayso", "v1", "loading", None)

        for reply in (server.client.get("/ready"), server.analyze("A text.")):
            assert reply.status_code == 503
            assert reply.json()["error"]["code"] == "loading"
            assert int(reply.headers["Retry-After"]) >= 1
        # What is wrong with a request can be said without a model.
        assert server.client.post("/v1/classify", json={}).status_code == 422

        loaded.set()
        until(lambda: server.client.get("/ready").status_code == 200, "the model")
        assert server.client.get("/health").json()["status"] == "ready"
        assert server.client.get("/health").json()["model"] == MODEL


def test_the_model_is_warm_before_it_is_ready(engine: DummyEngine) -> None:
    with running(lambda: engine) as server:
        server.ready()
        assert engine.batches


def test_analyze(server: Running) -> None:
    reply = server.client.post(
        "/v1/analyze",
        json={
            "blocks": [
                {"id": "z", "text": "  Opinion it is. 😀 Fact it is.\n"},
                {"id": "a", "text": " \n\t"},
                {"id": "", "text": "Both it is."},
            ]
        },
    )
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    body = reply.json()
    assert list(body) == ["model", "offset_unit", "blocks"]
    assert body["model"] == MODEL
    assert body["offset_unit"] == "utf16"
    assert [block["id"] for block in body["blocks"]] == ["z", "a", ""]
    first, second = body["blocks"][0]["sentences"]
    assert first == {
        "start": 2,
        "end": 16,
        "label": "opinion",
        "confidence": pytest.approx(0.8),
        "mixed": False,
        "probabilities": pytest.approx(
            {"opinion": 0.7, "fact": 0.1, "mixed_opinion": 0.1, "mixed_fact": 0.0, "other": 0.1}
        ),
    }
    assert (second["start"], second["end"]) == (17, 31)
    assert body["blocks"][1] == {"id": "a", "sentences": []}
    both = body["blocks"][2]["sentences"][0]
    assert (both["mixed"], both["label"], both["confidence"]) == (True, "opinion", pytest.approx(0.5))


def test_offset_units(server: Running) -> None:
    text = "😀😀 One is here. 👨‍👩‍👧 Two is here."
    for unit, length in (("utf16", lambda s: len(s.encode("utf-16-le")) // 2), ("codepoint", len)):
        body = server.analyze(text, offset_unit=unit).json()
        assert body["offset_unit"] == unit
        one, two = body["blocks"][0]["sentences"]
        assert (one["start"], one["end"]) == (0, length("😀😀 One is here."))
        assert (two["start"], two["end"]) == (one["end"] + 1, length(text))


def test_a_long_sentence_says_that_it_was_cut(server: Running) -> None:
    short, long = server.analyze("Fact " * 40, "Fact " * 60).json()["blocks"]
    assert "truncated" not in short["sentences"][0]
    assert long["sentences"][0]["truncated"] is True
    assert long["sentences"][0]["end"] == 5 * 60 - 1


def test_nothing_to_do(server: Running) -> None:
    assert server.analyze().json() == {"model": MODEL, "offset_unit": "utf16", "blocks": []}
    assert server.client.post("/v1/classify", json={"sentences": []}).json()["results"] == []
    assert server.client.post("/predict", json={"inputs": []}).json() == []


def test_unknown_fields_are_ignored(server: Running) -> None:
    reply = server.client.post(
        "/v1/analyze", json={"blocks": [{"id": "a", "text": "Fact.", "tag": "p"}], "language": "en"}
    )
    assert reply.status_code == 200


def test_classify(server: Running) -> None:
    sentences = ["Fact one.", "  Opinion one.\n", "", "Fact one.", "Fact " * 60]
    reply = server.client.post("/v1/classify", json={"sentences": sentences})
    assert reply.status_code == 200
    body = reply.json()
    assert list(body) == ["model", "results"]
    assert body["model"] == MODEL
    assert [result["label"] for result in body["results"]] == ["fact", "opinion", "other", "fact", "fact"]
    assert [result.get("truncated") for result in body["results"]] == [None, None, None, None, True]
    for result in body["results"]:
        assert list(result)[:4] == ["label", "confidence", "mixed", "probabilities"]
        assert sum(result["probabilities"].values()) == pytest.approx(1)


def test_a_sentence_is_classified_as_its_slice(own_server: Running, engine: DummyEngine) -> None:
    text = "  Fact one is here.\u00a0 Opinion two is here.  "
    for sentence in own_server.analyze(text).json()["blocks"][0]["sentences"]:
        assert text[sentence["start"] : sentence["end"]] in engine.computed()


def test_predict(server: Running) -> None:
    def predict(**body: object) -> list:
        reply = server.client.post("/predict", json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    single = predict(inputs="Fact one.")
    assert [each["label"] for each in single] == ["fact", "opinion", "other"]
    assert [each["score"] for each in single] == pytest.approx([0.8, 0.1, 0.1])
    assert [set(each) for each in single] == [{"label", "score"}] * 3

    batch = predict(inputs=["Fact one.", "Opinion two."])
    assert batch[0] == single
    assert batch[1][0]["label"] == "opinion"
    assert predict(inputs=[["Fact one."], ["Opinion two."]]) == batch
    assert predict(inputs=["Fact one."]) == [single]

    raw = predict(inputs="Fact one.", raw_scores=True, truncate=True, parameters={})
    assert [each["label"] for each in raw] == ["fact", "opinion", "other"]
    import math

    total = sum(math.exp(each["score"]) for each in raw)
    assert [math.exp(each["score"]) / total for each in raw] == pytest.approx(
        [each["score"] for each in single], abs=1e-5
    )
    # An impossible label has no logarithm; JSON has no infinity either.
    assert all(math.isfinite(each["score"]) for each in predict(inputs="", raw_scores=True))


def test_predict_cuts_unless_told_not_to(server: Running) -> None:
    long = {"inputs": "Fact " * 60}
    assert server.client.post("/predict", json=long).status_code == 200
    reply = server.client.post("/predict", json={**long, "truncate": False})
    assert reply.status_code == 413
    assert "50 tokens" in reply.json()["error"]["message"]


def test_predict_refuses_pairs(server: Running) -> None:
    reply = server.client.post("/predict", json={"inputs": [["One.", "Two."]]})
    assert reply.status_code == 422
    assert "pair" in reply.json()["error"]["message"]


def test_head_is_get_without_the_body(server: Running) -> None:
    for path in ("/health", "/ready", "/metrics", "/", "/docs", "/openapi.json", "/static/demo.js"):
        reply = server.client.head(path)
        assert reply.status_code == 200
        assert reply.content == b""


def test_unknown_addresses_and_methods(server: Running) -> None:
    for path in ("/nope", "/v1", "/v1/analyze/", "/static/nope.css", "/static/../settings.py", "/v2/analyze"):
        reply = server.client.get(path)
        assert reply.status_code == 404, path
        assert_error(reply.text, "not_found")
    for method, path, allowed in (
        ("GET", "/v1/analyze", "POST"),
        ("PUT", "/predict", "POST"),
        ("POST", "/health", "GET"),
        ("OPTIONS", "/v1/analyze", "POST"),
        ("DELETE", "/", "GET"),
        ("HEAD", "/v1/classify", "POST"),
    ):
        reply = server.client.request(method, path)
        assert reply.status_code == 405
        assert reply.headers["Allow"] == allowed
        if method != "HEAD":
            assert_error(reply.text, "method_not_allowed")


def assert_error(text: str, code: str) -> None:
    body = json.loads(text)
    assert list(body) == ["error"]
    assert list(body["error"]) == ["code", "message", "hint"]
    assert body["error"]["code"] == code
    assert all(body["error"].values())


def test_metrics_count_and_say_nothing(own_server: Running) -> None:
    own_server.analyze("Fact zebra. Fact zebra. Opinion giraffe.")
    reply = own_server.client.get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain")
    lines = reply.text.splitlines()
    assert 'sayso_sentences_total{source="model"} 2.0' in lines
    assert 'sayso_sentences_total{source="repeat"} 1.0' in lines
    assert 'sayso_requests_total{method="POST",route="/v1/analyze",status="200"} 1.0' in lines
    assert 'sayso_model_info{id="dummy",revision="r1"} 1.0' in lines
    for name in ("request_seconds", "batch_seconds", "batch_sentences", "batch_tokens"):
        assert f"sayso_{name}_count" in reply.text
    assert {"sayso_queue_tokens 0.0", "sayso_queue_requests 0.0", "sayso_ready 1.0"} <= set(lines)
    assert "zebra" not in reply.text
    assert "giraffe" not in reply.text


def test_openapi_describes_every_route_with_examples(server: Running) -> None:
    document = server.client.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/health",
        "/ready",
        "/metrics",
        "/v1/analyze",
        "/v1/classify",
        "/v1/explain",
        "/predict",
    }
    references = set(json.dumps(document).split('"#/components/schemas/')[1:])
    assert {reference.split('"')[0] for reference in references} <= set(document["components"]["schemas"])
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"]
            contents = operation["responses"]["200"]["content"].values()
            assert path == "/ready" or any("example" in content for content in contents)
            if method == "post":
                content = operation["requestBody"]["content"]["application/json"]
                schema = document["components"]["schemas"][content["schema"]["$ref"].rsplit("/", 1)[1]]
                # The example works.
                assert server.client.post(path, json=schema["example"]).status_code == 200
                assert set(operation["responses"]) >= {"400", "413", "415", "422", "429", "500", "503"}
