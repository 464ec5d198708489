"""Sentences as exact spans, of any text."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.segmentation import Span, sentences, trim, utf16

#: Pieces that a page is made of and that spans go wrong at.
PIECES = [
    "Dr. Smith went to the U.S. Senate.",
    "It cost $3.50 a head!",
    "Why?",
    "“Never,” she said.",
    "no.",
    "1.",
    "…",
    "😀",
    "👨‍👩‍👧‍👦.",
    "e\u0301te\u0301.",
    "مرحبا. كيف حالك؟",
    "\u202b\u05e9\u05dc\u05d5\u05dd. \u05e2\u05d5\u05dc\u05dd.\u202c",
    "これは文です。次の文。",
    "\U0001d504\U0001d51f. \U0001d507!",
    "\u200d",
    "\u200b",
    "\ufeff",
    "\u00a0",
    "\u3000",
    "\t",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\n\n",
    "\r\n\r\n",
    "\n \t\n",
    "\x85",
    "\u2028",
    "\u2029",
    "\f",
    "\x00",
    "\x1c",
    '"',
    "(",
    ")",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=200
)


@given(TEXTS)
@example("One.\r\n\r\nTwo.")
@example("\ufeffOne.\u200b")
def test_spans_cover_the_text_and_nothing_else(text: str) -> None:
    position = 0
    for start, end in sentences(text):
        assert position <= start < end <= len(text)
        assert not trim(text[position:start])
        sentence = text[start:end]
        # Trimmed as Python and as JavaScript understand it.
        assert sentence == trim(sentence) == sentence.strip() == sentence.strip("\ufeff")
        position = end
    assert not trim(text[position:])


@given(TEXTS)
def test_utf16_spans_cut_the_same_sentences(text: str) -> None:
    spans = list(sentences(text))
    units = text.encode("utf-16-le")
    for span, (start, end) in zip(spans, utf16(text, spans), strict=True):
        assert units[2 * start : 2 * end].decode("utf-16-le") == text[slice(*span)]


@given(TEXTS, TEXTS)
@example("", "\x1cDr. Smith went to the U.S. Senate.")
def test_a_blank_line_separates(one: str, two: str) -> None:
    def found(text: str) -> list[str]:
        return [text[slice(*span)] for span in sentences(text)]

    assert found(f"{one}\n\n{two}") == found(one) + found(two)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\u00a0\u200b\ufeff ", []),
        ("Dr. Smith met the U.S. Senate. He left.", ["Dr. Smith met the U.S. Senate.", "He left."]),
        ("The answer is no. We left.", ["The answer is no.", "We left."]),
        ("The answer is no.", ["The answer is no."]),
        ("A line\nthat goes on. Next.", ["A line\nthat goes on.", "Next."]),
        ("A heading\n\nA sentence.", ["A heading", "A sentence."]),
        ("A heading\r\n\r\nA sentence.\r\n", ["A heading", "A sentence."]),
        ("One\n \t\nTwo\fThree\u2029Four", ["One", "Two", "Three", "Four"]),
        ("One.\u00a0Two.", ["One.", "Two."]),
        ("One. 😀 Two!", ["One.", "😀 Two!"]),
        # These five once came back as one sentence each.
        ("The vote is on 3 May. I expect nothing.", ["The vote is on 3 May.", "I expect nothing."]),
        ("He left at 5 p.m. I stayed.", ["He left at 5 p.m.", "I stayed."]),
        ("It lives in the U.S. A lot eat it.", ["It lives in the U.S.", "A lot eat it."]),
        ("She said “no.” I’d go.", ["She said “no.”", "I’d go."]),
        ("“Yes,” she told me. “Come in.”", ["“Yes,” she told me.", "“Come in.”"]),
        ("See Fig. A for more.", ["See Fig. A for more."]),
        ("He said “No. Never.” Then he left.", ["He said “No. Never.”", "Then he left."]),
    ],
)
def test_examples(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


@pytest.mark.parametrize(
    "piece",
    ["a", " ", "\n", "\n ", ".", "a. ", "The cat sat. ", '"A. b. ', "(A. ", "Dr. ", "😀. ", "1. ", "\nA."],
)
def test_long_texts_keep_the_properties(piece: str) -> None:
    """Longer than what sentencex is given at a time, and of the kinds that it is slow at."""
    text = (piece * (200_000 // len(piece) + 1))[:200_000]
    test_spans_cover_the_text_and_nothing_else.hypothesis.inner_test(text)


@settings(max_examples=20)
@given(st.lists(st.sampled_from([p for p in PIECES if trim(p)]), min_size=5, max_size=20))
def test_where_the_text_is_cut_for_sentencex_does_not_show(pieces: list[str]) -> None:
    paragraph = " ".join(pieces)
    spans = [text_of(paragraph, span) for span in sentences(paragraph)]
    repeated = "\n\n".join([paragraph] * (70_000 // (len(paragraph) + 2)))
    assert [text_of(repeated, span) for span in sentences(repeated)][: len(spans)] == spans


def text_of(text: str, span: Span) -> str:
    return text[span.start : span.end]
