"""The fast engine: OpenVINO with 8-bit weights and activations, several sentences a row.

It runs what `models.export` wrote: the weights in coarse integers, and a network that they are put into. It
needs neither torch nor transformers. The scales of its integers are fixed when it is exported, and a
sentence attends to itself alone, so that an answer does not depend on the batch.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import mmap
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

try:
    # With the tools that convert models, which it does without where they cannot be imported, this import
    # takes 8 MB and 80 ms more. They stay out of the server, and are there for `models.export`.
    sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]
    import openvino
finally:
    if sys.modules["openvino.tools.ovc"] is None:
        del sys.modules["openvino.tools.ovc"]

from models import compact
from models.batching import Batching, Packed
from models.embeddings import Embeddings
from models.engine import Encoded, ModelError, ModelInfo
from models.labels import CLASSES
from models.pretrained import Pretrained, sha256

#: Where `models.export` puts its files, below the model folder.
FOLDER = "openvino"
RECORD = "export.json"
#: The network, and of its data what is no matrix.
NETWORK = "model.xml"
REST = "model.bin.gz"
_FILES = (NETWORK, REST, f"../{compact.WEIGHTS}")
_AGAIN = (
    "Take its files from where they came from again, release its run again "
    "(`python -m models.release`), or use --engine torch."
)

#: Where temporary files are on disk.
_LASTING = "/var/tmp"  # noqa: S108 - nothing there is opened by name

#: Widths of a row. Attention costs more the wider a row is, and narrow rows hold few sentences: 64
#: tokens are twice the ordinary sentence.
_WIDTHS = (64, 128, 256, 512)
#: Numbers in a layer of a run of the model: 512 tokens of 384 numbers each, 256 of 768. More hardly raises
#: the speed, takes memory that stays, and nobody else has a turn meanwhile.
_RUN_NUMBERS = 512 * 384
#: One run at a time on all cores; what is not an integer is computed in fp32 on every processor, so that
#: answers do not differ between machines that have bf16 and others.
SETTINGS = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}


@dataclass(slots=True)
class _Loaded:
    """A network that is ready to run, which takes most of an engine's memory."""

    request: openvino.InferRequest
    network: Network
    used: bool = False

    def give_back_originals(self) -> None:
        """OpenVINO has made its own copy of most weights once it has used them; others are read again."""
        if isinstance(self.network.weights, mmap.mmap):
            with contextlib.suppress(OSError):
                self.network.weights.madvise(mmap.MADV_DONTNEED)


class OpenVinoEngine:
    """A model folder that `models.export` has been run on. The network is loaded when it is first needed.

    Raises `ModelError` when the export is missing or spoilt, or belongs to another configuration.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = Pretrained(path)
        _verified(path)
        self._info = self._of_files()
        self._packing = packing(self._folder.max_tokens)
        self._loaded: _Loaded | None = None
        self._network: Network | None = None

    def _of_files(self) -> ModelInfo:
        engine = [self._path / FOLDER / name for name in (NETWORK, REST)]
        return self._folder.info([self._path / compact.WEIGHTS, *engine])

    @property
    def info(self) -> ModelInfo:
        return self._info

    @property
    def max_tokens(self) -> int:
        return self._folder.max_tokens

    @property
    def batching(self) -> Batching:
        return self._packing

    def encode(self, sentences: Sequence[str]) -> list[Encoded]:
        return self._folder.encode(sentences)

    def warm_up(self) -> None:
        """Run every shape once: the first run of a shape compiles for it, which takes as long again."""
        loaded = self._load()
        most = run_tokens(loaded.network.embeddings.dimensions)
        for width in self._packing.widths:
            rows = _most_rows(width, most)
            while rows:
                self._run(loaded, [], [[]] * rows, width)
                rows //= 2
        loaded.give_back_originals()
        loaded.used = True

    @property
    def loaded(self) -> bool:
        return self._loaded is not None

    def load(self) -> None:
        """Raises `ModelError` where that fails."""
        self._load()

    def unload(self) -> None:
        """What was read stays, in a file and 20 MB of memory: to read it is half of the time of loading."""
        if self._loaded is not None:
            self._loaded.give_back_originals()
            self._loaded = None

    def _read(self) -> Network:
        if self._of_files() != self._info:
            raise ModelError(f"The model in {self._path} is not the one that was there: start Sayso again.")
        return read_network(self._path)

    def probabilities(self, batch: Sequence[Encoded]) -> NDArray[np.float32]:
        loaded = self._load()
        most = run_tokens(loaded.network.embeddings.dimensions)
        out = np.empty((len(batch), len(CLASSES)), dtype=np.float32)
        for width, rows in self._packing.rows([len(e) for e in batch]):
            for chosen in runs(rows, width, most):
                answers = self._run(loaded, batch, chosen, width)
                for row, answer in zip(chosen, answers, strict=True):
                    out[row] = answer[: len(row)]
        if not loaded.used:
            loaded.give_back_originals()
            loaded.used = True
        return out[:, self._folder.columns]

    def _load(self) -> _Loaded:
        if self._loaded is None:
            network = self._network = self._network or self._read()
            try:
                model = openvino.Core().compile_model(network.model, "CPU", SETTINGS)
            except RuntimeError as error:
                folder = self._path / FOLDER
                raise ModelError(f"OpenVINO cannot load the model in {folder}: {error}") from error
            self._loaded = _Loaded(model.create_infer_request(), network)
        return self._loaded

    def _run(
        self, loaded: _Loaded, batch: Sequence[Encoded], rows: Sequence[Sequence[int]], width: int
    ) -> NDArray[np.float32]:
        """Probabilities, shape (rows, slots, 5), in the model's order, until the next run."""
        slots = self._packing.slots(width)
        inputs = packed_inputs(batch, rows, width, slots, loaded.network.embeddings)
        loaded.request.infer(inputs, share_inputs=True)
        result: NDArray[np.float32] = loaded.request.get_output_tensor(0).data
        return result


def run_tokens(dimensions: int) -> int:
    """How many tokens, each of so many numbers, the model reads at once."""
    return max(1, _RUN_NUMBERS // dimensions)


def runs(rows: Sequence[list[int]], width: int, tokens: int) -> Iterator[Sequence[list[int]]]:
    """`rows` of `width` in runs of the model of at most `tokens`, or one row, as many as a power of two says.

    So there are few shapes, of which each keeps some megabytes of its own, and no row is padding.
    """
    start = 0
    while left := len(rows) - start:
        count = min(_most_rows(width, tokens), _power_of_two(left))
        yield rows[start : start + count]
        start += count


def _most_rows(width: int, tokens: int) -> int:
    return _power_of_two(max(1, tokens // width))


def _power_of_two(number: int) -> int:
    """The largest that is no larger than `number`, which is at least 1."""
    return 1 << (number.bit_length() - 1)


def packing(longest: int) -> Packed:
    """How sentences of at most `longest` tokens are packed."""
    return Packed([w for w in _WIDTHS if w < longest] + [longest])


def packed_inputs(
    batch: Sequence[Encoded],
    rows: Sequence[Sequence[int]],
    width: int,
    slots: int,
    embed: Callable[[NDArray[np.int32]], NDArray[np.float32]],
) -> dict[str, NDArray[np.int32] | NDArray[np.float32]]:
    """What `models.packed.PackedClassifier` takes, for rows of indices into `batch`.

    `embed` gives the vectors of tokens, as `Embeddings` does.
    """
    ids = np.zeros((len(rows), width), dtype=np.int32)  # any token does for padding: nothing looks at it
    positions = np.zeros((len(rows), width), dtype=np.int32)
    segments = np.zeros((len(rows), width), dtype=np.int32)
    firsts = np.zeros((len(rows), slots), dtype=np.int32)
    for r, row in enumerate(rows):
        begin = 0
        for slot, index in enumerate(row):
            end = begin + len(batch[index])
            ids[r, begin:end] = batch[index].ids
            positions[r, begin:end] = np.arange(end - begin)
            segments[r, begin:end] = slot + 1
            firsts[r, slot] = begin
            begin = end
    return {"embedded": embed(ids), "positions": positions, "segments": segments, "firsts": firsts}


@dataclass(frozen=True, slots=True)
class Network:
    """A network, the word vectors that go into it, and the memory of its weights, which must stay."""

    model: openvino.Model
    embeddings: Embeddings
    weights: mmap.mmap | bytearray


def read_network(path: Path) -> Network:
    """The network of the model folder `path`.

    Raises `ModelError` when the export is missing, spoilt, or of another version.
    """
    folder = path / FOLDER
    offsets = _verified(path)
    try:
        # Both take half a second in a network of 85 million numbers, and neither needs the interpreter.
        with ThreadPoolExecutor(1) as other:
            rest = other.submit(lambda: bytearray(gzip.decompress((folder / REST).read_bytes())))
            tensors = compact.read(path / compact.WEIGHTS)
            content = rest.result()
        for name, offset in offsets.items():
            content[offset : offset + tensors[name].nbytes] = tensors[name].tobytes()
        weights = _in_a_file(content) or content
        shared = openvino.Tensor(np.frombuffer(weights, np.uint8), shared_memory=True)
        network = openvino.Core().read_model((folder / NETWORK).read_bytes(), shared)
        return Network(network, Embeddings.among(tensors), weights)
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"The OpenVINO export in {path} could not be read: {error}. {_AGAIN}") from error


def _verified(path: Path) -> dict[str, int]:
    """Where in its data the network of the model folder `path` wants which matrix.

    Raises `ModelError` when the export is missing, spoilt, or of another version.
    """
    folder = path / FOLDER
    if not (folder / RECORD).is_file():
        raise ModelError(f"The model in {path} has not been exported to OpenVINO. {_AGAIN}")
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        hashes: dict[str, str] = record["sha256"]
        offsets: dict[str, int] | None = record.get("matrices")
        spoilt = [name for name, expected in hashes.items() if sha256(folder / name) != expected]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"The OpenVINO export in {path} could not be read: {error}. {_AGAIN}") from error
    if offsets is None or not {*_FILES} <= hashes.keys():
        raise ModelError(f"The OpenVINO export in {path} is of another version of Sayso. {_AGAIN}")
    if spoilt:
        raise ModelError(f"The OpenVINO export in {path} does not fit: {', '.join(spoilt)} changed. {_AGAIN}")
    return offsets


def _in_a_file(content: bytearray) -> mmap.mmap | None:
    """`content` as memory that can be given back and is read again when needed: a file without a name.

    None where there is no room for a file, and on systems other than Linux, which do not give it back.
    """
    if sys.platform != "linux":
        return None
    # Elsewhere temporary files may themselves be in memory.
    folder = _LASTING if os.access(_LASTING, os.W_OK) else None
    try:
        with tempfile.TemporaryFile(buffering=0, dir=folder) as file:
            file.write(content)
            return mmap.mmap(file.fileno(), len(content), access=mmap.ACCESS_COPY)
    except (OSError, ValueError):  # the latter of a file that was written in part
        return None
