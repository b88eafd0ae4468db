"""Damaged and hostile files: whatever the bytes, there are records, and nothing is raised."""

import copy
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cgp.conversation_json import (
    ConversationError,
    Record,
    conversation_from_json,
    conversation_to_json,
)
from cgp.sources import read_path, sources
from tests.kit.source_talks import READ

FOLDERS = {"slack", "slack-bots", "telegram-html", "messenger-html"}
FILES = [
    *(name for name in READ if name not in FOLDERS), "slack/general/2026-01-05.json",
    "telegram-html/messages.html", "messenger-html/bo_1/message_1.html",
]  # fmt: skip
SCRAPS = [
    b"\x00", b"\xff", b"\n", b'"', b"{", b"}", b"[", b"]", b"null", b"-1", b"1e400", b"99999999999999999999",
    b"true", b'"\\ud800"', b"<v ", b"-->", b": ", b",", b"\xe2\x80\xae", b"<!ENTITY a 'b'>", b"\r",
]  # fmt: skip

edits = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True), st.integers(0, 30), st.one_of(st.sampled_from(SCRAPS), st.binary(max_size=8))
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip


def relaxed(examples):
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def mutated(data, changes):
    for place, removed, added in changes:
        at = int(place * len(data))
        data = data[:at] + added + data[at + removed :]
    return data


def check(path, source=None):
    for _, record in read_path(path, source):
        assert isinstance(record, Record)
        if record.conversation is None:
            assert isinstance(record.error, ConversationError)
            assert str(path) in str(record.error)
        else:
            document = conversation_to_json(record.conversation)
            assert conversation_from_json(document) == record.conversation


@pytest.mark.parametrize("name", FILES)
@relaxed(8)
@given(changes=edits)
def test_a_damaged_export_raises_nothing(fixtures, name, changes):
    source = next(source for source, _ in read_path(fixtures / name))
    data = mutated((fixtures / name).read_bytes(), changes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, Path(name).name)
        path.write_bytes(data)
        check(path)
        check(path, source)


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.name)
@relaxed(8)
@given(
    data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode("utf-8")))
)
def test_random_bytes_raise_nothing(source, data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"random{source.suffixes[0]}")
        path.write_bytes(data)
        check(path)
        check(path, source)


ODD = [
    None, True, 0, -1, 1.5, 1e300, 10**30, "", "x", "\ud800", "\0", [], [1], [None], {}, {"a": 1},
    "2026-13-45T00:00:00", "9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+14:00", "-5", "٣",
]  # fmt: skip
JSON_FILES = [
    name for name in FILES if name.endswith((".json", ".json3")) and name != "conversations.json"
]


def places(value, way=()):
    """Yield the way to each value inside of a JSON value."""
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, child in children:
        yield (*way, key)
        yield from places(child, (*way, key))


def put(document, way, value):
    for key in way[:-1]:
        document = document[key]
    document[way[-1]] = copy.deepcopy(value)


@pytest.mark.parametrize("name", JSON_FILES)
@relaxed(8)
@given(data=st.data())
def test_values_of_other_types_raise_nothing(fixtures, name, data):
    source = next(source for source, _ in read_path(fixtures / name))
    document = json.loads((fixtures / name).read_bytes())
    for _ in range(2):
        if not list(places(document)):
            break
        put(
            document,
            data.draw(st.sampled_from(list(places(document)))),
            data.draw(st.sampled_from(ODD)),
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, Path(name).name)
        path.write_text(json.dumps(document), encoding="utf-8")
        check(path, source)
