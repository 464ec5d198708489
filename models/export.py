"""Build the fast engine's files from released weights: `python -m models.export --model FOLDER --data DIR`.

Writes `FOLDER/openvino/`: the network with 8-bit weights and activations, the word vectors that go into it,
and `export.json` with the hashes of the files, what the integers were fitted on, and what they cost on
`blog/dev`.

The scales of the activations are fixed here, from sentences of the training parts (post-training
quantisation by NNCF with its transformer rules: SmoothQuant for the matrices, bias correction).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import torch
from openvino.tools.ovc import convert_model

try:
    import nncf
except ModuleNotFoundError:
    # Serving needs no quantiser, so `make run` does not install it.
    sys.exit("models.export needs what `make setup` installs; run that first.")

from transformers import PreTrainedModel

from models import data
from models.embeddings import Embeddings
from models.engine import Engine, ModelError, classify_all
from models.evaluate import gold_label
from models.labels import label_probabilities
from models.loading import DEFAULT_WEIGHTS
from models.openvino_engine import EMBEDDINGS, FOLDER, RECORD, OpenVinoEngine, packed_inputs, packing
from models.packed import packed
from models.pretrained import Pretrained, sha256
from models.storage import load_model
from models.torch_engine import TorchEngine

#: Sentences that the scales are fitted on. 300 did slightly worse (docs/engines.md).
CALIBRATION_SENTENCES = 1000


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.export", description=__doc__)
    parser.add_argument("--model", type=Path, default=DEFAULT_WEIGHTS, help="model folder to export")
    parser.add_argument("--data", type=Path, required=True, help="data folder: sentences to fit scales on")
    args = parser.parse_args(arguments)
    try:
        record = export(args.model, args.data)
    except (ModelError, data.DataError) as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(record, indent=1))
    return 0


def export(model: Path, data_folder: Path) -> dict[str, Any]:
    """Write the export of the model folder `model`; returns what `export.json` holds.

    Raises `ModelError` for a model without Sayso's labels, or of an architecture that `packed` does not know.
    """
    folder = Pretrained(model)
    rows = data.training_rows(data_folder, data.DEFAULT_SOURCES)
    chosen = np.random.default_rng(0).permutation(len(rows))[:CALIBRATION_SENTENCES]
    calibration = [rows[i] for i in chosen]

    classifier = load_model(model)
    table: Any = classifier.get_input_embeddings()
    embeddings = Embeddings.quantised(table.weight.detach().numpy())
    batches = _batches(folder, [row.text for row in calibration], embeddings)
    try:
        network = _network(classifier, embeddings.dimensions)
    except ValueError as error:
        raise ModelError(f"{model} cannot be exported: {error}") from error
    quantised = nncf.quantize(
        network,
        nncf.Dataset(batches),
        subset_size=len(batches),
        model_type=nncf.ModelType.TRANSFORMER,
    )
    out = model / FOLDER
    out.mkdir(exist_ok=True)
    openvino.save_model(quantised, out / "model.xml")
    embeddings.save(out / EMBEDDINGS)
    files = ("model.xml", "model.bin", EMBEDDINGS, "../tokenizer.json")
    record: dict[str, Any] = {
        "sha256": {name: sha256(out / name) for name in files},
        "weights": {file.name: sha256(file) for file in sorted(model.glob("*.safetensors"))},
        "calibration": {"sentences": len(calibration), "data_sha256": data.fingerprint(calibration)},
        "nncf": version("nncf"),
        "openvino": openvino.get_version(),
    }
    _write(out, record)
    record["cost"] = _cost(model, data_folder)
    _write(out, record)
    return record


def _write(out: Path, record: dict[str, Any]) -> None:
    (out / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _network(model: PreTrainedModel, dimensions: int) -> openvino.Model:
    """Raises `ValueError` for an architecture that `packed` does not know."""
    network = packed(model)
    integers = ("positions", "segments", "firsts")
    example = {name: torch.zeros((2, 8), dtype=torch.int32) for name in integers}
    example = {"embedded": torch.zeros((2, 8, dimensions)), **example}
    shapes: list[Any] = [("embedded", [-1, -1, dimensions], np.float32)]
    shapes += [(name, [-1, -1], np.int32) for name in integers]
    return convert_model(network, example_input=example, input=shapes)


def _batches(folder: Pretrained, texts: Sequence[str], embeddings: Embeddings) -> list[dict[str, np.ndarray]]:
    """The engine's inputs for `texts`, a row at a time."""
    encoded = folder.encode(texts)
    rule = packing(folder.max_tokens)
    return [
        packed_inputs(encoded, [row], width, rule.slots(width), embeddings)
        for width, rows in rule.rows([len(e) for e in encoded])
        for row in rows
    ]


def _cost(model: Path, data_folder: Path) -> dict[str, float]:
    """What the integers change on `blog/dev`, against the same weights in fp32."""
    rows = data.read(data_folder, "blog", "dev")
    texts = [row.text for row in rows]
    gold = np.array([gold_label(row) for row in rows])
    fp32, int8 = (classify_all(engine, texts) for engine in _engines(model))
    before, after = (label_probabilities(p).argmax(1) for p in (fp32, int8))
    return {
        "sentences": len(rows),
        "accuracy_fp32": round(float((before == gold).mean()), 4),
        "accuracy_int8": round(float((after == gold).mean()), 4),
        "label_flips": int((before != after).sum()),
        "class_flips": int((fp32.argmax(1) != int8.argmax(1)).sum()),
        "largest_change": round(float(np.abs(fp32 - int8).max()), 4),
        "mean_change": round(float(np.abs(fp32 - int8).mean()), 5),
    }


def _engines(model: Path) -> tuple[Engine, Engine]:
    return TorchEngine(model), OpenVinoEngine(model)


if __name__ == "__main__":
    sys.exit(main())
