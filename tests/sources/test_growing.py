"""Conversations that are imported again: grown, equal, shorter, gone another way."""

import json

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from cgp.conversation import Conversation, Participant, Turn
from cgp.sources import import_conversations
from cgp.store import Store, Taken
from cgp.store.incoming import MOST_LONGER
from cgp.store.schema import conversation_metadata, conversations, mined_windows

LINES = [
    ("04/01/23, 19:02", "Asha", "Train at nine?"),
    ("04/01/23, 19:05", "Ravi", "Platform two"),
    ("04/01/23, 19:09", "Asha", "Bring the tickets"),
    ("04/01/23, 19:11", "Ravi", "Packed already"),
]


def whatsapp(path, lines):
    path.write_text(
        "".join(f"{at} - {name}: {text}\n" for at, name, text in lines), encoding="utf-8"
    )
    return path


def document(path, *conversations_):
    path.write_text("".join(json.dumps(one) + "\n" for one in conversations_), encoding="utf-8")
    return path


def talk(identifier, *texts):
    return {"id": identifier, "turns": [["Ana", text] for text in texts]}


def texts(store):
    return [
        [turn.text for turn in store.conversation(status.id).turns]
        for status in store.conversation_statuses()
    ]


def mine(store):
    """Leave the store as a finished validation leaves it."""
    with store._writing() as connection:
        for key in connection.execute(sa.select(conversations.c.id)).scalars().all():
            connection.execute(sa.update(conversations).values(state="done", finished_at=1.0))
            connection.execute(
                sa.insert(conversation_metadata).values(
                    conversation_id=key, metadata={}, made_at=1.0
                )
            )
            connection.execute(
                sa.insert(mined_windows).values(
                    conversation_id=key, number=0, level=0, start=0, stop=1, metadata={}
                )
            )


def mined(store):
    with store._reading() as connection:
        return sum(
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (conversation_metadata, mined_windows)
        )


def test_a_chat_without_ids_that_grew_replaces_what_was_there_and_is_mined_anew(tmp_path, store):
    import_conversations([whatsapp(tmp_path / "WhatsApp Chat with Asha.txt", LINES[:2])], store)
    mine(store)
    assert mined(store) == 2
    report = import_conversations([whatsapp(tmp_path / "WhatsApp Chat (1).txt", LINES)], store)
    assert (report.added, report.grown) == (0, 1)
    assert texts(store) == [[text for _, _, text in LINES]]
    assert store.count_conversations()["waiting"] == 1
    assert mined(store) == 0


def test_a_shorter_export_of_a_chat_changes_nothing(tmp_path, store):
    import_conversations([whatsapp(tmp_path / "a.txt", LINES)], store)
    mine(store)
    report = import_conversations([whatsapp(tmp_path / "b.txt", LINES[:3])], store)
    assert report.skipped == {Taken.SHORTER.value: 1}
    assert texts(store) == [[text for _, _, text in LINES]]
    assert (store.count_conversations()["done"], mined(store)) == (1, 2)


def test_both_exports_in_one_folder_are_one_conversation(tmp_path, store):
    whatsapp(tmp_path / "february.txt", LINES[:2])
    whatsapp(tmp_path / "march.txt", LINES)
    report = import_conversations([tmp_path], store)
    assert (report.added, report.grown) == (1, 1)
    assert texts(store) == [[text for _, _, text in LINES]]
    again = import_conversations([tmp_path], store)
    assert (again.added, again.grown) == (0, 0)
    assert texts(store) == [[text for _, _, text in LINES]]


def test_a_conversation_with_an_id_that_grew_replaces_what_was_there(tmp_path, store):
    import_conversations([document(tmp_path / "a.jsonl", talk("c", "one"))], store)
    mine(store)
    report = import_conversations([document(tmp_path / "b.jsonl", talk("c", "one", "two"))], store)
    assert report.grown == 1
    assert texts(store) == [["one", "two"]]
    assert mined(store) == 0


def test_one_that_went_another_way_is_kept_beside_the_other_once(tmp_path, store):
    import_conversations([document(tmp_path / "a.jsonl", talk("c", "one", "two"))], store)
    mine(store)
    other = document(tmp_path / "b.jsonl", talk("c", "one", "three"))
    report = import_conversations([other], store)
    assert (report.added, report.beside) == (1, 1)
    assert report.complete
    assert [problem.file for problem in report.left_out] == [str(other)]
    assert texts(store) == [["one", "two"], ["one", "three"]]
    assert mined(store) == 2
    again = import_conversations([other], store)
    assert (again.added, again.beside) == (0, 0)
    assert len(texts(store)) == 2


def test_chats_that_begin_alike_and_go_on_differently_are_two(tmp_path, store):
    import_conversations([whatsapp(tmp_path / "a.txt", LINES)], store)
    other = [LINES[0], ("04/01/23, 19:06", "Meera", "Which train?")]
    report = import_conversations([whatsapp(tmp_path / "b.txt", other)], store)
    assert (report.added, report.beside, report.grown) == (1, 0, 0)


@pytest.mark.parametrize("grown", [False, True])
def test_a_running_lease_of_what_grew_ends(tmp_path, store, grown):
    import_conversations([document(tmp_path / "a.jsonl", talk("c", "one"))], store)
    lease = store.reserve("holder", 60.0)
    if grown:
        import_conversations([document(tmp_path / "b.jsonl", talk("c", "one", "two"))], store)
        assert not store.heartbeat(lease, 60.0)
        assert store.reserve("holder", 60.0).conversation.turns[-1].text == "two"
    else:
        assert store.heartbeat(lease, 60.0)


def test_one_that_went_another_way_grows_beside_the_other(tmp_path, store):
    def exported(*said):
        return import_conversations([document(tmp_path / "c.jsonl", talk("c", *said))], store)

    # Prepare: a chat, and another one under its id
    exported("one", "two")
    exported("one", "three")

    # Execute
    reports = [exported("one", "three", *["more"] * (2 * n)) for n in (1, 3, 2)]
    reports.append(exported("one", "two", "four"))

    # Assert: each export of the other one grows it, or is a part of it
    assert [(r.added, r.grown, sum(r.skipped.values())) for r in reports] == [
        (0, 1, 0), (0, 1, 0), (0, 0, 1), (0, 1, 0),
    ]  # fmt: skip
    assert texts(store) == [["one", "two", "four"], ["one", "three", *["more"] * 6]]


def test_versions_of_many_chats_that_begin_alike_find_their_own_in_one_export(tmp_path, store):
    # Prepare: more chats of one beginning than are compared one by one, then each of them longer
    many = 2 * MOST_LONGER
    short = [["Hi", f"about {n}"] for n in range(many)]
    long = [[*said, "more", "and more"] for said in short]
    every = [{"turns": [["Ana", text] for text in said]} for said in (*short, *long, *short)]

    # Execute
    report = import_conversations([document(tmp_path / "a.jsonl", *every)], store)

    # Assert
    assert (report.added, report.grown, report.beside) == (many, many, 0)
    assert texts(store) == long


@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.text(alphabet="xy1:", max_size=3)), max_size=5),
    st.lists(st.tuples(st.sampled_from("AB"), st.text(alphabet="xy1:", max_size=3)), max_size=5),
)
def test_a_conversation_begins_with_another_where_their_hashes_say_so(first, second):
    def made(turns):
        people = (Participant("A"), Participant("B"))
        return Conversation("x", "test", people, tuple(Turn("AB".index(n), t) for n, t in turns))

    hashes = list(made(second).beginning_hashes())
    assert (made(first).content_hash in hashes) == bool(first and second[: len(first)] == first)
    assert not second or hashes[-1] == made(second).content_hash


def forget_all(store):
    forgotten_ids = [status.id for status in store.conversation_statuses()]
    assert store.forget(forgotten_ids) == forgotten_ids


@pytest.mark.parametrize("shown", [1, 2, 4])
def test_a_forgotten_chat_does_not_come_back_however_much_of_it_is_exported(tmp_path, store, shown):
    import_conversations([whatsapp(tmp_path / "a.txt", LINES[:2])], store)
    forget_all(store)
    report = import_conversations([whatsapp(tmp_path / "b.txt", LINES[:shown])], store)
    assert report.skipped == {Taken.FORGOTTEN.value: 1}
    assert texts(store) == []


def test_a_forgotten_talk_without_a_time_does_not_come_back_and_takes_no_other_with_it(
    tmp_path, store
):
    def exported(*said):
        turns = [["Ana", text] for text in said]
        return import_conversations([document(tmp_path / "c.jsonl", {"turns": turns})], store)

    exported("Hi", "one")
    forget_all(store)
    assert exported("Hi", "one", "two").skipped == {Taken.FORGOTTEN.value: 1}
    assert exported("Hi", "other").added == 1
    assert texts(store) == [["Hi", "other"]]


@pytest.mark.parametrize("later", [["two", "three"], ["edited", "two"]])
def test_a_forgotten_conversation_of_an_id_does_not_come_back_from_its_middle(
    tmp_path, store, later
):
    import_conversations([document(tmp_path / "c.jsonl", talk("c", "one", "two"))], store)
    forget_all(store)
    report = import_conversations([document(tmp_path / "c.jsonl", talk("c", *later))], store)
    assert report.skipped == {Taken.FORGOTTEN.value: 1}
    assert texts(store) == []


def test_a_forgotten_conversation_beside_another_does_not_come_back_when_it_grows(tmp_path, store):
    def exported(*said):
        return import_conversations([document(tmp_path / "c.jsonl", talk("c", *said))], store)

    exported("one", "two")
    exported("one", "three")
    beside = next(s.id for s in store.conversation_statuses() if s.id != "c")
    store.forget([beside])
    assert exported("one", "three", "four").skipped == {Taken.FORGOTTEN.value: 1}
    assert exported("one", "two", "five").grown == 1
    assert texts(store) == [["one", "two", "five"]]
    assert store.count_forgotten() == 1


def test_a_store_of_an_earlier_version_learns_the_beginnings(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    store = Store(url)
    import_conversations([whatsapp(tmp_path / "a.txt", LINES[:2])], store)
    with store._writing() as connection:
        connection.execute(sa.text("DROP INDEX ix_conversations_opening"))
        connection.execute(sa.text("ALTER TABLE conversations DROP COLUMN opening"))
        connection.execute(sa.text("ALTER TABLE conversations DROP COLUMN language_recognised"))
        connection.execute(sa.text("ALTER TABLE conversation_metadata DROP COLUMN annotator"))
        connection.execute(sa.text("DROP TABLE tombstones"))
        connection.execute(sa.text("DROP TABLE anchors"))
        connection.execute(sa.text("UPDATE store_version SET version_num = '6'"))
    store.close()
    store = Store(url)
    report = import_conversations([whatsapp(tmp_path / "b.txt", LINES)], store)
    store.close()
    assert report.grown == 1
