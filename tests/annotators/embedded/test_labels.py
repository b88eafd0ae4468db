"""Labels of the open vocabulary: which ones a window supports."""

import numpy as np

from cgp.annotators.embedded.labels import Label, LabelIndex, labels_to_text, situations, vectors_of
from cgp.annotators.embedded.reading import read_window, reading_of
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.encoders import default_encoder

DINNER = (
    "Good evening, a table for two, please. We called an hour ago.",
    "Of course, sir. Would you like to see the menu? The grilled fish is very good today.",
    "I will have the fish, and my wife would like the tomato soup and a salad.",
)
LABELS = (
    Label("ordering food", "en", (), written=True),
    Label("court hearing", "en", (), written=True),
    Label("grilled fish recipe", "en", ("one",)),
    Label("spacewalk tools", "en", ("one",)),
)


def labels_in(turns, labels=LABELS, origin=""):
    talk = Conversation(
        "c", "test", (Participant("Ada"), Participant("Ben")), tuple(map(Turn, (0, 1, 0), turns))
    )
    passages = default_encoder().encode(["The weather is fine today.", "We meet at noon."])
    index = LabelIndex(labels, default_embedder(), vectors_of(labels, default_encoder(), passages))
    reading = reading_of(
        read_window(talk), talk, index, default_embedder(), default_encoder, origin=origin
    )
    return [each for each in reading.candidates if each.label is not None]


def test_a_situation_that_nobody_names_comes_first_where_the_passages_mean_it():
    assert labels_in(DINNER)[0].text == "ordering food"


def test_a_label_of_few_conversations_needs_its_words():
    texts = [each.text for each in labels_in(DINNER)]

    assert "grilled fish recipe" in texts
    assert "spacewalk tools" not in texts


def test_a_label_of_many_conversations_needs_one_of_its_words():
    """Bring no subject of other people's talks that these people never named."""
    meal, eating = ("restaurant visit", "eating out with the family"), ("a", "b", "c", "d")
    labels = (*LABELS, *(Label(text, "en", eating) for text in (*meal, "ordering soup")))

    texts = [each.text for each in labels_in(DINNER, labels)]

    assert "ordering soup" in texts
    assert not set(meal) & set(texts)


def test_training_does_not_see_labels_of_the_windows_own_origin():
    assert "grilled fish recipe" not in [each.text for each in labels_in(DINNER, origin="one")]


def test_a_label_brings_its_own_vector():
    best = labels_in(DINNER)[0]

    assert best.label.vector @ default_encoder().encode([best.text])[0] > 0.97


def test_the_written_situations_are_distinct_and_short():
    names = situations()

    assert len(names) == len(set(names)) > 500
    assert max(len(name.split()) for name in names) <= 4
    assert all(name == name.strip() and "\t" not in name for name in names)


def test_labels_are_written_one_a_line():
    assert labels_to_text(LABELS[1:3]) == "en\t0\t1\tcourt hearing\nen\t1\t0\tgrilled fish recipe\n"


def test_other_languages_have_no_vectors_and_need_words():
    german = (Label("Fisch vom Grill", "de", ("one",)),)

    encoded = vectors_of(german, default_encoder(), np.zeros((0, 384), dtype=np.float32))

    assert encoded.vectors().shape == (0, 384)
    assert labels_in(DINNER, (*german, *LABELS))[0].text == "ordering food"
