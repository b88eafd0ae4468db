"""Exports of one chat that cover other spans of time, or name somebody otherwise."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.conversation import Conversation, Participant, Turn
from cgp.overlap import anchors, join, shared_places
from cgp.sources import import_conversations
from cgp.store import Taken

LINES = [("Ann" if n % 2 else "Bob", f"line {n}") for n in range(12)]


def whatsapp(path, lines, first=0, chat="Ann"):
    path = (
        path
        / f"{first}-{len(lines)}-{lines[0][0]}-{lines[-1][1]}"
        / f"WhatsApp Chat with {chat}.txt"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "".join(
            f"28/02/24, 19:{first + n:02} - {name}: {text}\n"
            for n, (name, text) in enumerate(lines)
        )
    )
    return path


def telegram(path, first, lines):
    messages = ", ".join(
        f'{{"id": {first + n}, "type": "message", "date": "2024-02-28T09:{first + n:02}:00", '
        f'"date_unixtime": "{1709110800 + 60 * (first + n)}", "from": "{name}", "from_id": "user{name}", '
        f'"text": "{text}", "text_entities": []}}'
        for n, (name, text) in enumerate(lines)
    )
    path = path / str(first) / "result.json"
    path.parent.mkdir()
    path.write_text(
        f'{{"name": "Ann", "type": "personal_chat", "id": 11, "messages": [{messages}]}}'
    )
    return path


def stored(store):
    found = [store.conversation(status.id) for status in store.conversation_statuses()]
    return [[(c.participants[t.speaker].name, t.text, t.at) for t in c.turns] for c in found]


def timed(lines):
    return [(name, text, 60.0 * n) for n, (name, text) in enumerate(lines)]


def test_exports_of_two_spans_become_one_chat_whichever_comes_first(tmp_path, store):
    # Prepare: March to June, April to July
    spring, summer = whatsapp(tmp_path, LINES[:8]), whatsapp(tmp_path, LINES[4:], 4)

    # Execute
    outcomes = [import_conversations([path], store) for path in (spring, summer, spring, summer)]

    # Assert
    assert [(r.added, r.grown) for r in outcomes] == [(1, 0), (0, 1), (0, 0), (0, 0)]
    assert stored(store) == [timed(LINES)]


def test_the_later_span_first_gives_the_same_chat(tmp_path, store):
    spring, summer = whatsapp(tmp_path, LINES[:8]), whatsapp(tmp_path, LINES[4:], 4)
    import_conversations([summer], store)
    assert import_conversations([spring], store).grown == 1
    assert stored(store) == [timed(LINES)]
    assert import_conversations([whatsapp(tmp_path, LINES[:10])], store).skipped == {
        Taken.SHORTER.value: 1
    }
    longer = [*LINES, ("Ann", "more")]
    assert import_conversations([whatsapp(tmp_path, longer)], store).grown == 1
    assert stored(store) == [timed(longer)]


def test_both_spans_in_one_folder_are_one_chat_also_with_ids(tmp_path, store):
    telegram(tmp_path, 0, LINES[:8])
    telegram(tmp_path, 4, LINES[4:])
    report = import_conversations([tmp_path], store)
    assert (report.added, report.grown, report.beside) == (1, 1, 0)
    assert stored(store) == [timed(LINES)]


def test_an_export_that_closes_a_gap_makes_one_chat_of_two(tmp_path, store):
    for first, stop in ((0, 4), (8, 12), (2, 10)):
        import_conversations([whatsapp(tmp_path, LINES[first:stop], first)], store)
    assert stored(store) == [timed(LINES)]


def test_an_export_without_its_beginning_adds_nothing(tmp_path, store):
    import_conversations([whatsapp(tmp_path, LINES)], store)
    report = import_conversations([whatsapp(tmp_path, LINES[5:], 5)], store)
    assert report.skipped == {Taken.SHORTER.value: 1}
    assert stored(store) == [timed(LINES)]


def test_a_renamed_contact_is_no_other_chat_and_a_longer_export_brings_the_new_name(
    tmp_path, store
):
    renamed = [(name.replace("Bob", "Robert"), text) for name, text in LINES]
    import_conversations([whatsapp(tmp_path, LINES[:8])], store)
    same = import_conversations([whatsapp(tmp_path, renamed[:8])], store)
    assert same.skipped == {Taken.RENAMED.value: 1}
    assert import_conversations([whatsapp(tmp_path, renamed)], store).grown == 1
    assert stored(store) == [timed(renamed)]


@pytest.mark.parametrize(
    "other",
    [
        [*LINES[:5], ("Bob", "edited"), *LINES[6:]],
        [("Carl", text) for _, text in LINES],
    ],
)
def test_a_chat_that_differs_in_the_shared_part_is_kept_beside(tmp_path, store, other):
    import_conversations([whatsapp(tmp_path, LINES)], store)
    report = import_conversations([whatsapp(tmp_path, other)], store)
    assert report.added == 1
    assert stored(store) == [timed(LINES), timed(other)]


def test_two_messages_forwarded_into_two_chats_join_nothing(tmp_path, store):
    news = [("Ann", "Happy New Year!"), ("Ann", "And good luck.")]
    import_conversations([whatsapp(tmp_path, [("Bob", "hi"), *news])], store)
    report = import_conversations([whatsapp(tmp_path, [*news, ("Carl", "you too")], 1)], store)
    assert report.added == 1


def test_what_was_forgotten_does_not_come_back_in_an_export_of_another_span(tmp_path, store):
    import_conversations([whatsapp(tmp_path, LINES[:8])], store)
    store.forget([status.id for status in store.conversation_statuses()])
    for first, stop in ((0, 12), (4, 12), (2, 6), (7, 12)):
        report = import_conversations([whatsapp(tmp_path, LINES[first:stop], first)], store)
        assert report.skipped == {Taken.FORGOTTEN.value: 1}
    assert import_conversations([whatsapp(tmp_path, LINES[8:], 8)], store).added == 1
    assert store.count_forgotten() == 1


def test_another_conversation_with_the_id_of_a_forgotten_one_comes_in(tmp_path, store):
    def dataset(*said):
        path = tmp_path / f"{said[0]}.jsonl"
        turns = ", ".join(f'["Ann", "{text}"]' for text in said)
        path.write_text(f'{{"id": "1", "turns": [{turns}]}}\n')
        return import_conversations([path], store)

    dataset("alpha", "beta")
    store.forget(["1"])
    assert dataset("entirely", "other").added == 1
    assert dataset("alpha", "beta", "gamma").skipped == {Taken.FORGOTTEN.value: 1}
    assert dataset("edited", "beta").skipped == {Taken.FORGOTTEN.value: 1}


def test_a_shorter_form_of_a_forgotten_talk_without_times_does_not_come_back(tmp_path, store):
    path = tmp_path / "talk.txt"
    lines = "Ann: Hi\nBob: Hello you\nAnn: how are you?\n"
    path.write_text(lines)
    import_conversations([path], store)
    store.forget([status.id for status in store.conversation_statuses()])
    path.write_text("Ann: Hi\nBob: Hello you\n")
    assert import_conversations([path], store).skipped == {Taken.FORGOTTEN.value: 1}


TURNS = st.lists(
    st.tuples(
        st.sampled_from("AB"), st.sampled_from(["ok", "yes", "no", "Hm"]), st.sampled_from([0, 0.2, 0.9])
    ),
    min_size=3, max_size=20,
)  # fmt: skip


@settings(max_examples=60)
@given(TURNS, st.data())
def test_any_two_parts_of_a_talk_that_overlap_are_joined_to_what_they_cover(turns, data):
    # Prepare: a talk, and two parts of it, whose starts are written without the fraction
    def part(start, stop):
        at = [60.0 * n + fraction for n, (_, _, fraction) in enumerate(turns)]
        said = [(n, *turns[n][:2]) for n in range(start, stop)]
        return Conversation(
            f"{start}-{stop}", "test", (Participant("A"), Participant("B")),
            tuple(Turn("AB".index(name), text, round(at[n] - at[start], 3)) for n, name, text in said),
            started_at=f"2024-02-28T09:{start:02}:30",
        )  # fmt: skip

    middle = data.draw(st.integers(0, len(turns) - 2))
    end = data.draw(st.integers(middle + 2, len(turns)))
    first, second = part(0, end), part(middle, len(turns))

    # Execute
    forth, back = join(first, second), join(second, first)

    # Assert
    shared = turns[middle:end]
    if len({name for name, *_ in shared}) > 1 or len(shared) > 2:
        assert anchors(first, has_id=True) & anchors(second, has_id=True)
        for whole in (forth, back):
            assert whole.conversation.turns == part(0, len(turns)).turns
            assert whole.conversation.started_at == first.started_at
        assert forth.longer == (end < len(turns))
    else:
        assert forth is None
        assert back is None


def test_a_message_that_is_said_again_is_shared_at_each_of_its_times():
    said = tuple(Turn(0, text, at) for text, at in (("ok", 0.0), ("why", 5.0), ("ok", 9.0)))
    channel = Conversation("x", "slack", (Participant("Ann"),), said, started_at="2024-01-05T09:00")
    thread = Conversation("y", "slack", (Participant("Ann"),), said, started_at="2024-01-05T09:00")
    assert shared_places(channel, thread) == {0, 1, 2}
