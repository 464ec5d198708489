"""The pages that people open: the demo, the sample post, the API's documentation, and their files."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from server.openapi import describe
from server.routes.common import json_reply

_STATIC = Path(__file__).parent.parent / "static"

router = APIRouter(include_in_schema=False)


def _page(name: str) -> Response:
    return FileResponse(_STATIC / name, headers={"Cache-Control": "no-cache"})


@router.get("/")
async def demo() -> Response:
    return _page("demo.html")


@router.get("/sample")
async def sample() -> Response:
    return _page("sample.html")


@router.get("/docs")
async def docs() -> Response:
    return _page("docs.html")


@router.get("/favicon.ico")
async def favicon() -> Response:
    return FileResponse(_STATIC / "icon.svg", headers={"Cache-Control": "no-cache"})


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    return json_reply(describe(request.app))


class _Files(StaticFiles):
    """Files that a browser keeps but asks about: an update of Sayso is seen at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def mount_files(app: FastAPI) -> None:
    app.mount("/static", _Files(directory=_STATIC))
    # Swagger UI as a Python package carries it, so that /docs needs no other machine.
    app.mount("/swagger", _Files(directory=str(files("fastapi_offline") / "static")))
