"""Texts that nobody says: the annotator's answers and ground truths stay sound and small."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.annotators.embedded import annotate, likely_metadata
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.metadata import LEAST_SUPPORT, Metadata
from cgp.tag_limits import MAX_TAG_CHARACTERS
from cgp.text import normal_form

MAX_TAGS = 12
TALK = "We have to move the ferry timetable before the harbour closes for winter. "


def word(number):
    """Return a word of letters that no other number has."""
    return "".join("bdfgklmnpr"[int(digit)] + "o" for digit in f"{number:05}")


CORPUS = {
    "no turn": (),
    "an empty turn": ("",),
    "10,000 empty turns": ("",) * 10_000,
    "one emoji": ("🎉",),
    "100,000 emoji": ("👩‍👩‍👧" * 20_000,),
    "100,000 of one letter": ("x" * 100_000,),
    "100,000 of one letter beside a talk": (f"{'x' * 100_000} {TALK}", TALK),
    "100,000 of one sign": ("-" * 100_000,),
    "100,000 accents of one letter": ("a" + "\u0301" * 100_000,),
    "30,000 of one ideograph": ("我" * 30_000,),
    "10,000 of one Thai letter": ("ก" * 10_000,),
    "one word 20,000 times": ("ferry " * 20_000,),
    "20,000 words": (" ".join(map(word, range(20_000))),),
    "20,000 words of no punctuation in a language without a tagger": (
        " ".join(map(word, range(20_000))),
        "Ik weet niet of wij dat hebben voor jullie, en dat is niet wat ik dacht.",
    ),
    "a word and its parts": (". ".join("ab" * size for size in range(1, 200)) + "ab" * 50_000,),
    "5,000 turns of one word": ("ferry",) * 5_000,
    "600 turns of other words": tuple(f"The {word(n)}." for n in range(600)),
    "right to left": ("\u202eThe \u2066ferry\u2069 is late", "العبّارة متأخرة اليوم", "המעבורת מאחרת היום"),
    "control characters": ("".join(map(chr, range(32))) * 300, f"\0{TALK}\0\0", "\x1b[2J\x1b]0;ferry\x07"),
    "lone surrogates": (f"\ud800 {TALK} \udfff", "ferry\ud800timetable \udc80\udc80", "I love \ud83d ferries."),
    "every character": ("".join(map(chr, range(0x3000))), " ".join(map(chr, range(0x3000)))),
    "letters that grow in small ones": ("\u0130" * 10_000, f"\u0130stanbul, \u0130zmir. {TALK}"),
    "elisions": ("l'" * 20_000, "Nous avons l'orgue de l'église et qu'est-ce que c'est."),
    "lines": ("\n" * 50_000, f"{TALK}\r\n\u2028\u2029\x85" * 50),
    "markup": ("<a " * 10_000, "[[[" * 10_000, "((" * 10_000, "{" * 10_000),
    "an address of no end": ("a@" * 20_000, "http://" + "a." * 20_000, "+1 2" * 10_000),
}  # fmt: skip
"""Turns by what is hostile about them."""


def conversation(turns, language=None):
    people = (Participant("Ada"), Participant(""), Participant("\u202eferry"))
    said = tuple(Turn(number % 3, text) for number, text in enumerate(turns))
    return Conversation("talk", "test", people, said, language=language)


def check(talk):
    """Check the answer and the ground truth of a conversation."""
    answer = annotate(talk, default_embedder(), MAX_TAGS)
    truth = likely_metadata(talk, default_embedder(), MAX_TAGS)

    sure = [tag.text for tag in truth.tags if tag.support >= LEAST_SUPPORT]
    assert [tag.text for tag in answer.tags] == sure
    assert len(sure) <= MAX_TAGS
    for found in (answer, truth):
        names = [normal_form(tag.text) for tag in found.tags]
        assert all(names)
        assert all(len(tag.text) <= MAX_TAG_CHARACTERS for tag in found.tags)
        assert all(0.0 < tag.support <= 1.0 for tag in found.tags)
        assert [each.participant for each in found.profiles] == list(talk.speakers)
        # A claim quotes what is said; half a surrogate pair in it is replaced where it is sent.
        assert all(tag.text == tag.text.encode("utf-8", "replace").decode() for tag in found.tags)
        assert Metadata.from_json(found.to_json()) == found


@pytest.mark.parametrize("name", CORPUS)
def test_no_text_is_too_hostile(name):
    check(conversation(CORPUS[name]))


PIECES = [
    TALK, "I love the ferry. ", "x", "我", "ア", "ก", "\u0301", "\u0130", "\ud800", "\0", "\u202e", "\u200d", "🎉", "l'", "a_",
    "-", " ", "\n", ". ", "'", "@a.b", "1", "+", "#", "&", "the ", "Ankara'da ", "um ", "((", "[", "I think ",
]  # fmt: skip


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(PIECES), st.integers(1, 60)), max_size=6), max_size=4
    ),
    st.sampled_from([None, "en", "de", "fr", "tr", "ja", "xx", "-"]),
)
@settings(max_examples=30, deadline=None)
def test_no_mixture_is_too_hostile(turns, language):
    texts = ["".join(piece * times for piece, times in turn) for turn in turns]
    check(conversation(texts, language))
