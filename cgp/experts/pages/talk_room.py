"""The room *Talk*: the studio's tabs as forms, without a script.

It holds no logic of talk: each form calls the studio. What takes long runs beside the pages, and
its lines are shown while they come: the page loads itself again until the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Final
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from cgp.chat.access import Access
from cgp.chat.pages.pages import refuse_other_sites
from cgp.chat.replies import read_bytes
from cgp.errors import CgpError
from cgp.explorer.rendering import page
from cgp.explorer.shell import Room
from cgp.fractal.talk.conversing import TalkLimits
from cgp.fractal.talk.errors import TalkError
from cgp.fractal.talk.model import TalkReply
from cgp.fractal.talk.partner import PartnerAddress
from cgp.fractal.talk.studio import Studio

_MAX_FORM_BYTES: Final = 16_000_000
"""Most bytes of a form. A file has at most 5,000 questions with answers."""
_FORM_SECONDS: Final = 30.0
_LINES: Final = 200
"""Lines of a training or a conversation that are shown, the newest ones."""
TABS: Final = ("talk_chat", "talk_train", "talk_partner", "talk_files")


@dataclass
class Work:
    """A training or a conversation: its lines, its error, and the task while it runs."""

    lines: list[str] = field(default_factory=list)
    problem: str = ""
    task: asyncio.Task[None] | None = None

    @property
    def runs(self) -> bool:
        """True until its end."""
        return self.task is not None and not self.task.done()

    def start(self, lines: AsyncIterator[str]) -> None:
        """Begin, in place of what ended before.

        Raises:
            TalkError: if the one before still runs.
        """
        if self.runs:
            raise TalkError("it is still running: wait for its end, or stop it")
        self.lines, self.problem = [], ""
        self.task = asyncio.create_task(self._follow(lines))

    async def stop(self) -> None:
        """End it now. Idempotent."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    async def _follow(self, lines: AsyncIterator[str]) -> None:
        try:
            async for line in lines:
                self.lines = [*self.lines, line][-_LINES:]
        except (CgpError, OSError) as error:
            self.problem = str(error)


@dataclass
class TalkRoom:
    """The studio of a process, and what it does now. ``access`` says whether keys are asked for."""

    studio: Studio
    access: Access
    training: Work = field(default_factory=Work)
    conversation: Work = field(default_factory=Work)

    async def close(self) -> None:
        """End what is under way; a training's thread ends with the process."""
        await self.conversation.stop()
        await self.training.stop()


def add_talk_room(app: FastAPI, room: TalkRoom) -> None:
    """Add the room to the rooms that the gateway's pages have."""
    app.state.talk_room = room
    app.add_api_route("/talk", _show, methods=["GET"], include_in_schema=False)
    for path, answer in (
        ("chat", _chat),
        ("train", _train),
        ("partner", _partner),
        ("stop", _stop),
        ("save", _save),
        ("load", _load),
    ):
        app.add_api_route(f"/talk/{path}", answer, methods=["POST"], include_in_schema=False)
    shell = app.state.shell
    app.state.shell = replace(shell, rooms=(*shell.rooms, Room("talk", "/talk")))


def _room(request: Request) -> TalkRoom:
    room = request.app.state.talk_room
    assert isinstance(room, TalkRoom)
    return room


async def _show(request: Request) -> Response:
    return _page(request, request.query_params.get("tab", TABS[0]))


def _page(
    request: Request,
    tab: str,
    *,
    message: str = "",
    reply: TalkReply | None = None,
    problem: str = "",
) -> Response:
    room = _room(request)
    asks_for_keys = room.access.keys is not None
    work = {"talk_train": room.training, "talk_partner": room.conversation}.get(tab)
    values: dict[str, Any] = {
        "asks_for_keys": asks_for_keys,
        "tabs": TABS,
        "tab": tab if tab in TABS else TABS[0],
        "work": None if asks_for_keys else work,
        "names": [] if asks_for_keys else room.studio.names(),
        "message": message,
        "reply": reply,
        "problem": problem,
    }
    return page(request, "talk.html", values, room="talk", status=400 if problem else 200)


async def _form(request: Request) -> tuple[TalkRoom, dict[str, str | bytes]]:
    """Return the room and the fields of a form that a reader at this machine sent.

    Raises:
        HTTPException: 401 where keys are asked for, 403 for a form of another site, 400 for one
            that cannot be read.
    """
    room = _room(request)
    if room.access.keys is not None:
        raise HTTPException(401)
    refuse_other_sites(request)
    await room.access.admit(request, "chat")
    data = await read_bytes(request, _MAX_FORM_BYTES, _FORM_SECONDS)
    try:
        return room, fields_of(request.headers.get("content-type", ""), data)
    except (ValueError, RecursionError):
        raise HTTPException(400) from None


def fields_of(content_type: str, data: bytes) -> dict[str, str | bytes]:
    """Return the fields of a form by name; a file's are its bytes, of two equal ones the last."""
    if not content_type.startswith("multipart/form-data"):
        fields = parse_qs(data.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[-1] for name, values in fields.items()}
    head = f"Content-Type: {content_type}\r\n\r\n".encode("utf-8", "replace")
    parts: dict[str, str | bytes] = {}
    for part in BytesParser(policy=HTTP).parsebytes(head + data).iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            is_file = part.get_filename() is not None
            parts[name] = content if is_file else content.decode("utf-8", "replace")
    return parts


def _text(fields: Mapping[str, str | bytes], name: str) -> str:
    value = fields.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _number(fields: Mapping[str, str | bytes], name: str, low: float, high: float) -> float:
    try:
        number = float(_text(fields, name))
    except ValueError:
        number = float("nan")
    # Not a number is neither greater nor less, and so is refused too.
    if not low <= number <= high:
        raise TalkError(f"{name}: {low:g} to {high:g}")
    return number


async def _chat(request: Request) -> Response:
    room, fields = await _form(request)
    message = _text(fields, "message")
    try:
        heat = _number(fields, "temperature", 0.1, 2.0)
        reply = await asyncio.to_thread(room.studio.reply, message, heat)
    except CgpError as error:
        return _page(request, "talk_chat", message=message, problem=str(error))
    return _page(request, "talk_chat", message=message, reply=reply)


async def _train(request: Request) -> Response:
    room, fields = await _form(request)
    data = fields.get("file", b"")
    content = data if isinstance(data, bytes) else data.encode()

    def begin() -> None:
        epochs = int(_number(fields, "epochs", 1, 1_000))
        room.training.start(in_thread(room.studio.train(content, "the file", epochs)))

    return _begun(request, "talk_train", begin)


async def in_thread(lines: Iterator[str]) -> AsyncIterator[str]:
    """Yield the lines of an iterator that works in a thread of its own; raise its error.

    A program ends without waiting for it, as it would for a thread of the loop's own.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | Exception | None] = asyncio.Queue()

    def work() -> None:
        end: Exception | None = None
        try:
            for line in lines:
                loop.call_soon_threadsafe(queue.put_nowait, line)
        except Exception as error:  # noqa: BLE001 - raised in the reader's task below
            end = error
        # The loop is closed where the program is ending.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(queue.put_nowait, end)

    threading.Thread(target=work, name="talk-lines", daemon=True).start()
    while isinstance(line := await queue.get(), str):
        yield line
    if line is not None:
        raise line


async def _partner(request: Request) -> Response:
    room, fields = await _form(request)

    def begin() -> None:
        limits = TalkLimits(
            _number(fields, "seconds", 1.0, 3_600.0), _number(fields, "delay", 0.0, 600.0)
        )
        address = PartnerAddress(_text(fields, "url"), _text(fields, "model"))
        # Asked for first: a conversation without a model would end before it began.
        _ = room.studio.model
        lines = room.studio.conversation(address, _text(fields, "message"), limits, 0.7)
        room.conversation.start(lines)

    return _begun(request, "talk_partner", begin)


async def _stop(request: Request) -> Response:
    room, _ = await _form(request)
    await room.conversation.stop()
    return _to("talk_partner")


async def _save(request: Request) -> Response:
    room, fields = await _form(request)
    return _begun(request, "talk_files", lambda: room.studio.save(_text(fields, "name")))


async def _load(request: Request) -> Response:
    room, fields = await _form(request)
    return _begun(request, "talk_files", lambda: room.studio.load(_text(fields, "name")))


def _begun(request: Request, tab: str, action: Callable[[], None]) -> Response:
    try:
        action()
    except (CgpError, OSError) as error:
        return _page(request, tab, problem=str(error))
    return _to(tab)


def _to(tab: str) -> Response:
    # The page is read anew, so that loading it again sends no form a second time.
    return RedirectResponse(f"/talk?tab={tab}", status_code=303)
