"""The API's description, `GET /openapi.json`."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from server.schemas import (
    AnalyzeReply,
    AnalyzeRequest,
    ClassifyReply,
    ClassifyRequest,
    ErrorReply,
    ExplainReply,
    ExplainRequest,
    Health,
    PredictReply,
    PredictRequest,
)
from server.version import VERSION

DESCRIPTION = """\
Sayso says which sentences are opinion and which are factual claims. It names the *kind* of a sentence, never
whether it is true.

Everything stays on this machine: the server answers its own pages, browser extensions and local programs, and
refuses web pages. Every error has the shape `{"error": {"code", "message", "hint"}}`. Unknown fields in a
request are ignored.
"""

_REQUESTS = (AnalyzeRequest, ClassifyRequest, ExplainRequest, PredictRequest)
_REPLIES = (AnalyzeReply, ClassifyReply, ExplainReply, PredictReply, Health, ErrorReply)


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document; made once, at the first call."""
    if app.openapi_schema is None:
        document = get_openapi(title="Sayso", version=VERSION, description=DESCRIPTION, routes=app.routes)
        _, definitions = models_json_schema(
            [(model, "validation") for model in _REQUESTS + _REPLIES],
            ref_template="#/components/schemas/{model}",
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(definitions.get("$defs", {}))
        app.openapi_schema = document
    return app.openapi_schema
