"""The model's life in the server: loaded in the background, then shared by all requests, then stopped."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable
from typing import Literal

import structlog

from models.engine import Engine, ModelError, ModelInfo
from server import errors
from server.cache import Cache
from server.memory import give_back
from server.metrics import Metrics
from server.scheduler import Scheduler
from server.settings import Settings

log = structlog.get_logger()

Loader = Callable[[], Engine]

_LOAD_DELAY_SECONDS = 0.05


class Service:
    """What routes share. `load` makes the engine; it is called once, on a thread of its own.

    `on_ready(seconds)` and `on_failed(message)` are called on the event loop.
    """

    def __init__(
        self,
        settings: Settings,
        load: Loader,
        on_ready: Callable[[float], None] | None = None,
        on_failed: Callable[[str], None] | None = None,
    ) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self._load = load
        self._on_ready = on_ready
        self._on_failed = on_failed
        self._scheduler: Scheduler | None = None
        self._stopped = False
        self._thread: threading.Thread | None = None

    @property
    def status(self) -> Literal["loading", "ready"]:
        return "ready" if self._scheduler is not None else "loading"

    @property
    def busy(self) -> bool:
        """Whether a thread that loads or runs a model has not ended."""
        loading = self._thread is not None and self._thread.is_alive()
        return loading or (self._scheduler is not None and self._scheduler.working)

    @property
    def model(self) -> ModelInfo | None:
        return self._scheduler.engine.info if self._scheduler else None

    def scheduler(self) -> Scheduler:
        """Raises `ApiError` 503 while the model is loading and when the server is stopping."""
        if self._stopped:
            raise errors.stopping()
        if self._scheduler is None:
            raise errors.loading()
        return self._scheduler

    def start(self) -> None:
        """Begin to load the model. Call it on the event loop."""
        loop = asyncio.get_running_loop()
        # A daemon, because nothing can interrupt it: it must not keep a stopped server alive.
        self._thread = threading.Thread(target=self._run, args=(loop,), name="load", daemon=True)
        # Importing a large library keeps the interpreter's lock for hundreds of milliseconds: those
        # who have been waiting for the socket to open are answered first.
        loop.call_later(_LOAD_DELAY_SECONDS, self._thread.start)

    def stop(self) -> None:
        """Give up all work, at once; what waits for it is answered with 503."""
        self._stopped = True
        if self._scheduler:
            self._scheduler.close()

    def join(self, timeout: float) -> None:
        """Wait, at most `timeout` seconds, for the model to finish the batch it is at. Blocks."""
        if self._scheduler:
            self._scheduler.join(timeout)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        begun = time.perf_counter()
        try:
            engine = self._load()
            engine.warm_up()
            # The libraries' hundreds of thousands of objects stay for good. Left to the collector, it
            # would look through them now and then, and hold every request up while it does.
            gc.collect()
            gc.freeze()
            give_back()
        except ModelError as error:
            self._tell(loop, self._failed, str(error))
        except Exception as error:
            log.error("loading failed", exc_info=error)
            self._tell(loop, self._failed, f"The model could not be loaded: {type(error).__name__}: {error}")
        else:
            self._tell(loop, self._ready, engine, time.perf_counter() - begun)

    def _tell(self, loop: asyncio.AbstractEventLoop, what: Callable[..., None], *args: object) -> None:
        try:
            loop.call_soon_threadsafe(what, *args)
        except RuntimeError:  # the event loop was closed while the model was loading
            return

    def _ready(self, engine: Engine, seconds: float) -> None:
        if self._stopped:
            return
        info = engine.info
        self._scheduler = Scheduler(
            engine,
            Cache(self.settings.cache_sentences, info.revision),
            self.metrics,
            batch_tokens=self.settings.batch_tokens,
            max_tokens_in_flight=self.settings.max_tokens_in_flight,
            rest_seconds=self.settings.rest_seconds,
        )
        self.metrics.model_info.labels(info.id, info.revision).set(1)
        self.metrics.ready.set(1)
        log.info("ready", model=info.id, revision=info.revision, seconds=round(seconds, 3))
        if self._on_ready:
            self._on_ready(seconds)

    def _failed(self, message: str) -> None:
        log.info("no model")
        if self._on_failed:
            self._on_failed(message)
