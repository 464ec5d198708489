"""Cutting sentences into batches, whatever their lengths."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from models.batching import Packed, Padded

WIDTHS = (64, 128, 256)
LENGTHS = st.lists(st.integers(1, WIDTHS[-1]), max_size=200)


@given(LENGTHS)
def test_every_sentence_stands_in_one_row_that_holds_it(lengths: list[int]) -> None:
    packing = Packed(WIDTHS)
    found = []
    for width, rows in packing.rows(lengths):
        assert width in WIDTHS
        for row in rows:
            assert sum(lengths[i] for i in row) <= width
            assert 0 < len(row) <= packing.slots(width)
            found += row
    assert sorted(found) == list(range(len(lengths)))


@given(LENGTHS, st.integers(1, 2048))
def test_every_sentence_stands_in_one_batch_within_the_budget(lengths: list[int], budget: int) -> None:
    for batching in (Packed(WIDTHS), Padded()):
        batches = batching.cut(lengths, budget)
        assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
        for batch in batches:
            assert len(batch) == 1 or batching.cost([lengths[i] for i in batch]) <= max(budget, WIDTHS[-1])


def test_rows_of_a_page_are_nearly_full() -> None:
    random = Random(1)
    lengths = [round(random.triangular(4, 60, 20)) for _ in range(200)]
    rows = Packed(WIDTHS).rows(lengths)
    assert sum(lengths) >= 0.95 * sum(width * len(found) for width, found in rows)


def test_a_long_sentence_shares_its_row_with_short_ones() -> None:
    assert Packed(WIDTHS).rows([100, 20, 8]) == [(128, [[0, 1, 2]])]
