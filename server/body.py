"""Reading a request's JSON body: within its limits, off the event loop, with errors that name the field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.message import Message
from typing import NoReturn, TypeVar

from anyio import to_thread
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json
from starlette.requests import Request

from server.errors import ApiError, invalid_field, too_large

M = TypeVar("M", bound=BaseModel)

#: Bodies smaller than this are parsed in well under a millisecond, which is what a thread costs.
_INLINE_BYTES = 16_384
#: How many times the limit is read, and thrown away, of a body that is too large. A client that
#: does not read before it has written would otherwise see a broken connection and not the reason.
_DRAINED_LIMITS = 8


async def read_json(
    request: Request, model: type[M], max_bytes: int, max_items: Mapping[str, tuple[int, str]]
) -> M:
    """The body as a `model`.

    `max_items` gives, for fields that are lists, the most items and the setting that says so. Raises
    `ApiError`: 415 not JSON, 413 over a limit, 400 malformed, 422 an invalid field.
    """
    _require_json(request)
    body = await _read(request, max_bytes)
    if len(body) < _INLINE_BYTES:
        return _parse(body, model, max_items)
    return await to_thread.run_sync(_parse, body, model, max_items)


def _require_json(request: Request) -> None:
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    subtype = header.get_content_subtype() if header.get_content_maintype() == "application" else ""
    charset = header.get_content_charset("utf-8")
    if not (subtype == "json" or subtype.endswith("+json")) or charset not in ("utf-8", "utf8", "us-ascii"):
        raise ApiError(
            415,
            "not_json",
            "The body has to be JSON in UTF-8.",
            "Send the header `Content-Type: application/json`.",
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ApiError(
            415,
            "compressed",
            "The body is compressed, which this server does not read.",
            "Send it without the header `Content-Encoding`.",
        )


async def _read(request: Request, max_bytes: int) -> bytes:
    declared = request.headers.get("content-length", "")
    size = int(declared) if declared.isdecimal() else 0
    too_big = size > max_bytes
    # With this header the client waits for permission, so it can be told right away; and nobody reads
    # on for ever.
    waits = request.headers.get("expect", "").lower() == "100-continue"
    if not (too_big and (waits or size > max_bytes * _DRAINED_LIMITS)):
        body = bytearray()
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            too_big = too_big or size > max_bytes
            if not too_big:
                body += chunk
            else:
                body.clear()
                if size > max_bytes * _DRAINED_LIMITS:
                    break
        if not too_big:
            return bytes(body)
    refusal = too_large(f"The body is larger than {max_bytes:,} bytes.", "SAYSO_MAX_BODY_BYTES")
    refusal.headers["Connection"] = "close"  # what is left of the body would have to be read otherwise
    raise refusal


def _parse(body: bytes, model: type[M], max_items: Mapping[str, tuple[int, str]]) -> M:
    content = _decode(body)
    if not isinstance(content, dict):
        raise invalid_field(f"The body must be a JSON object, not {_kind(content)}.")
    for field, (most, setting) in max_items.items():
        items = content.get(field)
        if isinstance(items, list) and len(items) > most:
            raise too_large(f"`{field}` has {len(items):,} items; the limit is {most:,}.", setting)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise _explained(error.errors(include_url=False)[0]) from None


def _decode(body: bytes) -> object:
    try:
        content: object = from_json(body, allow_inf_nan=False, cache_strings="keys")
        return content
    except ValueError as error:
        try:
            # The strict parser refuses lone surrogates; this one takes them, and validation then
            # says in which field they are.
            return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            # The message says what and where ("at line 1 column 13") and quotes nothing.
            reason = str(error)
    if not body.strip():
        reason = "it is empty"
    raise ApiError(
        400,
        "malformed_json",
        f"The body is not valid JSON: {reason}.",
        "Send one JSON object in UTF-8; GET /docs has examples.",
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _explained(error: ErrorDetails) -> ApiError:
    field = _path(error["loc"])
    match error["type"]:
        case "missing":
            message = f"`{field}` is missing."
        case "string_type":
            message = f"`{field}` must be a string, not {_kind(error['input'])}."
        case "lone_surrogate":
            if "index" in error.get("ctx", {}):
                field += f"[{error['ctx']['index']}]"
            return invalid_field(
                f"`{field}` is not well-formed Unicode: it has half of a surrogate pair.",
                "In JavaScript, send `text.toWellFormed()`.",
            )
        case "list_type":
            message = f"`{field}` must be a list, not {_kind(error['input'])}."
        case "model_type" | "model_attributes_type" | "dict_type":
            message = f"`{field}` must be an object, not {_kind(error['input'])}."
        case "bool_type":
            message = f"`{field}` must be true or false, not {_kind(error['input'])}."
        case "literal_error":
            message = f"`{field}` must be {error['ctx']['expected']}."
        case _:
            message = f"{f'`{field}`: ' if field else ''}{error['msg'].rstrip('.')}."
    return invalid_field(message)


def _path(location: tuple[int | str, ...]) -> str:
    """("blocks", 3, "text") to "blocks[3].text"."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _kind(value: object) -> str:
    """What JSON calls it, never the value itself."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "an object"
