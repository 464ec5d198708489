"""`POST /v1/classify`: sentences that the client has already split."""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from server.analysis import classify, judged
from server.body import read_json
from server.disconnect import cancelled_on_disconnect
from server.routes.common import BODY_ERRORS, ServiceOf, documented, json_reply, model_json
from server.schemas import EXAMPLE_MODEL, EXAMPLE_RESULT, ClassifyRequest

router = APIRouter(tags=["classify"])

_EXAMPLE = {"model": EXAMPLE_MODEL, "results": [EXAMPLE_RESULT]}


@router.post(
    "/v1/classify",
    summary="Classify sentences",
    openapi_extra=documented(
        reply="The results in order.",
        contents={"application/json": ("ClassifyReply", _EXAMPLE)},
        request="ClassifyRequest",
        errors=BODY_ERRORS,
    ),
)
async def classify_sentences(request: Request, service: ServiceOf) -> Response:
    """Classifies each sentence on its own. An empty one is `other`, with certainty."""
    settings = service.settings
    body = await read_json(
        request,
        ClassifyRequest,
        settings.max_body_bytes,
        {"sentences": (settings.max_sentences, "SAYSO_MAX_SENTENCES")},
    )
    scheduler = service.scheduler()
    async with cancelled_on_disconnect(request.receive):
        answers = await classify(body.sentences, scheduler)
        return await to_thread.run_sync(
            lambda: json_reply({"model": model_json(service), "results": judged(answers)})
        )
