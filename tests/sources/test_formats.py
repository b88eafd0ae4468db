"""Each format: its fixture is guessed, read, and comes back from JSON as it was."""

import pytest

from cgp.conversation_json import conversation_from_json, conversation_to_json
from cgp.sources import SkippedError, read_path, source_named, sources
from cgp.sources.files import disk_file
from tests.kit.source_faults import BROKEN, SKIPPED
from tests.kit.source_talks import READ

FOLDERS = {"slack", "slack-bots", "telegram-html", "messenger-html"}


def conversations_of(pairs):
    return [(source, record.conversation) for source, record in pairs if record.conversation]


def said(conversation):
    return [
        (conversation.participants[turn.speaker].name, turn.text, turn.at)
        for turn in conversation.turns
    ]


@pytest.mark.parametrize("name", READ)
def test_a_format_is_guessed_and_read(fixtures, name):
    found = conversations_of(read_path(fixtures / name))
    assert [(source.name, c.title, said(c)) for source, c in found] == READ[name]


@pytest.mark.parametrize("name", READ)
def test_what_is_read_comes_back_from_json_as_it_was(fixtures, name):
    for _, conversation in conversations_of(read_path(fixtures / name)):
        document = conversation_to_json(conversation)
        again = conversation_from_json(document)
        assert again == conversation
        assert conversation_to_json(again) == document


@pytest.mark.parametrize("name", READ)
def test_reading_twice_gives_the_same_ids(fixtures, name):
    first = [c.id for _, c in conversations_of(read_path(fixtures / name))]
    assert first == [c.id for _, c in conversations_of(read_path(fixtures / name))]
    assert len(set(first)) == len(first)


@pytest.mark.parametrize("name", READ)
def test_what_holds_no_conversation_is_skipped_with_the_reason(fixtures, name):
    bad = [record for _, record in read_path(fixtures / name) if record.conversation is None]
    assert all(isinstance(record.error, SkippedError) for record in bad)
    assert [(record.number, record.error.reason) for record in bad] == SKIPPED.get(name, [])


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_names_file_record_and_reason_and_keeps_the_rest(fixtures, name):
    source, problems, kept = BROKEN[name]
    records = list(read_path(fixtures / name))
    errors = [(r.path, r.number, str(r.error)) for _, r in records if r.conversation is None]
    assert [number for _, number, _ in errors] == [number for number, _ in problems]
    for (path, number, message), (_, reason) in zip(errors, problems, strict=True):
        assert message.startswith(f"{path}, record {number}: ")
        assert str(fixtures / name) in message
        assert reason in message
    assert {found.name for found, _ in records} == {source}
    texts = [turn.text for _, c in conversations_of(records) for turn in c.turns]
    assert texts == kept


@pytest.mark.parametrize("name", READ)
def test_naming_the_format_reads_as_guessing_does(fixtures, name):

    guessed = conversations_of(read_path(fixtures / name))
    named = conversations_of(read_path(fixtures / name, source_named(READ[name][0][0])))
    assert [c for _, c in named] == [c for _, c in guessed]


@pytest.mark.parametrize("name", [name for name in READ if name not in FOLDERS])
def test_only_one_special_format_recognises_a_file(fixtures, name):
    file = disk_file(fixtures / name)
    head = file.head()
    special = [s.name for s in sources() if not s.general and s.recognises(head, file.path)]
    assert special in ([], [READ[name][0][0]])
