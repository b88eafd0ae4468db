"""The first tags of a whole conversation: what its turns come back to, before what one window is sure of."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.conversation import Conversation, Participant, Turn
from cgp.metadata import Metadata, Tag
from cgp.mining import MinedWindow
from cgp.recurrence import SaidWords, by_recurrence

LINES = (
    "The ferry was late again this morning.",
    "My neighbour makes plum jam, by the way. Plum jam for everyone.",
    "If the ferry stops in winter, the school has no teachers.",
    "A winter ferry costs more than the island has.",
    "Could the harbour take a smaller ferry?",
    "The harbour, yes. The quay, no.",
    "So who pays for the winter?",
    "The ferry company will not.",
)
TALK = Conversation(
    "c",
    "test",
    (Participant("Ana"), Participant("Ben")),
    tuple(Turn(n % 2, line) for n, line in enumerate(LINES)),
    language="en",
)


def tree(*tags):
    whole = MinedWindow(0, None, 0, 0, 8, Metadata(tuple(tags)))
    return [
        whole,
        replace(whole, number=1, parent=0, level=1, stop=4),
        replace(whole, number=2, parent=0, level=1, start=4),
    ]


def order(windows, number=0):
    return [tag.text for tag in windows[number].metadata.tags]


def test_an_aside_of_one_window_stands_behind_what_the_talk_comes_back_to():
    windows = tree(Tag("plum jam", 3, 0.9), Tag("harbour", 1, 0.6), Tag("ferry", 2, 0.6))
    assert order(by_recurrence(windows, TALK)) == ["ferry", "harbour", "plum jam"]


def test_leaves_keep_their_order():
    windows = tree(Tag("plum jam", 3, 0.9), Tag("ferry", 2, 0.6))
    assert order(by_recurrence(windows, TALK), 1) == ["plum jam", "ferry"]
    assert by_recurrence(windows[:1], TALK) == windows[:1], "one window is no whole with parts"


def test_a_label_that_nobody_says_counts_as_the_subject_where_the_truth_holds_it():
    windows = tree(Tag("plum jam", 1, 0.6), Tag("ferry", 1, 0.6), Tag("boat cuts", 1, 0.6))
    support = {"plum jam": 0.9, "ferry": 0.9, "boat cuts": 1.0}
    truth = by_recurrence(windows, TALK, lambda tag: support[tag.text])
    assert order(truth) == ["boat cuts", "ferry", "plum jam"]
    support["boat cuts"] = 0.0
    no_truth = by_recurrence(windows, TALK, lambda tag: support[tag.text])
    assert order(no_truth)[0] == "ferry", "a guess that no reading holds with is behind it"


def test_a_tag_without_words_is_last():
    windows = tree(Tag("…", 1, 0.9), Tag("quay", 1, 0.6), Tag("ferry", 1, 0.6))
    assert order(by_recurrence(windows, TALK)) == ["ferry", "quay", "…"]


def test_of_equally_recurrent_tags_the_one_with_more_support_comes_first():
    windows = tree(Tag("quay", 3, 0.9), Tag("teachers", 1, 0.6))
    support = {"teachers": 0.8, "quay": 0.2}
    assert order(by_recurrence(windows, TALK)) == ["quay", "teachers"]
    assert order(by_recurrence(windows, TALK, lambda tag: support[tag.text])) == [
        "teachers",
        "quay",
    ]


def test_what_no_reading_of_the_whole_holds_with_gives_way_and_is_not_lost():
    windows = tree(Tag("plum jam", 3, 0.9), Tag("harbour", 1, 0.6))
    support = {"plum jam": 0.0, "harbour": 1.0}
    ordered_windows = by_recurrence(windows, TALK, lambda tag: support[tag.text])
    assert order(ordered_windows) == ["harbour", "plum jam"]


def test_another_wording_of_a_better_tag_stands_behind_all_others():
    windows = tree(Tag("winter ferry", 1, 0.6), Tag("ferry", 1, 0.6), Tag("plum jam", 1, 0.6))
    assert order(by_recurrence(windows, TALK)) == ["ferry", "plum jam", "winter ferry"]


def test_words_without_content_do_not_make_a_tag_recurrent():
    windows = tree(Tag("end of the quay", 1, 0.6), Tag("harbour", 1, 0.6))
    assert order(by_recurrence(windows, TALK)) == ["harbour", "end of the quay"]


@pytest.mark.parametrize(
    ("language", "subject", "talk", "others"),
    [
        ("fr", "hôpital", "On parle de l’hôpital.", ("vache", "train", "pomme")),
        ("tr", "Ankara", "Ankara'da hava güzel.", ("köpek", "tren", "elma")),
        ("ja", "茶", "お茶を飲みます。", ("電車", "予約", "天気")),
        ("ko", "버스", "버스를 기다려요.", ("기차", "사과", "날씨")),
        ("tr", "randevu", "Randevuyu sordum.", ("köpek", "tren", "elma")),
        ("de", "Depot", "Der Depotauszug fehlt.", ("Hund", "Zug", "Apfel")),
        ("de", "Depotübertrag", "Der Übertrag stockt.", ("Hund", "Zug", "Apfel")),
        ("de", "Depotübertrag", "Welches Depot?", ("Hund", "Zug", "Apfel")),
    ],
)
def test_a_subject_is_said_with_what_its_language_joins_to_it(language, subject, talk, others):
    lines = [*[talk] * 5, *others, *others]
    conversation = replace(TALK, turns=tuple(Turn(0, line) for line in lines), language=language)
    windows = tree(*map(Tag, (*others, subject)))
    windows[0] = replace(windows[0], stop=len(lines))
    assert order(by_recurrence(windows, conversation)) == [subject, *others]


@pytest.mark.parametrize(
    ("tag", "line"),
    [
        ("plan", "The planet is warm."),
        ("form", "The platform is full."),
        ("carpet", "The car is new, a pet."),
        ("2024", "About 20249 of them."),
        ("배", "배우가 왔어요."),
    ],
)
def test_a_short_word_or_a_number_is_not_said_within_another(tag, line):
    assert SaidWords.of(replace(TALK, turns=(Turn(0, line),))).places(tag, 0, 1) == [set()]


words = st.text("ab", min_size=1, max_size=14)


@given(st.lists(words, min_size=1, max_size=30), words)
def test_a_turn_says_a_word_where_one_of_its_words_begins_with_it_or_is_half_of_it(lines, tag):
    said = SaidWords.of(replace(TALK, turns=tuple(Turn(0, line) for line in lines)))

    def says(line):
        longer = line.startswith(tag) and len(tag) >= 5
        half = tag.startswith(line) or tag.endswith(line)
        rest = len(tag) - len(line)
        return line == tag or longer or (half and min(len(line), rest) >= 5)

    start, stop = len(lines) // 3, len(lines)
    expected = {turn for turn in range(start, stop) if says(lines[turn])}
    assert said.places(tag, start, stop) == [expected]


@pytest.mark.parametrize("tag", ["Model S", "vitamin D", "Don Quixote"])
def test_an_english_ending_is_no_word_of_a_tag(tag):
    lines = ["It's late, I'd say.", "I don't know."] * 5
    said_lines = [*lines, *["The ferry is late."] * 3, f"About {tag}."]
    talk = replace(TALK, turns=tuple(Turn(0, line) for line in said_lines))
    windows = tree(Tag(tag), Tag("ferry"))
    windows[0] = replace(windows[0], stop=len(said_lines))
    assert order(by_recurrence(windows, talk)) == ["ferry", tag]


tags = st.lists(
    st.builds(
        Tag,
        st.sampled_from(
            ["ferry", "the", "plum jam", "冬", "冬のフェリー", "…", "a b", "ferry winter"]
        ),
        st.floats(0.1, 9),
        st.none() | st.floats(0, 1),
    ),
    max_size=40,
)


@given(tags)
def test_no_tag_is_lost_or_changed(drawn_tags):
    windows = tree(*drawn_tags)
    ordered_windows = by_recurrence(windows, TALK)
    assert sorted(map(str, ordered_windows[0].metadata.tags)) == sorted(map(str, drawn_tags))
    assert ordered_windows[1:] == windows[1:]
    assert ordered_windows[0].metadata.tags[24:] == tuple(drawn_tags[24:])
