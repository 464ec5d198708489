"""Which words an answer hangs on: each word is left out once, and what that takes from the confidence.

This is occlusion (Zeiler and Fergus, 2014) by words: it says what the model does, with no approximation of
its inside, at the price of one more sentence for each word.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np

from models.labels import LABELS, judge, label_probabilities
from server.analysis import classify, result
from server.scheduler import CHARS_PER_TOKEN, Scheduler
from server.segmentation import Span, utf16

#: Letters and digits with what joins them: "don't", "U.S", "3.5", "well-known".
_WORD = re.compile(r"\w+(?:[’'.,\-]\w+)*")


def words(sentence: str, most: int) -> list[Span]:
    """Where the first `most` words of `sentence` stand, in code points."""
    return [Span(*match.span()) for match in itertools.islice(_WORD.finditer(sentence), most)]


def without(sentence: str, word: Span) -> str:
    """`sentence` less a word and the space before it."""
    return sentence[: word[0]].rstrip() + sentence[word[1] :]


async def explain(sentence: str, scheduler: Scheduler) -> dict[str, Any]:
    """RESULT of `sentence` and its words, with offsets in UTF-16 units and a weight from -1 to 1.

    A word's weight is the confidence less what the same label has without that word. Words beyond those
    that the model can have read are left out. Raises `ApiError` as `analysis.classify` does.
    """
    limit = scheduler.engine.max_tokens
    # A word is a token at least. And each is a copy of the sentence: one of megabytes has to be cut.
    read = sentence[: limit * CHARS_PER_TOKEN]
    spans = words(read, limit)
    answers = await classify([sentence, *(without(read, span) for span in spans)], scheduler)
    probabilities = np.stack([answer.probabilities for answer in answers])
    (judgement,) = judge(probabilities[:1])
    of_label = label_probabilities(probabilities)[:, LABELS.index(judgement.label)]
    weights = (of_label[0] - of_label[1:]).tolist()
    return {
        **result(judgement, answers[0].truncated),
        "words": [
            {"start": start, "end": end, "weight": round(weight, 7)}
            for (start, end), weight in zip(utf16(read, spans), weights, strict=True)
        ],
    }
