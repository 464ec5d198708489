"""What several routes need: the shared service, JSON replies, and the documentation of errors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import Response

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


#: What can go wrong with a request that has a body.
BODY_ERRORS = tuple(_ERRORS)


def documented(
    *,
    reply: str,
    contents: Mapping[str, tuple[str | None, object]],
    request: str | None = None,
    errors: Sequence[int] = (),
) -> dict[str, Any]:
    """A route's part of the OpenAPI document: `reply` in words, and its contents.

    `contents` gives, for each media type, the model of `server.schemas` by name and an example.
    FastAPI would find models by itself, but it builds validators for them, which this server does not
    use (bodies are read by `server.body`) and which cost a part of the start.
    """
    extra: dict[str, Any] = {"responses": {"200": {"description": reply, "content": {}}}}
    for media_type, (model, example) in contents.items():
        schema = reference(model) if model else {"type": "string"}
        extra["responses"]["200"]["content"][media_type] = {"schema": schema, "example": example}
    if request:
        body = {"required": True, "content": {"application/json": {"schema": reference(request)}}}
        extra["requestBody"] = body
    for status in errors:
        description, code, message = _ERRORS[status]
        example = {"error": {"code": code, "message": message, "hint": "What to do about it."}}
        content = {"application/json": {"schema": reference("ErrorReply"), "example": example}}
        extra["responses"][str(status)] = {"description": description, "content": content}
    return extra


def reference(model: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model}"}
