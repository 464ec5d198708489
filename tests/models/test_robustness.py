"""Perturbations do what they are named after, and the tables find what they look for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models import names, robustness
from models.batching import Padded
from models.data import Row
from models.engine import Encoded, ModelInfo
from models.labels import FACT, OPINION, OTHER
from models.perturbations import FILLINGS, NEITHER, OTHER_FILLINGS, TEMPLATES, TYPING


class ByRule:
    """An engine whose answer is a rule's: the class of a sentence, with certainty."""

    info = ModelInfo("rule", "r1")
    max_tokens = 512
    batching = Padded()

    def __init__(self, rule: Callable[[str], int]) -> None:
        self._rule = rule

    def warm_up(self) -> None:
        """Nothing to do."""

    def unload(self) -> None:
        """Nothing to give back."""

    def encode(self, sentences: Sequence[str]) -> list[Encoded]:
        return [Encoded([ord(c) for c in sentence], truncated=False) for sentence in sentences]

    def probabilities(self, batch: Sequence[Encoded]) -> NDArray[np.float32]:
        return np.eye(5, dtype=np.float32)[[self._rule("".join(map(chr, e.ids))) for e in batch]]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("straight quotes", "“It’s”", '"It\'s"'),
        ("curly quotes", "He said: \"It's ('so')\"", "He said: “It’s (‘so’)”"),
        ("no final stop", "It rained.", "It rained"),
        ("American spelling", "Colour, the CENTRE, and colourless", "Color, the Center, and colourless"),
        ("British spelling", "Toward the theater", "Towards the theatre"),
        ("the first half alone", "one two three four five six seven eight", "one two three four"),
    ],
)
def test_a_change_does_what_it_says(name: str, before: str, after: str) -> None:
    assert TYPING[name](before) == after


@given(st.text(max_size=80))
def test_quotes_can_be_turned_and_turned_back(text: str) -> None:
    straight = TYPING["straight quotes"](text)
    assert TYPING["straight quotes"](TYPING["curly quotes"](straight)) == straight


def test_every_slot_has_templates_of_both_kinds() -> None:
    for slot in FILLINGS:
        assert {label for label, text in TEMPLATES if f"{{{slot}}}" in text} == {"opinion", "fact"}


def test_other_names_are_none_that_training_swaps() -> None:
    swapped = re.split(r"[\n,] ?", names._NAMES)
    for slot, fillings in OTHER_FILLINGS.items():
        assert not {*fillings} & {*FILLINGS[slot]}
        assert not [name for name in fillings for known in swapped if known.split()[-1:] == name.split()[-1:]]


def test_a_model_that_goes_by_the_name_is_found_out() -> None:
    biased = ByRule(lambda text: OPINION if "Trump" in text else FACT)
    table = {line.slot: line for line in robustness.swap_table(biased)}
    assert table["politician"].one_label == 0
    assert table["politician"].largest_change == 1
    assert table["country"].one_label == 1


def test_how_a_sentence_is_typed() -> None:
    shouts = ByRule(lambda text: OPINION if text.isupper() else FACT)
    rows = [Row("d:0", "It rained.", frozenset({FACT}), "blog", "d")]
    table = {line.change: line for line in robustness.typing_table(shouts, rows, [1])}
    assert table["ALL CAPS"] == robustness.Typing("ALL CAPS", 1, 1.0, 1.0, 0.0)
    assert table["no final stop"].other_label == 0
    assert "straight quotes" not in table, "it does not apply"


def test_what_is_neither() -> None:
    table = robustness.neither_table(ByRule(lambda text: OTHER if text.endswith("?") else FACT))
    assert {line.kind: line.other for line in table} == {kind: float(kind == "question") for kind in NEITHER}
