"""The API's application: its routes, errors, request ids and description."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

import cgp
from cgp.api.answers import EscapedResponse
from cgp.api.description_page import POLICY, description_page
from cgp.api.desk import Desk
from cgp.api.errors import install_error_handlers
from cgp.api.openapi import describe
from cgp.api.parameters import known_parameters
from cgp.api.request_ids import RequestIds
from cgp.api.routes import conversations, imports, leases, network, search


def make_app(desk: Desk, hosts: Sequence[str] = ("*",)) -> FastAPI:
    """Return the application over ``desk``, which the caller closes.

    ``hosts`` are the names that it answers to. A page in a browser on this machine could otherwise
    reach it by a name of its own that is pointed here (DNS rebinding).
    """
    app = FastAPI(
        title="CGP API",
        version=cgp.__version__,
        openapi_url="/openapi.json",
        # FastAPI's page of documentation loads a third party's script: ours needs none.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        default_response_class=EscapedResponse,
    )
    app.state.desk = desk
    # Called when the server is asked to stop, before it waits for requests in flight.
    app.state.at_exit = list[Callable[[], None]]()
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    app.add_middleware(RequestIds)
    install_error_handlers(app)
    for part in (network, conversations, search, imports, leases):
        app.include_router(part.router, dependencies=[Depends(known_parameters)])
    app.add_api_route("/healthz", _healthz, include_in_schema=False)
    app.add_api_route("/docs", _docs, include_in_schema=False)
    # FastAPI asks this method for the document; replacing it is the way that it documents.
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    return app


async def _docs(request: Request) -> HTMLResponse:
    page = description_page(request.app.openapi())
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})


async def _healthz() -> EscapedResponse:
    return EscapedResponse({"status": "ok", "version": cgp.__version__})
