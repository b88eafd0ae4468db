"""``cgp chat``: a question to the genome, or a chat gateway on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from cgp.cli.console import fail, messages, output, write_json
from cgp.cli.stop_signals import say_goodbye, stop_signal
from cgp.config import Settings
from cgp.extras import require_package
from cgp.foreign_text import shown
from cgp.telemetry import configure_logging
from cgp.web_address import web_address

if TYPE_CHECKING:
    from cgp.chat.asking import Reply
    from cgp.search import IndexExtent


def chat(
    question: Annotated[
        str | None,
        typer.Argument(help="The question. Without one, serve chat on this machine until Ctrl-C."),
    ] = None,
    direct: Annotated[
        bool,
        typer.Option(
            "--direct",
            help="Ask a miner of the subnet that offers chat, signed by the wallet's hotkey.",
        ),
    ] = False,
    uid: Annotated[
        int | None,
        typer.Option(help="With --direct: the miner to ask (default: any).", show_default=False),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print {answer, citations, model, worker, searched} as JSON."),
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(help="Model to ask (default: the gateway's first).", show_default=False),
    ] = None,
    participant: Annotated[
        str | None,
        typer.Option(
            "--as",
            help="Participant of the store who asks: the prompt gets that person's own profile.",
            show_default=False,
        ),
    ] = None,
    gateway: Annotated[
        str | None,
        typer.Option(
            help="Address of a gateway (default: one in this process).", show_default=False
        ),
    ] = None,
) -> None:
    """Ask the conversations of the genome; the answer cites its turns.

    Without `--gateway` everything runs in this process, offline: a gateway, its NATS server, and a
    worker with the backend of WORKER_BACKEND (by default cited sentences, without a model). Where
    DATA_DIR holds no index, the sample conversations answer. A gateway's key is WORKER_API_KEY.
    With `--direct` a miner that says on its own address that it chats reads the question.
    """
    settings = Settings()
    of_a_question = {
        "--json": as_json, "--direct": direct, "--uid": uid is not None, "--model": model,
        "--as": participant, "--gateway": gateway,
    }  # fmt: skip
    for option, value in of_a_question.items():
        if value and question is None:
            fail(f"{option} belongs to a question: give one (without one, chat is served here)")
    if question is not None and not question.strip():
        fail("the question is empty: write it after cgp chat, in quotes")
    if uid is not None and not direct:
        fail("--uid names a miner, whom --direct asks: give both or neither")
    if direct and (gateway is not None or participant is not None):
        fail("--direct asks a miner itself, without a gateway: leave --gateway and --as out")
    if gateway is not None:
        try:
            web_address(gateway)
        except ValueError as error:
            fail(f"--gateway: {error}")
    # An answer is for a person or a pipe; lines of a server's log between would spoil it.
    level = settings.log if question is None else settings.log.model_copy(update={"level": "ERROR"})
    configure_logging(level)
    if question is None:
        say_goodbye(asyncio.run(_serve(settings)))
    elif direct:
        asyncio.run(_ask_miner(settings, question, model, uid, as_json=as_json))
    else:
        asyncio.run(_ask(settings, question, model, gateway, participant, as_json=as_json))


async def _ask(
    settings: Settings,
    question: str,
    model: str | None,
    gateway: str | None,
    participant: str | None,
    *,
    as_json: bool,
) -> None:
    if gateway is not None:
        secret = settings.worker.api_key
        key = secret.get_secret_value() if secret is not None else None
        # A gateway's operator knows what it searches; it tells nobody.
        await _print_answer(gateway, question, model, key, participant, None, as_json=as_json)
        return
    require_package("nats")
    from cgp.chat.local import local_chat

    # Any free ports, so that a gateway that runs already is not in the way.
    changes = {
        "nats": settings.nats.model_copy(update={"port": 0, "url": ""}),
        "gateway": settings.gateway.model_copy(update={"host": "127.0.0.1", "port": 0}),
    }
    async with local_chat(settings.model_copy(update=changes)) as url:
        await _print_answer(url, question, model, None, participant, settings, as_json=as_json)


async def _print_answer(
    url: str,
    question: str,
    model: str | None,
    key: str | None,
    participant: str | None,
    local: Settings | None,
    *,
    as_json: bool,
) -> None:
    """Ask a gateway and print its answer; ``local`` holds the settings of one of this process."""
    from cgp.chat.asking import ask

    reply = await ask(
        url,
        question,
        model=model,
        key=key,
        participant=participant,
        **({} if as_json else {"on_words": _write}),
    )
    extents = None if local is None else await asyncio.to_thread(_extents, local)
    _print_reply(reply, extents, as_json=as_json)


async def _ask_miner(
    settings: Settings, question: str, model: str | None, uid: int | None, *, as_json: bool
) -> None:
    from cgp.chain import open_chain, open_wallet
    from cgp.chat.direct_client import ask_directly, chosen, find_miners, open_session

    wallet = open_wallet(settings.wallet)
    is_local = settings.subtensor.network == "local"
    async with open_chain(settings, wallet) as chain, open_session() as session:
        miners = await find_miners(session, await chain.metagraph(), allow_private=is_local)
        miner = chosen(miners, model, uid)
        messages.print(f"Asking miner {miner.uid} ({miner.hotkey})", highlight=False)
        words = {} if as_json else {"on_words": _write}
        reply = await ask_directly(session, miner, wallet.hotkey, question, model=model, **words)
    _print_reply(reply, None, as_json=as_json)


def _write(words: str) -> None:
    # A model may write anything; nothing of it acts on the terminal.
    sys.stdout.write(shown(words))
    sys.stdout.flush()


def _print_reply(reply: Reply, extents: Sequence[IndexExtent] | None, *, as_json: bool) -> None:
    if as_json:
        documents = None if extents is None else [extent.to_json() for extent in extents]
        write_json(reply.to_json() | {"searched": documents})
        return
    # Words came without a line end, as the model wrote them.
    sys.stdout.write("\n\n")
    for number, quote in enumerate(reply.citations, 1):
        name = f"{quote.title} ({quote.conversation})" if quote.title else quote.conversation
        place = f"{shown(name)}, turn {quote.turn + 1}"
        output.print(
            f"[dim]\\[{quote.passage or number}][/] {escape(place)}: {escape(quote.quote)}",
            highlight=False,
        )
    places = " and ".join(extent.in_words for extent in extents or ())
    about = f"; searched {places}" if places else ""
    messages.print(
        f"\n[dim]{escape(reply.model)} on {escape(reply.worker)}{escape(about)}[/]",
        highlight=False,
        soft_wrap=True,
    )


def _extents(settings: Settings) -> list[IndexExtent]:
    """Return the indexes that answers of this process rest on. Blocks."""
    from cgp.retrieval.retriever import open_retriever

    with contextlib.closing(open_retriever(settings)) as retriever:
        return retriever.extents()


async def _serve(settings: Settings) -> int:
    """Serve until a signal, and return its number."""
    require_package("nats")
    from cgp.chat.local import local_chat

    stopping = stop_signal()
    async with local_chat(settings) as url:
        # Unwrapped: an address that is cut by a line's end cannot be copied.
        messages.print(
            f"Chat page: {url}/ · for programs: {url}/v1 (OpenAI's protocol, no key)",
            soft_wrap=True,
        )
        return await stopping
