"""What a teacher says of sentences, kept without them: `python -m models.soft_targets --help`.

A student is trained to say what a larger model says (Hinton et al., "Distilling the knowledge in a neural
network", 2015). What the teacher said is worth keeping, as asking it takes long; the sentences may not be
copied. So a file of soft targets holds, for each sentence, a hash of its text and the teacher's five
probabilities. Who has the sentences finds their targets again; who has not learns nothing about them.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import data
from models.engine import Engine, ModelError, classify_all
from models.labels import CLASSES, label_probabilities
from models.loading import ENGINES, load_engine

#: Sentences between two times that the file is written.
_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class SoftTargets:
    """Probabilities by the hash of a sentence.

    `keys` are 64-bit hashes in ascending order, shape (n,); `probabilities` shape (n, 5), ordered as
    `labels.CLASSES`; `teacher` says whose they are.
    """

    keys: NDArray[np.uint64]
    probabilities: NDArray[np.float32]
    teacher: str

    @classmethod
    def empty(cls, teacher: str) -> SoftTargets:
        return cls(np.empty(0, np.uint64), np.empty((0, len(CLASSES)), np.float32), teacher)

    @classmethod
    def load(cls, path: Path) -> SoftTargets:
        """Raises `data.DataError` for a file that is missing or none of ours."""
        try:
            with np.load(path, allow_pickle=False) as file:
                logs = file["log_probabilities"].astype(np.float32)
                return cls(file["keys"], np.exp(logs), str(file["teacher"]))
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise data.DataError(f"{path} could not be read as soft targets: {error}") from error

    def save(self, path: Path) -> None:
        """Logarithms in 16 bits: a small probability keeps as many digits as a large one."""
        logs = np.log(np.maximum(self.probabilities, 1e-6)).astype(np.float16)
        temporary = path.with_suffix(".tmp.npz")
        np.savez_compressed(temporary, keys=self.keys, log_probabilities=logs, teacher=np.array(self.teacher))
        temporary.replace(path)

    def of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Probabilities of `texts`, shape (len(texts), 5); a row of NaN for one that is not there."""
        wanted = hashes(texts)
        found = np.full((len(texts), len(CLASSES)), np.nan, dtype=np.float32)
        if len(self.keys):
            at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
            there = self.keys[at] == wanted
            found[there] = self.probabilities[at[there]]
        return found

    def with_more(self, texts: Sequence[str], probabilities: NDArray[np.float32]) -> SoftTargets:
        """These and those; of a text that is in both the new ones."""
        keys = np.concatenate([hashes(texts), self.keys])
        both = np.concatenate([probabilities, self.probabilities])
        unique, first = np.unique(keys, return_index=True)
        return SoftTargets(unique, both[first], self.teacher)


def hashes(texts: Iterable[str]) -> NDArray[np.uint64]:
    """`data.text_key` of each text, as a number."""
    return np.fromiter((int(data.text_key(text), 16) for text in texts), np.uint64)


def main(arguments: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    try:
        texts = [row.text for row in data.chosen_rows(args)]
        engines = [load_engine(teacher, args.engine) for teacher in args.teacher]
        doubter = load_engine(args.in_doubt, quick=True) if args.in_doubt else None
        teacher = " + ".join(f"{e.info.id}@{e.info.revision}" for e in engines)
        targets = SoftTargets.load(args.out) if args.out.exists() else SoftTargets.empty(teacher)
    except (data.DataError, ModelError) as error:
        print(error, file=sys.stderr)
        return 2
    if targets.teacher != teacher:
        print(
            f"{args.out} is by {targets.teacher}, and not by {teacher}: name another file.", file=sys.stderr
        )
        return 2
    left = [text for text, known in zip(texts, ~np.isnan(targets.of(texts)[:, 0]), strict=True) if not known]
    for start in range(0, len(left), _CHUNK):
        chunk = left[start : start + _CHUNK]
        asked = _doubtful(doubter, chunk, args.below) if doubter else chunk
        if asked:
            answers = np.stack([classify_all(engine, asked) for engine in engines])
            targets = targets.with_more(asked, answers.mean(axis=0))
            targets.save(args.out)
        print(f"{start + len(chunk)} of {len(left)}, {len(targets.keys)} asked about", flush=True)
    return 0


def _doubtful(engine: Engine, texts: Sequence[str], below: float) -> list[str]:
    """Those of which the engine's confidence is below that."""
    confidence = label_probabilities(classify_all(engine, texts)).max(axis=1)
    return [text for text, sure in zip(texts, confidence, strict=True) if sure < below]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m models.soft_targets",
        description="Ask a teacher about sentences; resumes.",
    )
    parser.add_argument(
        "--teacher", type=Path, action="append", required=True, help="model; several: the mean"
    )
    parser.add_argument("--out", type=Path, required=True, help="file of soft targets (.npz)")
    parser.add_argument(
        "--engine", choices=ENGINES, default="auto", help='default "auto": the fast one where it is exported'
    )
    parser.add_argument(
        "--in-doubt", type=Path, metavar="MODEL", help="ask only about what this model is unsure of"
    )
    parser.add_argument(
        "--below", type=float, default=0.9, metavar="P", help="its confidence there (default: %(default)s)"
    )
    data.add_arguments(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
