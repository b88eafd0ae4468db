"""Reading a conversation for measuring: words in any script, content, bounds."""

from itertools import pairwise

import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.quality.transcript import MAX_CHARACTERS, MAX_TURNS, is_closed, punctuation, read


def talk(*texts):
    turns = tuple(Turn(i % 2, text) for i, text in enumerate(texts))
    return Conversation("c", "test", (Participant("A"), Participant("B")), turns)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Well, don't you know?", ("well", "don't", "you", "know")),
        ("state-of-the-art 42", ("state", "of", "the", "art", "42")),
        ("Straße ÉTÉ", ("strasse", "été")),
        ("हम आज मिलेंगे।", ("हम", "आज", "मिलेंगे")),
        ("今日はRust、", ("今", "日", "は", "rust")),
        ("สวัสดี", tuple("สวัสดี")),
        ("・・・", ()),
        (" \n\t...!", ()),
        ("", ()),
    ],
)
def test_words_in_many_scripts(text, words):
    assert read(talk(text)).words == (words,)


def test_contents_leave_out_what_most_turns_share():
    texts = [f"the gear{i} of the wheel{i}" for i in range(20)]
    assert read(talk(*texts)).contents == tuple(f"gear{i} wheel{i}" for i in range(20))


def test_contents_are_all_words_where_every_word_is_common():
    assert read(talk(*["on and on"] * 20)).contents == ("on and on",) * 20


def test_contents_keep_unspaced_scripts_unspaced():
    assert read(talk("今日は Rust の話")).contents == ("今日は rust の話",)


def test_a_long_conversation_is_sampled_in_whole_blocks_from_first_to_last():
    transcript = read(talk(*(f"turn {i}" for i in range(10_000))))
    numbers = [int(text.split()[1]) for text in transcript.texts]
    assert len(numbers) == MAX_TURNS
    assert numbers == sorted(set(numbers))
    assert (numbers[0], numbers[-1]) == (0, 9999)
    assert sum(b - a == 1 for a, b in pairwise(numbers)) >= MAX_TURNS * 0.95


@pytest.mark.parametrize("turns", [MAX_TURNS, MAX_TURNS + 1, MAX_TURNS + 63])
def test_about_the_bound_no_turn_is_taken_twice(turns):
    texts = read(talk(*(f"{i}" for i in range(turns)))).texts
    assert len(set(texts)) == len(texts) == MAX_TURNS


def test_characters_are_bounded_and_short_turns_stay_whole():
    transcript = read(talk("x" * 200_000, "short one", "y " * 100_000))
    assert sum(map(len, transcript.texts)) <= MAX_CHARACTERS
    assert transcript.texts[1] == "short one"


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("a, b c.", (2, 3)),
        ("so .", (1, 2)),
        ("", (0, 0)),
        ("今日、雨。", (2, 5)),
        ("e.g. a.b x", (1, 3)),
    ],
)
def test_punctuation_counts_marked_pieces(text, counts):
    assert punctuation(text) == counts


def test_a_closed_text_ends_with_punctuation():
    assert is_closed("done . ")
    assert is_closed("終わり。")
    assert not is_closed("and then")
    assert not is_closed("")
