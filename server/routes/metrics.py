"""`GET /metrics`, for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from server.routes.common import ServiceOf, documented

router = APIRouter(tags=["state"])


@router.get(
    "/metrics",
    summary="Counters and timings for Prometheus",
    response_class=Response,
    openapi_extra=documented(
        reply="In Prometheus' text format.",
        contents={"text/plain": (None, 'sayso_sentences_total{source="model"} 120.0\n')},
    ),
)
async def metrics(service: ServiceOf) -> Response:
    """Numbers only: no text of any page."""
    return Response(generate_latest(service.metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
