"""The one shape of every error: `{"error": {"code", "message", "hint"}}`.

A message says what is wrong, a hint what to do; both are read by people who meet them for the first
time. Neither ever repeats text that a client sent, because that text may be private.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response


class ApiError(Exception):
    """An error to be told to the client; raise it anywhere below a route."""

    def __init__(
        self, status: int, code: str, message: str, hint: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.headers = dict(headers or {})

    def as_dict(self) -> dict[str, str]:
        """The value of "error"."""
        return {"code": self.code, "message": self.message, "hint": self.hint}

    def response(self) -> Response:
        body = json.dumps({"error": self.as_dict()}).encode()
        return Response(body, self.status, self.headers, "application/json")


def loading() -> ApiError:
    return ApiError(
        503,
        "loading",
        "The model is still being loaded.",
        "Wait a few seconds and try again; GET /ready answers 200 when it is done.",
        headers={"Retry-After": "1"},
    )


def stopping() -> ApiError:
    return ApiError(
        503,
        "stopping",
        "The server is shutting down and left this work undone.",
        "Start it again (`sayso serve`) and repeat the request.",
        headers={"Retry-After": "5"},
    )


def too_busy(retry_after: int) -> ApiError:
    return ApiError(
        429,
        "too_busy",
        "The server already has as much work waiting as it takes on.",
        f"Try again in {retry_after} s. The bound is the setting SAYSO_MAX_TOKENS_IN_FLIGHT.",
        headers={"Retry-After": str(retry_after)},
    )


def too_large(message: str, setting: str) -> ApiError:
    return ApiError(413, "too_large", message, f"Send less at a time, or raise the setting {setting}.")


def invalid_field(
    message: str, hint: str = "GET /docs shows what each field takes, with examples."
) -> ApiError:
    return ApiError(422, "invalid_field", message, hint)


def internal() -> ApiError:
    return ApiError(
        500,
        "internal",
        "The server failed at this request.",
        "This is a bug in Sayso. Its log says where it happened (nothing of your text is in it).",
    )


def model_failed(what: str) -> ApiError:
    return ApiError(
        500,
        "model_failed",
        f"The model failed at {what}.",
        "The others are not affected. The server's log says what went wrong.",
    )


async def handle_api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error.response()


async def handle_http_exception(request: Request, error: Exception) -> Response:
    """What the router raises by itself: no such path, no such method."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        told = ApiError(
            404, "not_found", "There is nothing at this address.", "GET /docs lists what there is."
        )
    elif error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        told = ApiError(
            405,
            "method_not_allowed",
            f"This address does not take {request.method}.",
            f"It takes {allowed}." if allowed else "GET /docs lists what there is.",
        )
    else:
        told = ApiError(
            error.status_code, "refused", "The request was refused.", "GET /docs says what is accepted."
        )
    told.headers.update(error.headers or {})
    return told.response()
