"""From sentences to what a client sees of them: RESULTs and BLOCKs, as JSON.

JSON is written a sentence at a time, so that a long reply neither holds the interpreter's lock for
long nor has to be kept twice, and in ASCII, because clients that read lines may also split at the
other line breaks that Unicode has.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from anyio import to_thread

from models.labels import CLASSES, Judgement, judge
from server import errors
from server.cache import Answer
from server.errors import ApiError
from server.scheduler import Job, Outcome, Scheduler
from server.schemas import Block, OffsetUnit
from server.segmentation import Span, sentences, trim, utf16

#: Below this many characters a thread costs more than what it would take off the event loop.
_INLINE_CHARS = 5_000
#: Sentences in a block beyond which writing its JSON is left to a thread.
_INLINE_SENTENCES = 200


def result(judgement: Judgement, truncated: bool) -> dict[str, Any]:
    """RESULT. Seven decimals are what a 32-bit probability holds."""
    shown: dict[str, Any] = {
        "label": judgement.label,
        "confidence": round(judgement.confidence, 7),
        "mixed": judgement.mixed,
        "probabilities": {c: round(p, 7) for c, p in zip(CLASSES, judgement.probabilities, strict=True)},
    }
    if truncated:
        shown["truncated"] = True
    return shown


#: What is said of an empty sentence, which needs no model: there is neither opinion nor claim in it.
BLANK = Answer(np.array([0, 0, 0, 0, 1], dtype=np.float32), truncated=False)


def judged(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """The RESULT of each answer."""
    if not answers:
        return []
    judgements = judge(np.stack([answer.probabilities for answer in answers]))
    return [result(j, answer.truncated) for j, answer in zip(judgements, answers, strict=True)]


async def classify(texts: Sequence[str], scheduler: Scheduler) -> list[Answer]:
    """The answer for each of `texts`, in order; white space around a text is ignored.

    Raises `ApiError`: 429 too busy, 500 when the model fails at any of them.
    """
    stripped = [trim(text) for text in texts]
    indices = [index for index, text in enumerate(stripped) if text]
    answers: list[Answer] = [BLANK] * len(texts)
    async with await scheduler.submit([stripped[i] for i in indices]) as job:
        async for outcomes in job:
            for outcome in outcomes:
                if outcome.in_doubt:
                    continue
                for position in outcome.positions:
                    if outcome.answer is None:
                        raise errors.model_failed(f"sentence {indices[position]}")
                    answers[indices[position]] = outcome.answer
    return answers


@dataclass(slots=True)
class _Pending:
    """A block whose sentences are not all answered yet."""

    index: int
    id: str
    first: int
    """Where its sentences begin among those of the request."""
    spans: list[Span]
    """In the client's unit."""
    unread: int
    """How many of them no model has read yet."""
    missing: int
    """How many have no answer yet."""
    answers: list[Answer | None]
    in_doubt: set[int] = field(default_factory=set)
    """Which of them the second model is yet to answer."""

    def take(self, place: int, outcome: Outcome) -> None:
        if place in self.in_doubt:
            self.in_doubt.remove(place)
        else:
            self.unread -= 1
        if outcome.in_doubt:
            self.in_doubt.add(place)
        else:
            self.answers[place] = outcome.answer
            self.missing -= 1


@dataclass(slots=True)
class Analysis:
    """One request's blocks, on their way to being BLOCKs."""

    blocks: Sequence[Block]
    offset_unit: OffsetUnit
    max_sentences: int
    partial: bool = False
    """Whether a block also goes out before all of it is answered."""
    sentence_count: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    """Time taken by each stage so far."""
    _pending: list[_Pending] = field(default_factory=list)
    _texts: list[str] = field(default_factory=list)
    _owners: list[_Pending] = field(default_factory=list)
    """The block of each of `_texts`."""
    _broken: list[int] = field(default_factory=list)
    """Indices of blocks that could not be split."""

    async def segment(self) -> None:
        """Split the blocks. Raises `ApiError` 413 when there are more sentences than the limit."""
        begun = time.perf_counter()
        if sum(len(block.text) for block in self.blocks) < _INLINE_CHARS:
            self._segment()
        else:
            await to_thread.run_sync(self._segment)
        self.seconds["segment"] = time.perf_counter() - begun

    def _segment(self) -> None:
        for index, block in enumerate(self.blocks):
            spans: list[Span] = []
            try:
                for span in sentences(block.text):
                    spans.append(span)
                    if len(self._texts) + len(spans) > self.max_sentences:
                        raise errors.too_large(
                            f"There are more than {self.max_sentences:,} sentences in the request.",
                            "SAYSO_MAX_SENTENCES",
                        )
            except ApiError:
                raise
            except Exception:
                self._broken.append(index)
                continue
            shown = utf16(block.text, spans) if self.offset_unit == "utf16" else spans
            count = len(spans)
            pending = _Pending(index, block.id, len(self._texts), shown, count, count, [None] * count)
            self._pending.append(pending)
            self._texts += [block.text[start:end] for start, end in spans]
            self._owners += [pending] * len(spans)
        self.sentence_count = len(self._texts)

    async def submit(self, scheduler: Scheduler) -> Job:
        return await scheduler.submit(self._texts)

    async def run(self, job: Job) -> AsyncIterator[list[tuple[int, bytes]]]:
        """Blocks as soon as they are done, in groups: the index in the request, and BLOCK.

        Where `partial` is set a block also comes when all of it has been read once, with what the first
        model was sure of, and when more of it is known.
        """
        if self._broken:
            yield [(index, _broken_block(self.blocks[index].id)) for index in self._broken]
        blank = [pending for pending in self._pending if not pending.missing]
        async for group in _render(blank):
            yield group
        async for outcomes in job:
            async for group in _render(self._accept(outcomes)):
                yield group
        for stage in ("tokenize", "queue", "model"):
            self.seconds[stage] = getattr(job.timings, stage)

    def _accept(self, outcomes: Iterable[Outcome]) -> list[_Pending]:
        """Note the outcomes; the blocks that are to go out with them."""
        touched: dict[int, _Pending] = {}
        for outcome in outcomes:
            for position in outcome.positions:
                pending = self._owners[position]
                pending.take(position - pending.first, outcome)
                touched[pending.index] = pending
        return [
            pending
            for _, pending in sorted(touched.items())
            if not pending.missing or (self.partial and not pending.unread)
        ]


async def _render(blocks: Iterable[_Pending]) -> AsyncIterator[list[tuple[int, bytes]]]:
    """Write BLOCKs a few milliseconds' worth at a time, letting other requests in between."""
    group: list[tuple[int, bytes]] = []
    written = 0
    for pending in blocks:
        if len(pending.spans) < _INLINE_SENTENCES:
            group.append((pending.index, _block(pending)))
        else:
            group.append((pending.index, await to_thread.run_sync(_block, pending)))
        written += 1 + len(pending.spans)
        if written >= _INLINE_SENTENCES:
            yield group
            await asyncio.sleep(0)
            group, written = [], 0
    if group:
        yield group


def _broken_block(block_id: str) -> bytes:
    error = ApiError(
        500,
        "segmentation_failed",
        "This block could not be split into sentences.",
        "The others are not affected.",
    )
    return _dump({"id": block_id, "error": error.as_dict()})


def _block(pending: _Pending) -> bytes:
    """BLOCK, with what is known of it."""
    known = [
        (span, answer)
        for span, answer in zip(pending.spans, pending.answers, strict=True)
        if answer is not None
    ]
    if not pending.missing and len(known) < len(pending.spans):
        error = errors.model_failed("a sentence of this block")
        return _dump({"id": pending.id, "error": error.as_dict()})
    shown = [
        _dump({"start": start, "end": end, **each})
        for ((start, end), _), each in zip(known, judged([answer for _, answer in known]), strict=True)
    ]
    partial = b',"partial":true' if pending.missing else b""
    return b'{"id":%b,"sentences":[%b]%b}' % (_dump(pending.id), b",".join(shown), partial)


def _dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
