"""What several routes need: the shared service, JSON replies, and the documentation of errors."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from server.schemas import ErrorReply
from server.service import Service


def get_service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


ServiceOf = Annotated[Service, Depends(get_service)]


def model_json(service: Service) -> dict[str, str] | None:
    """The `model` of every reply."""
    model = service.model
    return {"id": model.id, "revision": model.revision} if model else None


def json_reply(content: object, status: int = 200) -> Response:
    return Response(
        json.dumps(content, separators=(",", ":"), allow_nan=False), status, None, "application/json"
    )


def request_body(model: type[BaseModel]) -> dict[str, Any]:
    """Documents a body that `read_json` reads, since FastAPI does not see it."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


_ERRORS = {
    400: (
        "Not JSON.",
        "malformed_json",
        "The body is not valid JSON: EOF while parsing a value at line 1 column 0.",
    ),
    413: ("Over a limit.", "too_large", "The body is larger than 8,000,000 bytes."),
    415: ("Not declared as JSON.", "not_json", "The body has to be JSON in UTF-8."),
    422: ("A field is invalid.", "invalid_field", "`blocks[0].text` must be a string, not a number."),
    429: (
        "Too busy; see Retry-After.",
        "too_busy",
        "The server already has as much work waiting as it takes on.",
    ),
    500: ("The server or the model failed.", "model_failed", "The model failed at sentence 3."),
    503: ("The model is loading.", "loading", "The model is still being loaded."),
}


def error_replies(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Documents the errors of a route that takes a body."""
    documented: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        description, code, message = _ERRORS[status]
        example = {"error": {"code": code, "message": message, "hint": "What to do about it."}}
        documented[status] = {
            "model": ErrorReply,
            "description": description,
            "content": {"application/json": {"example": example}},
        }
    return documented


BODY_ERRORS = error_replies(400, 413, 415, 422, 429, 500, 503)
