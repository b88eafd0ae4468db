"""What several formats share: turns out of captions, conversations out of channels, WhatsApp's dates."""

import random
from dataclasses import replace
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.conversation import Participant
from cgp.sources.branches import branch
from cgp.sources.captions import Cue, turns_of
from cgp.sources.channels import GAP_SECONDS, MAX_MESSAGES, THREAD_GAP_SECONDS, conversations
from cgp.sources.date_orders import DateOrder, date_order
from cgp.sources.files import disk_file
from cgp.sources.messages import About, Message
from cgp.sources.registry import guess
from cgp.sources.threads import Post, threads
from cgp.sources.whatsapp_times import stamp

ANA, BO = Participant("Ana"), Participant("Bo")
HOUR = 3600.0


def cut(messages):
    records = conversations(Path("chat"), messages, lambda: About("test", id="c"))
    return [[turn.text for turn in record.conversation.turns] for record in records]


def message(number, at, thread=None, author=ANA):
    return Message(number, author, f"m{number}", at, str(number), thread)


def cue(start, *lines, end=None):
    return Cue(start, start + 1 if end is None else end, lines)


def test_silence_ends_a_conversation():
    messages = [message(0, 0), message(1, GAP_SECONDS), message(2, 2 * GAP_SECONDS + 1)]
    assert cut(messages) == [["m0", "m1"], ["m2"]]


def test_a_channel_with_its_newest_message_first_is_cut_in_the_same_places():
    messages = [message(i, at) for i, at in enumerate([0, HOUR, 20 * HOUR, 21 * HOUR, 60 * HOUR])]
    assert cut(messages[::-1]) == cut(messages)[::-1]


def test_a_thread_is_a_conversation_beside_the_channel():
    messages = [
        message(0, 0, "t"), message(1, 10), message(2, 20, "t", BO), message(3, 30), message(4, 5 * 86400, "t"),
    ]  # fmt: skip
    assert sorted(cut(messages)) == [["m0", "m2", "m4"], ["m1", "m3"]]


def test_a_thread_that_wakes_up_after_long_begins_anew():
    late = THREAD_GAP_SECONDS + 10
    messages = [message(0, 0, "t"), message(1, late, None), message(2, late + 1, "t")]
    assert sorted(cut(messages)) == [["m0"], ["m1"], ["m2"]]


def without_silence(seed):
    chance = random.Random(seed)
    times = list(accumulate(chance.uniform(0, 60) for _ in range(2 * MAX_MESSAGES + 500)))
    return [message(i, at) for i, at in enumerate(times)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("thread", [None, "t"])
def test_a_conversation_without_silence_is_cut_once_it_is_long(seed, thread):
    messages = [replace(one, thread=thread) for one in without_silence(seed)]
    found = cut(messages)
    assert [text for part in found for text in part] == [one.text for one in messages]
    assert all(MAX_MESSAGES / 2 <= len(part) <= MAX_MESSAGES for part in found[:-1])


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_channel_that_grew_is_cut_in_the_same_places(newest_first):
    messages = without_silence(7)

    def exported(count):
        shown = messages[:count]
        return cut(shown[::-1])[::-1] if newest_first else cut(shown)

    grown = exported(len(messages))
    assert len(grown) > 2
    for count in (100, 900, 1800, 2499):
        before = exported(count)
        assert grown[: len(before) - 1] == before[:-1]
        assert grown[len(before) - 1][: len(before[-1])] == before[-1]


def test_a_channel_too_long_to_hold_is_cut_in_parts(monkeypatch):
    monkeypatch.setattr("cgp.sources.channels.MOST_HELD", 1200)
    messages = without_silence(7)
    found = cut(messages[::-1])[::-1]
    assert [text for part in found for text in part] == [one.text for one in messages]
    assert all(len(part) <= MAX_MESSAGES for part in found)


def test_captions_without_speakers_become_turns_at_pauses_and_sentences():
    cues = [cue(0, "It rained."), cue(1, "All day."), cue(9, "Then sun.")]
    assert [(t.author.name, t.text) for t in turns_of(cues)] == [
        ("Speaker", "It rained. All day."),
        ("Speaker", "Then sun."),
    ]


def test_marks_of_a_change_of_speaker_make_two_who_take_turns():
    cues = [cue(0, ">> Ready?"), cue(1, "Steady?"), cue(2, ">> Go."), cue(3, "- No.", "- Yes.")]
    assert [(t.author.name, t.text) for t in turns_of(cues)] == [
        ("Speaker 1", "Ready? Steady?"),
        ("Speaker 2", "Go."),
        ("Speaker 1", "No."),
        ("Speaker 2", "Yes."),
    ]


def test_a_colon_in_a_sentence_is_no_name():
    turns = turns_of([cue(0, "Remember: measure twice."), cue(1, "Then cut.")])
    assert [(t.author.name, t.text) for t in turns] == [
        ("Speaker", "Remember: measure twice. Then cut.")
    ]


def test_words_repeated_on_purpose_stay_where_captions_do_not_roll():
    turns = turns_of([cue(0, "No."), cue(1, "No."), cue(2, "Never again.")])
    assert [t.text for t in turns] == ["No. No. Never again."]


def test_rolling_captions_without_word_times_are_found_by_their_repetition():
    lines = [f"line {i}" for i in range(8)]
    cues = [cue(i, lines[i - 1], lines[i]) if i else cue(0, lines[0]) for i in range(8)]
    assert " ".join(t.text for t in turns_of(cues)) == " ".join(lines)


def test_sounds_are_nothing_that_is_said():
    assert turns_of([cue(0, "[Music]"), cue(1, "♪ la la ♪"), cue(2, "(laughter)")]) == []


def test_the_current_branch_leaves_the_side_branches_out():
    parents = {"r": None, "a": "r", "b": "r", "c": "b"}
    assert branch(parents, "c") == ["r", "b", "c"]


@given(st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(0, 9)), max_size=12))
def test_threads_hold_each_post_once_whatever_answers_what(pairs):
    posts = [
        Post(Message(i, ANA, "x", float(i), str(key)), None if parent is None else str(parent))
        for i, (key, parent) in enumerate(pairs)
    ]
    keys = [m.key for thread in threads(posts) for m in thread]
    assert sorted(keys) == sorted({str(key) for key, _ in pairs})


EVENING = datetime(2025, 12, 31, 22, 15, tzinfo=UTC)
LOCALES = {
    "British, Android": "31/12/2025, 22:15 - Ana: hi",
    "American, Android": "12/31/25, 10:15 PM - Ana: hi",
    "American, iPhone": "[12/31/25, 10:15:00\u202fPM] Ana: hi",
    "German, Android": "31.12.25, 22:15 - Ana: hi",
    "German, iPhone": "[31.12.25, 22:15:00] Ana: hi",
    "Dutch": "31-12-2025 22:15 - Ana: hi",
    "Spanish, 12 hours": "31/12/25, 10:15 p. m. - Ana: hi",
    "Spanish, 24 hours": "31/12/25 22:15 - Ana: hi",
    "French": "31/12/2025 à 22:15 - Ana: hi",
    "Brazilian": "31/12/2025 22:15 - Ana: hi",
    "Italian, iPhone": "[31/12/25, 22:15:00] Ana: hi",
    "Swedish": "2025-12-31 22:15 - Ana: hi",
    "Finnish": "31.12.2025 klo 22.15 - Ana: hi",
    "Hungarian": "2025. 12. 31. 22:15 - Ana: hi",
    "Indian": "31/12/25, 10:15 pm - Ana: hi",
    "Chinese": "2025/12/31 下午10:15 - Ana: hi",
    "Japanese": "2025/12/31 22:15 - Ana: hi",
    "Korean": "2025. 12. 31. 오후 10:15, Ana: hi",
    "Arabic": "٣١/١٢/٢٠٢٥، ١٠:١٥ م - Ana: hi",
}


@pytest.mark.parametrize("line", LOCALES.values(), ids=LOCALES)
def test_whatsapp_times_of_the_main_locales_are_read(line):
    found = stamp(line)
    assert found is not None
    assert found.rest == "Ana: hi"
    assert found.time.seconds(date_order([found.time])) == EVENING.timestamp()


@pytest.mark.parametrize(
    ("lines", "order"),
    [
        (["1/2/25, 10:00 AM - A: x"], DateOrder.MONTH_DAY),
        (["01/02/2025, 10:00 - A: x"], DateOrder.DAY_MONTH),
        (["1/2/25, 10:00 - A: x", "2/1/25, 10:00 - A: x"], DateOrder.MONTH_DAY),
        (["1/2/25, 10:00 AM - A: x", "13/2/25, 10:00 AM - A: x"], DateOrder.DAY_MONTH),
        (["2025-02-01, 10:00 - A: x"], DateOrder.YEAR_FIRST),
    ],
)  # fmt: skip
def test_the_order_of_dates_is_found_from_the_whole_file(lines, order):
    assert date_order(stamp(line).time for line in lines) is order


@pytest.mark.parametrize(
    ("line", "hour"),
    [
        ("1/1/25, 12:00 AM - A: x", 0),
        ("1/1/25, 12:00 PM - A: x", 12),
        ("1/1/25, 1:00 PM - A: x", 13),
    ],
)
def test_twelve_o_clock_is_midnight_or_noon(line, hour):
    assert stamp(line).time.hour == hour


@pytest.mark.parametrize(
    "line", ["See you 31/12/2025, 22:15", "12:30 lunch - Ana: hi", "", "Ana: hi"]
)
def test_other_lines_begin_no_message(line):
    assert stamp(line) is None


REFUSED = {
    "log.txt": "2025-03-01 08:00:00 INFO: server started\n2025-03-01 08:00:01 ERROR: no port\n",
    "settings.txt": "name: fence\nport: 80\nname: gate\nport: 81\n",
    "services.md": "services:\n  web:\n    image: nginx\n  db:\n    image: postgres\n",
    "recipe.txt": "Pancakes\n\nFlour: 200 g\nMilk: 300 ml\nEggs: 2\n\nMethod: whisk and fry.\n",
    "prices.txt": "Price: 12\nColour: red\n\nPrice: 10\nColour: blue\n",
    "minutes.txt": "Attendees: Ana, Bo\nAgenda: hiring\nDecision: yes\nAction: Ana calls\n",
    "commits.txt": "commit a\nAuthor: Ana <a@x>\nDate:   Sat Mar 1\n\ncommit b\nAuthor: Bo <b@x>\nDate:   Sat Mar 2\n",
    "changes.md": "# Changes\n\n**Fixed:** a bug\n**Added:** a feature\n\n**Fixed:** another\n**Added:** more\n",
    "week.txt": "Mon: swim\nTue: run\nMon: swim\nTue: rest\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_colons_and_no_speakers_is_no_talk(tmp_path, name):
    (tmp_path / name).write_text(REFUSED[name])
    assert guess(disk_file(tmp_path / name)) is None


@pytest.mark.parametrize(
    "text",
    [
        "Ana: hi\nBob: hello\nAna: bye\n",
        "Ana: Hello there.\nBo: Hello yourself.\n",
        "jtaylor: can you hear me\nAna Ruiz: yes\njtaylor: good\n",
        "ROMEO: But soft!\nWhat light?\n\nJULIET: Ay me.\n\nROMEO: She speaks.\n",
        "Host: Welcome.\nGuest: Thanks.\nHost: How deep is it?\n",
    ],
)
def test_names_that_come_back_or_take_turns_make_a_talk(tmp_path, text):
    (tmp_path / "talk.txt").write_text(text)
    assert guess(disk_file(tmp_path / "talk.txt")).name == "text"
