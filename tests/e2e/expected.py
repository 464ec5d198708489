"""What a fixture page's sentences are, and how a page's marks compare with that.

Beside `blog.html` stands `blog.tsv`, its sentences in order with the kind of each (`any` where people
could disagree), and `blog.unmarked.txt`, the selectors of the parts where nothing may be marked.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tests.e2e.marks import NAMES, Mark, squeeze
from tests.e2e.web import PAGES


@dataclass(frozen=True)
class Sentence:
    """One sentence of a fixture page; `kind` is opinion, fact, other or any."""

    kind: str
    text: str


def sentences(page: str) -> list[Sentence]:
    """The expected sentences of a page, in order."""
    with (PAGES / f"{page}.tsv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Sentence(row["kind"], squeeze(row["sentence"])) for row in rows]


def unmarked_parts(page: str) -> list[str]:
    """Selectors of the parts of a page that are not the post."""
    lines = (PAGES / f"{page}.unmarked.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("# ")]


def not_whole_sentences(page: str, marks: Sequence[Mark]) -> list[str]:
    """Marks that are not exactly one sentence of the page, from its first character to its last."""
    known = {sentence.text for sentence in sentences(page)}
    return [mark.sentence for mark in marks if mark.sentence not in known]


@dataclass(frozen=True)
class Comparison:
    """How many of a page's clear-cut sentences are marked as they should be, and which are not."""

    right: int
    wrong: list[str]

    @property
    def share(self) -> float:
        return self.right / (self.right + len(self.wrong))


def compare(page: str, marks: Sequence[Mark]) -> Comparison:
    """Compare the kinds; a sentence without a mark counts as `other`."""
    seen = {mark.sentence: mark.kind for mark in marks}
    clear = [sentence for sentence in sentences(page) if sentence.kind != "any"]
    wrong = [
        f"{sentence.text!r} is {sentence.kind}, marked as {seen.get(sentence.text, 'other')}"
        for sentence in clear
        if seen.get(sentence.text, "other") != sentence.kind
    ]
    return Comparison(len(clear) - len(wrong), wrong)


class _Evaluates(Protocol):
    def evaluate(self, expression: str) -> Any: ...


def marked_in(page: _Evaluates, selectors: Sequence[str]) -> list[str]:
    """The marked texts that begin or end inside elements that match."""
    return page.evaluate(
        f"{json.dumps(list(NAMES))}.flatMap((name) => [...(CSS.highlights.get(name) ?? [])])"
        ".filter((range) => [range.startContainer, range.endContainer].some((node) =>"
        f" (node.nodeType === 1 ? node : node.parentElement).closest({json.dumps(', '.join(selectors))})))"
        ".map((range) => range.startContainer.textContent)"
    )
