"""Who gets the model next.

One thread runs the engine, one batch at a time. Requests share it:

- **within a request** sentences are put together so that the engine has little padding to work through
  (`models.batching`). But only within a *band* of consecutive sentences: the first band is one small
  batch, and each next one is twice as large up to a bound. So the first blocks of a page are answered
  at once, and the later ones in about the order in which they were sent;
- **between requests** the next batch goes to the one that has had the least of the model since it
  came (start-time fair queueing), the shorter one first among equals. A request of 10 sentences waits
  for at most the batch that is running, however long the others are;
- small batches of several requests are joined where that costs no more than `batch_tokens`;
- where a second, slower model is asked in doubt (`models.engine.Staged`), what the first one is sure of is
  answered at once. The rest of a request waits until the first model has read all of it, or for as much
  as `_MOST_DOUBTFUL`; then it goes on in small batches, in its order. The second model is loaded when it
  is first needed, on a thread of its own, while the first one goes on reading.

A sentence that occurs twice in a request is computed once, one in the cache not at all. A cancelled
request is forgotten at the next batch. When a batch fails its sentences are tried one at a time, so
that only what really fails is lost.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

import anyio
import numpy as np
import structlog
from anyio import to_thread
from numpy.typing import NDArray

from models.batching import Batching
from models.engine import Encoded, Engine, ModelError, Staged
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
#: A batch for the second model: about one run of its network, a third of a second on an old laptop.
_SECOND_BATCH_TOKENS = 256
#: How many tokens of a request may wait for the second model while the first has more of it to read: a page
#: of some two hundred sentences has no more, and an archive's blocks are not held up for long.
_MOST_DOUBTFUL = 1024
#: How much more of a request's turn a token for the second model is (docs/models.md: 182 sentences/s and 24).
_SECOND_COST = 7
#: For so many seconds after the second model could not be loaded nobody tries again.
_NO_SECOND_SECONDS = 10.0
#: Of the queue, for requests that are no larger than this: a reader is not turned away for an archive.
_RESERVED_SHARE = 0.1
#: Below this many characters a thread costs more than what it would take off the event loop.
_INLINE_CHARS = 2_000


class Outcome(NamedTuple):
    """What came of one distinct sentence of a job."""

    positions: Sequence[int]
    """Where it stands in the sentences that were submitted."""
    answer: Answer | None
    """None when the model failed at it, and while it is `in_doubt`."""
    in_doubt: bool = False
    """Whether the first model was unsure of it, and the second is yet to answer."""


@dataclass(slots=True)
class Timings:
    """Seconds that a job spent in each stage.

    `model` counts the batches that it had a part in, whole; `queue` all other time until the last of these,
    that in which a model was loaded too.
    """

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

    Iterate over it for the outcomes, in groups as they come. Each distinct sentence comes once; before that
    it may come in doubt. Leave its context to drop what has not been computed.
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
    _doubtful: deque[_Item] = field(default_factory=deque)
    """What the first model is unsure of; guarded by the scheduler's condition, as `_plan.batches` is."""
    _submitted: float = field(default_factory=time.perf_counter)
    _outcomes: deque[list[Outcome]] = field(default_factory=deque)
    _undelivered: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _cancelled: bool = False
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
        self._undelivered -= sum(not outcome.in_doubt for outcome in outcomes)
        self._outcomes.append(outcomes)
        self._changed.set()


class _Item(NamedTuple):
    """One sentence of a batch."""

    job: Job
    positions: Sequence[int]
    key: bytes
    encoded: Encoded
    draft: NDArray[np.float32] | None = None
    """What the first model answered, when it was unsure and the second is asked."""


class _Done(NamedTuple):
    """What came of it: None when the model failed at it."""

    item: _Item
    answer: Answer | None


class _Pace:
    """How many tokens a second were answered of late."""

    def __init__(self) -> None:
        self._tokens, self._seconds = 2_000.0, 1.0

    def saw(self, tokens: int, seconds: float) -> None:
        self._tokens = 0.9 * self._tokens + tokens
        self._seconds = 0.9 * self._seconds + seconds

    @property
    def tokens_per_second(self) -> float:
        return self._tokens / self._seconds


class Scheduler:
    """Owns the engine and the thread that runs it. Create it on the event loop that uses it.

    `batch_tokens` bounds a batch, padding included; `max_tokens_in_flight` bounds what waits. After
    `rest_seconds` without a request the engine's second model is unloaded, if it has one.
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
        """Jobs of which something waits for either model; guarded by the condition."""
        self._condition = threading.Condition()
        self._virtual_time = 0.0
        self._rest_seconds = rest_seconds
        self._resting = False
        self._loading = False
        """Whether a thread is loading the second model; guarded by the condition."""
        self._second_missed = -math.inf
        """When the second model could not be loaded."""
        self._pace = _Pace()
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
        """Whether a thread that runs or loads a model has not ended."""
        return self._thread.is_alive() or self._loading

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
        return int(min(max(excess / self._pace.tokens_per_second, 1), 60))

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
            job._doubtful.clear()
            if job in self._ready:
                self._ready.remove(job)

    # What follows runs on the model's thread.

    def _work(self) -> None:
        while (batch := self._next_batch()) is not None:
            if not batch:
                if isinstance(self.engine, Staged):
                    self.engine.second_model.unload()
                    give_back()
                continue
            begun = time.perf_counter()
            done, doubtful = self._run(batch)
            seconds = time.perf_counter() - begun
            self._pace.saw(sum(len(item.encoded) for item, _ in done), seconds)
            with self._condition:  # so that nothing comes of the doubtful ones before they are told of
                doubtful, lost = self._put_back(doubtful)
                jobs = {item.job for item in batch}
                is_open = self._tell(self._finish, jobs, done + lost, doubtful, begun, seconds)
            if not is_open:
                return

    def _tell(self, what: Callable[..., None], *args: object) -> bool:
        """Have the event loop do something; False when it is closed, and nobody waits any more."""
        try:
            self._loop.call_soon_threadsafe(what, *args)
        except RuntimeError:
            return False
        return True

    def _next_batch(self) -> list[_Item] | None:
        """Waits for one; empty, once, when there was none for a while; None when the scheduler is closed."""
        with self._condition:
            while not self.closed:
                if batch := self._pick():
                    self._resting = False
                    return batch
                busy = self._resting or self._loading or self._ready
                patience = None if busy else min(self._rest_seconds, threading.TIMEOUT_MAX)
                if not self._condition.wait(patience) and patience is not None:
                    self._resting = True
                    return []
            return None

    def _pick(self) -> list[_Item]:
        """The batch whose turn it is, for one model or the other; empty when there is none yet."""
        turns = []
        for job in self._ready:
            if (second := self._second_is_next(job)) is not None:
                turns.append((job._start, second, job._waiting, job))
        # Among equals nobody's doubts hold up another's first answers.
        turns.sort(key=lambda turn: turn[:3])
        cost_of = self.engine.batching.cost
        batch: list[_Item] = []
        lengths: list[int] = []
        for start, second, _, job in turns:
            if not batch:
                self._virtual_time, for_second = start, second
                most = min(self._batch_tokens, _SECOND_BATCH_TOKENS if second else math.inf)
            if second is not for_second:
                continue
            while items := self._next_items(job, second):
                together = lengths + [len(item.encoded) for item in items]
                if batch and cost_of(together) > most:
                    break
                tokens = sum(together) - sum(lengths)
                batch += items
                lengths = together
                self._take(job, items, second)
                job._start += tokens * (_SECOND_COST if second else 1)
                if not second:
                    break
            if cost_of(lengths) >= most:
                break
        return batch

    def _second_is_next(self, job: Job) -> bool | None:
        """Which model a job waits for; None when that one is being loaded."""
        plan = job._plan
        assert plan is not None
        if not job._doubtful:
            return False
        if self._loading:
            return False if plan.batches else None
        return not plan.batches or sum(len(item.encoded) for item in job._doubtful) >= _MOST_DOUBTFUL

    def _next_items(self, job: Job, second: bool) -> list[_Item]:
        plan = job._plan
        assert plan is not None
        if second:
            return [job._doubtful[0]] if job._doubtful else []
        items = []
        for index in plan.batches[0] if plan.batches else ():
            tokens = plan.encoded[index]
            assert tokens is not None
            items.append(_Item(job, plan.positions[index], plan.keys[index], tokens))
        return items

    def _take(self, job: Job, items: Sequence[_Item], second: bool) -> None:
        plan = job._plan
        assert plan is not None
        if second:
            job._doubtful.popleft()
        else:
            plan.batches.popleft()
            job._waiting -= sum(len(item.encoded) for item in items)
        if not plan.batches and not job._doubtful:
            self._ready.remove(job)

    def _run(self, batch: list[_Item]) -> tuple[list[_Done], list[_Item]]:
        """What came of each item; and those that the second model is to be asked about."""
        # Another request may have had the same sentence in the meantime.
        found = self.cache.get([item.key for item in batch])
        done = [_Done(item, answer) for item, answer in zip(batch, found, strict=True) if answer is not None]
        missing = [item for item, answer in zip(batch, found, strict=True) if answer is None]
        if not missing:
            return done, []
        self._metrics.batch_sentences.observe(len(missing))
        self._metrics.batch_tokens.observe(self.engine.batching.cost([len(item.encoded) for item in missing]))
        begun = time.perf_counter()
        ask = self._ask_first if missing[0].draft is None else self._ask_second
        answers = _each_or_none(ask, missing, "running the model")
        self._metrics.batch_seconds.observe(time.perf_counter() - begun)
        doubtful = []
        for item, answer in zip(missing, answers, strict=True):
            if isinstance(answer, _Item):
                doubtful.append(answer)
            else:
                done.append(_Done(item, answer))
        self.cache.put((item.key, answer) for item, answer in done if answer is not None)
        return done, doubtful

    def _ask_first(self, items: Sequence[_Item]) -> list[Answer | _Item]:
        """Of each item its answer, or the item again with what the first model makes of it, unsure.

        Raises what the engine does, and for answers that are none.
        """
        encoded = [item.encoded for item in items]
        if isinstance(self.engine, Staged):
            answers, unsure = self.engine.first(encoded)
        else:
            answers, unsure = self.engine.probabilities(encoded), np.zeros(len(items), np.bool_)
        _check(answers, len(items))
        return [
            item._replace(draft=answer) if doubt else Answer(answer, item.encoded.truncated)
            for item, answer, doubt in zip(items, answers, unsure, strict=True)
        ]

    def _ask_second(self, items: Sequence[_Item]) -> list[Answer | _Item]:
        """The same from the second model, which has an answer to each."""
        assert isinstance(self.engine, Staged)
        drafts = np.stack([item.draft for item in items if item.draft is not None])
        answers = self.engine.second([item.encoded for item in items], drafts)
        _check(answers, len(items))
        return [Answer(answer, item.encoded.truncated) for item, answer in zip(items, answers, strict=True)]

    def _put_back(self, doubtful: Sequence[_Item]) -> tuple[list[_Item], list[_Done]]:
        """Have items wait for the second model: those that do, and those lost as it could not be loaded.

        Call it holding the condition.
        """
        wanted = [item for item in doubtful if not item.job._cancelled]
        if self.closed or not wanted:
            return [], []
        assert isinstance(self.engine, Staged)
        if not self._loading and not self.engine.second_model.loaded:
            if time.monotonic() - self._second_missed < _NO_SECOND_SECONDS:
                return [], [_Done(item, None) for item in wanted]
            self._loading = True
            load = threading.Thread(
                target=self._load_second, args=(self.engine.second_model,), name="load", daemon=True
            )
            try:
                load.start()
            except RuntimeError:  # the system gives no more threads
                self._loading, self._second_missed = False, time.monotonic()
                return [], [_Done(item, None) for item in wanted]
        for item in wanted:
            item.job._doubtful.append(item)
            if item.job not in self._ready:
                self._ready.append(item.job)
        return wanted, []

    # What follows runs on a thread that loads the second model.

    def _load_second(self, model: Engine) -> None:
        lost: list[_Item] = []
        error: Exception | None = None
        try:
            model.load()
        except Exception as raised:
            error = raised
        with self._condition:
            if error:
                # One by one would be no better.
                self._second_missed = time.monotonic()
                for job in list(self._ready):
                    lost += job._doubtful
                    job._doubtful.clear()
                    if job._plan is None or not job._plan.batches:
                        self._ready.remove(job)
            # Who has waited for this owes nothing for it, and may not claim the past: see `_admit`.
            for job in self._ready:
                job._start = max(job._start, self._virtual_time)
            self._loading = False
            self._condition.notify()
        if error:
            done = [_Done(item, None) for item in lost]
            self._tell(self._finish, {item.job for item in lost}, done, [], time.perf_counter(), 0.0)
            reason = str(error) if isinstance(error, ModelError) else type(error).__name__
            log.error("failed", what="loading a model", items=len(lost), reason=reason)

    # What follows runs on the event loop again.

    def _finish(
        self, jobs: set[Job], done: list[_Done], doubtful: list[_Item], begun: float, seconds: float
    ) -> None:
        """Deliver what came of a batch of `jobs` that was `begun` and took `seconds`."""
        outcomes: dict[Job, list[Outcome]] = {}
        for item in doubtful:
            outcomes.setdefault(item.job, []).append(Outcome(item.positions, None, in_doubt=True))
        for item, answer in done:
            outcomes.setdefault(item.job, []).append(Outcome(item.positions, answer))
            item.job._reserved -= len(item.encoded)
            if answer is None:
                self._metrics.failed_sentences.inc()
            else:
                self._metrics.sentences.labels("model").inc()
        for job in jobs:
            job.timings.model += seconds
            waited = begun + seconds - job._submitted - job.timings.tokenize - job.timings.model
            job.timings.queue = max(0.0, waited)
        for job, delivered in outcomes.items():
            if not job._cancelled:
                job._deliver(delivered)
                if not job._undelivered:
                    self._jobs.discard(job)


def _check(answers: NDArray[np.float32], count: int) -> None:
    """Raises `ValueError` for what are no `count` answers."""
    if answers.shape != (count, len(CLASSES)) or not np.isfinite(answers).all():
        raise ValueError("the engine's answer is not a finite number for each class")


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
