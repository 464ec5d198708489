"""The application: every route behind the same guards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from server.errors import ApiError, handle_api_error, handle_http_exception
from server.middleware import Guarded, Head, Observed
from server.routes import analyze, classify, explain, health, metrics, pages, predict
from server.security import LocalOnly, TokenRequired
from server.service import Service


def create_app(service: Service) -> FastAPI:
    """The ASGI application of `service`, whose settings say which port clients see."""
    settings = service.settings
    token = settings.token.get_secret_value()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        service.stop()

    app = FastAPI(
        lifespan=lifespan,
        # /docs and /openapi.json are routes of ours: FastAPI's own load scripts from another machine.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # A redirect would be built from the Host header.
        redirect_slashes=False,
        exception_handlers={ApiError: handle_api_error, HTTPException: handle_http_exception},
        middleware=[
            Middleware(Observed, metrics=service.metrics),
            Middleware(Guarded),
            Middleware(LocalOnly, port=settings.port, hosts=settings.hosts),
            *([Middleware(TokenRequired, token=token)] if token else []),
            Middleware(Head),
        ],
    )
    app.state.service = service
    for module in (analyze, classify, explain, predict, health, metrics, pages):
        app.include_router(module.router)
    pages.mount_files(app)
    return app
