"""What an exception leaves in the log: its kind and where it came from, never what it quotes."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from server import logs


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logs.configure("info")
    yield stream
    monkeypatch.undo()
    logs.configure("error")


def test_an_exception_is_told_without_its_message(written: io.StringIO) -> None:
    for log in (structlog.get_logger(), logging.getLogger("uvicorn.error")):
        try:
            raise ValueError("cannot read the xylophone")
        except ValueError as error:
            log.error("failed", exc_info=error)
            log.exception("failed again")
    lines = written.getvalue().splitlines()
    assert len(lines) == 4
    for line in lines:
        assert "error=ValueError" in line
        assert "test_logs.py:" in line
        assert "xylophone" not in line


def test_a_line_is_pairs_of_keys_and_values(written: io.StringIO) -> None:
    structlog.get_logger().info("two words", answer=42)
    logging.getLogger("uvicorn.error").warning("%d things", 3)
    logging.getLogger("uvicorn.error").debug("not at this level")
    first, second = written.getvalue().splitlines()
    assert 'level=info event="two words" answer=42' in first
    assert 'level=warning event="3 things"' in second
