"""Build the fast engine's files from released weights: `python -m models.export --model FOLDER --data DIR`.

Puts the weights of `FOLDER` into coarse integers (`models.compact`), which both engines run from then on, and
writes `FOLDER/openvino/`: the network without its matrices, and `export.json` with the hashes of the files,
what the integers were fitted on, and what they cost on `blog/dev`.

The scales of the activations are fixed here, from sentences of the training parts (post-training
quantisation by NNCF with its transformer rules: SmoothQuant for the matrices, bias correction).
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import openvino
import torch
from numpy.typing import NDArray
from openvino.tools.ovc import convert_model

try:
    import nncf
except ModuleNotFoundError:
    # Serving needs no quantiser, so `make run` does not install it.
    sys.exit("models.export needs what `make setup` installs; run that first.")

from transformers import AutoTokenizer, PreTrainedModel

from models import data
from models.compact import FACTORS, RESOLUTION, STEPS, WEIGHTS, quantised, unpack, write
from models.embeddings import NAME as WORD_VECTORS
from models.embeddings import Embeddings
from models.engine import Engine, ModelError, classify_all
from models.evaluate import gold_label
from models.fisher import batches
from models.labels import label_probabilities
from models.openvino_engine import FOLDER, NETWORK, RECORD, REST, OpenVinoEngine, packed_inputs, packing
from models.packed import packed
from models.pretrained import Pretrained, sha256
from models.rounding import rounded, sensitivities
from models.storage import load_model
from models.torch_engine import TorchEngine

#: Sentences that say how much the answers depend on which number: some twenty tokens for each row of the
#: largest matrix of `accurate`.
FITTED_SENTENCES = 2400
#: Sentences that the scales are fitted on. 300 did slightly worse (docs/engines.md).
CALIBRATION_SENTENCES = 1000


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.export", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="model folder to export")
    parser.add_argument("--data", type=Path, required=True, help="data folder: sentences to fit scales on")
    parser.add_argument("--pages", type=Path, help="sentences of saved pages (server.pages), for --loss")
    add_rounding(parser)
    args = parser.parse_args(arguments)
    try:
        record = export(args.model, args.data, args.resolution, loss=args.loss, pages=args.pages)
    except (ModelError, data.DataError) as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(record, indent=1))
    return 0


def add_rounding(parser: argparse.ArgumentParser) -> None:
    """The two ways to say how coarse the integers are."""
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--resolution",
        type=_above_zero,
        default=RESOLUTION,
        help="steps in a standard deviation of the weights (default: %(default)s)",
    )
    way.add_argument(
        "--loss",
        type=_above_zero,
        help="rather: what the rounding of one number may cost of an answer, which takes minutes to see to "
        "and half of the bytes (models.rounding; 1e-10 makes 2.8 bits a number of `accurate`)",
    )


def _above_zero(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise ValueError
    return number


def export(
    model: Path,
    data_folder: Path,
    resolution: float = RESOLUTION,
    *,
    loss: float | None = None,
    pages: Path | None = None,
) -> dict[str, Any]:
    """Put the weights of the model folder `model` into integers; returns what `export.json` holds.

    With `loss` they are as coarse as that allows (`models.rounding.rounded`), whatever `resolution` is; what
    it allows is seen on sentences of the training parts and of `pages` (`server.pages`).
    Raises `ModelError` for a model without Sayso's labels, of an architecture that `packed` does not know, or
    whose weights are in integers already: they would be rounded a second time.
    """
    folder = Pretrained(model)
    if (model / WEIGHTS).exists():
        raise ModelError(f"The weights in {model} are in integers already: release its run again instead.")
    rows = data.training_rows(data_folder, data.DEFAULT_SOURCES)
    chosen = np.random.default_rng(0).permutation(len(rows))[:CALIBRATION_SENTENCES]
    calibration = [rows[i] for i in chosen]
    dev = data.read(data_folder, "blog", "dev")
    before = _answers(TorchEngine(model), dev)

    classifier = load_model(model)
    weights = {name: tensor.numpy() for name, tensor in classifier.state_dict().items()}
    seen = [] if loss is None else _seen(data_folder, pages)
    rounding = _plain(resolution) if loss is None else _fitted(classifier, model, seen, loss)
    vectors: dict[str, NDArray[Any]] = {}
    for name in weights:
        if name.endswith(WORD_VECTORS):
            ones = np.ones((1, weights[name].shape[1]), np.float32)
            vectors[name], vectors[name + STEPS] = rounding(name, weights[name], ones)
    try:
        embeddings = Embeddings.among(vectors)
        network = _network(classifier, embeddings.dimensions)
    except ValueError as error:
        raise ModelError(f"{model} cannot be exported: {error}") from error
    inputs = _batches(folder, [row.text for row in calibration], embeddings)
    network = nncf.quantize(
        network,
        nncf.Dataset(inputs),
        subset_size=len(inputs),
        model_type=nncf.ModelType.TRANSFORMER,
    )
    matrices = _coarse_matrices(network, weights, rounding)
    tensors = {name: tensor.astype(np.float16) for name, tensor in weights.items() if name not in matrices}
    tensors |= vectors
    for name, matrix in matrices.items():
        tensors |= {name: matrix.integers, name + STEPS: matrix.steps, name + FACTORS: matrix.factors}
    write(model / WEIGHTS, tensors)
    unpack(model)

    out = model / FOLDER
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    offsets = _save_without(network, matrices, out)
    files = (NETWORK, REST, f"../{WEIGHTS}", "../tokenizer.json")
    record: dict[str, Any] = {
        "sha256": {name: sha256(out / name) for name in files},
        "matrices": offsets,
        **({"resolution": resolution} if loss is None else {"loss": loss, "fitted": _source(seen)}),
        "calibration": _source(calibration),
        "nncf": version("nncf"),
        "openvino": openvino.get_version(),
    }
    _write(out, record)
    record["cost"] = _cost(before, _answers(OpenVinoEngine(model), dev), dev)
    _write(out, record)
    return record


def _source(rows: Sequence[data.Row]) -> dict[str, Any]:
    return {"sentences": len(rows), "data_sha256": data.fingerprint(rows)}


@dataclass(frozen=True, slots=True)
class _Matrix:
    """The matrix `integers` * `steps` * `factors`: the latter two are by row and by column."""

    integers: NDArray[np.int8]
    steps: NDArray[np.float32]
    factors: NDArray[np.float32]


#: Integers and steps of the matrix of that name, which is given over the factors by column that come last.
_Rounding = Callable[
    [str, NDArray[np.float32], NDArray[np.float32]], tuple[NDArray[np.int8], NDArray[np.float32]]
]


def _plain(resolution: float) -> _Rounding:
    return lambda _name, matrix, _factors: quantised(matrix, resolution)


def _seen(data_folder: Path, pages: Path | None) -> list[data.Row]:
    """Sentences that say what the answers depend on, most of them of pages.

    Of those that it has learnt a model is so sure that hardly anything would seem to matter.
    """
    unlabelled = (data.PAGES,) if pages else ()
    rows = data.training_rows(data_folder, data.DEFAULT_SOURCES, pages=pages, unlabelled=unlabelled)
    return [rows[i] for i in np.random.default_rng(0).permutation(len(rows))[:FITTED_SENTENCES]]


def _fitted(classifier: PreTrainedModel, folder: Path, rows: Sequence[data.Row], loss: float) -> _Rounding:
    texts = [row.text for row in rows]
    found = sensitivities(classifier, batches(AutoTokenizer.from_pretrained(folder), texts, len(texts)))
    return lambda name, matrix, factors: rounded(matrix, found[name], loss, factors)


def _coarse_matrices(
    network: openvino.Model, weights: Mapping[str, NDArray[Any]], rounding: _Rounding
) -> dict[str, _Matrix]:
    """Put coarse integers in place of the quantiser's wherever `network` multiplies with one of `weights`.

    The result has them by the weight's name, which their constants in `network` have from then on as well.
    """
    found = {}
    for product in network.get_ordered_ops():
        if product.get_type_name() != "MatMul":
            continue
        name = _weight_of(product.get_friendly_name())
        # The quantiser has made a constant of bytes, a Convert, and a Multiply by each row's scale of it.
        scaled = product.input_value(1).get_node()
        converted = scaled.input_value(0).get_node()
        # What it is multiplied with comes through a FakeQuantize, before which SmoothQuant may multiply.
        smoothed = product.input_value(0).get_node().input_value(0).get_node()
        factors = np.ones((1, weights[name].shape[1]), dtype=np.float32)
        if "nncf_smooth_quant" in smoothed.get_friendly_name():
            factors = smoothed.input_value(1).get_node().data.reshape(1, -1).astype(np.float32)
        matrix = (weights[name] / factors).astype(np.float32)
        its_steps = scaled.input_value(1).get_node().data
        its_own = its_steps * converted.input_value(0).get_node().data
        if not np.allclose(its_own, matrix, atol=float(its_steps.max())):
            raise ModelError(f"{product.get_friendly_name()} does not multiply with {name}.")
        integers, steps = rounding(name, matrix, factors)
        constant = openvino.opset13.constant(integers)
        constant.set_friendly_name(name)
        converted.input(0).replace_source_output(constant.output(0))
        scale = openvino.opset13.constant(steps)
        scaled.input(1).replace_source_output(scale.output(0))
        found[name] = _Matrix(integers, steps, factors)
    return found


def _weight_of(product: str) -> str:
    """By the name that the converter gave a matrix product, transformers' name of the matrix.

    For "__module._bert.pooler.dense/aten::linear/MatMul" it is "bert.pooler.dense.weight".
    """
    return product.removeprefix("__module._").partition("/")[0] + ".weight"


def _save_without(network: openvino.Model, matrices: Mapping[str, _Matrix], out: Path) -> dict[str, int]:
    """Write `network` to `out` with zeros in place of `matrices`; where in its data each of them belongs."""
    with tempfile.TemporaryDirectory() as temporary:
        openvino.save_model(network, Path(temporary) / NETWORK, compress_to_fp16=False)
        description = (Path(temporary) / NETWORK).read_bytes()
        content = bytearray((Path(temporary) / NETWORK).with_suffix(".bin").read_bytes())
    offsets = {}
    layers = ElementTree.fromstring(description).iterfind("layers/layer[@type='Const']")  # noqa: S314 # our own
    for layer in layers:
        name, place = layer.attrib["name"], layer.find("data")
        if name in matrices and place is not None:
            offsets[name], size = int(place.attrib["offset"]), int(place.attrib["size"])
            content[offsets[name] : offsets[name] + size] = bytes(size)
    if offsets.keys() != matrices.keys():
        raise ModelError(f"The network has not all of its matrices: {sorted({*matrices} - {*offsets})}.")
    (out / NETWORK).write_bytes(description)
    (out / REST).write_bytes(gzip.compress(bytes(content), mtime=0))
    return offsets


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


def _answers(engine: Engine, rows: Sequence[data.Row]) -> NDArray[np.float32]:
    return classify_all(engine, [row.text for row in rows])


def _cost(fp32: NDArray[np.float32], int8: NDArray[np.float32], rows: Sequence[data.Row]) -> dict[str, float]:
    """What the integers change of the answers to `rows`."""
    gold = np.array([gold_label(row) for row in rows])
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


if __name__ == "__main__":
    sys.exit(main())
