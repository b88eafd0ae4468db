"""Transcripts as one would write them down, and the sentences in them."""

import pytest

from cgp.annotators.embedded.claims.sentences import sentences
from cgp.annotators.embedded.claims.spoken import clean_text, is_tokenized
from cgp.conversation import Conversation, Participant, Turn


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Um, I I think, uh, we're done.", "I think we're done."),
        ("[laughs] The L_C_D_ screen (laughter) broke.", "The LCD screen broke."),
        ("we should we should go", "we should go"),
        ("It's, you know, a kind of magic.", "It's, a kind of magic."),
        ("He had 5 5 millimetre screws.", "He had 5 5 millimetre screws."),
        ("That's 10. 10 is fine.", "That's 10. 10 is fine."),
        ("[clears throat] It is [EMAIL_1], I think.", "It is [EMAIL_1], I think."),
    ],
)
def test_fillers_and_repetitions_go(text, expected):
    assert clean_text(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I 'm , uh , looking into half - second pauses .", "I'm looking into half-second pauses."),
        ("it 's releva it 's relevant , you know", "it's releva it's relevant, you know"),
        ("the infor information w uh was lost", "the information was lost"),
        ("we must prev p prevent rust", "we must prevent rust"),
        ("put it in into the drawer", "put it in into the drawer"),
    ],
)
def test_tokenized_speech_is_joined_again(text, expected):
    assert clean_text(text, is_tokenizer_text=True) == expected


def test_tokenized_texts_are_told_by_their_marks():
    assert is_tokenized(["Yeah , I think so .", "Mm - hmm .", "OK , fine ."])
    assert not is_tokenized(["Yeah, I think so.", "Mm-hmm.", "OK, fine."])
    assert not is_tokenized(["Il y a un phare ?", "Elle vit à Brest !", "Où ?"]), "French spacing"


def cut(*turns):
    people = tuple(Participant(name) for name in ("Ada", "willow", "C"))
    talk = Conversation("c", "test", people, tuple(Turn(*turn) for turn in turns))
    return [(s.text, s.turns, s.asks, s.complete) for s in sentences(talk)]


def test_abbreviations_end_no_sentence():
    assert cut((0, "Dr. Smith met Mr. E. Jones at 5.30. He was late!")) == [
        ("Dr. Smith met Mr. E. Jones at 5.30", (0,), False, True),
        ("He was late", (0,), False, True),
    ]


def test_sentences_end_in_every_script():
    assert [text for text, *_ in cut((0, "你去哪里？我在家。好。"))] == ["你去哪里", "我在家", "好"]
    assert [asks for *_, asks, _ in cut((0, "أين المحطة؟ هنا."))] == [True, False]


def test_a_broken_off_sentence_is_not_complete():
    assert [complete for *_, complete in cut((0, "I went to the -- No. It was..."))] == [
        False,
        True,
        False,
    ]


def test_a_speaker_goes_on_after_a_listeners_sound():
    found = cut(
        (0, "So we took the ferry to"), (1, "Mm-hmm."), (0, "the island."), (1, "Nice trip!")
    )
    assert found[0] == ("So we took the ferry to the island", (0, 2), False, True)
    assert [turns for _, turns, *_ in found] == [(0, 2), (3,)], "a sound makes no sentence"


def test_a_real_reply_ends_the_sentence():
    found = cut((0, "So we took the ferry to"), (1, "Which ferry?"), (0, "the island."))
    assert [turns for _, turns, *_ in found] == [(0,), (1,), (2,)]


def test_a_form_of_address_is_no_part_of_the_sentence():
    assert cut((0, "willow: the patch works."))[0][0] == "the patch works"
