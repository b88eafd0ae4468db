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
    samples = (key for key in keys if key % _SAMPLE == 0)
    return frozenset(samples).union(_falling(keys), _falling(reversed(keys)))


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
        text = f"{conversation.source}\n{minute} {gap} {len(first.text)}\n{first.text}{second.text}"
        digest = blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
        yield place, int.from_bytes(digest, "big") >> 1


@dataclass(frozen=True, slots=True)
class Join:
    """A stored conversation with another one of the same talk joined to it.

    ``longer`` says that it holds more than the stored one did, ``earlier`` that it begins before
    it; ``new_name`` that somebody has another name in the other one.
    """

    conversation: Conversation
    longer: bool
    earlier: bool
    new_name: bool


def join(base: Conversation, record: Conversation) -> Join | None:
    """Return both as one, with the id of ``base`` and the names of ``record``.

    None where they share too little, where a turn differs in the part that both cover, or where
    the whole would be too large for a conversation.
    """
    shift = _shift(base, record)
    if shift is None:
        return None
    first, stop = max(0, shift), min(len(base.turns), shift + len(record.turns))
    overlap = [(base.turns[i], record.turns[i - shift]) for i in range(first, stop)]
    names = _names(overlap)
    if names is None or not _agree(overlap) or not _is_evidence(overlap):
        return None
    whole = _whole(base, record, shift, names)
    if (
        len(whole.turns) > MAX_TURNS
        or len(whole.participants) > MAX_PARTICIPANTS
        or sum(len(turn.text) for turn in whole.turns) > MAX_CHARACTERS
    ):
        return None
    new_name = any(
        base.participants[a].name != record.participants[b].name for a, b in names.items()
    )
    return Join(whole, len(whole.turns) > len(base.turns), shift < 0, new_name)


def holds(whole: Conversation, part: Conversation) -> bool:
    """Tell if a conversation holds all turns of another one, by the same names, at their times and
    in their order, with others among them; a turn without a time shows nothing.
    """
    start, part_start = start_of(whole), start_of(part)
    if start is None or part_start is None:
        return False
    turns_left = iter(whole.turns)
    return all(
        turn.at is not None
        and any(
            other.at is not None
            and other.text == turn.text
            and whole.participants[other.speaker].name == part.participants[turn.speaker].name
            and abs((start + other.at) - (part_start + turn.at)) <= _TOLERANCE_SECONDS
            for other in turns_left
        )
        for turn in part.turns
    )


def _shift(base: Conversation, record: Conversation) -> int | None:
    """Return the place in ``base`` at which ``record`` begins, None where they share no pair."""
    places = {key: place for place, key in _pairs(base)}
    for place, key in _pairs(record):
        if key in places:
            return places[key] - place
    return None


def _agree(overlap: Sequence[tuple[Turn, Turn]]) -> bool:
    """Tell if the turns that stand at the same place are the same, at the same distances."""
    first, second = overlap[0]
    for turn, other_turn in overlap:
        if turn.text != other_turn.text or (turn.at is None) != (other_turn.at is None):
            return False
        if (
            turn.at is not None and other_turn.at is not None and first.at is not None and second.at is not None
            and abs((turn.at - first.at) - (other_turn.at - second.at)) > _TOLERANCE_SECONDS
        ):  # fmt: skip
            return False
    return True


def _names(overlap: Sequence[tuple[Turn, Turn]]) -> dict[int, int] | None:
    """Return each speaker's number in the other one; None where two people are one there."""
    numbers: dict[int, int] = {}
    for turn, other_turn in overlap:
        if numbers.setdefault(turn.speaker, other_turn.speaker) != other_turn.speaker:
            return None
    return numbers if len(set(numbers.values())) == len(numbers) else None


def _is_evidence(overlap: Sequence[tuple[Turn, Turn]]) -> bool:
    """Tell if the turns suffice to show that both are one talk."""
    speakers = {turn.speaker for turn, _ in overlap}
    times = {turn.at for turn, _ in overlap if turn.at is not None}
    return len(overlap) > 1 and (len(speakers) > 1 or len(times) >= _TIMES_OF_ONE_SPEAKER)


def _whole(
    base: Conversation, record: Conversation, shift: int, names: dict[int, int]
) -> Conversation:
    """Return the turns of both, those that both have once."""
    people: dict[Participant, int] = {
        person: number for number, person in enumerate(record.participants)
    }

    def number(speaker: int) -> int:
        if speaker in names:
            return names[speaker]
        return people.setdefault(base.participants[speaker], len(people))

    later = _later(base, record, shift)
    before, after = base.turns[: max(0, shift)], base.turns[max(0, shift + len(record.turns)) :]
    turns = (
        *(replace(turn, speaker=number(turn.speaker)) for turn in before),
        *(replace(turn, at=_time_after(turn.at, later)) for turn in record.turns),
        *(replace(turn, speaker=number(turn.speaker)) for turn in after),
    )
    begins = record if shift < 0 else base
    if shift < 0:
        turns = tuple(replace(turn, at=_time_after(turn.at, -later)) for turn in turns)
    return replace(
        record, id=base.id, participants=tuple(people), turns=turns, started_at=begins.started_at
    )


def _later(base: Conversation, record: Conversation, shift: int) -> float:
    """Return the seconds by which the clock of ``record`` starts after that of ``base``."""
    for place in range(max(0, shift), min(len(base.turns), shift + len(record.turns))):
        time, other_time = base.turns[place].at, record.turns[place - shift].at
        if time is not None and other_time is not None:
            return time - other_time
    return 0.0


def _time_after(at: float | None, seconds: float) -> float | None:
    return None if at is None else round(at + seconds, 3)
