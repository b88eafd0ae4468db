"""The word that was meant comes from windows that the asker may read, and from no other."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.embedders import default_embedder
from cgp.search import Filters, GenomeIndex, IndexedWindow
from cgp.search.advice import SOURCES_NAMED, Advice, advice_on
from tests.search.corpus import records

TALKS = {
    "kitchen": "Ann: The fermentation of the kimchi takes a week in the cellar. Cellar air is cool.",
    "café": "Ben: The éclairs were sold out, and so was the Förderantrag.",
    "secret": "Cid: The fermentations of Zubrowka are nobody's business in 1987.",
}


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    [record, *_] = records()
    with GenomeIndex.open(tmp_path_factory.mktemp("spelling"), default_embedder()) as index:
        index.add(
            replace(
                record,
                id=name,
                source=f"from-{name}",
                tags=(),
                windows=(IndexedWindow(0, 1, text),),
            )
            for name, text in TALKS.items()
        )
        yield index


def anybody(_conversation):
    return True


def meant(genome, query, *, source=None, is_readable=anybody):
    return genome.respelled(query, Filters(source=source), is_readable)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("ferementation", "fermentation"),
        ("fermentatoin", "fermentation"),
        ("the Kimhci, please", "the kimchi, please"),
        ("cellra kimchi", "cellar kimchi"),
        ("eclaris", "éclairs"),  # written without the accent
        ("Förderantarg", "Förderantrag"),
        ("förderantarg", "Förderantrag"),  # as the text has it
        ("cellra", "cellar"),  # a sentence begins with "Cellar" as well
        ("fermentation", None),  # it is said
        ("ferment", None),  # the stem is said
        ("vermentation", None),  # the first letter never differs
        ("kim", None),  # too short
        ("1978", None),  # numbers have no near ones
        ("kimhci cellra wekk", None),  # so many are another subject
        ("?!", None),
    ],
)
def test_a_word_that_nobody_says_is_replaced_by_a_near_one(genome, query, said):
    assert meant(genome, query) == said


def test_words_of_windows_outside_the_filters_are_not_proposed(genome):
    assert meant(genome, "zubrwoka") == "Zubrowka"
    assert meant(genome, "zubrwoka", source="from-kitchen") is None
    assert meant(genome, "ferementation", source="from-secret") == "fermentations"
    assert meant(genome, "kimhci", source="from-secret") is None
    # Said elsewhere, and not where it is looked for.
    assert meant(genome, "cellar", source="from-café") is None


def test_words_of_conversations_that_may_not_be_read_are_not_proposed(genome):
    def is_readable(conversation):
        return conversation != "secret"

    assert meant(genome, "zubrwoka", is_readable=is_readable) is None
    assert meant(genome, "ferementation", is_readable=is_readable) == "fermentation"


@given(
    word=st.text("abcefiklmnortz", min_size=4, max_size=14),
    allowed=st.sets(st.sampled_from([*TALKS])),
)
def test_a_proposed_word_is_said_in_a_readable_window(genome, word, allowed):
    said = meant(genome, word, is_readable=allowed.__contains__)
    words = re.findall(r"\w+", " ".join(TALKS[name] for name in allowed))
    assert said is None or (said in words and said[0].lower() == word[0])


def test_what_is_forgotten_is_not_proposed(tmp_path):
    [record, *_] = records()
    window = IndexedWindow(0, 1, TALKS["kitchen"])
    with GenomeIndex.open(tmp_path, default_embedder()) as index:
        index.add([replace(record, id="kitchen", tags=(), windows=(window,))])
        assert meant(index, "kimhci") == "kimchi"
        index.remove(["kitchen"])
        assert meant(index, "kimhci") is None


def test_advice_proposes_only_what_finds_something(genome):
    def advice(query, **filters):
        return advice_on(genome, query, "windows", Filters(**filters))

    assert advice("ferementation") == Advice(did_you_mean="fermentation")
    assert advice("ferementation").sentences == ("did you mean fermentation?",)
    assert advice("zzzqqq") == Advice()
    assert advice("was ist das") == Advice(has_only_function_words=True)
    assert "function word" in advice("the of").sentences[0]
    # No tag is like it.
    assert advice_on(genome, "ferementation", "tags", Filters()) == Advice()


def test_advice_names_the_sources_that_there_are(genome):
    advice = advice_on(genome, "kimchi", "windows", Filters(source="nosuch"))
    assert advice.sentences == (
        "there is no source nosuch; the index has from-café, from-kitchen, from-secret",
    )
    many = Advice(unknown_source="x", sources=tuple(f"s{n}" for n in range(SOURCES_NAMED + 3)))
    assert many.sentences[0].endswith(f"s{SOURCES_NAMED - 1} and 3 more")


def test_an_empty_index_names_no_source(tmp_path):
    with GenomeIndex.open(tmp_path, default_embedder()) as index:
        assert advice_on(index, "kimchi", "windows", Filters(source="x")) == Advice()
