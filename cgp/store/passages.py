"""Passages of a talk, by which it is known again without its times and names.

A passage is the shortest run of turns that says enough to be of one talk alone. Where the times,
the names or the beginning of a forgotten talk have changed since, most of its passages are the
same. Only letters and digits count, in small letters: each program writes marks and spaces in its
own way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cgp.clocks import minute_of_any_zone, start_of
from cgp.conversation import Conversation

CHARACTERS = 40
"""Fewest letters and digits of a passage. ``Hi`` and ``Hello! How can I help you?`` begin many
talks.
"""
_SPEAKERS, _TURNS_OF_ONE = 2, 4
"""A passage has turns of two speakers, or so many of one: news are forwarded to many chats."""
_FEWEST = 2
"""Passages without a common turn that show one talk to be the same as another."""
_FEWEST_TURNS = 2
"""Turns of a beginning that is known by its times."""


@dataclass(frozen=True, slots=True)
class HashedPassage:
    """Turns ``start`` to ``stop`` of a conversation, and the hash of their words."""

    start: int
    stop: int
    hash: str


def passages(conversation: Conversation) -> list[HashedPassage]:
    """Return the passage that begins at each turn, up to the turns that are too near the end: the
    first one begins at turn 0, the next at turn 1, and so on.
    """
    words = [_words(turn.text) for turn in conversation.turns]
    return [
        HashedPassage(start, stop, _hash("passage", words[start:stop]))
        for start in range(len(words))
        if (stop := _stop(conversation, words, start)) is not None
    ]


def _stop(conversation: Conversation, words: Sequence[str], start: int) -> int | None:
    """Return where the passage ends that begins at a turn, None where the talk ends before."""
    speakers: set[int] = set()
    characters = 0
    for place in range(start, len(words)):
        speakers.add(conversation.turns[place].speaker)
        characters += len(words[place])
        is_talk = len(speakers) >= _SPEAKERS or place - start + 1 >= _TURNS_OF_ONE
        if is_talk and characters >= CHARACTERS:
            return place + 1
    return None


def are_the_same(common_passages: Sequence[HashedPassage]) -> bool:
    """Tell if passages that two conversations share suffice to show that they are one talk.

    ``common_passages`` are in the order of their turns.
    """
    count = stop = 0
    for passage in common_passages:
        if passage.start >= stop:
            count, stop = count + 1, passage.stop
    return count >= _FEWEST


def own_hashes(conversation: Conversation) -> list[str]:
    """Return the hashes of a talk that has too few passages: of the whole, and with times of its
    beginnings, since an earlier export holds no more. None for a longer talk.
    """
    own_passages = passages(conversation)
    if are_the_same(own_passages) or not conversation.turns:
        return []
    hashes = list(_beginnings(conversation, 0, own_passages))
    has_times = all(turn.at is not None for turn in conversation.turns)
    return hashes[_FEWEST_TURNS - 1 :] or hashes if has_times else hashes[-1:]


def short_hashes(conversation: Conversation) -> Iterator[str]:
    """Yield the hash of each short talk that a conversation may hold."""
    own_passages = passages(conversation)
    for start in range(len(conversation.turns)):
        yield from _beginnings(conversation, start, own_passages)


def _beginnings(
    conversation: Conversation, start: int, own_passages: Sequence[HashedPassage]
) -> Iterator[str]:
    """Yield the hash of each short talk that begins at a turn.

    Its words alone make it unlike others where they are a passage; before, names and times help.
    """
    # The passages are those of the first turns, without a gap: the one of a turn stands at its
    # number.
    first = own_passages[start] if start < len(own_passages) else None
    second = own_passages[first.stop] if first and first.stop < len(own_passages) else None
    stop = second.stop - 1 if second else len(conversation.turns)
    words, words_and_more = sha256(b"words"), sha256(f"more\n{conversation.source}".encode())
    for place in range(start, stop):
        part = _bytes(_words(conversation.turns[place].text))
        words.update(part)
        words_and_more.update(part + _bytes(_circumstances(conversation, start, place)))
        is_passage = first is not None and place >= first.stop - 1
        yield (words if is_passage else words_and_more).hexdigest()


def _circumstances(conversation: Conversation, start: int, place: int) -> str:
    """Return the facts by which a turn of few words differs from similar ones, in any time zone."""
    turn, first = conversation.turns[place], conversation.turns[start]
    name = conversation.participants[turn.speaker].name
    if turn.at is None or first.at is None:
        return name
    begin = start_of(conversation)
    if begin is None:
        return str(round(turn.at - first.at))  # of a recording: its speakers are named later
    return f"{name} {minute_of_any_zone(begin + turn.at)}"


def _words(text: str) -> str:
    """Return the letters and digits of a text in small letters, or the text where it has none."""
    return "".join(c for c in text.casefold() if c.isalnum()) or text.strip()


def _hash(kind: str, words: Sequence[str]) -> str:
    return sha256(kind.encode() + b"".join(map(_bytes, words))).hexdigest()


def _bytes(text: str) -> bytes:
    # Its length before each text, so that no two different talks give the same bytes.
    return f"{len(text)}:{text}".encode("utf-8", "replace")
