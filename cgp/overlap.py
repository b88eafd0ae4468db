"""Two records of one talk that share a part: found by pairs of turns, and joined.

Last month's export covers March to June, this month's April to July. What both cover is the same
turns at the same times, maybe under another name where a contact was renamed. A pair of turns that
follow each other, with the minute and the time between them, has a key of its own. Of a
conversation's keys only a few are kept, its ``anchors``: those that are the smallest of all before
them, or of all after them (about ``2 ln n`` of ``n``). Where the end of one conversation is the
beginning of another, the smallest key of that part is an anchor of both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b

from cgp.conversation import (
    MAX_CHARACTERS,
    MAX_PARTICIPANTS,
    MAX_TURNS,
    Conversation,
    Participant,
    Turn,
)

_SAMPLE = 16
"""One key in so many is an anchor besides, by which a part from the middle is found."""
_MINUTE = 60
_TOLERANCE_SECONDS = 1.5
"""A conversation's start is written in whole seconds, its turns count from the fraction."""
_TIMES_OF_ONE_SPEAKER = 3
"""Different times that show the same talk where one person speaks. The same two messages can be
forwarded into two chats within a minute.
"""


def pair_keys(conversation: Conversation) -> list[int]:
    """Return a key (63 bits) for each two turns in a row that have times; none without a date."""
    return [key for _, key in _pairs(conversation)]


def anchors(conversation: Conversation) -> frozenset[int]:
    """Return the keys by which another record of the same talk is found."""
    keys = pair_keys(conversation)
    sampled = (key for key in keys if key % _SAMPLE == 0)
    return frozenset(sampled).union(_falling(keys), _falling(reversed(keys)))


def _falling(keys: Iterator[int] | Sequence[int]) -> Iterator[int]:
    """Yield each key that is smaller than all before it."""
    smallest: int | None = None
    for key in keys:
        if smallest is None or key < smallest:
            smallest = key
            yield key


def start_of(conversation: Conversation) -> float | None:
    """Return the start in seconds since the epoch, a time without a zone taken as UTC."""
    if conversation.started_at is None:
        return None
    try:
        moment = datetime.fromisoformat(conversation.started_at)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _pairs(conversation: Conversation) -> Iterator[tuple[int, int]]:
    """Yield the place of the first turn of each pair, and the pair's key."""
    start = start_of(conversation)
    if start is None:
        return
    turns = conversation.turns
    for place in range(len(turns) - 1):
        first, second = turns[place], turns[place + 1]
        if first.at is None or second.at is None:
            continue
        minute, gap = int((start + first.at) // _MINUTE), round(second.at - first.at)
        said = f"{conversation.source}\n{minute} {gap} {len(first.text)}\n{first.text}{second.text}"
        digest = blake2b(said.encode("utf-8", "replace"), digest_size=8).digest()
        yield place, int.from_bytes(digest, "big") >> 1


@dataclass(frozen=True, slots=True)
class Joined:
    """A stored conversation with another one of the same talk joined to it.

    ``longer`` says that it holds more than the stored one did, ``earlier`` that it begins before
    it; ``renamed`` that somebody has another name in the other one.
    """

    conversation: Conversation
    longer: bool
    earlier: bool
    renamed: bool


def joined(stored: Conversation, other: Conversation) -> Joined | None:
    """Return both as one, with the id of ``stored`` and the names of ``other``.

    None where they share too little, where a turn differs in the part that both cover, or where
    the whole would be too large for a conversation.
    """
    shift = _shift(stored, other)
    if shift is None:
        return None
    first, stop = max(0, shift), min(len(stored.turns), shift + len(other.turns))
    shared = [(stored.turns[i], other.turns[i - shift]) for i in range(first, stop)]
    names = _names(shared)
    if names is None or not _same(shared) or not _is_evidence(shared):
        return None
    whole = _whole(stored, other, shift, names)
    if (
        len(whole.turns) > MAX_TURNS
        or len(whole.participants) > MAX_PARTICIPANTS
        or sum(len(turn.text) for turn in whole.turns) > MAX_CHARACTERS
    ):
        return None
    renamed = any(
        stored.participants[a].name != other.participants[b].name for a, b in names.items()
    )
    return Joined(whole, len(whole.turns) > len(stored.turns), shift < 0, renamed)


def _shift(stored: Conversation, other: Conversation) -> int | None:
    """Return the place in ``stored`` at which ``other`` begins, None where they share no pair."""
    places = {key: place for place, key in _pairs(stored)}
    for place, key in _pairs(other):
        if key in places:
            return places[key] - place
    return None


def _same(shared: Sequence[tuple[Turn, Turn]]) -> bool:
    """Tell if the turns that stand at the same place are the same, at the same distances."""
    first, second = shared[0]
    for one, two in shared:
        if one.text != two.text or (one.at is None) != (two.at is None):
            return False
        if (
            one.at is not None and two.at is not None and first.at is not None and second.at is not None
            and abs((one.at - first.at) - (two.at - second.at)) > _TOLERANCE_SECONDS
        ):  # fmt: skip
            return False
    return True


def _names(shared: Sequence[tuple[Turn, Turn]]) -> dict[int, int] | None:
    """Return each speaker's number in the other one; None where two people are one there."""
    numbers: dict[int, int] = {}
    for one, two in shared:
        if numbers.setdefault(one.speaker, two.speaker) != two.speaker:
            return None
    return numbers if len(set(numbers.values())) == len(numbers) else None


def _is_evidence(shared: Sequence[tuple[Turn, Turn]]) -> bool:
    """Tell if the turns suffice to show that both are one talk."""
    speakers = {one.speaker for one, _ in shared}
    times = {one.at for one, _ in shared if one.at is not None}
    return len(shared) > 1 and (len(speakers) > 1 or len(times) >= _TIMES_OF_ONE_SPEAKER)


def _whole(
    stored: Conversation, other: Conversation, shift: int, names: dict[int, int]
) -> Conversation:
    """Return the turns of both, those that both have once."""
    people: dict[Participant, int] = {one: number for number, one in enumerate(other.participants)}

    def number(speaker: int) -> int:
        if speaker in names:
            return names[speaker]
        return people.setdefault(stored.participants[speaker], len(people))

    later = _later(stored, other, shift)
    before, after = stored.turns[: max(0, shift)], stored.turns[max(0, shift + len(other.turns)) :]
    turns = (
        *(replace(turn, speaker=number(turn.speaker)) for turn in before),
        *(replace(turn, at=_moved(turn.at, later)) for turn in other.turns),
        *(replace(turn, speaker=number(turn.speaker)) for turn in after),
    )
    begins = other if shift < 0 else stored
    if shift < 0:
        turns = tuple(replace(turn, at=_moved(turn.at, -later)) for turn in turns)
    return replace(
        other, id=stored.id, participants=tuple(people), turns=turns, started_at=begins.started_at
    )


def _later(stored: Conversation, other: Conversation, shift: int) -> float:
    """Return the seconds by which the clock of ``other`` starts after that of ``stored``."""
    for place in range(max(0, shift), min(len(stored.turns), shift + len(other.turns))):
        one, two = stored.turns[place].at, other.turns[place - shift].at
        if one is not None and two is not None:
            return one - two
    return 0.0


def _moved(at: float | None, seconds: float) -> float | None:
    return None if at is None else round(at + seconds, 3)
