"""Exports of one chat whose times or names are written otherwise, and messages that move between its conversations."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cgp.clocks import with_day_and_month_exchanged
from cgp.conversation import Conversation, Participant, Turn, opening_of
from cgp.overlap import anchors, join
from cgp.sources import import_conversations
from cgp.store import Taken
from cgp.store.passages import are_the_same, passages
from cgp.store.tombstones import Traces

LINES = [
    ("03.02.24, 18:45:12", "Mama", "Kommt ihr am Sonntag?"),
    ("03.02.24, 18:46:01", "Jonas", "Ja"),
]
MORE = ("03.02.24, 18:47:40", "Mama", "Schön")
FORGOTTEN = {Taken.FORGOTTEN.value: 1}


def iphone(lines):
    return "".join(f"[{at}] {name}: {text}\n" for at, name, text in lines)


def android(lines):
    return "".join(f"{at[:-3]} - {name}: {text}\n" for at, name, text in lines)


def moved(lines, hours):
    return [
        (f"{at[:10]}{int(at[10:12]) + hours:02}{at[12:]}", name, text) for at, name, text in lines
    ]


def renamed(lines):
    return [(at, name.replace("Jonas", "Joni"), text) for at, name, text in lines]


def edited(lines):
    return [(at, name, text.replace("Sonntag", "Samstag")) for at, name, text in lines]


def exported(path, text, store):
    path.write_text(text, encoding="utf-8")
    return import_conversations([path], store)


def stored(store):
    found = [store.conversation(status.id) for status in store.conversation_statuses()]
    return [
        (c.started_at, [f"{c.participants[t.speaker].name}: {t.text}" for t in c.turns])
        for c in found
    ]


def forget_all(store):
    store.forget([status.id for status in store.conversation_statuses()])


WAYS = {
    "without seconds": android,
    "after a journey": lambda lines: iphone(moved(lines, -5)),
    "after a journey, without seconds": lambda lines: android(moved(lines, 3)),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_chat_that_grew_is_known_by_its_words_whatever_its_clock(tmp_path, store, way):
    exported(tmp_path / "_chat.txt", iphone(LINES), store)
    report = exported(tmp_path / "_chat.txt", WAYS[way]([*LINES, MORE]), store)
    assert (report.added, report.grown, report.beside) == (0, 1, 0)
    assert [said for _, said in stored(store)] == [
        ["Mama: Kommt ihr am Sonntag?", "Jonas: Ja", "Mama: Schön"]
    ]


@pytest.mark.parametrize("way", WAYS)
def test_a_forgotten_chat_does_not_come_back_by_another_clock(tmp_path, store, way):
    exported(tmp_path / "_chat.txt", iphone(LINES), store)
    forget_all(store)
    for lines in (LINES, [*LINES, MORE]):
        assert exported(tmp_path / "_chat.txt", WAYS[way](lines), store).skipped == FORGOTTEN


@pytest.mark.parametrize("change", [edited, renamed])
def test_a_forgotten_chat_does_not_come_back_with_an_edit_or_another_name(tmp_path, store, change):
    exported(tmp_path / "a.txt", iphone(LINES), store)
    forget_all(store)
    report = exported(tmp_path / "b.txt", iphone(change([*LINES, MORE])), store)
    assert report.skipped == FORGOTTEN


LATER = (
    "3/4/24, 18:45 - Ann: hello\n3/4/24, 18:46 - Bob: hi\n3/4/24, 18:50 - Ann: more\n"
    "3/13/24, 18:46 - Bob: again\n"
)


def test_an_export_that_shows_the_order_of_its_dates_sets_an_earlier_one_right(tmp_path, store):
    exported(tmp_path / "_chat.txt", "".join(LATER.splitlines(keepends=True)[:2]), store)
    assert [start for start, _ in stored(store)] == ["2024-04-03T18:45:00"]
    report = exported(tmp_path / "_chat.txt", LATER, store)
    assert (report.added, report.grown) == (1, 1)
    assert sorted(stored(store)) == [
        ("2024-03-04T18:45:00", ["Ann: hello", "Bob: hi", "Ann: more"]),
        ("2024-03-13T18:46:00", ["Bob: again"]),
    ]


def test_what_was_forgotten_with_the_wrong_dates_does_not_come_back_with_the_right_ones(
    tmp_path, store
):
    exported(tmp_path / "_chat.txt", "".join(LATER.splitlines(keepends=True)[:2]), store)
    forget_all(store)
    report = exported(tmp_path / "_chat.txt", LATER, store)
    assert (report.added, report.skipped) == (1, FORGOTTEN)


def test_the_same_words_every_day_and_in_another_chat_are_other_talks(tmp_path, store):
    # Prepare: a greeting, which is forgotten
    morning = [("03.02.24, 08:00:12", "Mama", "Morgen!"), ("03.02.24, 08:01:01", "Jonas", "Morgen")]
    exported(tmp_path / "_chat.txt", iphone(morning), store)
    forget_all(store)

    # Execute: the next day's, which goes on, and that of other people, at other minutes
    next_day = [
        (at.replace("03.02", "04.02").replace("08:0", "08:1"), n, t) for at, n, t in morning
    ]
    others = [(at.replace("08:0", "07:2"), n.replace("Mama", "Eva"), t) for at, n, t in morning]

    # Assert
    for lines in (next_day, others):
        text = iphone([*lines, (lines[-1][0], "Jonas", "Bis später")])
        assert exported(tmp_path / "_chat.txt", text, store).added == 1


OTTER = "Ann  0:00\nhello, how are you?\n\nBob  0:05\nfine\n\nAnn  0:09\nok\n"


def test_speakers_that_are_named_later_make_no_other_talk(tmp_path, store):
    numbered = OTTER.replace("Ann", "Speaker 1").replace("Bob", "Speaker 2")
    exported(tmp_path / "t.txt", numbered, store)
    again = exported(tmp_path / "t.txt", OTTER, store)
    assert again.skipped == {Taken.RENAMED.value: 1}
    assert exported(tmp_path / "t.txt", OTTER + "\nBob  0:20\nbye\n", store).grown == 1
    assert len(stored(store)) == 1
    forget_all(store)
    for text in (OTTER, numbered, OTTER.replace("fine", "fine!")):
        assert exported(tmp_path / "t.txt", text, store).skipped == FORGOTTEN


def test_what_opens_as_a_forgotten_talk_and_goes_on_otherwise_comes_in(tmp_path, store):
    long = "Ann: Hi\nBob: Hello! How can I help you today?\nAnn: "
    rest = "My ferry was late, again.\nBob: Which one do you mean, please?\nAnn: The last one on Sunday.\n"
    exported(tmp_path / "t.txt", long + rest, store)
    forget_all(store)
    other = long + "Where is the pier?\nBob: Behind the old harbour.\n"
    assert exported(tmp_path / "t.txt", other, store).added == 1
    edited_one = long.replace("Hi", "Hey") + rest + "Bob: Here is your money.\n"
    assert exported(tmp_path / "t.txt", edited_one, store).skipped == FORGOTTEN


def slack(path, messages):
    path.mkdir(exist_ok=True)
    (path / "users.json").write_text(
        json.dumps([{"id": "U1", "name": "ann"}, {"id": "U2", "name": "bob"}])
    )
    (path / "channels.json").write_text(json.dumps([{"id": "C1", "name": "gen"}]))
    (path / "gen").mkdir(exist_ok=True)
    day = [
        {"type": "message", "user": user, "text": text, "ts": f"17044452{second:02}.0001", **more}
        for second, user, text, more in messages
    ]
    (path / "gen" / "2024-01-05.json").write_text(json.dumps(day))
    return path


BEFORE = [(1, "U1", "one", {}), (2, "U2", "two", {}), (3, "U1", "three", {})]


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("forgotten", [False, True])
def test_a_message_that_begins_a_thread_later_is_there_once(tmp_path, store, place, forgotten):
    # Prepare: an export, and a later one in which one of its messages was answered
    key = f"17044452{place + 1:02}.0001"
    after = list(BEFORE)
    after[place] = (*BEFORE[place][:3], {"thread_ts": key, "reply_count": 1})
    after.append((9, "U2", "answer", {"thread_ts": key, "parent_user_id": "U1"}))
    import_conversations([slack(tmp_path / "export", BEFORE)], store)
    if forgotten:
        forget_all(store)

    # Execute
    import_conversations([slack(tmp_path / "export", after)], store)
    again = import_conversations([slack(tmp_path / "export", after)], store)

    # Assert
    said = sorted(text.partition(": ")[2] for _, texts in stored(store) for text in texts)
    assert said == ([] if forgotten else ["answer", "one", "three", "two"])
    assert (again.added, again.grown, again.beside) == (0, 0, 0)


def test_a_deleted_message_makes_no_other_chat(tmp_path, store):
    exported(tmp_path / "_chat.txt", iphone([*LINES, MORE]), store)
    report = exported(tmp_path / "_chat.txt", iphone([LINES[0], MORE]), store)
    assert report.skipped == {Taken.SHORTER.value: 1}


WORDS = st.lists(
    st.text(st.sampled_from("abdefgiklmnorstu"), min_size=3, max_size=8), min_size=3, max_size=6
).map(" ".join)
TALKS = st.lists(st.tuples(st.sampled_from([0, 1]), WORDS, st.integers(20, 4000)), min_size=6, max_size=14)  # fmt: skip


def made(turns, times, names=("Ann", "Bob")):
    """Return a chat of the clock on the wall in which turns are said at times (since the epoch)."""
    people = tuple(Participant(name) for name in names)
    said = tuple(
        Turn(who, text, at - times[0]) for (who, text, _), at in zip(turns, times, strict=True)
    )
    start = datetime.fromtimestamp(times[0], UTC).replace(tzinfo=None).isoformat()
    return Conversation("x", "whatsapp", people, said, started_at=start)


@given(TALKS)
@settings(max_examples=50)
def test_a_passage_begins_at_each_turn_that_has_enough_after_it(turns):
    talk = made(turns, range(len(turns)))
    starts = [passage.start for passage in passages(talk)]
    assert starts == list(range(len(starts)))


def traces(conversation):
    return Traces(conversation, "whatsapp", conversation.content_hash, opening_of(conversation))


def meets(conversation, forgotten):
    """Tell if a conversation is known as a forgotten one, by the tombstones of that."""
    hashes = traces(forgotten).tombstones().keys()
    common = [passage for passage in traces(conversation).passages() if passage.hash in hashes]
    return not hashes.isdisjoint(traces(conversation).possible_tombstones()) or are_the_same(common)


@settings(max_examples=20, deadline=None, derandomize=True, phases=[Phase.generate])
@given(TALKS, TALKS, st.integers(-28, 28), st.booleans(), st.booleans(), st.data())
def test_any_talk_is_known_by_any_clock_and_no_other_talk_is(
    turns, others, half_hours, rounded, exchanged, data
):
    # Prepare: a talk on the third of February, the part of it that an earlier export had, and its
    # times as another clock writes them
    times = [datetime(2024, 2, 3, 9, tzinfo=UTC).timestamp()]
    for _, _, gap in turns[1:]:
        times.append(times[-1] + gap)
    stop = data.draw(st.integers(4, len(turns)))
    clock = [
        with_day_and_month_exchanged(at) if exchanged else at + 1800 * half_hours for at in times
    ]
    clock = [at // 60 * 60 for at in clock] if rounded else clock
    if len({who for who, _, _ in turns[:stop]}) < 2 or any(at is None for at in clock):
        return
    part, whole = made(turns[:stop], times[:stop]), made(turns, clock)

    # Execute
    union = join(part, whole)

    # Assert
    assert anchors(part, has_id=False) & anchors(whole, has_id=False)
    assert union.conversation.turns == whole.turns
    assert union.conversation.started_at == whole.started_at
    assert union.longer == (stop < len(turns))
    assert meets(whole, part)
    renamed_whole = made(turns, clock, ("Anna", "Rob"))
    assert meets(renamed_whole, part)
    if not {text for _, text, _ in turns} & {text for _, text, _ in others}:
        other_times = [times[0] + 60 * number for number in range(len(others))]
        assert not meets(made(others, other_times), part)
