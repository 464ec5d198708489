"""What the benchmark classifies: as many different sentences as are wanted, of ordinary lengths."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

_PAGES = Path(__file__).parent.parent / "fixtures" / "pages"
#: Sentences of a paragraph.
BLOCK = 5


def sentences(count: int, source: Path | None = None) -> list[str]:
    """`count` different sentences, from the file `source` (one a line) or the fixture pages.

    Where there are too few, they come again with a word from another sentence put in, which keeps their
    lengths: the same sentence twice would be computed once.
    """
    found: dict[str, None] = {}
    for sentence in itertools.islice(_variations(_originals(source)), count * 20):
        found.setdefault(sentence)
        if len(found) == count:
            return list(found)
    raise ValueError(f"{source or _PAGES} has too few words for {count} different sentences")


def blocks(texts: list[str]) -> list[dict[str, str]]:
    """`texts` as the blocks of a page."""
    return [{"id": f"b{i}", "text": " ".join(texts[i : i + BLOCK])} for i in range(0, len(texts), BLOCK)]


def _originals(source: Path | None) -> list[str]:
    if source is not None:
        lines = source.read_text(encoding="utf-8").splitlines()
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    found: dict[str, None] = {}
    for path in sorted(_PAGES.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                found[row["sentence"]] = None
    short = list(found)
    # The fixtures' sentences are shorter than a blog's: with these the mean is that of real pages.
    long = [
        f"{first.rstrip('.!?…”’')}, and {second[0].lower()}{second[1:]}"
        for first, second in itertools.pairwise(short)
    ]
    return [sentence for pair in zip(short, long, strict=False) for sentence in pair]


def _variations(originals: list[str]) -> Iterator[str]:
    yield from originals
    words = [sentence.split() for sentence in originals]
    for shift in itertools.count(1):
        for i, own in enumerate(words):
            other = words[(i + shift) % len(words)]
            # Not the first nor the last word: those carry a sentence's beginning and its full stop.
            place = 1 + shift % max(1, len(own) - 2)
            new = other[(1 + shift // len(words)) % len(other)].strip(".,:;!?…()“”‘’")
            yield " ".join([*own[:place], new, *own[place + 1 :]])
