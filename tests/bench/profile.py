"""Where the fast engine's time goes, by kind of operation."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import openvino

from models.openvino_engine import SETTINGS, packed_inputs, packing, read_network, run_tokens, runs
from models.pretrained import Pretrained

#: OpenVINO's names, in words. What is not here counts as the rest.
_KINDS = {
    "FullyConnected": "matrix products with weights",
    "FullyConnectedQuantizedLegacy": "matrix products with weights",
    "Subgraph": "attention and fused element-wise work",
    "Transpose": "moving data",
    "Gather": "moving data",
    "GatherElements": "moving data",
    "Reshape": "moving data",
    "MVN": "layer norms and sums",
    "Add": "layer norms and sums",
    "Multiply": "layer norms and sums",
    "MulAdd": "layer norms and sums",
}


def shares(path: Path, sentences: list[str], rounds: int) -> dict[str, float]:
    """The share of each kind in the time of the network's operations, largest first.

    OpenVINO's own counters, which is why the network is compiled here anew; a first round is not counted.
    """
    folder = Pretrained(path)
    network = read_network(path)
    settings = {**SETTINGS, "PERF_COUNT": True}
    request = openvino.Core().compile_model(network.model, "CPU", settings).create_infer_request()
    encoded, rule = folder.encode(sentences), packing(folder.max_tokens)
    tokens = run_tokens(network.embeddings.dimensions)
    seconds: Counter[str] = Counter()
    for round_ in range(rounds + 1):
        for width, rows in rule.rows([len(each) for each in encoded]):
            for chosen in runs(rows, width, tokens):
                request.infer(packed_inputs(encoded, chosen, width, rule.slots(width), network.embeddings))
                for each in request.get_profiling_info() if round_ > 0 else ():
                    seconds[_KINDS.get(each.node_type, "the rest")] += each.real_time.total_seconds()
    whole = seconds.total()
    return {kind: spent / whole for kind, spent in seconds.most_common()}
