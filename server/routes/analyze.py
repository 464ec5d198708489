"""`POST /v1/analyze`: a page's blocks, split into sentences and classified."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.analysis import Analysis
from server.body import read_json
from server.disconnect import cancelled_on_disconnect
from server.errors import ApiError
from server.negotiation import JSON_LINES, prefers_lines
from server.routes.common import BODY_ERRORS, ServiceOf, documented, model_json
from server.scheduler import Job
from server.schemas import EXAMPLE_MODEL, EXAMPLE_RESULT, AnalyzeRequest
from server.service import Service

router = APIRouter(tags=["classify"])

_EXAMPLE_BLOCK = {"id": "p1", "sentences": [{"start": 0, "end": 27, **EXAMPLE_RESULT}]}
_EXAMPLE_DONE = {
    "done": True,
    "model": EXAMPLE_MODEL,
    "offset_unit": "utf16",
    "blocks": 1,
    "sentences": 1,
    "timings_ms": {"read": 0.2, "segment": 0.1, "tokenize": 0.3, "queue": 0.1, "model": 8.1, "total": 9.3},
}
_EXAMPLE_LINES = f"{json.dumps(_EXAMPLE_BLOCK)}\n{json.dumps(_EXAMPLE_DONE)}\n"
_EXAMPLE = {"model": EXAMPLE_MODEL, "offset_unit": "utf16", "blocks": [_EXAMPLE_BLOCK]}

_REPLY = """The blocks in the request's order.

With `Accept: application/jsonl`: a line for each block as soon as it is done, in any order, then a last
line that begins with `done`. A block that failed alone has `error` in place of `sentences`. A stream that
the server has to give up ends with an error, in the shape of any other, instead of `done`.

If the request says `partial`, a block of which some sentences take longer comes before that too, as often as
more of it is known: with `"partial": true` and, in their order, the sentences that are, if any. Its last line
has no `partial`, and all of them."""


@router.post(
    "/v1/analyze",
    summary="Classify the sentences of a page",
    openapi_extra=documented(
        reply=_REPLY,
        contents={"application/json": ("AnalyzeReply", _EXAMPLE), JSON_LINES: (None, _EXAMPLE_LINES)},
        request="AnalyzeRequest",
        errors=BODY_ERRORS,
    ),
)
async def analyze(request: Request, service: ServiceOf) -> Response:
    """Splits each block into sentences and classifies each sentence on its own.

    Blocks should come in the order in which answers are wanted: the first are computed first. A line
    break inside a block is white space; a blank line ends a sentence.
    """
    begun = time.perf_counter()
    settings = service.settings
    body = await read_json(
        request,
        AnalyzeRequest,
        settings.max_body_bytes,
        {"blocks": (settings.max_blocks, "SAYSO_MAX_BLOCKS")},
    )
    scheduler = service.scheduler()
    in_lines = prefers_lines(",".join(request.headers.getlist("accept")))
    analysis = Analysis(body.blocks, body.offset_unit, settings.max_sentences, body.partial and in_lines)
    analysis.seconds["read"] = time.perf_counter() - begun
    async with cancelled_on_disconnect(request.receive):
        await analysis.segment()
        job = await analysis.submit(scheduler)
    if in_lines:
        return _Lines(_lines(analysis, job, service, begun))

    blocks = [b""] * len(body.blocks)
    async with cancelled_on_disconnect(request.receive), job:
        async for group in analysis.run(job):
            for index, block in group:
                blocks[index] = block
    head = {"model": model_json(service), "offset_unit": body.offset_unit}
    return Response(
        b'%b,"blocks":[%b]}' % (_json(head)[:-1], b",".join(blocks)), media_type="application/json"
    )


async def _lines(analysis: Analysis, job: Job, service: Service, begun: float) -> AsyncGenerator[bytes, None]:
    """BLOCKs in groups of lines, then the line that says it was all."""
    first = True
    async with job:
        try:
            async for group in analysis.run(job):
                if first:
                    service.metrics.first_block_seconds.observe(time.perf_counter() - begun)
                    first = False
                yield b"".join(block + b"\n" for _, block in group)
        except ApiError as error:  # the status has been sent: the last line has to say it
            yield _json({"error": error.as_dict()}) + b"\n"
            return
    analysis.seconds["total"] = time.perf_counter() - begun
    done = {
        "done": True,
        "model": model_json(service),
        "offset_unit": analysis.offset_unit,
        "blocks": len(analysis.blocks),
        "sentences": analysis.sentence_count,
        "timings_ms": {stage: round(seconds * 1e3, 2) for stage, seconds in analysis.seconds.items()},
    }
    yield _json(done) + b"\n"


class _Lines(Response):
    """Sends lines as they come and closes their source when the client goes away."""

    media_type = JSON_LINES

    def __init__(self, lines: AsyncGenerator[bytes, None]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._lines), cancelled_on_disconnect(receive):
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async for lines in self._lines:
                await send({"type": "http.response.body", "body": lines, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":"), allow_nan=False).encode("ascii")
