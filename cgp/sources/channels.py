"""A long channel cut into conversations: by threads, and by silence.

A message of a thread belongs to the thread's conversation. The others belong to the channel's,
which ends after ``GAP_SECONDS`` of silence: a night apart, people start anew; over lunch they go
on. Where people never are silent, ever shorter silences end a conversation of more than
``MAX_MESSAGES // 2``, and none has more than ``MAX_MESSAGES``. Each cut depends on the messages
before it alone, so that an export of the grown channel is cut in the same places. A thread that is
silent for ``THREAD_GAP_SECONDS`` is complete; later messages in it are a conversation of their own.
Only open conversations are held in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File
from cgp.sources.messages import About, Message, records_of
from cgp.sources.source import unreadable

GAP_SECONDS = 6 * 3600.0
THREAD_GAP_SECONDS = 7 * 86400.0
MAX_MESSAGES = 1000
MOST_HELD = 50_000
"""Messages of a file with the newest first that are held, to find where their talk began."""

Item = Message | Record


def conversations(
    path: Path, items: Iterable[Item], about: Callable[[], About]
) -> Iterator[Record]:
    """Yield a record for each conversation of a channel, and every bad record on the way.

    ``items`` are messages in order of time, either way round, and records of items that could not
    be read. ``about`` is called when a conversation is complete, and returns the facts about the
    channel. A conversation's id is the channel's with the first message's key; without either it
    comes from the content.
    """
    channel = _Channel(path, about)
    for item in items:
        if isinstance(item, Record):
            yield item
        else:
            yield from channel.add(item)
    yield from channel.close()


def items_of_parts(
    files: Sequence[File], messages: Callable[[File], Iterable[Item]]
) -> Iterator[Item]:
    """Yield the messages of an export's parts; a part that cannot be read costs no other."""
    for file in files:
        try:
            yield from messages(file)
        except ConversationError as error:
            yield unreadable(file.path, 1, error)


class _Channel:
    """The open conversations of a channel."""

    def __init__(self, path: Path, about: Callable[[], About]) -> None:
        self._path = path
        self._about = about
        self._run = _Run(GAP_SECONDS)
        self._threads: dict[str, _Run] = {}
        self._checked: float | None = None

    def add(self, message: Message) -> Iterator[Record]:
        """Take a message; yield the conversations that it shows to be complete."""
        yield from self._close_threads(message.at)
        run = self._run
        if message.thread is not None:
            run = self._threads.setdefault(message.thread, _Run(THREAD_GAP_SECONDS))
        for messages in run.add(message):
            yield from self._records(messages)

    def close(self) -> Iterator[Record]:
        """Yield the conversations that are still open."""
        for run in (*self._threads.values(), self._run):
            for messages in run.close():
                yield from self._records(messages)

    def _close_threads(self, now: float | None) -> Iterator[Record]:
        """Yield the threads that are silent for long, looking once in a while."""
        if now is None:
            return
        if self._checked is None:
            self._checked = now
        # Once a day of the channel's time: to look at every message would cost each of them all
        # threads.
        if abs(now - self._checked) < THREAD_GAP_SECONDS / 7:
            return
        self._checked = now
        for key in list(self._threads):
            last = self._threads[key].last
            if last is not None and abs(now - last) > THREAD_GAP_SECONDS:
                for messages in self._threads.pop(key).close():
                    yield from self._records(messages)

    def _records(self, messages: list[Message]) -> Iterator[Record]:
        """Yield the conversation of these messages in order, dated by the first."""
        about = self._about()
        messages_in_order = in_order(messages) if about.zoned else _as_written(messages)
        first = messages_in_order[0]
        if about.id is not None and first.key is not None:
            # The first message's key and not a number: an export of the grown channel begins
            # elsewhere.
            about = replace(about, id=f"{about.id}-{first.key}")
        else:
            about = replace(about, id=None)
        return records_of(self._path, messages[0].number, about, messages_in_order)


class _Run:
    """Messages of a channel or thread without a long silence, cut where there are many."""

    def __init__(self, silence: float) -> None:
        self._silence = silence
        self._open: list[Message] = []
        self._newest_first: bool | None = None

    @property
    def last(self) -> float | None:
        """Time of the last message, None without one."""
        return self._open[-1].at if self._open else None

    def add(self, message: Message) -> Iterator[list[Message]]:
        """Take a message; yield the parts that it shows to be complete."""
        if self._open:
            last = self._open[-1]
            if _gap(last, message) > self._silence:
                yield from self.close()
            # Backwards a cut would depend on messages that come later in time, and move as the
            # channel grows.
            elif not self._newest_first and _ends(len(self._open), last, message):
                yield self._open
                self._open = []
            elif self._newest_first is None and None not in {last.at, message.at}:
                later, earlier = last.at or 0.0, message.at or 0.0
                self._newest_first = later > earlier if later != earlier else None
        self._open.append(message)
        if len(self._open) >= MOST_HELD:
            # Where the talk began is too far away: it is cut as if it began here.
            cut = _longest_silence(self._open)
            rest, self._open = self._open[cut:], self._open[:cut]
            yield from self.close()
            self._open = rest

    def close(self) -> Iterator[list[Message]]:
        """Yield the parts that are still open, in the file's order."""
        if self._newest_first:
            parts = list(_parts(self._open[::-1]))
            yield from (part[::-1] for part in reversed(parts))
        elif self._open:
            yield self._open
        self._open = []


def _parts(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Yield the parts of messages in order of time."""
    part: list[Message] = []
    for message in messages:
        if part and _ends(len(part), part[-1], message):
            yield part
            part = []
        part.append(message)
    if part:
        yield part


def _ends(count: int, last: Message, following: Message) -> bool:
    """Tell if a conversation of so many messages ends before the following one.

    The silence that ends it falls from ``GAP_SECONDS`` at half of the most messages to a second
    at the most.
    """
    share = 2 * count / MAX_MESSAGES - 1
    if share >= 1:
        return True
    return share >= 0 and _gap(last, following) > GAP_SECONDS ** (1 - share)


def _gap(earlier: Message, later: Message) -> float:
    return 0.0 if earlier.at is None or later.at is None else abs(later.at - earlier.at)


def in_order(messages: list[Message]) -> list[Message]:
    """Return messages by time; messages of one instant keep the file's order, read its way."""
    times = [message.at for message in messages if message.at is not None]
    backwards = bool(times) and times[-1] < times[0]
    messages_in_order = list(reversed(messages)) if backwards else list(messages)
    if len(times) == len(messages):
        messages_in_order.sort(key=lambda message: message.at or 0.0)
    return messages_in_order


def _as_written(messages: list[Message]) -> list[Message]:
    """Return messages in the file's order, read its way.

    A clock on the wall goes back in autumn and on journeys, so that it tells no order. Most steps
    from one message to the next tell which way the file runs.
    """
    times = [message.at for message in messages if message.at is not None]
    forwards = sum(earlier < later for earlier, later in pairwise(times))
    backwards = sum(earlier > later for earlier, later in pairwise(times))
    return messages[::-1] if backwards > forwards else list(messages)


def _longest_silence(messages: list[Message]) -> int:
    """Return where the longest silence of the second half ends."""
    half = len(messages) // 2
    gaps = [_gap(a, b) for a, b in pairwise(messages[half:])]
    return half + 1 + gaps.index(max(gaps))
