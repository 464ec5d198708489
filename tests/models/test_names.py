"""Names swapped for training: the sentence stays as it is, whoever it is about."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.data import Row
from models.names import swapped, with_swapped


def _swap(text: str, seed: int = 0) -> str:
    return swapped(text, np.random.default_rng(seed))


def test_a_name_gives_way_to_another_of_its_kind_everywhere() -> None:
    text = _swap("Donald Trump lost; Trump’s lawyers said that Trump had won in Germany.")
    start, _, rest = text.partition(" lost; ")
    last = start.split()[-1]
    assert "Trump" not in text
    assert "Germany" not in text
    assert rest.startswith(f"{last}’s lawyers said that {last} had won in ")


def test_two_names_stay_two() -> None:
    for seed in range(20):
        first, second = _swap("Merkel met Macron.", seed).removesuffix(".").split(" met ")
        assert first != second
        assert {first, second}.isdisjoint({"Merkel", "Macron"})


def test_words_that_hold_a_name_are_left_alone() -> None:
    for text in ("The trumpet was loud.", "Trumpism is a style.", "They jewsharp.", "It is Smithfield."):
        assert _swap(text) == text


@given(st.text(alphabet=st.characters(exclude_categories=["Lu", "Cs"])))
def test_a_text_without_capitals_is_as_it_was(text: str) -> None:
    assert _swap(text) == text


def test_rows_that_name_somebody_get_a_copy_with_the_same_label() -> None:
    rows = [
        Row("a", "Biden signed it.", frozenset({1}), "blog", "d"),
        Row("b", "It rained.", frozenset({1}), "blog", "d"),
    ]
    everything, origins = with_swapped(rows, seed=0)
    assert (everything, origins) == with_swapped(rows, seed=0), "the same seed swaps the same"
    assert everything[:2] == rows
    assert origins == [0, 1, 0]
    (copy,) = everything[2:]
    assert copy.id == "a:swapped"
    assert copy.allowed == rows[0].allowed
    assert copy.text.endswith(" signed it.")
    assert "Biden" not in copy.text
