"""Is it there, and can it classify yet?"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from server import errors
from server.routes.common import ServiceOf, documented, json_reply, model_json
from server.schemas import EXAMPLE_MODEL
from server.version import VERSION

router = APIRouter(tags=["state"])

_EXAMPLE = {"name": "sayso", "version": VERSION, "api": "v1", "status": "ready", "model": EXAMPLE_MODEL}


def _health(service: ServiceOf) -> dict[str, object]:
    return {
        "name": "sayso",
        "version": VERSION,
        "api": "v1",
        "status": service.status,
        "model": model_json(service),
    }


@router.get(
    "/health",
    summary="Who answers here",
    openapi_extra=documented(reply="It serves.", contents={"application/json": ("Health", _EXAMPLE)}),
)
async def health(service: ServiceOf) -> Response:
    """Answers as soon as the process serves; `status` tells whether the model is loaded."""
    return json_reply(_health(service))


@router.get(
    "/ready",
    summary="Is the model loaded and warm",
    openapi_extra=documented(
        reply="It is.", contents={"application/json": ("Health", _EXAMPLE)}, errors=[503]
    ),
)
async def ready(service: ServiceOf) -> Response:
    """200 with the same body as `/health`, or 503."""
    if service.status != "ready":
        raise errors.loading()
    return json_reply(_health(service))
