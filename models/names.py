"""The same sentence about somebody else: rows for training in which names are swapped.

What kind a sentence is does not depend on whom it is about, and a model that has met some names mostly in
arguments believes that it does. Each row that names a politician, party, country or religious group gets a
copy about another, with the same label and the same soft target (counterfactual augmentation: Lu et al.,
"Gender bias in neural natural language processing", 2018). `models.robustness` measures what comes of it, on
sentences that are not trained on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from models.data import Row

#: Those who are alike, a kind a line: in a sentence, each may stand for each other of its line.
_NAMES = """
Donald Trump, Joe Biden, Barack Obama, Hillary Clinton, Kamala Harris, Bernie Sanders, Mitt Romney, \
Nancy Pelosi, Ronald Reagan, Angela Merkel, Emmanuel Macron, Boris Johnson, David Cameron, Tony Blair, \
Jeremy Corbyn, Margaret Thatcher, Vladimir Putin, Narendra Modi, Benjamin Netanyahu, Justin Trudeau, \
Jane Smith, Peter Novak, Grace Okafor, Li Wei
Democrats, Republicans, Conservatives, Liberals, Greens, Socialists, Tories, Centrists
China, Germany, Nigeria, Russia, Brazil, Israel, Iran, France, India, Japan, Ukraine, Canada, Mexico, Kenya
Christians, Muslims, Jews, Hindus, Buddhists, Catholics, Protestants, Sikhs
"""
_ALIKE: Sequence[Sequence[str]] = [line.split(", ") for line in _NAMES.strip().splitlines()]


def _pattern(names: Sequence[str]) -> re.Pattern[str]:
    """Whole names, and last names by themselves."""
    parts = [name.split() for name in names]
    either = "|".join(f"(?:{first[0]} )?{last}" if first else last for *first, last in parts)
    return re.compile(rf"\b(?:{either})\b")


_KINDS = [(names, _pattern(names)) for names in _ALIKE]


def swapped(text: str, generator: np.random.Generator) -> str:
    """`text` about others: each name gives way to one other of its kind, all through the sentence."""
    for names, pattern in _KINDS:
        found = {match.split()[-1] for match in pattern.findall(text)}
        if not found:
            continue
        others = [name for name in names if name.split()[-1] not in found]
        chosen = dict(zip(sorted(found), generator.permutation(others), strict=False))

        def other(match: re.Match[str], chosen: Mapping[str, str] = chosen) -> str:
            first, _, last = match[0].rpartition(" ")
            new = str(chosen.get(last, match[0]))
            return new if first else new.split()[-1]

        text = pattern.sub(other, text)
    return text


def with_swapped(rows: Sequence[Row], seed: int) -> tuple[list[Row], list[int]]:
    """`rows`, then a copy of each that names somebody; and for each of these which row it comes from."""
    generator = np.random.default_rng(seed)
    everything, origins = list(rows), list(range(len(rows)))
    for index, row in enumerate(rows):
        text = swapped(row.text, generator)
        if text != row.text:
            everything.append(replace(row, id=f"{row.id}:swapped", text=text))
            origins.append(index)
    return everything, origins
