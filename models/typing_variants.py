"""The same sentence typed otherwise: rows for training that a footnote mark or a missing stop does not move.

A page's sentences come with what stands around them: a list's bullet or number, a footnote's mark, an emoji,
straight quotes for curly ones, no full stop. None of it changes what kind a sentence is. `models.robustness`
measures what comes of it, on sentences that are not trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from models.data import Row
from models.perturbations import curly, straight

_BULLETS = ("•", "-", "–", "*", "▪", "·", "→", "✓")
_NUMBERS = ("{}.", "{})", "({})", "{}:")
_FOOTNOTES = ("[{}]", " [{}]", "{}", "(#{})", "[note {}]")
_EMOJI = ("🙂", "😂", "😡", "👍", "🙏", "🔥", "😢", "🎉", "❤️", "🤔", ":)", ";-)")


def _quotes(sentence: str, _: np.random.Generator) -> str:
    changed = straight(sentence)
    return changed if changed != sentence else curly(sentence)


def _no_stop(sentence: str, _: np.random.Generator) -> str:
    return sentence.removesuffix(".")


def _bullet(sentence: str, generator: np.random.Generator) -> str:
    return f"{generator.choice(_BULLETS)} {sentence}"


def _number(sentence: str, generator: np.random.Generator) -> str:
    return f"{str(generator.choice(_NUMBERS)).format(generator.integers(1, 30))} {sentence}"


def _footnote(sentence: str, generator: np.random.Generator) -> str:
    return f"{sentence}{str(generator.choice(_FOOTNOTES)).format(generator.integers(1, 60))}"


def _emoji(sentence: str, generator: np.random.Generator) -> str:
    return f"{sentence} {generator.choice(_EMOJI)}"


_WAYS: Sequence[Callable[[str, np.random.Generator], str]] = (
    _quotes,
    _no_stop,
    _bullet,
    _number,
    _footnote,
    _emoji,
)


def typed_otherwise(rows: Sequence[Row], share: float, seed: int) -> list[Row]:
    """`rows`, of which about `share` (0 to 1) are drawn to be typed in one of the ways; labels stay.

    A way that does not apply, as where there are no quotes, leaves a row as it was.
    """
    generator = np.random.default_rng(seed)
    changed = []
    for row in rows:
        if generator.random() < share:
            way = _WAYS[int(generator.integers(len(_WAYS)))]
            row = replace(row, text=way(row.text, generator))
        changed.append(row)
    return changed
