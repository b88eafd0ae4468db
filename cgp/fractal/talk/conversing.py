"""A conversation of two parties, turn by turn, until the time is over or one of them ends it."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Protocol

import numpy as np

from cgp.conversation import MAX_TURN_CHARACTERS, Conversation, Participant, Turn
from cgp.errors import CgpError
from cgp.fractal.talk.errors import EmptyMessageError, PartnerError
from cgp.fractal.talk.model import TalkModel, check_temperature
from cgp.text import normal_form

SYNTHETIC_SOURCE: Final = "synthetic-chat"
"""Source of conversations that models had with each other, so that a reader can leave them out."""

# The same words three times from one party: the two go round in a circle.
_MOST_REPEATS = 3


class Ending(StrEnum):
    """Reason for which a conversation ended."""

    TIME = "time"
    TURNS = "turns"
    EMPTY = "empty"
    REFUSAL = "refused"
    FAILURE = "failed"
    LOOP = "loop"


class RefusalError(PartnerError, code="talk.refusal", remedy="begin with another message"):
    """The partner declined to answer."""


@dataclass(frozen=True, slots=True)
class Line:
    """Words of one party, ``speaker`` 0 or 1, ``at`` seconds from the start."""

    speaker: int
    text: str
    at: float


class Party(Protocol):
    """One side of a conversation."""

    @property
    def name(self) -> str:
        """The name in the conversation."""
        ...

    async def reply(self, lines: Sequence[Line], speaker: int) -> str:
        """Return the next words, as ``speaker``, to a conversation whose last line is the other's.

        Raises:
            RefusalError: if the party declines.
            PartnerError: if it cannot be asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class TalkLimits:
    """Bounds of a conversation: seconds, seconds between two turns, and turns."""

    seconds: float = 60.0
    delay: float = 2.0
    turns: int = 200


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation that ended: its lines in order, the reason of its end, words about it."""

    names: tuple[str, str]
    lines: tuple[Line, ...]
    ending: Ending
    detail: str = ""


class LearnedParty:
    """The talk model as a party; it says no answer twice."""

    def __init__(
        self, model: TalkModel, random: np.random.Generator, temperature: float, name: str
    ) -> None:
        check_temperature(temperature)
        self._model = model
        self._random = random
        self._temperature = temperature
        self._name = name

    @property
    def name(self) -> str:
        """The name in the conversation."""
        return self._name

    async def reply(self, lines: Sequence[Line], speaker: int) -> str:
        """Return the reply to the last line; see ``Party``."""
        earlier = [line.text for line in lines if line.speaker == speaker]
        # Encoding a question takes milliseconds of processor: the loop serves others meanwhile.
        reply = await asyncio.to_thread(
            self._model.reply,
            lines[-1].text,
            self._random,
            temperature=self._temperature,
            earlier=earlier,
        )
        return reply.text


async def converse(
    parties: tuple[Party, Party],
    message: str,
    limits: TalkLimits | None = None,
    on_line: Callable[[Line], None] = lambda _line: None,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Talk:
    """Let two parties talk. The first one begins with ``message``; each hears all earlier lines.

    Raises:
        EmptyMessageError: if the message has no word.
    """
    limits = limits or TalkLimits()
    if not normal_form(message):
        raise EmptyMessageError("the first message has no word")
    names = (parties[0].name, parties[1].name)
    start = clock()
    lines = [Line(0, message.strip()[:MAX_TURN_CHARACTERS], 0.0)]
    on_line(lines[0])
    repeats: Counter[tuple[int, str]] = Counter()
    try:
        while len(lines) < limits.turns:
            speaker = 1 - lines[-1].speaker
            remaining = limits.seconds - (clock() - start)
            # The last line needs no wait after it, so the wait is before a reply.
            delay = limits.delay if len(lines) > 1 else 0.0
            text = await _next_text(
                parties[speaker], lines, speaker, remaining=remaining, delay=delay, sleep=sleep
            )
            lines.append(Line(speaker, text, round(clock() - start, 3)))
            on_line(lines[-1])
            repeats[speaker, normal_form(text)] += 1
            if max(repeats.values()) >= _MOST_REPEATS:
                detail = f"{names[speaker]} said the same {_MOST_REPEATS} times"
                return Talk(names, tuple(lines), Ending.LOOP, detail)
    except _EndError as end:
        return Talk(names, tuple(lines), end.ending, str(end))
    return Talk(names, tuple(lines), Ending.TURNS)


class _EndError(CgpError, code="talk.end", remedy="none is needed: the conversation is over"):
    """One of the parties, or the time, ends the conversation."""

    def __init__(self, ending: Ending, detail: str = "") -> None:
        super().__init__(detail)
        self.ending = ending


async def _next_text(
    party: Party,
    lines: Sequence[Line],
    speaker: int,
    *,
    remaining: float,
    delay: float,
    sleep: Callable[[float], Awaitable[None]],
) -> str:
    """Return a party's next words, raise ``_EndError`` where there are none."""
    try:
        async with asyncio.timeout(max(0.0, remaining)):
            if delay > 0.0:
                await sleep(delay)
            text = (await party.reply(tuple(lines), speaker)).strip()
    except TimeoutError as error:
        raise _EndError(Ending.TIME) from error
    except RefusalError as error:
        raise _EndError(Ending.REFUSAL, str(error)) from error
    except PartnerError as error:
        raise _EndError(Ending.FAILURE, str(error)) from error
    if not normal_form(text):
        raise _EndError(Ending.EMPTY, f"{party.name} said nothing")
    return text[:MAX_TURN_CHARACTERS]


def talk_as_conversation(talk: Talk, start: float) -> Conversation | None:
    """Return a talk as a conversation to be mined, None where only one party said something.

    ``start`` is in epoch seconds. Its source marks it as synthetic.
    """
    if {line.speaker for line in talk.lines} != {0, 1}:
        return None
    first = talk.lines[0]
    beginning = f"{talk.names}\0{start}\0{first.text}".encode("utf-8", "replace")
    return Conversation(
        id=f"talk-{hashlib.sha256(beginning).hexdigest()[:32]}",
        source=SYNTHETIC_SOURCE,
        participants=tuple(Participant(name) for name in talk.names),
        turns=tuple(Turn(line.speaker, line.text, line.at) for line in talk.lines),
        title=" ".join(first.text.split())[:80],
        started_at=datetime.fromtimestamp(start, UTC).isoformat(timespec="seconds"),
    )
