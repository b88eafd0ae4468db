"""A window as the encoder reads it: the pieces that hold phrases, and never more than a few windows."""

import pytest

from cgp.annotators.embedded.candidates import MAX_CANDIDATES
from cgp.annotators.embedded.labels import LabelIndex
from cgp.annotators.embedded.reading import _READ_CHARACTERS, read_window, reading_of
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.encoders import default_encoder
from cgp.tag_limits import MAX_TAG_CHARACTERS

TOPIC = "We have to move the ferry timetable before the harbour closes for winter. "


class WatchedEncoder:
    """The default encoder, with the texts that it reads."""

    id, dimension = default_encoder().id, default_encoder().dimension

    def __init__(self):
        self.texts = []

    def encode(self, texts):
        return default_encoder().encode(texts)

    def read(self, texts, parts=None):
        self.texts += texts
        self.tokens = default_encoder().read(texts, parts)
        return self.tokens

    def finish(self, tokens):
        return default_encoder().finish(tokens)


def conversation(*turns, language="en"):
    return Conversation(
        "talk",
        "test",
        (Participant("Ada"), Participant("Ben")),
        tuple(Turn(number % 2, text) for number, text in enumerate(turns)),
        language=language,
    )


def random_word(number):
    """Return a word of letters that no other number has."""
    return "".join("bdfgklmnpr"[int(digit)] + "o" for digit in f"{number:05}")


def reading(*turns):
    talk = conversation(*turns)
    encoder = WatchedEncoder()
    embedder = default_embedder()
    read = reading_of(read_window(talk), talk, LabelIndex((), embedder), embedder, lambda: encoder)
    return read, encoder.texts


def test_pieces_without_a_phrase_are_not_read():
    topics = [TOPIC.replace("ferry", f"vessel{number}") for number in range(9)]

    read, texts = reading(*topics, "Yes, well, I know.", *topics)

    # Equal pieces are read once; the passages, which are long, are among them.
    assert len(texts) == len(topics)
    assert all("timetable" in text for text in texts)
    assert read.context.shape[0] == len(read.candidates)


def test_of_a_piece_that_is_no_passage_only_the_words_of_phrases_are_worked_out():
    topics = [TOPIC.replace("ferry", f"vessel{number}") for number in range(9)]
    talk = conversation(*topics)
    encoder, embedder = WatchedEncoder(), default_embedder()

    window = read_window(talk)
    reading_of(window, talk, LabelIndex((), embedder), embedder, lambda: encoder)

    phrases = {word for each in window.phrases.candidates for word in each.text.lower().split()}
    in_part = [
        {text[start:stop].lower() for start, stop in tokens.spans}
        for text, tokens in zip(encoder.texts, encoder.tokens, strict=True)
        if not tokens.whole
    ]
    assert in_part
    assert all({"timetable", "harbour", "winter"} <= words for words in in_part)
    assert all(any(word in phrase for phrase in phrases) for words in in_part for word in words)


def test_an_endless_turn_is_read_at_even_places_and_no_more_than_a_few_windows():
    parts = [TOPIC.replace("ferry", f"vessel{number}") for number in range(1000)]

    read, texts = reading("".join(parts), "Right.")

    characters = sum(map(len, texts))
    assert _READ_CHARACTERS / 2 < characters < 1.2 * _READ_CHARACTERS
    places = [int(text.split("vessel")[1].split()[0]) for text in texts if "vessel" in text]
    assert min(places) < 50
    assert max(places) > 950
    assert len(read.context) == len(read.candidates)


def test_an_endless_word_takes_no_room_from_the_talk_beside_it():
    topics = [TOPIC.replace("ferry", f"vessel{number}") for number in range(50)]

    _, texts = reading("x" * 100_000, *topics)

    assert sum("timetable" in text for text in texts) == len(topics)


@pytest.mark.parametrize(
    ("language", "letter"), [("en", "a"), ("de", "A"), ("tr", "a"), ("th", "ก"), ("ja", "ア")]
)
def test_an_endless_word_is_remembered_by_its_beginning_and_is_no_candidate(language, letter):
    talk = conversation(f"{letter * 10_000}. Harbour. {letter * 9_000}.", language=language)

    phrases = read_window(talk).phrases

    assert max(map(len, phrases.stem_turns)) <= MAX_TAG_CHARACTERS + 1
    assert [candidate.text for candidate in phrases.candidates] == ["Harbour"]


@pytest.mark.parametrize("language", ["en", "nl"])
def test_an_endless_turn_has_no_more_candidates_than_the_most_said_and_the_earliest(language):
    once = [f"{random_word(number)}." for number in range(9_000)]
    # A line said again in an endless turn counts once.
    talk = conversation(" ".join(once), "Tunnel. Harbour. Harbour. Tunnel.", language=language)

    candidates = read_window(talk).phrases.candidates

    assert len(candidates) == MAX_CANDIDATES
    assert [candidate.text for candidate in candidates[:3]] == [word[:-1] for word in once[:3]]
    assert [candidate.text for candidate in candidates[-2:]] == ["Tunnel", "Harbour"]
