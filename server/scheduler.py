"""Who gets the model next.

One thread runs the model, one batch at a time. Requests share it:

- **within a request** sentences are put together so that the engine has little padding to work through
  (`models.batching`). But only within a *band* of consecutive sentences: the first band is one small
  batch, and each next one is twice as large up to a bound. So the first blocks of a page are answered
  at once, and the later ones in about the order in which they were sent;
- **between requests** the next batch goes to the one that has had the least of the model since it
  came (start-time fair queueing), the shorter one first among equals. A request of 10 sentences waits
  for at most the batch that is running, however long the others are;
- small batches of several requests are joined where that costs no more than `batch_tokens`;
- what the engine knows of a batch before the rest (`models.engine.Staged`) is answered before it.

A sentence that occurs twice in a request is computed once, one in the cache not at all. A cancelled
request is forgotten at the next batch. When a batch fails its sentences are tried one at a time, so
that only what really fails is lost.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

import anyio
import numpy as np
import structlog
from anyio import to_thread

from models.batching import Batching
from models.engine import Encoded, Engine, ModelError, Staged, as_known
from models.labels import CLASSES
from server import errors
from server.cache import Answer, Cache
from server.memory import give_back
from server.metrics import Metrics

log = structlog.get_logger()
T = TypeVar("T")

#: Characters of a sentence that are worth tokenising, per token that the model reads: no real word
#: has this many in a token, and a sentence may be as long as a request.
CHARS_PER_TOKEN = 64
#: What a token is taken to be for admission, before there has been time to count.
_ESTIMATED_CHARS_PER_TOKEN = 4
_FIRST_BAND_TOKENS = 256
_LARGEST_BAND_TOKENS = 8192
#: Of the queue, for requests that are no larger than this: a reader is not turned away for an archive.
_RESERVED_SHARE = 0.1
#: Below this many characters a thread costs more than what it would take off the event loop.
_INLINE_CHARS = 2_000


class Outcome(NamedTuple):
    """What came of one distinct sentence of a job."""

    positions: Sequence[int]
    """Where it stands in the sentences that were submitted."""
    answer: Answer | None
    """None when the model failed at it."""


@dataclass(slots=True)
class Timings:
    """Seconds that a job spent in each stage; `model` counts a shared batch up to the job's last answer."""

    tokenize: float = 0.0
    queue: float = 0.0
    model: float = 0.0


@dataclass(slots=True)
class _Plan:
    """A request made ready for the model. `batches` hold indices into the distinct sentences."""

    positions: list[list[int]]
    keys: list[bytes]
    encoded: list[Encoded | None]
    cached: list[tuple[int, Answer]]
    failed: list[int]
    batches: deque[list[int]]
    tokens: int


@dataclass(slots=True, eq=False)
class Job:
    """The sentences of one request on their way through the model.

    Iterate over it for the outcomes, in groups as they come; each distinct sentence comes once. Leave
    its context to drop what has not been computed.
    """

    total: int
    """How many sentences were submitted."""
    _scheduler: Scheduler
    _reserved: int
    _plan: _Plan | None = None
    _start: float = 0.0
    """Virtual time: tokens of the model's work that this job is taken to have had."""
    _waiting: int = 0
    """Tokens of `_plan.batches`."""
    _submitted: float = field(default_factory=time.perf_counter)
    _outcomes: deque[list[Outcome]] = field(default_factory=deque)
    _undelivered: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _cancelled: bool = False
    _delivered_of: float = 0.0
    """When the batch was begun that the last outcomes are of, and after how many seconds they came."""
    _delivered_after: float = 0.0
    timings: Timings = field(default_factory=Timings)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cancel()

    def cancel(self) -> None:
        """Give up what has not been computed. Does nothing to a job that is done."""
        self._cancelled = True
        self._scheduler._drop(self)
        self._changed.set()

    async def __aiter__(self) -> AsyncIterator[list[Outcome]]:
        """Raises `ApiError` 503 when the server stops before the job is done."""
        while self._undelivered or self._outcomes:
            while self._outcomes:
                yield self._outcomes.popleft()
            if self._undelivered:
                if self._scheduler.closed:
                    raise errors.stopping()
                self._changed.clear()
                await self._changed.wait()

    def _deliver(self, outcomes: list[Outcome]) -> None:
        """On the event loop."""
        self._undelivered -= len(outcomes)
        self._outcomes.append(outcomes)
        self._changed.set()


class _Item(NamedTuple):
    """One sentence of a batch."""

    job: Job
    positions: Sequence[int]
    key: bytes
    encoded: Encoded


class _Done(NamedTuple):
    """What came of it: None when the model failed at it."""

    item: _Item
    answer: Answer | None


class Scheduler:
    """Owns the engine and the thread that runs it. Create it on the event loop that uses it.

    `batch_tokens` bounds a batch, padding included; `max_tokens_in_flight` bounds what waits. After
    `rest_seconds` without a request the engine may give memory back.
    """

    def __init__(
        self,
        engine: Engine,
        cache: Cache,
        metrics: Metrics,
        *,
        batch_tokens: int,
        max_tokens_in_flight: int,
        rest_seconds: float,
    ) -> None:
        self.engine = engine
        self.cache = cache
        self.closed = False
        self._metrics = metrics
        self._batch_tokens = batch_tokens
        self._max_tokens = max_tokens_in_flight
        self._loop = asyncio.get_running_loop()
        self._jobs: set[Job] = set()
        """Admitted and not done; only the event loop touches it."""
        self._ready: list[Job] = []
        """Jobs that have batches waiting; guarded by the condition."""
        self._condition = threading.Condition()
        self._virtual_time = 0.0
        self._rest_seconds = rest_seconds
        self._resting = False
        self._tokens_per_second = 2_000.0
        # Preparing takes the interpreter's lock for much of its time: more threads would not help.
        self._preparing = anyio.CapacityLimiter(2)
        metrics.queue_requests.set_function(lambda: len(self._jobs))
        metrics.queue_tokens.set_function(lambda: self.tokens_in_flight)
        metrics.cache_sentences.set_function(lambda: len(cache))
        self._thread = threading.Thread(target=self._work, name="model", daemon=True)
        self._thread.start()

    @property
    def tokens_in_flight(self) -> int:
        """Tokens reserved by the requests that wait for the model."""
        return sum(job._reserved for job in list(self._jobs))

    def close(self) -> None:
        """Stop taking batches and wake every waiting job, which then raises. Safe to call twice."""
        with self._condition:
            self.closed = True
            self._ready.clear()
            self._condition.notify_all()
        for job in self._jobs:
            job._changed.set()

    def join(self, timeout: float) -> None:
        """Wait for the batch that is running, at most `timeout` seconds. Blocks."""
        self._thread.join(timeout)

    @property
    def working(self) -> bool:
        """Whether the model's thread has not ended."""
        return self._thread.is_alive()

    async def submit(self, sentences: Sequence[str]) -> Job:
        """Take on `sentences`: trimmed, not blank, without lone surrogates.

        Raises `ApiError` 429 when too much is waiting already; never when nothing is.
        """
        if self.closed:
            raise errors.stopping()
        limit = self.engine.max_tokens
        characters = sum(map(len, sentences))
        estimate = sum(min(len(s) // _ESTIMATED_CHARS_PER_TOKEN + 2, limit) for s in sentences)
        counted = self._counted(estimate)
        room = self._max_tokens
        if counted > room * _RESERVED_SHARE:
            room -= int(room * _RESERVED_SHARE)
        if self._jobs and sum(self._counted(job._reserved) for job in self._jobs) + counted > room:
            raise errors.too_busy(self._seconds_until(room - counted))
        job = Job(len(sentences), self, estimate)
        self._jobs.add(job)
        try:
            if characters < _INLINE_CHARS:
                plan = self._prepare(sentences)
            else:
                plan = await to_thread.run_sync(self._prepare, sentences, limiter=self._preparing)
        except BaseException:  # also when the request is cancelled here
            self._jobs.discard(job)
            raise
        self._admit(job, plan)
        return job

    def _counted(self, tokens: int) -> int:
        """What a request of `tokens` takes of the queue: however long it is, others find room beside it."""
        return min(tokens, self._max_tokens // 2)

    def _seconds_until(self, tokens: int) -> int:
        """How long until no more than `tokens` wait, in whole seconds, 1 to 60."""
        excess = self.tokens_in_flight - max(tokens, 0)
        return int(min(max(excess / self._tokens_per_second, 1), 60))

    def _prepare(self, sentences: Sequence[str]) -> _Plan:
        """Everything that needs no model: repeats, the cache, tokens, batches. On any thread."""
        positions: dict[str, list[int]] = {}
        for position, sentence in enumerate(sentences):
            positions.setdefault(sentence, []).append(position)
        distinct = list(positions)
        keys = [self.cache.key(sentence) for sentence in distinct]
        found = self.cache.get(keys)
        cached = [(index, answer) for index, answer in enumerate(found) if answer is not None]
        missing = [index for index, answer in enumerate(found) if answer is None]

        encoded: list[Encoded | None] = [None] * len(distinct)
        for index, tokens in zip(missing, self._encode([distinct[i] for i in missing]), strict=True):
            encoded[index] = tokens
        lengths = {i: len(tokens) for i in missing if (tokens := encoded[i]) is not None}
        return _Plan(
            positions=list(positions.values()),
            keys=keys,
            encoded=encoded,
            cached=cached,
            failed=[i for i in missing if i not in lengths],
            batches=deque(plan_batches(lengths, self._batch_tokens, self.engine.batching)),
            tokens=sum(lengths.values()),
        )

    def _encode(self, sentences: list[str]) -> list[Encoded | None]:
        """Tokens of each sentence, or None where the tokeniser fails at it."""
        limit = self.engine.max_tokens * CHARS_PER_TOKEN
        cut = [sentence[:limit] for sentence in sentences]
        encoded = _each_or_none(self.engine.encode, cut, "tokenising")
        return [
            tokens if tokens is None or len(sentence) <= limit else replace(tokens, truncated=True)
            for tokens, sentence in zip(encoded, sentences, strict=True)
        ]

    def _admit(self, job: Job, plan: _Plan) -> None:
        job._plan = plan
        job._reserved = job._waiting = plan.tokens
        job._undelivered = len(plan.keys)
        job.timings.tokenize = time.perf_counter() - job._submitted
        ready = [Outcome(plan.positions[i], answer) for i, answer in plan.cached]
        ready += [Outcome(plan.positions[i], None) for i in plan.failed]
        if ready:
            job._deliver(ready)
        self._metrics.sentences.labels("cache").inc(len(plan.cached))
        self._metrics.sentences.labels("repeat").inc(job.total - len(plan.keys))
        self._metrics.failed_sentences.inc(len(plan.failed))
        if not plan.batches:
            self._jobs.discard(job)
            return
        with self._condition:
            # A newcomer starts level with those who wait: it owes nothing for the past and may not
            # claim it either.
            job._start = max(self._virtual_time, min((j._start for j in self._ready), default=0.0))
            self._ready.append(job)
            self._condition.notify()

    def _drop(self, job: Job) -> None:
        self._jobs.discard(job)
        with self._condition:
            if job in self._ready:
                self._ready.remove(job)

    # What follows runs on the model's thread.

    def _work(self) -> None:
        while (batch := self._next_batch()) is not None:
            if not batch:
                if isinstance(self.engine, Staged):
                    self.engine.rest()
                    give_back()
                continue
            begun = time.perf_counter()
            for done in self._run(batch):
                try:
                    self._loop.call_soon_threadsafe(self._finish, done, begun, time.perf_counter() - begun)
                except RuntimeError:  # the event loop is closed: nobody waits any more
                    return

    def _next_batch(self) -> list[_Item] | None:
        """Waits for one; empty, once, when there was none for a while; None when the scheduler is closed."""
        with self._condition:
            while not self._ready and not self.closed:
                patience = None if self._resting else min(self._rest_seconds, threading.TIMEOUT_MAX)
                if not self._condition.wait(patience) and patience is not None:
                    self._resting = True
                    return []
            if self.closed:
                return None
            self._resting = False
            cost_of = self.engine.batching.cost
            batch: list[_Item] = []
            lengths: list[int] = []
            for job in sorted(self._ready, key=lambda job: (job._start, job._waiting)):
                plan = job._plan
                assert plan is not None
                items = []
                for index in plan.batches[0]:
                    tokens = plan.encoded[index]
                    assert tokens is not None
                    items.append(_Item(job, plan.positions[index], plan.keys[index], tokens))
                together = lengths + [len(item.encoded) for item in items]
                if batch and cost_of(together) > self._batch_tokens:
                    continue
                if not batch:
                    self._virtual_time = job._start
                cost = sum(together) - sum(lengths)
                batch += items
                lengths = together
                job._start += cost
                job._waiting -= cost
                plan.batches.popleft()
                if not plan.batches:
                    self._ready.remove(job)
                if cost_of(lengths) >= self._batch_tokens:
                    break
            return batch

    def _run(self, batch: list[_Item]) -> Iterator[list[_Done]]:
        """Each item with its answer, in parts as they become known."""
        # Another request may have had the same sentence in the meantime.
        found = self.cache.get([item.key for item in batch])
        known = [_Done(item, answer) for item, answer in zip(batch, found, strict=True) if answer is not None]
        if known:
            yield known
        missing = [item for item, answer in zip(batch, found, strict=True) if answer is None]
        if not missing:
            return
        self._metrics.batch_sentences.observe(len(missing))
        self._metrics.batch_tokens.observe(self.engine.batching.cost([len(item.encoded) for item in missing]))
        begun = time.perf_counter()
        left = dict(enumerate(missing))
        try:
            for answered in self._answers(missing):
                which = {index for index, _ in answered}
                if len(which) < len(answered) or not which <= left.keys():
                    raise ValueError("the engine answered twice for a sentence")
                done = self._keep([_Done(left[index], answer) for index, answer in answered])
                for index in which:
                    del left[index]
                yield done
                if left and (self.closed or all(item.job._cancelled for item in left.values())):
                    return
            if left:
                raise ValueError("the engine left a sentence out")
        except ModelError as error:
            # The second model cannot be loaded: one by one would be no better. This message quotes nobody.
            log.error("failed", what="loading a model", items=len(left), reason=str(error))
            yield [_Done(item, None) for item in left.values()]
        except Exception as error:
            _log_failure(error, "running the model", len(left))
            alone = _one_by_one(self._answer, list(left.values()), "running the model")
            yield self._keep([_Done(item, answer) for item, answer in zip(left.values(), alone, strict=True)])
        seconds = time.perf_counter() - begun
        self._metrics.batch_seconds.observe(seconds)
        tokens = sum(len(item.encoded) for item in missing)
        self._tokens_per_second += 0.1 * (tokens / max(seconds, 1e-6) - self._tokens_per_second)

    def _keep(self, done: list[_Done]) -> list[_Done]:
        """Put what was answered into the cache."""
        self.cache.put((item.key, answer) for item, answer in done if answer is not None)
        return done

    def _answer(self, item: _Item) -> Answer:
        ((_, answer),) = (pair for done in self._answers([item]) for pair in done)
        return answer

    def _answers(self, items: Sequence[_Item]) -> Iterator[list[tuple[int, Answer]]]:
        """Which of `items`, and its answer. Raises what the engine does, and for answers that are none."""
        for which, probabilities in as_known(self.engine, [item.encoded for item in items]):
            if probabilities.shape != (len(which), len(CLASSES)) or not np.isfinite(probabilities).all():
                raise ValueError("the engine's answer is not a finite number for each class")
            yield [
                (index, Answer(row, items[index].encoded.truncated))
                for index, row in zip(which, probabilities, strict=True)
            ]

    # What follows runs on the event loop again.

    def _finish(self, done: list[_Done], begun: float, seconds: float) -> None:
        """Deliver what is known `seconds` after a batch was `begun`: all of it, or a part."""
        outcomes: dict[Job, list[Outcome]] = {}
        for item, answer in done:
            outcomes.setdefault(item.job, []).append(Outcome(item.positions, answer))
            item.job._reserved -= len(item.encoded)
            if answer is None:
                self._metrics.failed_sentences.inc()
            else:
                self._metrics.sentences.labels("model").inc()
        for job, delivered in outcomes.items():
            if not job.timings.model:
                job.timings.queue = begun - job._submitted - job.timings.tokenize
            earlier = job._delivered_after if job._delivered_of == begun else 0.0
            job.timings.model += seconds - earlier
            job._delivered_of, job._delivered_after = begun, seconds
            if not job._cancelled:
                job._deliver(delivered)
                if not job._undelivered:
                    self._jobs.discard(job)


def plan_batches(lengths: dict[int, int], batch_tokens: int, batching: Batching) -> list[list[int]]:
    """Cut sentences, given as index to length in tokens, into batches; see the module's head.

    The order of the keys is that in which answers are wanted.
    """
    batches: list[list[int]] = []
    band: list[int] = []
    band_tokens = 0
    limit = min(_FIRST_BAND_TOKENS, batch_tokens)

    def finish_band() -> None:
        cut = batching.cut([lengths[index] for index in band], batch_tokens)
        batches.extend([band[i] for i in batch] for batch in cut)

    for index, length in lengths.items():
        if band and band_tokens + length > limit:
            finish_band()
            band, band_tokens = [], 0
            limit = min(max(limit * 2, batch_tokens), _LARGEST_BAND_TOKENS)
        band.append(index)
        band_tokens += length
    finish_band()
    return batches


S = TypeVar("S")


def _each_or_none(
    function: Callable[[Sequence[S]], Sequence[T]], items: Sequence[S], what: str
) -> list[T | None]:
    """`function(items)`; when that raises, each item on its own, and None for those that still fail."""
    try:
        return list(function(items))
    except Exception as error:
        _log_failure(error, what, len(items))
    return _one_by_one(lambda item: function([item])[0], items, what)


def _one_by_one(function: Callable[[S], T], items: Sequence[S], what: str) -> list[T | None]:
    """`function` of each of `items`, None where it raises."""
    results: list[T | None] = []
    for item in items:
        try:
            results.append(function(item))
        except Exception:
            results.append(None)
    if failed := results.count(None):
        log.error("failed", what=what, items=failed)
    return results


def _log_failure(error: Exception, what: str, items: int) -> None:
    # Only the kind of error: its message may quote a sentence.
    log.warning("failed together, trying one at a time", what=what, items=items, error=type(error).__name__)
