"""The API's application: its routes, errors, request ids and description."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI
from fastapi.responses import JSONResponse

import cgp
from cgp.api.desk import Desk
from cgp.api.errors import install_error_handlers
from cgp.api.openapi import describe
from cgp.api.request_ids import RequestIds
from cgp.api.routes import conversations, imports, leases, network, search


def make_app(desk: Desk) -> FastAPI:
    """Return the application over ``desk``, which the caller closes."""
    app = FastAPI(
        title="CGP API",
        version=cgp.__version__,
        openapi_url="/openapi.json",
        docs_url="/docs",
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.desk = desk
    app.add_middleware(RequestIds)
    install_error_handlers(app)
    for part in (network, conversations, search, imports, leases):
        app.include_router(part.router)
    app.add_api_route("/healthz", _healthz, include_in_schema=False)
    # FastAPI asks this method for the document; replacing it is the way that it documents.
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    return app


async def _healthz() -> JSONResponse:
    return JSONResponse({"status": "ok", "version": cgp.__version__})
