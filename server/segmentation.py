"""Sentences of a text, as exact spans.

`sentencex` knows where English sentences end. Around it this module adds what a page needs:

- a blank line (also of white space only), a form feed or a paragraph separator ends a sentence; a
  single line break does not, because in HTML it is only white space;
- spans are trimmed of white space and never blank, so that a slice of the text is exactly what is
  classified;
- the time is linear in the length of the text, whatever the text is.

Spans count code points, as Python does; `utf16` converts them to JavaScript's unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import sentencex

#: Beyond what `str.strip` takes: the zero-width spaces, of which JavaScript's `trim` takes the last.
_ZERO_WIDTH = "\u200b\u2060\ufeff"
_WHITE_SPACE = "".join(c for c in map(chr, range(0x10000)) if c.isspace()) + _ZERO_WIDTH

_LINE_BREAK = r"(?:\r\n|[\n\r\x0b\x85\u2028])"
_PARAGRAPH_BREAK = re.compile(rf"{_LINE_BREAK}[^\S\n\r\x0b\x85\u2028]*{_LINE_BREAK}\s*|[\f\u2029]\s*")

#: sentencex takes a single capital after an abbreviation for an initial or a Roman number ("Fig. A"), so
#: that "at 5 p.m. I left" and "on 3 May. I left" stay whole, and it looks no further than a quotation
#: mark ("he told me. “Go!”"). After these words, which often end a sentence, "I" and "A" before a
#: lower-case word begin one, and so does a quotation.
_MISSED_BOUNDARY = re.compile(
    r"(?<![^\W_])(?:May|me|no|art|[ap]\.m|Inc|Ltd|Co|Corp|Jr|Sr|etc|U\.[SK]|D\.C)\.[\"'”’)\]]*"
    r"(?P<gap>\s+)(?=[IA](?:['’]\w|\s+[a-z])|[\"“‘][A-Z])"
)

#: Characters given to sentencex at a time. It holds the interpreter's lock while it works, and some
#: texts take it longer than linear time; at this size a call takes a few milliseconds.
_WINDOW = 1 << 15


class Span(NamedTuple):
    """A half-open range of a text."""

    start: int
    end: int


def trim(text: str) -> str:
    """`text` without the white space around it, zero-width spaces included."""
    return text.strip(_WHITE_SPACE)


def sentences(text: str) -> Iterator[Span]:
    """The sentences of `text` in order, in code points; none for a blank text."""
    for paragraph in _paragraphs(text):
        # Trimmed before as well: an abbreviation behind a control character is none to sentencex.
        for piece in _pieces(text, _trimmed(text, paragraph)):
            start, end = _trimmed(text, piece)
            if start < end:
                yield Span(start, end)


def utf16(text: str, spans: Sequence[Span]) -> list[Span]:
    """The same spans of the same text, in UTF-16 code units."""
    if text.isascii():
        return list(spans)
    converted = []
    position = units = 0
    for start, end in spans:
        units += _utf16_length(text[position:start])
        first = units
        units += _utf16_length(text[start:end])
        position = end
        converted.append(Span(first, units))
    return converted


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _trimmed(text: str, span: Span) -> Span:
    """The span without the white space around it; an empty one where there is nothing else."""
    piece = text[slice(*span)]
    stripped = piece.lstrip(_WHITE_SPACE)
    return Span(
        span.end - len(stripped), max(span.end - len(stripped), span.start + len(piece.rstrip(_WHITE_SPACE)))
    )


def _paragraphs(text: str) -> Iterator[Span]:
    start = 0
    for gap in _PARAGRAPH_BREAK.finditer(text):
        yield Span(start, gap.start())
        start = gap.end()
    yield Span(start, len(text))


def _pieces(text: str, paragraph: Span) -> Iterator[Span]:
    """Sentences with the white space around them; together they cover the paragraph."""
    position, end = paragraph
    window = _WINDOW
    while position < end:
        stop = min(position + window, end)
        lengths = [len(piece) for piece in sentencex.segment("en", text[position:stop])]
        if stop < end:
            # The last piece may go on beyond the window: it opens the next one. With nothing else
            # in it the window doubles, so that a text without any boundary still takes linear time.
            if len(lengths) == 1:
                window *= 2
                continue
            lengths.pop()
        window = _WINDOW
        for length in lengths:
            end_of_piece = position + length
            for boundary in _MISSED_BOUNDARY.finditer(text, position, end_of_piece):
                yield Span(position, boundary.end("gap"))
                position = boundary.end("gap")
            yield Span(position, end_of_piece)
            position = end_of_piece
