"""Rooms of the gateway: chat, workers, models, library. Everything works without JavaScript too.

Where the gateway asks for keys, a page holds no data: its script reads the API with the reader's
key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from cgp.chat.access import LOCAL, Caller
from cgp.chat.app import worker_rows
from cgp.chat.backends.extractive import MODEL as EXTRACTIVE
from cgp.chat.desk import Desk
from cgp.chat.dispatch import Journey
from cgp.chat.errors import ChatError
from cgp.chat.replies import read_bytes
from cgp.chat.requests import MAX_QUESTION, PANEL_MODEL, chat_question
from cgp.chat.shaping import text_of_completion
from cgp.chat_models import CATALOGUE, ModelFile, ModelFileError
from cgp.explorer.app import add_shell
from cgp.explorer.rendering import page
from cgp.explorer.shell import Room, Shell
from cgp.jobs import JobKind
from cgp.retrieval.library import LibraryEntry
from cgp.search import SearchError

_MAX_FORM_BYTES: Final = 4 * 4 * MAX_QUESTION
_FORM_SECONDS: Final = 10.0
_MAX_ENTRIES: Final = 500

CHAT_ROOMS: Final = (
    Room("chat", "/"),
    Room("workers", "/workers"),
    Room("chat_models", "/models"),
    Room("library", "/library"),
)


@dataclass(frozen=True, slots=True)
class ChatPages:
    """Sources of the pages: the gateway, and readers of this machine's models and library."""

    desk: Desk
    models: Callable[[], Sequence[ModelFile]]
    library: Callable[[], Sequence[LibraryEntry]]

    @property
    def asks_for_keys(self) -> bool:
        """True where every request of the API needs a key."""
        return self.desk.access.keys is not None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question that was sent as a form, and its answer or the reason why there is none."""

    question: str
    answer: str = ""
    citations: tuple[Mapping[str, Any], ...] = ()
    model: str = ""
    worker: str = ""
    problem: str = ""


def add_chat_pages(app: FastAPI, pages: ChatPages) -> None:
    """Add the rooms of chat to the gateway's application."""
    app.state.chat_pages = pages
    for path, method, answer in (
        ("/", "GET", _chat),
        ("/ask", "POST", _ask),
        ("/turn", "GET", _turn),
        ("/workers", "GET", _workers),
        ("/models", "GET", _models),
        ("/library", "GET", _library),
        ("/manifest.webmanifest", "GET", _manifest),
    ):
        app.add_api_route(path, answer, methods=[method], include_in_schema=False)
    # The search box of the head leads to the explorer's room, which is not here.
    add_shell(app, Shell(CHAT_ROOMS, (__package__,), has_search=False))


def _pages(request: Request) -> ChatPages:
    pages = request.app.state.chat_pages
    assert isinstance(pages, ChatPages)
    return pages


async def _chat(request: Request) -> Response:
    return _chat_page(request, None)


def _chat_page(request: Request, exchange: Exchange | None, status: int = 200) -> Response:
    pages = _pages(request)
    names = [] if pages.asks_for_keys else _chat_models(pages.desk)
    values = {
        "asks_for_keys": pages.asks_for_keys,
        "model_names": names,
        "has_panel": not pages.asks_for_keys and pages.desk.has_panel(_HERE),
        "has_memory": pages.desk.retriever is not None,
        # The examples ask about the samples; over other conversations they would find nothing.
        "has_examples": pages.desk.retriever is not None and pages.desk.retriever.uses_samples,
        "max_tokens": pages.desk.settings.max_tokens,
        "max_question": MAX_QUESTION,
        "exchange": exchange,
    }
    return page(request, "chat.html", values, room="chat", status=status)


async def _ask(request: Request) -> Response:
    """Answer a form: the way of a browser without JavaScript."""
    pages = _pages(request)
    caller = await _reader(request)
    refuse_other_sites(request)
    form = parse_qs(
        (await read_bytes(request, _MAX_FORM_BYTES, _FORM_SECONDS)).decode("utf-8", "replace")
    )
    question = form.get("question", [""])[0].strip()[:MAX_QUESTION]
    names = _chat_models(pages.desk)
    if not question:
        return _chat_page(request, None, status=400)
    if not names:
        fault = ChatError(503, "no_worker", "no worker is there")
        return _chat_page(request, Exchange(question, problem=fault.message), status=503)
    model = form.get("model", names)[0]
    asked = chat_question(
        {"model": model, "messages": [{"role": "user", "content": question}]},
        max_tokens=pages.desk.settings.max_tokens,
        memory=pages.desk.retriever is not None,
    )
    journey = Journey()
    try:
        async with aclosing(pages.desk.ask(caller, asked, journey)) as parts:
            whole: Mapping[str, Any] = await anext(parts, {})
    except ChatError as error:
        return _chat_page(request, Exchange(question, problem=error.message), status=error.status)
    exchange = Exchange(
        question,
        text_of_completion(whole) if whole else "",
        tuple(whole.get("citations", ())),
        str(whole.get("model", "")),
        journey.worker_name,
    )
    return _chat_page(request, exchange)


async def _turn(request: Request) -> Response:
    """Show a cited turn with its neighbours."""
    pages = _pages(request)
    caller = await _reader(request)
    conversation = request.query_params.get("conversation", "")
    number = request.query_params.get("turn", "")
    if not (number.isascii() and number.isdecimal() and len(number) < 8 and conversation):
        raise HTTPException(404)
    try:
        passage = await pages.desk.turns_around(caller, conversation, int(number))
    except ChatError as error:
        raise HTTPException(error.status) from None
    values = {"passage": passage, "turn": int(number)}
    return page(request, "turn.html", values, room="")


async def _workers(request: Request) -> Response:
    pages = _pages(request)
    rows = [] if pages.asks_for_keys else worker_rows(pages.desk, LOCAL)
    values = {"asks_for_keys": pages.asks_for_keys, "rows": rows}
    return page(request, "workers.html", values, room="workers")


async def _models(request: Request) -> Response:
    """Show the models of this machine, to its owner alone, and those of the catalogue."""
    pages = _pages(request)
    here: Sequence[ModelFile] = ()
    problem = ""
    if not pages.asks_for_keys:
        try:
            here = await asyncio.to_thread(pages.models)
        except (ModelFileError, OSError) as error:
            problem = str(error)
    names = {model.name for model in here}
    values = {
        "asks_for_keys": pages.asks_for_keys,
        "present": here,
        "offers": [entry for entry in CATALOGUE.values() if entry.name not in names],
        "memory_of": {name: entry.memory for name, entry in CATALOGUE.items()},
        "problem": problem,
    }
    return page(request, "models.html", values, room="chat_models")


async def _library(request: Request) -> Response:
    pages = _pages(request)
    entries: Sequence[LibraryEntry] = ()
    problem = ""
    if not pages.asks_for_keys:
        try:
            entries = await asyncio.to_thread(pages.library)
        except (SearchError, OSError) as error:
            problem = str(error)
    values = {
        "asks_for_keys": pages.asks_for_keys,
        "entries": entries[:_MAX_ENTRIES],
        "count": len(entries),
        "problem": problem,
    }
    return page(request, "library.html", values, room="library")


async def _manifest(_request: Request) -> Response:
    """Give the document by which a browser installs the chat as an application."""
    icon = {"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"}
    document = {
        "name": "Conversation Genome",
        "short_name": "Genome",
        "start_url": "/",
        "display": "standalone",
        "background_color": "#f6f7f5",
        "theme_color": "#00705f",
        "icons": [icon],
    }
    return JSONResponse(document, media_type="application/manifest+json")


_HERE: Final = Caller(LOCAL, LOCAL)
"""Reader at this machine, where no key is asked for."""


async def _reader(request: Request) -> Caller:
    """Return the author of a page's request.

    Raises:
        HTTPException: 401 where keys are asked for: a page's link carries none.
    """
    pages = _pages(request)
    if pages.asks_for_keys:
        raise HTTPException(401)
    return await pages.desk.access.admit(request, "chat")


def refuse_other_sites(request: Request) -> None:
    """Refuse a form that a page of another site sends to this machine.

    Raises:
        HTTPException: 403.
    """
    # A form needs no permission of the browser's to be sent anywhere, so its sender is looked at.
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        # No page can set it. The origin of a form is "null" here, since pages send no referrer.
        is_foreign = site not in {"same-origin", "none"}
    else:
        is_foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if is_foreign:
        raise HTTPException(403)


def _chat_models(desk: Desk) -> list[str]:
    """Return the names of the chat models that the reader at this machine can ask, the usual first.

    A model of a worker comes before the sentences without a model, and the panel comes last.
    """
    names = [
        name
        for name, workers in desk.dispatcher.roster.models(LOCAL).items()
        if any(name in worker.offer.models.get(JobKind.CHAT, ()) for worker in workers)
    ]
    names.sort(key=lambda name: name == EXTRACTIVE)
    return [*names, PANEL_MODEL] if desk.has_panel(_HERE) else names
