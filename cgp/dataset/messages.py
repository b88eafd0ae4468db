"""A conversation in chat form: messages with roles, as programs that train models take them.

The form is the conversational one of TRL (``{"messages": [{"role", "content"}]}``). Roles alternate
after the system's message, since many chat templates refuse anything else: turns in a row of one
role are one message. With more than two participants the lines of a user's message begin with
names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from cgp.conversation import Conversation, Participant, Turn

Role = Literal["user", "assistant"]
"""Role of a participant."""

# Names under which programs answer, as the sources of their exports write them.
_PROGRAMS = frozenset(
    {"assistant", "ai", "bot", "chatgpt", "claude", "codex", "copilot", "gemini", "gpt", "model"}
)
_TWO = 2


@dataclass(frozen=True, slots=True)
class Message:
    """One message; ``speaker`` is None in a message of several speakers and in the system's."""

    role: Literal["system", "user", "assistant"]
    content: str
    speaker: str | None = None


def roles_of(conversation: Conversation) -> list[Role]:
    """Return the role of each participant, ``user`` or ``assistant``; no assistant in a monologue.

    The assistant is a participant with the name of an answering program, or else the one with most
    words among those who do not open the conversation.
    """
    people = conversation.participants
    words = [0] * len(people)
    for turn in conversation.turns:
        words[turn.speaker] += len(turn.text.split())
    speakers = [number for number, count in enumerate(words) if count]
    if len(speakers) < _TWO:
        return ["user"] * len(people)
    opening = conversation.turns[0].speaker
    programs = [n for n in speakers if people[n].name.casefold() in _PROGRAMS]
    user_speakers = programs or [n for n in speakers if n != opening]
    # With several candidates the one who says most stands for the assistant.
    assistant = max(user_speakers, key=lambda number: words[number])
    return ["assistant" if n == assistant else "user" for n in range(len(people))]


def messages_of(conversation: Conversation) -> list[Message]:
    """Return the messages of a redacted conversation; none of a monologue, which has no answer."""
    roles = roles_of(conversation)
    if "assistant" not in roles:
        return []
    people = conversation.participants
    turns_with_text = [turn for turn in conversation.turns if turn.text.strip()]
    with_names = len({turn.speaker for turn in turns_with_text}) > _TWO
    messages = [
        _message(role, list(turns), people, with_names)
        for role, turns in _runs(turns_with_text, roles)
    ]
    return [_system(conversation, people[roles.index("assistant")]), *messages]


def _runs(turns: list[Turn], roles: list[Role]) -> Iterator[tuple[Role, Iterator[Turn]]]:
    """Return turns in a row of one role together."""
    return iter(groupby(turns, key=lambda turn: roles[turn.speaker]))


def _message(
    role: Role, turns: list[Turn], people: tuple[Participant, ...], with_names: bool
) -> Message:
    speakers = {turn.speaker for turn in turns}
    if with_names and role == "user":
        lines = [f"{people[turn.speaker].name}: {turn.text}" for turn in turns]
    else:
        lines = [turn.text for turn in turns]
    speaker = people[turns[0].speaker].name if len(speakers) == 1 else None
    return Message(role, "\n".join(lines), speaker)


def _system(conversation: Conversation, assistant: Participant) -> Message:
    """Return the message that says which conversation this is, and which participant answers."""
    names_of_users = ", ".join(
        person.name for person in conversation.participants if person is not assistant
    )
    title = f" Title: {conversation.title}." if conversation.title else ""
    text = f"A conversation of {assistant.name} with {names_of_users}.{title} You are {assistant.name}."
    return Message("system", text)
