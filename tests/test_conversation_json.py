"""Conversations in and out of JSON: every accepted form, and clear errors for the rest."""

import json
import re
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.conversation import (
    MAX_CHARACTERS,
    MAX_LABEL_CHARACTERS,
    MAX_NAME_CHARACTERS,
    MAX_PARTICIPANTS,
    MAX_TURN_CHARACTERS,
    MAX_TURNS,
    Conversation,
    Participant,
    Turn,
)
from cgp.conversation_json import (
    ConversationError,
    conversation_from_json,
    conversation_to_json,
    read_conversations,
    read_records,
)
from cgp.sources.importing import import_conversations
from cgp.store import Store

IMPORTING = Path(__file__).parents[1] / "docs" / "importing.md"
SPOKEN = (("Ana", "Is the tram late?"), ("Ben", "It always is."))


def texts(conversation):
    return tuple(
        (conversation.participants[turn.speaker].name, turn.text) for turn in conversation.turns
    )


@pytest.mark.parametrize(
    "document",
    [
        {
            "turns": [
                {"speaker": "Ana", "text": SPOKEN[0][1]},
                {"speaker": "Ben", "text": SPOKEN[1][1]},
            ]
        },
        {"participants": ["Ana", "Ben"], "turns": [[0, SPOKEN[0][1]], [1, SPOKEN[1][1]]]},
        {"participants": ["Ana", "Ben"], "lines": [[0, SPOKEN[0][1]], [1, SPOKEN[1][1]]]},
        {"transcript": [{"speaker": name, "content": text} for name, text in SPOKEN]},
        {
            "participants": [{"name": "Ana", "id": "u1"}, {"name": "Ben", "id": "u2"}],
            "turns": [
                {"speaker": "u1", "text": SPOKEN[0][1]},
                {"speaker": "u2", "text": SPOKEN[1][1]},
            ],
        },
    ],
)
def test_each_accepted_form_gives_the_same_turns(document):
    assert texts(conversation_from_json(document)) == SPOKEN


def test_a_conversation_without_an_id_is_named_by_its_content():
    document = {"turns": [["Ana", "hello"], ["Ben", "hi"]]}
    first, second = conversation_from_json(document), conversation_from_json(document)
    assert first.id == second.id
    assert first.id != conversation_from_json({"turns": [["Ana", "hello"], ["Ben", "ho"]]}).id


def test_absolute_times_become_seconds_from_the_start():
    conversation = conversation_from_json(
        {
            "turns": [
                {"speaker": "Ana", "text": "now", "at": "2026-05-01T10:00:00+00:00"},
                {"speaker": "Ben", "text": "later", "at": "2026-05-01T10:01:30+00:00"},
            ]
        }
    )
    assert [turn.at for turn in conversation.turns] == [0.0, 90.0]
    assert conversation.started_at == "2026-05-01T10:00:00+00:00"


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ([], "object"),
        ({}, "turns"),
        ({"turns": []}, "turns"),
        ({"turns": "hello"}, "turns"),
        ({"turns": [{"speaker": "Ana"}]}, "turn 0: text"),
        ({"turns": [{"text": "x"}]}, "turn 0: speaker"),
        ({"turns": [["Ana", "x"], 7]}, "turn 1"),
        ({"participants": ["Ana"], "turns": [[1, "x"]]}, "speaker 1"),
        ({"turns": [[-1, "x"]]}, "speaker -1"),
        ({"turns": [[True, "x"]]}, "speaker"),
        ({"participants": [3], "turns": [[0, "x"]]}, "participant 0"),
        ({"turns": [["Ana", "x", "yesterday"]]}, "ISO 8601"),
        ({"turns": [["Ana", "x", float("nan")]]}, "finite"),
        ({"id": "a\nb", "turns": [["Ana", "x"]]}, "id"),
        ({"source": 3, "turns": [["Ana", "x"]]}, "source"),
        ({"turns": [["Ana", "x" * 200_001]]}, "200000"),
    ],
)
def test_what_is_not_a_conversation_is_refused_by_name(document, named):
    with pytest.raises(ConversationError, match=named):
        conversation_from_json(document)


names = st.lists(st.text(min_size=1, max_size=10), min_size=1, max_size=4, unique=True)
times = st.none() | st.floats(0, 1e6)


@st.composite
def conversations(draw):
    participants = tuple(Participant(name) for name in draw(names))
    speakers = st.integers(0, len(participants) - 1)
    turns = st.builds(Turn, speakers, st.text(st.characters(exclude_categories=["Cs"])), times)
    return Conversation(
        id=draw(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)),
        source=draw(st.sampled_from(["podcast", "discord"])),
        participants=participants,
        turns=tuple(draw(st.lists(turns, min_size=1, max_size=6))),
        title=draw(st.none() | st.just("A title")),
    )


@given(conversations())
def test_json_gives_an_equal_conversation_back(conversation):
    document = json.loads(json.dumps(conversation_to_json(conversation)))
    assert conversation_from_json(document) == conversation


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["turns", "lines", "speaker", "text", "at", "participants", "id", "name"]
            ),
            children,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_json_value_raises_anything_but_a_conversation_error(value):
    try:
        conversation = conversation_from_json(value)
    except ConversationError:
        return
    assert conversation.turns


def test_files_and_folders_are_read_in_order(tmp_path):
    def line(name):
        return json.dumps({"id": name, "turns": [["Ana", name]]})

    (tmp_path / "b.jsonl").write_text(f"{line('b1')}\n\n{line('b2')}\n", encoding="utf-8")
    (tmp_path / "a.json").write_text(line("a"), encoding="utf-8")
    (tmp_path / "c.json").write_text(f"[{line('c1')}, {line('c2')}]", encoding="utf-8")
    assert [c.id for c in read_conversations(tmp_path)] == ["a", "b1", "b2", "c1", "c2"]


def test_an_unreadable_record_is_named_with_its_file(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"turns": [["Ana", "x"]]}\n{"turns": []}\n', encoding="utf-8")
    with pytest.raises(ConversationError, match=r"bad\.jsonl, record 2"):
        list(read_conversations(path))
    path.write_text("not json\n", encoding="utf-8")
    with pytest.raises(ConversationError, match="not JSON"):
        list(read_conversations(path))


def test_an_excerpt_keeps_id_and_participants():
    conversation = conversation_from_json({"id": "c", "turns": [["Ana", "1"], ["Ben", "2"]]})
    part = conversation.excerpt(1, 2)
    assert (part.id, part.participants, len(part.turns)) == ("c", conversation.participants, 1)
    with pytest.raises(ValueError, match="no turns"):
        conversation.excerpt(1, 1)


def test_good_records_around_a_bad_one_are_kept(tmp_path):
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(
        b'{"id": "a", "turns": [["Ana", "x"]]}\n\xff\xfe\n[[[\n{"id": "b", "turns": [[0, "y"]]}'
    )
    records = list(read_records(path))
    assert [r.conversation.id for r in records if r.conversation] == ["a", "b"]
    assert [r.number for r in records if r.error] == [2, 3]


@pytest.mark.parametrize("excess", [0, 1])
def test_participants_that_are_declared_are_counted(excess):
    people = [f"P{number}" for number in range(MAX_PARTICIPANTS + excess)]
    value = {"participants": people, "turns": [{"speaker": 0, "text": "hello"}]}
    if excess:
        with pytest.raises(ConversationError, match="10001 participants, more than 10000"):
            conversation_from_json(value)
    else:
        assert len(conversation_from_json(value).participants) == MAX_PARTICIPANTS


def documented_form():
    """Return the section on the project's own JSON, and the example in it."""
    section = IMPORTING.read_text(encoding="utf-8").partition("## The project's own JSON\n")[2]
    section = section.partition("\n## ")[0]
    return section, json.loads(re.search(r"```json\n(.*?)```", section, re.DOTALL)[1])


def test_the_documented_example_imports_with_every_field(tmp_path):
    _, example = documented_form()
    file = tmp_path / "talks.json"
    file.write_text(json.dumps(example), encoding="utf-8")
    with closing(Store(f"sqlite:///{tmp_path / 'store.sqlite'}")) as store:
        assert import_conversations([file], store).added == 1
        conversation = store.conversation(example["id"])
    assert conversation_to_json(conversation) == example
    assert all(value is not None for value in asdict(conversation).values()), "a field has no place"


def test_the_documented_fields_needed_are_the_needed_ones():
    _, example = documented_form()
    for field in set(example) - {"turns"}:
        left = {name: value for name, value in example.items() if name != field}
        assert conversation_from_json(left).turns
    for needed in ("speaker", "text"):
        turns = [{name: turn[name] for name in turn if name != needed} for turn in example["turns"]]
        with pytest.raises(ConversationError, match=needed):
            conversation_from_json(example | {"turns": turns})
    with pytest.raises(ConversationError, match="no turns"):
        conversation_from_json({"participants": example["participants"]})


def test_the_documented_limits_are_those_of_the_code():
    section, _ = documented_form()
    row = dict(re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", section, re.MULTILINE))
    assert row["turns"] == f"{MAX_TURNS:,} turns, {MAX_CHARACTERS:,} characters together"
    assert row["text"] == f"{MAX_TURN_CHARACTERS:,} characters"
    assert row["participants"] == f"{MAX_PARTICIPANTS:,}, of {MAX_NAME_CHARACTERS} characters each"
    assert row["speaker"] == row["started_at"] == f"{MAX_NAME_CHARACTERS} characters"
    for field, limit in MAX_LABEL_CHARACTERS.items():
        assert row[field] == f"{limit:,} characters"
    with pytest.raises(ConversationError, match=row["id"]):
        conversation_from_json({"id": "i" * 201, "turns": [["Ana", "hello"]]})
