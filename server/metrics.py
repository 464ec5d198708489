"""What the server counts, for `GET /metrics`. Numbers only: no text, no ids of blocks."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

# When each series began: a second number for every number, which nothing here reads.
disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The metrics of one server, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "sayso_requests", "Requests answered.", ["route", "method", "status"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "sayso_request_seconds",
            "From the request's head to the last byte of the reply.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.first_block_seconds = Histogram(
            "sayso_first_block_seconds",
            "From the request's head to the first block, or part of one, of a streamed reply.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.sentences = Counter(
            "sayso_sentences",
            "Sentences answered, by where the answer came from: model, cache, or repeat (of a sentence "
            "in the same request).",
            ["source"],
            registry=self.registry,
        )
        self.failed_sentences = Counter(
            "sayso_failed_sentences", "Sentences that the model failed at.", registry=self.registry
        )
        self.batch_sentences = Histogram(
            "sayso_batch_sentences",
            "Sentences given to the model at a time.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128),
            registry=self.registry,
        )
        self.batch_tokens = Histogram(
            "sayso_batch_tokens",
            "Tokens given to the model at a time, padding included.",
            buckets=(32, 64, 128, 256, 512, 1024, 2048),
            registry=self.registry,
        )
        self.batch_seconds = Histogram(
            "sayso_batch_seconds",
            "Time the model took for a batch.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.queue_requests = Gauge(
            "sayso_queue_requests", "Requests that wait for the model.", registry=self.registry
        )
        self.queue_tokens = Gauge(
            "sayso_queue_tokens", "Tokens that wait for the model.", registry=self.registry
        )
        self.cache_sentences = Gauge("sayso_cache_sentences", "Answers in the cache.", registry=self.registry)
        self.ready = Gauge("sayso_ready", "1 when the model is loaded and warm.", registry=self.registry)
        self.model_info = Gauge(
            "sayso_model_info",
            "Always 1; the labels say which model.",
            ["id", "revision"],
            registry=self.registry,
        )
