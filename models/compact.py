"""The released weights on disk: each matrix once, in coarse integers whose bytes are entropy-coded.

A row of a matrix is rounded to multiples of a step that is a fraction of its standard deviation, so that
most of its integers are small and a Huffman code needs about five bits for one of them; the few large ones
keep their size (uniform quantisation with an entropy code: Gish & Pierce, "Asymptotically efficient
quantizing", 1968). Both engines read this file. For other programs that use transformers
`python -m models.compact FOLDER` writes the weights as `model.safetensors`, in fp16, which is three times as
large and therefore not in the repository.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import sys
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from models.engine import ModelError

#: The file in a model folder: a gzipped safetensors file.
WEIGHTS = "weights.safetensors.gz"
#: What `unpack` writes, where transformers looks for it.
UNPACKED = "model.safetensors"
#: How many steps a row's standard deviation has, unless another number is asked for: 5.1 bits a number
#: (docs/engines.md has others). From about 40 the steps are as fine as a byte allows.
RESOLUTION = 8
#: The largest integer, and with a minus the smallest: a byte.
LARGEST = 127

#: What is added to a matrix' name: its rows' steps, shape (rows, 1), and its columns' factors (1, columns).
STEPS = ".steps"
FACTORS = ".factors"

#: safetensors' names of what is in the file.
_DTYPES = {"I8": np.int8, "F16": np.float16, "F32": np.float32}


def quantised(
    matrix: NDArray[np.float32], resolution: float = RESOLUTION
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """The nearest coarse integers to `matrix` (n, m), and the step of each row, shape (n, 1).

    `resolution` is how many steps a row's standard deviation has, above 0.
    """
    spread = matrix.std(axis=1, keepdims=True) / resolution
    # A row with a number far out has a wider step, so that it fits into a byte.
    steps = np.maximum(spread, np.abs(matrix).max(axis=1, keepdims=True) / LARGEST)
    steps = np.maximum(steps, np.finfo(np.float32).tiny)  # of a row of zeros
    return np.clip(np.rint(matrix / steps), -LARGEST, LARGEST).astype(np.int8), steps


def write(path: Path, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Write `tensors` by name."""
    _replace(path, compressed(save(dict(tensors))))


def read(path: Path) -> dict[str, NDArray[Any]]:
    """What `write` wrote. Raises `ModelError` for another file.

    The tensors are read-only views of one piece of memory, which goes when the last of them does.
    safetensors' own reader copies each of them, and the process would not give all of that back.
    """
    try:
        content = gzip.decompress(path.read_bytes())
        begin = 8 + int.from_bytes(content[:8], "little")
        header: dict[str, dict[str, Any]] = json.loads(content[8:begin])
        return {
            name: np.frombuffer(
                content,
                _DTYPES[about["dtype"]],
                count=math.prod(about["shape"]),
                offset=begin + about["data_offsets"][0],
            ).reshape(about["shape"])
            for name, about in header.items()
        }
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} could not be read as weights: {error}") from error


def compressed(content: bytes) -> bytes:
    """`content` as a gzip file. Weights repeat nothing, so that only the Huffman code is used."""
    maker = zlib.compressobj(9, zlib.DEFLATED, wbits=31, memLevel=9, strategy=zlib.Z_HUFFMAN_ONLY)
    return maker.compress(content) + maker.flush()


def weights(tensors: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    """The model's weights by transformers' names, from what `read` gives."""
    names = [name for name in tensors if not name.endswith((STEPS, FACTORS))]
    found = {name: tensors[name].astype(np.float32) for name in names}
    for name, matrix in found.items():
        for factors in (STEPS, FACTORS):
            if name + factors in tensors:
                matrix *= tensors[name + factors]
    return found


def unpack(folder: Path) -> Path:
    """Write the weights in `folder` as transformers reads them, in fp16; the file that was written.

    Raises `ModelError`, and `OSError` where it cannot be written.
    """
    half = {name: tensor.astype(np.float16) for name, tensor in weights(read(folder / WEIGHTS)).items()}
    _replace(folder / UNPACKED, save(half, metadata={"format": "pt"}))
    return folder / UNPACKED


def _replace(path: Path, content: bytes) -> None:
    """Whoever reads the file meanwhile, and whoever writes it at the same time, finds a whole one."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as temporary:
        part = Path(temporary) / path.name
        part.write_bytes(content)
        part.replace(path)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m models.compact", description="Write a model's weights as transformers reads them."
    )
    parser.add_argument("folder", type=Path, nargs="+", help="model folder, as released")
    for folder in parser.parse_args(arguments).folder:
        try:
            print(f"{unpack(folder)} written.")
        except (ModelError, OSError) as error:
            print(error, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
