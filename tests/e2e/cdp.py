"""The Chrome DevTools Protocol over a pipe, synchronously.

A pipe and not a port, because Chromium allows the `Extensions` domain (loading an extension,
clicking its toolbar button) only to whoever holds its pipe.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

Params = dict[str, Any]
Listener = Callable[[str, Params], None]


class CDPError(Exception):
    """Chromium answered a command with an error, or is gone."""


def _pipe_above(lowest: int) -> tuple[int, int]:
    """A pipe whose ends cannot be the descriptors 3 and 4 that the child will be given."""
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, lowest) for end in ends)
    for end in ends:
        os.close(end)
    return high[0], high[1]


class Connection:
    """A running browser process and the pipe to it. Commands block; events go to listeners."""

    def __init__(self, argv: Sequence[str], log_path: str) -> None:
        child_reads, we_write = _pipe_above(10)
        we_read, child_writes = _pipe_above(10)
        log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        self.pid = os.posix_spawn(
            argv[0],
            list(argv),
            os.environ,
            file_actions=[
                # The log first: its descriptor may itself be 3 or 4.
                (os.POSIX_SPAWN_DUP2, log, 1),
                (os.POSIX_SPAWN_DUP2, log, 2),
                (os.POSIX_SPAWN_DUP2, child_reads, 3),
                (os.POSIX_SPAWN_DUP2, child_writes, 4),
            ],
            setpgroup=0,
        )
        for fd in (child_reads, child_writes, log):
            os.close(fd)
        self._write_fd = we_write
        self._reader = os.fdopen(we_read, "rb", buffering=0)
        self._ids = itertools.count(1)
        self._answers: dict[int, queue.SimpleQueue[Params]] = {}
        self._listeners: dict[str | None, list[Listener]] = {}
        self._lock = threading.Lock()
        self.closed = False
        threading.Thread(target=self._read_loop, daemon=True, name="cdp").start()

    def send(self, method: str, session: str | None = None, timeout: float = 60.0, **params: Any) -> Params:
        """Run one command, on the browser or on a session, and return its result."""
        if self.closed:
            raise CDPError(f"{method}: the browser is gone")
        number = next(self._ids)
        message: Params = {"id": number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        answer: queue.SimpleQueue[Params] = queue.SimpleQueue()
        self._answers[number] = answer
        try:
            data = json.dumps(message).encode() + b"\0"
            with self._lock:
                while data:
                    data = data[os.write(self._write_fd, data) :]
            reply = answer.get(timeout=timeout)
        except queue.Empty:
            raise CDPError(f"{method}: no answer within {timeout:.0f} s") from None
        except OSError as error:
            raise CDPError(f"{method}: {error}") from None
        finally:
            del self._answers[number]
        if "error" in reply:
            raise CDPError(f"{method}: {reply['error'].get('message')}")
        return reply["result"]

    def listen(self, listener: Listener, session: str | None = None) -> None:
        """Call `listener(method, params)` for each event of a session (on the reader's thread)."""
        self._listeners.setdefault(session, []).append(listener)

    def close(self) -> None:
        """Close the pipe; Chromium quits when it is closed."""
        with contextlib.suppress(OSError):
            os.close(self._write_fd)

    def _read_loop(self) -> None:
        rest = b""
        while chunk := self._read_chunk():
            *messages, rest = (rest + chunk).split(b"\0")
            for message in messages:
                self._receive(json.loads(message))
        self.closed = True
        for waiting in list(self._answers.values()):
            waiting.put({"error": {"message": "the browser is gone"}})

    def _read_chunk(self) -> bytes:
        try:
            return self._reader.read(1 << 20) or b""
        except (OSError, ValueError):
            return b""

    def _receive(self, message: Params) -> None:
        if "id" in message:
            if waiting := self._answers.get(message["id"]):
                waiting.put(message)
            return
        for listener in list(self._listeners.get(message.get("sessionId"), ())):
            listener(message["method"], message.get("params", {}))
