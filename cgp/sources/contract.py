"""The contract of a format, as a check that an author of a format can run against it.

A package that brings a format (an entry point of the group ``cgp.sources``) tests it with

    from cgp.sources.contract import violations

    def test_the_format_keeps_its_promises():
        assert violations(SOURCE, [Path("example.xyz")]) == []
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from cgp.conversation import Conversation
from cgp.conversation_json import (
    ConversationError,
    Record,
    conversation_from_json,
    conversation_to_json,
)
from cgp.sources.binary import binary_kind
from cgp.sources.files import disk_file
from cgp.sources.source import Source

DAMAGES = 30
"""Damaged copies of each example that are read: fixed ones, so that a failure comes again."""


def violations(source: Source, examples: Sequence[Path]) -> list[str]:
    """Return each promise that a format breaks, in words; none where it keeps them.

    ``examples`` are files of the format, each with a conversation.
    """
    return [*_description_faults(source), *(v for path in examples for v in _example(source, path))]


def _description_faults(source: Source) -> Iterator[str]:
    if not source.suffixes or not all(suffix.startswith(".") for suffix in source.suffixes):
        yield "suffixes must be endings of files, each with its dot"
    if source.name != source.name.lower() or " " in source.name or not source.name:
        yield "its name must be one word in small letters"
    for field in ("description", "where", "kept", "left_out"):
        if not getattr(source, field):
            yield f"{field} must say something: the documentation is made of it"
    if (source.recognises_folder is None) != (source.read_folder is None):
        yield "a format of folders has both recognises_folder and read_folder"


def _example(source: Source, path: Path) -> Iterator[str]:
    head = disk_file(path).head()
    if (binary_kind(head) is not None) is not source.binary:
        yield f"{path.name}: binary must say whether its files are not text"
    if not source.recognises(head, path):
        yield f"{path.name}: it does not recognise it"
    first, second = _read(source, path), _read(source, path)
    if isinstance(first, str) or isinstance(second, str):
        yield f"{path.name}: {first if isinstance(first, str) else second}"
        return
    if not first:
        yield f"{path.name}: it reads no conversation"
    # Ids that change would bring each conversation again at every import.
    if [example.id for example in first] != [example.id for example in second]:
        yield f"{path.name}: reading again gives other ids"
    for conversation in first:
        # The store keeps JSON: what does not come back from it would change in the store.
        if conversation_from_json(conversation_to_json(conversation)) != conversation:
            yield f"{path.name}: {conversation.id} does not come back from JSON as it was"
        if any(not turn.text.strip() for turn in conversation.turns):
            yield f"{path.name}: {conversation.id} has a turn without text"
    yield from _damage_faults(source, path)


def _read(source: Source, path: Path) -> list[Conversation] | str:
    """Return the conversations of a file, or the faults in reading it."""
    conversations: list[Conversation] = []
    try:
        items: Iterator[object] = source.read(disk_file(path))
        for record in items:
            if not isinstance(record, Record):
                return f"read must yield records, not {type(record).__name__}"
            if record.conversation is None and record.error is None:
                return f"record {record.number} has neither a conversation nor an error"
            if record.conversation is not None:
                conversations.append(record.conversation)
    except Exception as error:  # whatever another's reader raises is what is told  # noqa: BLE001
        return f"reading raises {type(error).__name__}: {error}"
    return conversations


def _damage_faults(source: Source, path: Path) -> Iterator[str]:
    """Yield errors other than those of the input, for copies with bytes flipped,
    cut out or put in.
    """
    chance = random.Random(7)  # noqa: S311  # the same damages each time
    data = path.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, path.name)
        # Files that people bring are cut and damaged; a format must say so and not fail.
        for number in range(DAMAGES):
            at = chance.randrange(len(data) + 1)
            removal, addition = chance.randrange(4), chance.randbytes(chance.randrange(4))
            copy.write_bytes(data[:at] + addition + data[at + removal :])
            try:
                source.recognises(disk_file(copy).head(), copy)
                for _ in source.read(disk_file(copy)):
                    pass
            except ConversationError:
                continue  # an error about the input, as it should be
            except Exception as error:  # as in _read  # noqa: BLE001
                yield f"{path.name}, damage {number}: raises {type(error).__name__}: {error}"
