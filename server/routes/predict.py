"""`POST /predict`: the call of Text Embeddings Inference, for clients that already speak it.

As there, one string gives a flat list and a batch a nested one, labels sorted by score. Two things
differ because the model reads one sentence and has no reranking head: a flat list of strings is a
batch (not a pair), and a pair is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from models.labels import LABELS, label_probabilities
from server.analysis import classify
from server.body import read_json
from server.cache import Answer
from server.disconnect import cancelled_on_disconnect
from server.errors import ApiError
from server.routes.common import BODY_ERRORS, ServiceOf, documented, json_reply
from server.schemas import PredictRequest

router = APIRouter(tags=["classify"])

_EXAMPLE = [
    {"label": "fact", "score": 0.96},
    {"label": "opinion", "score": 0.03},
    {"label": "other", "score": 0.01},
]
#: The smallest probability whose logarithm is told: JSON has no infinity.
_TINY = 1e-30


@router.post(
    "/predict",
    summary="Classify, as Text Embeddings Inference does",
    openapi_extra=documented(
        reply="Labels sorted by score; a list of such lists for a batch.",
        contents={"application/json": ("PredictReply", _EXAMPLE)},
        request="PredictRequest",
        errors=BODY_ERRORS,
    ),
)
async def predict(request: Request, service: ServiceOf) -> Response:
    """The three labels of each sentence with their probabilities, or their logarithms with `raw_scores`."""
    settings = service.settings
    body = await read_json(
        request,
        PredictRequest,
        settings.max_body_bytes,
        {"inputs": (settings.max_sentences, "SAYSO_MAX_SENTENCES")},
    )
    scheduler = service.scheduler()
    single = isinstance(body.inputs, str)
    texts = [body.inputs] if isinstance(body.inputs, str) else body.inputs
    async with cancelled_on_disconnect(request.receive):
        answers = await classify(texts, scheduler)
        if not body.truncate:
            _require_whole(answers, scheduler.engine.max_tokens)
        return await to_thread.run_sync(_reply, answers, body.raw_scores, single)


def _require_whole(answers: Sequence[Answer], max_tokens: int) -> None:
    for index, answer in enumerate(answers):
        if answer.truncated:
            raise ApiError(
                413,
                "too_large",
                f"Sentence {index} is longer than the {max_tokens} tokens that the model reads.",
                "Shorten it, or leave `truncate` out to have its beginning read.",
            )


def _reply(answers: Sequence[Answer], raw_scores: bool, single: bool) -> Response:
    if not answers:
        return json_reply([])
    scores = label_probabilities(np.stack([answer.probabilities for answer in answers])).astype(np.float64)
    if raw_scores:
        scores = np.log(np.maximum(scores, _TINY))
    predictions = [
        [{"label": LABELS[i], "score": round(float(row[i]), 7)} for i in np.argsort(-row, kind="stable")]
        for row in scores
    ]
    return json_reply(predictions[0] if single else predictions)
