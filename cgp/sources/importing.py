"""From files to the store: batches, duplicates, and a report of the fate of every record."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cgp.conversation import Conversation
from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import Meter, bytes_below
from cgp.sources.near_duplicates import NearDuplicates
from cgp.sources.paths import read_paths, require_paths
from cgp.sources.reading import Read
from cgp.sources.source import SkippedError, Source
from cgp.store import Store, Taken

# One transaction each: large ones are quick, and their text stays within a bound on memory.
BATCH = 1000
MAX_BATCH_CHARACTERS = 16 * 1024 * 1024
# Enough to name a few conversations of an import, of any size.
_FIRST_IDS = 20
# A broken export may hold millions of bad records: the first ones tell enough, the rest is counted.
MAX_PROBLEMS = 1000

SAME_CONTENT = Taken.SAME.value
_FATES = frozenset(taken.value for taken in Taken)


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """A record that was not imported, and why."""

    file: str
    record: int
    reason: str


@dataclass(slots=True)
class ImportReport:
    """Outcome of the records of an import.

    ``skipped`` counts sound records and files that were not stored, by reason; ``left_out`` names
    the files among them. ``problems`` lists unreadable records, files that may hold conversations
    in an unknown form (``lost`` of them, by reason in ``lost_reasons``). Both lists hold the first
    ``MAX_PROBLEMS``. ``grown`` counts conversations that replace a shorter one in the store,
    ``beside`` the ones of ``added`` that were kept beside another one of their id. ``first_ids``
    are those of the first conversations that were read, as their files name them.
    """

    added: int = 0
    grown: int = 0
    beside: int = 0
    unreadable: int = 0
    lost_reasons: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    problems: list[ImportProblem] = field(default_factory=list)
    left_out: list[ImportProblem] = field(default_factory=list)
    first_ids: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """True if all was read that may hold a conversation."""
        return not self.unread

    @property
    def lost(self) -> int:
        """Number of files that may hold conversations in an unknown form."""
        return self.lost_reasons.total()

    @property
    def unread(self) -> int:
        """Number of records and files that may hold a conversation and could not be read."""
        return self.unreadable + self.lost

    @property
    def read(self) -> int:
        """Number of conversations read: ``added``, ``grown`` and ``repeats``."""
        return sum(self.formats.values())

    @property
    def repeats(self) -> Counter[str]:
        """Conversations that were read and not stored, by reason."""
        return Counter({reason: n for reason, n in self.skipped.items() if reason in _FATES})

    @property
    def without_conversation(self) -> Counter[str]:
        """Sound records and files that hold no conversation, by reason."""
        rest = Counter({reason: n for reason, n in self.skipped.items() if reason not in _FATES})
        return rest - self.lost_reasons

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return {
            "added": self.added,
            "grown": self.grown,
            "beside": self.beside,
            "read": self.read,
            "unreadable": self.unreadable,
            "lost": self.lost,
            "skipped": dict(self.skipped),
            "formats": dict(self.formats),
            "problems": [asdict(problem) for problem in self.problems],
            "left_out": [asdict(problem) for problem in self.left_out],
            "seconds": round(self.seconds, 3),
        }

    def note(self, record: Record, error: ConversationError) -> None:
        """Count a record that is not a conversation."""
        if isinstance(error, SkippedError):
            self.skipped[error.reason] += 1
            if error.lost:
                self.lost_reasons[error.reason] += 1
                self._list(self.problems, record, error.reason)
            elif not record.number:
                self._list(self.left_out, record, error.reason)
            return
        self.unreadable += 1
        place = f"{record.path}, record {record.number}: "
        self._list(self.problems, record, str(error).removeprefix(place))

    def note_beside(self, record: Record, identifier: str) -> None:
        """Count a conversation that is kept beside another one of its id."""
        self.beside += 1
        self._list(self.left_out, record, f"{Taken.BESIDE.value}: {identifier!r}")

    def _list(self, problems: list[ImportProblem], record: Record, reason: str) -> None:
        if len(problems) < MAX_PROBLEMS:
            problems.append(ImportProblem(str(record.path), record.number, reason))


def import_conversations(
    paths: Sequence[Path],
    store: Store | None,
    *,
    source: Source | None = None,
    near: NearDuplicates | None = None,
    meter: Meter | None = None,
    progress: Callable[[ImportReport], None] = lambda _report: None,
    observe: Callable[[Source | None, Record], None] | None = None,
) -> ImportReport:
    """Import files, folders and archives; bad records are reported and good ones around them kept.

    ``observe`` is called with each record and its format; for all else see ``import_records``.

    Raises:
        FileNotFoundError: if one of the paths does not exist; nothing has been imported then.
        StoreError: if the store cannot be used.
    """
    require_paths(paths)
    if meter is not None:
        meter.expect(sum(bytes_below(path) for path in paths))
    records = read_paths(paths, source, meter)
    if observe is not None:
        records = _observe(records, observe)
    return import_records(records, store, near=near, progress=progress)


def import_records(
    records: Iterable[Read],
    store: Store | None,
    *,
    near: NearDuplicates | None = None,
    progress: Callable[[ImportReport], None] = lambda _report: None,
) -> ImportReport:
    """Import records, each with its format.

    Conversations are stored in batches, each one transaction: an interrupted import keeps the
    batches that it has stored, and the same import again completes it with the same result. Without
    ``store`` nothing is kept. ``near`` leaves out conversations that nearly repeat others of the
    store or of this import. ``progress`` is called after each batch.

    Raises:
        StoreError: if the store cannot be used.
    """
    report = ImportReport()
    start = time.perf_counter()
    if near is not None and store is not None:
        _remember(store, near)
    latest = None if store is None else store.last_number()
    for batch in _batches(_readable(records, report)):
        _take(store, batch, near, report, latest)
        report.seconds = time.perf_counter() - start
        progress(report)
    report.seconds = time.perf_counter() - start
    return report


Readable = tuple[Record, Conversation]


def _observe(
    records: Iterable[Read], observe: Callable[[Source | None, Record], None]
) -> Iterator[Read]:
    for source, record in records:
        observe(source, record)
        yield source, record


def _readable(records: Iterable[Read], report: ImportReport) -> Iterator[Readable]:
    """Pass on the records that are conversations, counting the others."""
    for source, record in records:
        if record.conversation is not None:
            report.formats[source.name if source else "unknown"] += 1
            yield record, record.conversation
        else:
            report.note(record, record.error or ConversationError("unreadable"))


def _batches(records: Iterable[Readable]) -> Iterator[list[Readable]]:
    """Cut into batches by number and by size, since a batch is held in memory."""
    batch: list[Readable] = []
    characters = 0
    for readable in records:
        batch.append(readable)
        characters += sum(len(turn.text) for turn in readable[1].turns)
        if len(batch) >= BATCH or characters >= MAX_BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _take(
    store: Store | None,
    batch: Sequence[Readable],
    near: NearDuplicates | None,
    report: ImportReport,
    latest: int | None,
) -> None:
    """Store a batch where there is a store, and count the fate of each conversation."""

    def repeats(conversation: Conversation) -> bool:
        return near is not None and near.find(conversation) is not None

    conversations = [conversation for _, conversation in batch]
    report.first_ids += [c.id for c in conversations[: _FIRST_IDS - len(report.first_ids)]]
    if store is None:
        outcomes = [Taken.NEAR if repeats(item) else Taken.ADDED for item in conversations]
    else:
        outcomes = store.take_conversations(conversations, repeats=repeats, latest=latest)
    for (record, conversation), outcome in zip(batch, outcomes, strict=True):
        if outcome is Taken.ADDED:
            report.added += 1
        elif outcome is Taken.GROWN:
            report.grown += 1
        elif outcome is Taken.BESIDE:
            report.added += 1
            report.note_beside(record, conversation.id)
        else:
            report.skipped[outcome.value] += 1


def _remember(store: Store, near: NearDuplicates) -> None:
    """Add what the store has, so that an import again decides as the first one did."""
    for record in store.corpus():
        near.find(record.conversation)
