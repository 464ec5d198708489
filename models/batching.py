"""What a batch of sentences costs, and how to cut sentences into batches.

There are two ways to give a model several sentences at once, and an engine has one of them:

- **padded**: a sentence a row, all rows as long as the longest. Batch like with like.
- **packed**: several sentences a row, one behind the other, each attending to itself alone. Rows have few
  widths, so that nearly nothing is padding and the model sees the same few shapes all the time. (Krell et
  al., "Efficient Sequence Packing without Cross-contamination", 2021; best fit decreasing is the bin
  packing rule of Johnson, 1973.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol


class Batching(Protocol):
    """Sentences are given by their lengths in tokens; a budget is in tokens, padding included."""

    def cost(self, lengths: Sequence[int]) -> int:
        """What the model has to work through for these sentences, in tokens, about."""
        ...

    def cut(self, lengths: Sequence[int], budget: int) -> list[list[int]]:
        """Batches, as indices into `lengths`, of at most `budget` unless a sentence alone is more."""
        ...


class Padded:
    """One sentence a row."""

    def cost(self, lengths: Sequence[int]) -> int:
        return len(lengths) * max(lengths, default=0)

    def cut(self, lengths: Sequence[int], budget: int) -> list[list[int]]:
        batches: list[list[int]] = []
        width = 0
        # Longest first: then a batch's width is that of its first sentence.
        for index in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
            if batches and width * (len(batches[-1]) + 1) <= budget:
                batches[-1].append(index)
            else:
                batches.append([index])
                width = lengths[index]
        return batches


class Packed:
    """Several sentences a row, in rows as wide as one of `widths` (ascending; the last holds any sentence).

    A row of width w holds at most `w // TOKENS_PER_SLOT` sentences.
    """

    #: A row has one place for an answer per this many tokens.
    TOKENS_PER_SLOT = 8

    def __init__(self, widths: Sequence[int]) -> None:
        self.widths = tuple(widths)

    def slots(self, width: int) -> int:
        """How many sentences a row holds at most."""
        return max(1, width // self.TOKENS_PER_SLOT)

    def cost(self, lengths: Sequence[int]) -> int:
        return sum(lengths)

    def cut(self, lengths: Sequence[int], budget: int) -> list[list[int]]:
        batches: list[list[int]] = []
        for width, rows in self.rows(lengths):
            at_once = max(1, budget // width)
            batches += [_joined(rows[i : i + at_once]) for i in range(0, len(rows), at_once)]
        return batches

    def rows(self, lengths: Sequence[int]) -> list[tuple[int, list[list[int]]]]:
        """Rows, as lists of indices into `lengths`, by their width; every index stands in one of them."""
        rows: dict[int, list[list[int]]] = {width: [] for width in self.widths}
        # Rows that take another sentence, by how many tokens they have left.
        space: list[list[tuple[int, list[int]]]] = [[] for _ in range(self.widths[-1] + 1)]
        for index in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
            length = lengths[index]
            left = next((n for n in range(length, len(space)) if space[n]), None)
            if left is not None:
                width, row = space[left].pop()
            else:
                left = width = next(w for w in self.widths if w >= length)
                row = []
                rows[width].append(row)
            row.append(index)
            if len(row) < self.slots(width):
                space[left - length].append((width, row))
        return [(width, found) for width, found in rows.items() if found]


def _joined(rows: Iterable[list[int]]) -> list[int]:
    return [index for row in rows for index in row]
