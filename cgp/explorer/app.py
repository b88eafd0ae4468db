"""The explorer's part of the application: its rooms, static files, errors and security headers."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from inspect import isawaitable
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cgp.explorer.explorer import Explorer
from cgp.explorer.preferences import Language, Preferences, Theme, remember
from cgp.explorer.rendering import page
from cgp.explorer.rooms import conversations, genome_map, incentive, live, searching, sources, tags
from cgp.explorer.shell import PACKAGE, Shell, phrases, shell_of

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

_STATIC_SECONDS = 3600
# Fields whose label is not the phrase of their own name.
_LABELS = {"q": "query"}
_ROUTERS = (live, conversations, genome_map, searching, tags, sources, incentive)


def add_explorer(app: FastAPI, explorer: Explorer) -> None:
    """Add the pages to an application. The caller closes the explorer's store and index."""
    app.state.explorer = explorer
    router = APIRouter(include_in_schema=False)
    for room in _ROUTERS:
        router.include_router(room.router)
    app.include_router(router, include_in_schema=False)
    add_shell(app, Shell(name_of=explorer.names.shown))


def add_shell(app: FastAPI, shell: Shell) -> None:
    """Add the frame of pages to an application: preferences, static files, errors and headers.

    A package of ``shell`` serves its own static files at ``/static/NAME``, NAME being the last part
    of its name.
    """
    app.state.shell = shell
    app.add_api_route("/preferences", _remember, methods=["GET"], include_in_schema=False)
    # The explorer's own folder comes last, since its path begins all the others.
    for package in (*shell.packages, PACKAGE):
        path = "/static" if package == PACKAGE else f"/static/{package.rpartition('.')[2]}"
        folder = Path(str(files(package).joinpath("static")))
        app.mount(path, StaticFiles(directory=folder), name=path)
    _show_errors_as_pages(app)
    # Last, so that it is outermost: pages of errors get the headers too.
    app.add_middleware(PageHeaders)


def _remember(language: Language, theme: Theme, back: str = "/") -> Response:
    return remember(Preferences(language, theme), back)


def _show_errors_as_pages(app: FastAPI) -> None:
    """Answer a browser with a page; a program keeps getting the API's own errors."""
    for kind in (HTTPException, RequestValidationError, SQLAlchemyError, Exception):
        if kind in app.exception_handlers:
            _show_as_page(app, kind, app.exception_handlers[kind])


def _show_as_page(
    app: FastAPI, kind: type[Exception], for_programs: Callable[[Request, Exception], Any]
) -> None:
    async def answer(request: Request, error: Exception) -> Response:
        # Made for browsers too: the application's own handler knows the status, and logs a defect.
        reply = for_programs(request, error)
        response: Response = await reply if isawaitable(reply) else reply
        if "text/html" not in request.headers.get("accept", ""):
            return response
        status = response.status_code
        values = {
            "status": status,
            "missing": status == 404,
            "fault": _fault_of(request, error)
            if isinstance(error, RequestValidationError)
            else None,
            "request_id": response.headers.get("X-Request-ID", ""),
        }
        error_page = page(request, "error.html", values, room="", status=status)
        for name, value in response.headers.items():
            if not name.startswith("content-"):
                error_page.headers[name] = value
        # A defect's page is sent from outside the middleware that does this for all others.
        _protect(error_page.headers)
        return error_page

    app.add_exception_handler(kind, answer)


def _fault_of(request: Request, error: RequestValidationError) -> dict[str, str]:
    """Return the first wrong field, the key of its label if it has one, and the reason."""
    first = error.errors()[0]
    field = str(first["loc"][-1])
    label = _LABELS.get(field, field)
    has_label = label in phrases(Language.ENGLISH, shell_of(request).packages)
    return {"field": field, "label": label if has_label else "", "message": first["msg"][:200]}


class PageHeaders:
    """Adds security headers to pages and static files, and lets browsers keep the latter."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add the headers to its answer."""
        if scope["type"] != "http" or scope["path"].startswith("/v1"):
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                _protect(headers)
                if scope["path"].startswith("/static/"):
                    # With the version in its address a file never changes. Modules import each
                    # other without one: those are asked for again, and answered with 304.
                    has_version = bool(scope["query_string"])
                    headers["Cache-Control"] = (
                        f"public, max-age={_STATIC_SECONDS}" if has_version else "no-cache"
                    )
            await send(message)

        await self._app(scope, receive, with_headers)


def _protect(headers: MutableHeaders) -> None:
    """Add the headers of every page and static file."""
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if "text/html" in headers.get("content-type", ""):
        headers["Cache-Control"] = "no-store"
        headers["Vary"] = "Cookie, Accept-Language"
