"""The engine by itself: against the usual ways, and against what the processor can do at best."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from openvino import opset13 as op

from models.engine import Engine, classify_all
from models.loading import DEFAULT_WEIGHTS, load_engine
from models.openvino_engine import SETTINGS
from models.speed import medians
from tests.bench import peers, profile, report, texts

#: As the server's `--batch-tokens`.
_BATCH_TOKENS = 512


def measure(rounds: int, source: Path | None) -> dict[str, Any]:
    """Sentences and tokens a second of each contender, and the share of the processor's limit.

    The contenders run the first model's weights; what is served asks a second one in doubt.
    """
    sentences = texts.sentences(500, source)
    fast, reference = (load_engine(name=name, quick=True) for name in ("openvino", "torch"))
    served = load_engine(name="openvino")
    pipeline = peers.hugging_face_pipeline(DEFAULT_WEIGHTS)
    onnx = peers.OnnxRuntime(DEFAULT_WEIGHTS)
    seconds = medians(
        {
            report.ONE: lambda: [pipeline(text) for text in sentences],
            report.BATCHED: lambda: pipeline(sentences, batch_size=32),
            "onnxruntime fp32, batches of 32, unsorted": lambda: onnx(sentences),
            "Sayso, torch fp32": lambda: classify_all(reference, sentences, _BATCH_TOKENS),
            report.OURS: lambda: classify_all(fast, sentences, _BATCH_TOKENS),
            report.SERVED: lambda: classify_all(served, sentences, _BATCH_TOKENS),
        },
        rounds,
    )
    lengths = [len(each) for each in fast.encode(sentences)]
    limit = best_matrix_product()
    achieved = operations(lengths, DEFAULT_WEIGHTS) / seconds[report.OURS]
    return {
        "sentences": len(sentences),
        "tokens": sum(lengths),
        "seconds": seconds,
        "alone_against_batch": largest_move(served, sentences[:200]),
        "operations_per_second": achieved,
        "matrix_product_operations_per_second": limit,
        "share_of_limit": achieved / limit,
        "profile": profile.shares(DEFAULT_WEIGHTS, sentences, rounds),
    }


def operations(lengths: list[int], model: Path) -> float:
    """Multiplications and additions of the matrix products that sentences of these lengths need.

    Without padding; of the last layer, the keys and values of all tokens and the rest for one token.
    """
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    layers, hidden, neurons = (
        config[name] for name in ("num_hidden_layers", "hidden_size", "intermediate_size")
    )
    tokens, squares = sum(lengths), sum(n * n for n in lengths)
    feed_forward = 2 * 2 * hidden * neurons
    per_token = 2 * 4 * hidden**2 + feed_forward  # the former: queries, keys, values, and what comes of them
    attention = 2 * 2 * hidden  # scores and their use, per pair of tokens
    whole = (layers - 1) * (per_token * tokens + attention * squares)
    keys_and_values = 2 * 2 * hidden**2 * tokens
    firsts = (2 * 2 * hidden**2 + feed_forward) * len(lengths) + attention * tokens
    return whole + keys_and_values + firsts


def best_matrix_product() -> float:
    """Operations a second of a chain of large 8-bit matrix products, the best of a few sizes."""
    return max(_chain(size) for size in (1024, 2048))


def _chain(size: int, rows: int = 2048, steps: int = 4, runs: int = 15) -> float:
    def to_8_bits(node: Any, largest: float, levels: int) -> Any:
        low, high = (op.constant(np.float32(x)) for x in (-largest, largest))
        return op.fake_quantize(node, low, high, low, high, levels)

    generator = np.random.default_rng(0)
    first = op.parameter([-1, size], np.float32)
    node = to_8_bits(first, 4, 256)
    for _ in range(steps):
        weights = op.constant((generator.normal(size=(size, size)) / size**0.5).astype(np.float32))
        product = op.matmul(node, to_8_bits(weights, 4 / size**0.5, 255), False, True)
        node = to_8_bits(product, 4, 256)
    model = openvino.Core().compile_model(
        openvino.Model([node], [first]),
        "CPU",
        SETTINGS,
    )
    request = model.create_infer_request()
    values = generator.normal(size=(rows, size)).astype(np.float32)
    best = float("inf")
    for _ in range(runs):
        started = time.perf_counter()
        request.infer({0: values}, share_inputs=True)
        best = min(best, time.perf_counter() - started)
    return 2.0 * rows * size * size * steps / best


def largest_move(engine: Engine, sentences: list[str]) -> float:
    """The largest change of a probability between a sentence alone and among the others."""
    alone = np.concatenate([engine.probabilities([each]) for each in engine.encode(sentences)])
    return float(np.abs(alone - classify_all(engine, sentences, _BATCH_TOKENS)).max())
