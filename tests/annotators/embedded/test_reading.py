"""A window as the encoder reads it: the pieces that hold phrases, and never more than a few windows."""

from cgp.annotators.embedded.labels import LabelIndex
from cgp.annotators.embedded.reading import _READ_CHARACTERS, read_window, reading_of
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.encoders import default_encoder

TOPIC = "We have to move the ferry timetable before the harbour closes for winter. "


class WatchedEncoder:
    """The default encoder, with the texts that it reads."""

    id, dimension = default_encoder().id, default_encoder().dimension

    def __init__(self):
        self.texts = []

    def encode(self, texts):
        return default_encoder().encode(texts)

    def read(self, texts):
        self.texts += texts
        return default_encoder().read(texts)

    def finish(self, tokens):
        return default_encoder().finish(tokens)


def reading(*turns):
    talk = Conversation(
        "talk",
        "test",
        (Participant("Ada"), Participant("Ben")),
        tuple(Turn(number % 2, text) for number, text in enumerate(turns)),
        language="en",
    )
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


def test_an_endless_turn_is_read_at_even_places_and_no_more_than_a_few_windows():
    parts = [TOPIC.replace("ferry", f"vessel{number}") for number in range(1000)]

    read, texts = reading("".join(parts), "Right.")

    characters = sum(map(len, texts))
    assert _READ_CHARACTERS / 2 < characters < 1.2 * _READ_CHARACTERS
    places = [int(text.split("vessel")[1].split()[0]) for text in texts if "vessel" in text]
    assert min(places) < 50
    assert max(places) > 950
    assert len(read.context) == len(read.candidates)
