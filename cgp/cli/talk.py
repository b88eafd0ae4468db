"""``cgp talk``: a model that learned answers, alone or in a conversation with another model."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from cgp.bounded_files import file_within
from cgp.cli.console import (
    fail,
    input_errors,
    messages,
    output,
    require_folder_of,
    write_json,
)
from cgp.config import Settings
from cgp.counts import counted

if TYPE_CHECKING:
    from cgp.fractal.talk.conversing import Talk, TalkLimits
    from cgp.fractal.talk.model import TalkModel
    from cgp.fractal.talk.partner import PartnerAddress


def talk(
    file: Annotated[Path, typer.Argument(help="A talk model of `cgp fractal teach`.")],
    message: Annotated[
        str | None,
        typer.Option(
            "--message",
            "-m",
            help="Words to it, or the first words of a conversation.",
            show_default=False,
        ),
    ] = None,
    partner: Annotated[
        str | None,
        typer.Option(
            help="Talk with a model behind LM Studio or any OpenAI-compatible server: its address,"
            " such as http://localhost:1234/v1.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Name of the partner's model.", show_default=False)
    ] = None,
    think: Annotated[
        bool, typer.Option("--think", help="Let the model talk with itself instead.")
    ] = False,
    seconds: Annotated[
        float, typer.Option(min=1.0, max=86_400.0, help="Length of a conversation.")
    ] = 60.0,
    delay: Annotated[
        float, typer.Option(min=0.0, max=600.0, help="Seconds between two turns.")
    ] = 2.0,
    turns: Annotated[int, typer.Option(min=2, max=10_000, help="Maximum turns.")] = 200,
    temperature: Annotated[
        float, typer.Option(min=0.1, max=2.0, help="How freely words between answers are chosen.")
    ] = 0.7,
    seed: Annotated[int, typer.Option(help="Seed of the words between answers.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the conversation to this file too.", show_default=False),
    ] = None,
    store: Annotated[
        bool, typer.Option("--store/--no-store", help="Store the conversation, to be mined.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask a model that learned answers; without --message it answers each line of standard input.

    With `--partner` it talks with another model until the time is over, and the conversation is
    stored as synthetic, to be mined as any other. The partner's key is LLM_API_KEY.
    """
    from cgp.fractal.talk.conversing import TalkLimits
    from cgp.fractal.talk.errors import EmptyMessageError
    from cgp.fractal.talk.model import check_temperature

    check_temperature(temperature)
    if partner is not None and think:
        fail("--partner and --think: a conversation has two sides, choose one")
    if (partner is None) != (model is None):
        fail("--partner and --model go together: an address, and the name of a model there")
    if out is not None:
        if partner is None and not think:
            fail("--out is for a conversation: add --partner and --model, or --think")
        require_folder_of("--out", out)
    talk_model = _model(file)
    if partner is None and not think:
        lines = [message] if message is not None else sys.stdin
        for words in lines:
            # A line without words is a pause of a person who types, and a fault of an option.
            try:
                _answer(talk_model, words, temperature, seed, as_json=as_json)
            except EmptyMessageError:
                if message is not None:
                    raise
        return
    settings = Settings()
    address = _address(settings, partner, model, temperature) if partner and model else None
    limits = TalkLimits(seconds, delay, turns)
    started = time.time()
    result = asyncio.run(
        _converse(talk_model, address, message or "Hello", limits, temperature, seed, quiet=as_json)
    )
    _keep(settings, result, started, out, is_stored=store, as_json=as_json)


def _answer(model: TalkModel, words: str, temperature: float, seed: int, *, as_json: bool) -> None:
    import numpy as np

    reply = model.reply(words, np.random.default_rng(seed), temperature=temperature)
    if as_json:
        write_json(
            {"text": reply.text, "kind": str(reply.kind), "confidence": round(reply.confidence, 4)},
            indent=None,
        )
        return
    output.print(escape(reply.text), highlight=False, soft_wrap=True)
    messages.print(f"[dim]{reply.kind}, {reply.confidence:.2f}[/]", highlight=False)


async def _converse(
    model: TalkModel,
    address: PartnerAddress | None,
    message: str,
    limits: TalkLimits,
    temperature: float,
    seed: int,
    *,
    quiet: bool,
) -> Talk:
    import numpy as np

    from cgp.fractal.talk.conversing import LearnedParty, Line, Party, converse
    from cgp.fractal.talk.partner import partner

    random = np.random.default_rng(seed)
    ours = LearnedParty(model, random, temperature, "Talk model")
    names = ["Talk model", address.model if address else "Talk model (itself)"]

    def show(line: Line) -> None:
        if quiet:
            return
        output.print(
            f"[bold]{escape(names[line.speaker])}:[/] {escape(line.text)}",
            highlight=False,
            soft_wrap=True,
        )

    async with contextlib.AsyncExitStack() as stack:
        other: Party = LearnedParty(model, random, temperature, names[1])
        if address is not None:
            other = await stack.enter_async_context(partner(address, limits.seconds))
        return await converse((ours, other), message, limits, show)


def _keep(
    settings: Settings,
    result: Talk,
    started: float,
    out: Path | None,
    *,
    is_stored: bool,
    as_json: bool,
) -> None:
    """Store a conversation, write it to a file, and say how it ended."""
    import json

    from cgp.conversation_json import conversation_to_json
    from cgp.durable_files import write_whole
    from cgp.fractal.talk.conversing import Ending, talk_as_conversation

    conversation = talk_as_conversation(result, started)
    if conversation is not None and is_stored:
        from cgp.store import Store

        with contextlib.closing(Store(settings.store_url)) as store:
            store.take_conversations([conversation])
    document = conversation_to_json(conversation) if conversation else None
    if document is not None and out is not None:
        write_whole(out, (json.dumps(document, ensure_ascii=False) + "\n").encode())
    if as_json:
        write_json(
            {"ending": str(result.ending), "detail": result.detail, "conversation": document}
        )
    else:
        kept = f"; kept as {conversation.id}" if conversation is not None and is_stored else ""
        detail = f" ({result.detail})" if result.detail else ""
        messages.print(
            escape(f"ended: {result.ending}{detail}, {counted(len(result.lines), 'turn')}{kept}"),
            highlight=False,
            soft_wrap=True,
        )
    # A script must see that there was no partner; all other endings are a conversation's own.
    if result.ending is Ending.FAILURE:
        raise typer.Exit(1)


def _address(settings: Settings, url: str, model: str, temperature: float) -> PartnerAddress:
    from cgp.fractal.talk.partner import PartnerAddress

    key = settings.llm.api_key
    return PartnerAddress(url, model, key.get_secret_value() if key else None, temperature)


def _model(file: Path) -> TalkModel:
    from cgp.embedders import default_embedder
    from cgp.encoders import default_encoder
    from cgp.fractal.talk.talk_file import MAX_TALK_BYTES, talk_from_bytes

    with input_errors():
        data = file_within(file, MAX_TALK_BYTES)
    return talk_from_bytes(data, str(file), default_encoder(), default_embedder())
