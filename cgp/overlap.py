"""Two records of one talk that share a part: found by pairs of turns, and joined.

Last month's export covers March to June, this month's April to July. What both cover is the same
turns, maybe under another name where a contact was renamed, and maybe by another clock: a phone
that has travelled writes all its times anew, another program leaves out the seconds, and numbers
that were taken for day and month turn out to be month and day. A pair of turns that follow each
other has a key that all of these leave alone: their words, and their minutes within half an hour.
Of a conversation's keys only a few are kept, its ``anchors``: those that are the smallest of all
before them, or of all after them (about ``2 ln n`` of ``n``). Where the end of one conversation is
the beginning of another, the smallest key of that part is an anchor of both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from cgp.clocks import (
    TOLERANCE_SECONDS,
    Clock,
    begun_at_first,
    clock_between,
    is_zoned,
    minute_of,
    minute_of_any_zone,
    other_clock,
    start_of,
)
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
_TIMES_OF_ONE_SPEAKER = 3
"""Different times that show the same talk where one person speaks. The same two messages can be
forwarded into two chats within a minute.
"""
_TURNS_OF_OTHER_NAMES, _CHARACTERS_OF_OTHER_NAMES = 3, 40
"""Fewest turns, and characters of them, that show the same talk without equal names and equal
times. ``Hi`` and ``Hello`` are said in many.
"""


def pair_keys(conversation: Conversation) -> list[int]:
    """Return a key (63 bits) for each two turns in a row that have times; none without a date.

    It holds the very minute, as the tombstones of what was forgotten do.
    """
    start = start_of(conversation)
    return [] if start is None else [key for _, key in _pairs(conversation, start, exact=True)]


def anchors(conversation: Conversation, *, has_id: bool) -> frozenset[int]:
    """Return the keys by which another record of the same talk is found.

    A talk without a date is found by its beginning alone, and only if its source gave it no id
    (``has_id``): else that finds it.
    """
    start = start_of(conversation)
    if start is None:
        return frozenset() if has_id else frozenset(_first_pair(conversation))
    keys = [key for _, key in _pairs(conversation, start)]
    samples = (key for key in keys if key % _SAMPLE == 0)
    return frozenset(samples).union(_falling(keys), _falling(reversed(keys)))


def _falling(keys: Iterator[int] | Sequence[int]) -> Iterator[int]:
    """Yield each key that is smaller than all before it."""
    smallest: int | None = None
    for key in keys:
        if smallest is None or key < smallest:
            smallest = key
            yield key


def _first_pair(conversation: Conversation) -> Iterator[int]:
    """Yield the key of the first two turns of a talk without a date."""
    if len(conversation.turns) > 1:
        first, second = conversation.turns[:2]
        yield _key(f"{conversation.source}\n{len(first.text)}\n{first.text}{second.text}")


def _pairs(
    conversation: Conversation, start: float, *, exact: bool = False
) -> Iterator[tuple[int, int]]:
    """Yield the place of the first turn of each pair, and the pair's key."""
    turns = conversation.turns
    for place in range(len(turns) - 1):
        first, second = turns[place], turns[place + 1]
        if first.at is None or second.at is None:
            continue
        at, following = start + first.at, start + second.at
        if exact:
            times = f"{minute_of(at)} {round(second.at - first.at)}"
        else:
            times = f"{minute_of_any_zone(at)}:{minute_of_any_zone(following)}"
        yield (
            place,
            _key(f"{conversation.source}\n{times} {len(first.text)}\n{first.text}{second.text}"),
        )


def _key(text: str) -> int:
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


@dataclass(frozen=True, slots=True)
class Join:
    """A stored conversation with another one of the same talk joined to it.

    ``longer`` says that it holds more than the stored one did; ``new_name`` that somebody has
    another name in the other one.
    """

    conversation: Conversation
    longer: bool
    new_name: bool


def join(base: Conversation, record: Conversation) -> Join | None:
    """Return both as one, with the id of ``base`` and the names of ``record``.

    Where their clocks differ, the times are those of the one with more turns: it shows more of
    how its dates are written. None where they share too little, where a turn differs in the part
    that both cover, or where the whole would be too large for a conversation.
    """
    shift = _shift(base, record)
    if shift is None:
        return None
    overlap = _overlap(base, record, shift)
    names = _names(overlap)
    if names is None or any(turn.text != record_turn.text for turn, record_turn in overlap):
        return None
    new_name = any(
        base.participants[a].name != record.participants[b].name for a, b in names.items()
    )
    clock = _clock(base, record, overlap)
    if clock is None or not _is_evidence(
        overlap, same_times=clock is Clock.SAME, new_name=new_name
    ):
        return None
    turns = len(base.turns)
    if clock in {Clock.MOVED, Clock.EXCHANGED}:
        first, second = overlap[0]
        if len(record.turns) >= turns:
            base = other_clock(base, clock, first, record, second)
        else:
            record = other_clock(record, clock, second, base, first)
    whole = _whole(base, record, shift, names)
    if (
        len(whole.turns) > MAX_TURNS
        or len(whole.participants) > MAX_PARTICIPANTS
        or sum(len(turn.text) for turn in whole.turns) > MAX_CHARACTERS
    ):
        return None
    return Join(whole, len(whole.turns) > turns, new_name)


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
            and abs((start + other.at) - (part_start + turn.at)) <= TOLERANCE_SECONDS
            for other in turns_left
        )
        for turn in part.turns
    )


def shared_places(base: Conversation, record: Conversation) -> frozenset[int]:
    """Return the places in ``base`` of the messages that are in ``record`` as well: by the same
    name, in the same words, at the same time.
    """
    start, record_start = start_of(base), start_of(record)
    if start is None or record_start is None:
        return frozenset()
    times: dict[tuple[str, str], list[float]] = {}
    for turn in sorted(record.turns, key=lambda turn: turn.at or 0.0):
        if turn.at is not None:
            message = (record.participants[turn.speaker].name, turn.text)
            times.setdefault(message, []).append(record_start + turn.at)
    return frozenset(
        place
        for place, turn in enumerate(base.turns)
        if turn.at is not None
        and _holds_time(
            times.get((base.participants[turn.speaker].name, turn.text), ()), start + turn.at
        )
    )


def _holds_time(times: Sequence[float], at: float) -> bool:
    """Tell if one of some times, in their order, is the same as another one."""
    # By bisection: thousands of messages of a channel may be the same "ok".
    place = bisect_left(times, at - TOLERANCE_SECONDS)
    return place < len(times) and times[place] <= at + TOLERANCE_SECONDS


def without(conversation: Conversation, places: frozenset[int]) -> Conversation:
    """Return a conversation without the turns at some places, and without the people who have no
    other turn.
    """
    turns = [turn for place, turn in enumerate(conversation.turns) if place not in places]
    people: dict[int, int] = {}
    for turn in turns:
        people.setdefault(turn.speaker, len(people))
    participants = tuple(conversation.participants[speaker] for speaker in people)
    rest = tuple(replace(turn, speaker=people[turn.speaker]) for turn in turns)
    return begun_at_first(replace(conversation, participants=participants, turns=rest))


def _shift(base: Conversation, record: Conversation) -> int | None:
    """Return the place in ``base`` at which ``record`` begins, None where they share no pair.

    Of several places the one that most pairs show is taken: short answers come again and again.
    """
    start, record_start = start_of(base), start_of(record)
    if start is None or record_start is None:
        alike = start is record_start and [*_first_pair(base)] == [*_first_pair(record)]
        return 0 if alike else None
    places = {key: place for place, key in _pairs(base, start)}
    shifts = Counter(
        places[key] - place for place, key in _pairs(record, record_start) if key in places
    )
    return max(shifts, key=lambda shift: (shifts[shift], shift)) if shifts else None


def _overlap(base: Conversation, record: Conversation, shift: int) -> list[tuple[Turn, Turn]]:
    """Return the turns that stand at the same place in both."""
    first, stop = max(0, shift), min(len(base.turns), shift + len(record.turns))
    return [(base.turns[i], record.turns[i - shift]) for i in range(first, stop)]


def _clock(
    base: Conversation, record: Conversation, overlap: Sequence[tuple[Turn, Turn]]
) -> Clock | None:
    """Return how the clocks of both differ in the part that both cover, None where the times
    cannot be of one talk.
    """
    start, record_start = start_of(base), start_of(record)
    if any((turn.at is None) != (record_turn.at is None) for turn, record_turn in overlap):
        return None
    if start is None or record_start is None:
        has_times = all(turn.at is not None for turn, _ in overlap)
        return Clock.SAME if has_times and _are_at_once(overlap) else Clock.NONE
    times = [
        (start + turn.at, record_start + record_turn.at)
        for turn, record_turn in overlap
        if turn.at is not None and record_turn.at is not None
    ]
    return clock_between(times, has_zone=is_zoned(base) or is_zoned(record))


def _are_at_once(overlap: Sequence[tuple[Turn, Turn]]) -> bool:
    """Tell if turns are at the same times after the start of a recording."""
    return all(
        abs((turn.at or 0.0) - (record_turn.at or 0.0)) <= TOLERANCE_SECONDS
        for turn, record_turn in overlap
    )


def _names(overlap: Sequence[tuple[Turn, Turn]]) -> dict[int, int] | None:
    """Return each speaker's number in the other one; None where two people are one there."""
    numbers: dict[int, int] = {}
    for turn, other_turn in overlap:
        if numbers.setdefault(turn.speaker, other_turn.speaker) != other_turn.speaker:
            return None
    return numbers if len(set(numbers.values())) == len(numbers) else None


def _is_evidence(overlap: Sequence[tuple[Turn, Turn]], *, same_times: bool, new_name: bool) -> bool:
    """Tell if the turns suffice to show that both are one talk. ``same_times`` says that the times
    are equal, ``new_name`` that a name is not.
    """
    if new_name and not same_times:
        characters = sum(len(turn.text) for turn, _ in overlap)
        return len(overlap) >= _TURNS_OF_OTHER_NAMES and characters >= _CHARACTERS_OF_OTHER_NAMES
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
