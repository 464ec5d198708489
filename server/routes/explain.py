"""`POST /v1/explain`: which words a sentence's answer hangs on."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from server.body import read_json
from server.disconnect import cancelled_on_disconnect
from server.explanation import explain
from server.routes.common import BODY_ERRORS, ServiceOf, documented, json_reply, model_json
from server.schemas import EXAMPLE_MODEL, EXAMPLE_RESULT, ExplainRequest

router = APIRouter(tags=["explain"])

_EXAMPLE = {
    "model": EXAMPLE_MODEL,
    **EXAMPLE_RESULT,
    "words": [{"start": 0, "end": 2, "weight": 0.01}, {"start": 10, "end": 18, "weight": 0.42}],
}


@router.post(
    "/v1/explain",
    summary="Explain an answer",
    openapi_extra=documented(
        reply="The result, and the weight of each word.",
        contents={"application/json": ("ExplainReply", _EXAMPLE)},
        request="ExplainRequest",
        errors=BODY_ERRORS,
    ),
)
async def explain_sentence(request: Request, service: ServiceOf) -> Response:
    """Leaves each word out once. A word's weight is what that takes from the confidence: below zero where
    the answer is surer without the word."""
    body = await read_json(request, ExplainRequest, service.settings.max_body_bytes, {})
    scheduler = service.scheduler()
    async with cancelled_on_disconnect(request.receive):
        explained = await explain(body.sentence, scheduler)
    return json_reply({"model": model_json(service), **explained})
