"""The genome is found by words and by meaning, within filters, and survives a killed writer."""

import pickle
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.embedders import default_embedder
from cgp.metadata import Tag
from cgp.search import Filters, GenomeIndex, IndexedWindow, IndexReader, SearchError
from cgp.search.derived import without_names
from cgp.search.full_text import has_only_function_words, telling_words
from cgp.search.ranking import LEAST_RELEVANCE, fits, relevance
from tests.search.corpus import records

ADDING = Path(__file__).with_name("adding.py")


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    with GenomeIndex.open(tmp_path_factory.mktemp("index"), default_embedder()) as index:
        assert index.add(records()) == len(records())
        yield index


def open_in(folder, **how):
    return GenomeIndex.open(folder, default_embedder(), **how)


def test_a_conversation_is_found_by_its_own_tags(genome):
    first = sum(
        genome.search(f"{record.title} {record.tags[0].text}", kind="conversations")[
            0
        ].conversation_id
        == record.id
        for record in records()
    )
    assert first >= len(records()) - 1


def test_no_part_of_a_speakers_name_is_embedded():
    names = ["Dr: Ana", "Dr", "Ben"]
    text = "Dr: Ana: note: the tide turns\nBen: it does\nDr: so it does\nCarl: not a participant"
    assert without_names(text, names) == (
        "note: the tide turns\nit does\nso it does\nCarl: not a participant"
    )
    assert without_names("no names: here", []) == "no names: here"


def test_a_name_with_a_colon_makes_the_same_window_vector(tmp_path):
    # Prepare: one conversation twice, told apart only by its speaker's name.
    [record, *_] = records()
    window = IndexedWindow(0, 1, "NAME: the lighthouse keeper repaired the lamp", ())
    plain, colon = (
        replace(
            record,
            id=identifier,
            participants=(name,),
            tags=(),
            windows=(replace(window, text=window.text.replace("NAME", name)),),
        )
        for identifier, name in (("plain", "Ana"), ("colon", "Radio: tower: Ana"))
    )

    # Execute
    with open_in(tmp_path) as index:
        index.add([plain, colon])
        vectors = index._vectors.of("windows").vectors_of(np.array([1, 2]))

    # Assert
    assert vectors[0] == pytest.approx(vectors[1])


def test_a_window_is_found_by_words_that_are_only_in_it(genome):
    record = records()[3]
    window = record.windows[0]
    words = " ".join(window.text.split()[10:30])
    hit = genome.search(words)[0]
    assert (hit.conversation_id, hit.start, hit.stop) == (record.id, window.start, window.stop)
    assert hit.text == window.text
    assert hit.tags == tuple(tag.text for tag in window.tags)


def test_a_tag_is_found_by_name_before_its_neighbours_in_meaning(genome):
    tag = records()[0].tags[0].text
    hits = genome.search(tag.upper(), kind="tags", count=5, weak=True)
    assert hits[0].text.casefold() == tag.casefold()
    assert hits[0].conversations >= 1
    assert len(hits) == 5


def test_filters_hold_on_both_sides(genome):
    record = records()[5]
    person = record.participants[0]
    for filters, is_meant in (
        (Filters(source=record.source), lambda r: r.source == record.source),
        (Filters(participant=person.upper()), lambda r: person in r.participants),
        (
            Filters(tag=record.tags[0].text.upper()),
            lambda r: (
                record.tags[0].text
                in {t.text for t in (*r.tags, *(t for w in r.windows for t in w.tags))}
            ),
        ),
    ):
        allowed = {r.id for r in records() if is_meant(r)}
        hits = genome.search("what people said", filters=filters, count=50, weak=True)
        assert hits
        assert {hit.conversation_id for hit in hits} <= allowed


def test_times_are_filtered_and_unknown_ones_left_out(tmp_path):
    times = [None, 100.0, 200.0]
    made = [replace(r, started_at=t) for r, t in zip(records(), times, strict=False)]
    with open_in(tmp_path) as index:
        index.add(made)
        for filters, expected in (
            (Filters(after=100), {made[1].id, made[2].id}),
            (Filters(after=101), {made[2].id}),
            (Filters(before=200), {made[1].id}),
            (Filters(after=300), set()),
        ):
            hits = index.search("the", kind="conversations", filters=filters, weak=True)
            assert {hit.conversation_id for hit in hits} == expected


LANGUAGES = {
    "radio": ("pt-BR", "Ann: What do you think of the ferry and of all that?"),
    "meeting": (None, "Ann: What do you think of the ferry and of all that?"),
    "chat": (None, "Bo: Não sei o que eles têm para nós, mas o barco sai com a gente."),
    "note": (None, "Bo: Ferry!"),
}


def speaking(source, language, text):
    return replace(
        records()[0],
        id=source,
        source=source,
        language=language,
        windows=(IndexedWindow(0, 1, text),),
    )


def in_language(index, tag):
    hits = index.search("ferry", kind="conversations", filters=Filters(language=tag), weak=True)
    return {hit.conversation_id for hit in hits}


def test_a_language_is_the_one_named_or_without_one_the_one_recognised(tmp_path):
    with open_in(tmp_path) as index:
        index.add(speaking(source, *said) for source, said in LANGUAGES.items())
        assert in_language(index, "PT") == {"radio", "chat"}
        assert in_language(index, "pt_br") == {"radio"}
        assert in_language(index, "en") == {"meeting"}
        assert in_language(index, "p%") == set()


def test_an_index_of_an_earlier_version_learns_the_languages_when_it_is_written(tmp_path):
    with open_in(tmp_path) as index:
        index.add(speaking(source, *said) for source, said in LANGUAGES.items())
    with closing(sqlite3.connect(tmp_path / "catalogue.sqlite")) as connection:
        connection.execute("ALTER TABLE conversations DROP COLUMN language_recognised")
    with open_in(tmp_path, read_only=True) as index:
        assert index.search("ferry", weak=True)
        with pytest.raises(SearchError, match="run cgp index once"):
            in_language(index, "pt")
    with open_in(tmp_path) as index:
        assert in_language(index, "pt") == {"radio", "chat"}


def test_similar_conversations_leave_out_the_one_asked_about(genome):
    hits = genome.similar(records()[0].id, 5)
    assert len(hits) == 5
    assert records()[0].id not in {hit.conversation_id for hit in hits}
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    with pytest.raises(KeyError, match="nobody"):
        genome.similar("nobody")


@settings(max_examples=60, deadline=None)
@given(
    query=st.text(min_size=1, max_size=40)
    | st.sampled_from(['"', "a AND (b", "NEAR(", "*", "tags:"])
)
def test_no_query_is_syntax(genome, query):
    if query.strip():
        genome.search(query)
    else:
        with pytest.raises(ValueError, match="query"):
            genome.search(query)


def test_function_words_are_left_out_unless_alone():
    assert telling_words("what is the tide") == ["tide"]
    assert telling_words("the") == ["the"]
    assert telling_words("?!") == []


@pytest.fixture(scope="module")
def building(tmp_path_factory):
    """Return an index of two windows, in German and English."""
    [record, *_] = records()
    lines = (
        "Jule: Den Förderantrag schreibe ich bis Freitag, und die Brandschutztür muss in den Keller.",
        "Ben: The bread went mouldy in the cellar.",
    )
    windows = tuple(IndexedWindow(n, n + 1, line, ()) for n, line in enumerate(lines))
    with GenomeIndex.open(tmp_path_factory.mktemp("building"), default_embedder()) as index:
        index.add([replace(record, id="building", tags=(), windows=windows)])
        yield index


@pytest.mark.parametrize(
    ("query", "windows"),
    [
        ("Brandschutz", [0]),  # begins a joined word
        ("schreibt", [0]),  # "schreibe" is stemmed to "schreib", one letter less
        ("mould", [1]),
        ("Keller", [0]),
        ("cella", [1]),
        ("bre", []),  # too short to begin another word
        ("breadboard", []),  # a word within the query's is another one
        ("schreibtisch", []),
    ],
)
def test_a_word_that_nobody_says_is_looked_up_by_its_beginning(building, query, windows):
    both = sorted(building.windows_by_words("Förderantrag mouldy", Filters()))
    assert list(building.windows_by_words(query, Filters())) == [both[place] for place in windows]


@pytest.mark.parametrize("change", [{"count": 0}, {"count": 101}, {"kind": "turns"}])
def test_a_wrong_question_is_named(genome, change):
    with pytest.raises(ValueError, match=next(iter(change))):
        genome.search("tide", **change)


def test_adding_again_changes_nothing_and_a_changed_record_replaces_the_old(tmp_path):
    record = records()[0]
    changed = replace(
        record,
        tags=(Tag("quantum basket weaving"),),
        windows=(IndexedWindow(0, 2, "Ann: unheard of", (Tag("quantum basket weaving"),)),),
    )
    with open_in(tmp_path) as index:
        assert index.add(records()[:3]) == 3
        before = index.stats()
        assert index.add(records()[:3]) == 0
        assert index.stats() == before
        assert index.add([changed]) == 1
        hit = index.search("unheard")[0]
        assert (hit.conversation_id, hit.text) == (record.id, "Ann: unheard of")
        assert index.stats().conversations == 3
        assert index.stats().windows == before.windows - len(record.windows) + 1
        old = record.windows[0].text
        assert old not in {hit.text for hit in index.search(old[:500], count=50)}
        assert index.add([record]) == 1
        assert index.stats() == before


def test_what_is_not_there_or_of_another_embedder_is_said(tmp_path):
    with pytest.raises(SearchError, match="cgp index"), open_in(tmp_path / "none", read_only=True):
        pass
    with open_in(tmp_path) as index:
        index.add(records()[:1])

    class Other:
        id, dimension = "other", 256

        def embed(self, texts):
            return default_embedder().embed(texts)

    with pytest.raises(SearchError, match="other"), GenomeIndex.open(tmp_path, Other()):
        pass


def test_a_reader_sees_what_a_writer_saved_since(tmp_path):
    with open_in(tmp_path) as writer:
        writer.add(records()[:2])
    reader = IndexReader(tmp_path, default_embedder())
    with reader.index() as index:
        assert index.stats().conversations == 2
    with open_in(tmp_path) as writer:
        writer.add(records()[2:6])
    with reader.index() as index:
        assert index.stats().conversations == 6
        assert index.similar(records()[5].id)
    reader.close()


def outcome(folder):
    with open_in(folder, read_only=True) as index:
        queries = [record.tags[0].text for record in records()]
        kinds = ("windows", "tags", "conversations")
        return index.stats(), [index.search(q, kind=kind) for q in queries for kind in kinds]


@pytest.mark.peers
def test_a_killed_writer_run_again_ends_as_one_that_was_not(tmp_path):
    file = tmp_path / "records"
    file.write_bytes(pickle.dumps(records()))

    def start(folder):
        return subprocess.Popen(
            [sys.executable, ADDING, folder, file], stdout=subprocess.PIPE, cwd=Path.cwd()
        )

    for attempt in range(5):
        process = start(tmp_path / "killed")
        process.stdout.readline()
        time.sleep(0.03 * attempt)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    for name in ("killed", "whole"):
        process = start(tmp_path / name)
        process.communicate()
        assert process.returncode == 0
    assert outcome(tmp_path / "killed") == outcome(tmp_path / "whole")


shares = st.dictionaries(st.integers(1, 50), st.floats(0, 1), max_size=20)


@given(coverage=shares, cosines=st.dictionaries(st.integers(1, 50), st.floats(-1, 1), max_size=20))
def test_fits_are_ordered_and_relevance_keeps_the_order(coverage, cosines):
    every = {number: cosines.get(number, -1.0) for number in {*coverage, *cosines}}
    found = fits(coverage, every, dict.fromkeys(every, 7))
    assert set(found) == set(every)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    relevances = [relevance(fit, 1000) for fit in found.values()]
    assert relevances == sorted(relevances, reverse=True)
    assert all(0 <= value <= 1 for value in relevances)


@given(coverage=shares)
def test_neighbours_of_other_conversations_lend_nothing(coverage):
    alone = fits(coverage, dict.fromkeys(coverage, 0.0), {number: number for number in coverage})
    assert alone == pytest.approx(coverage)


def test_a_window_between_two_good_ones_gains():
    coverage = {1: 1.0, 2: 0.5, 3: 1.0, 9: 0.5}
    found = fits(coverage, dict.fromkeys(coverage, 0.0), dict.fromkeys(coverage, 7))
    assert found[2] > found[9]


def test_the_same_fit_tells_less_among_more_windows():
    assert relevance(0.5, 10) > relevance(0.5, 10_000)


@pytest.mark.parametrize(
    "query", ["zzzqqq", "quantum chromodynamics lattice", "Mietrecht Kündigungsfrist"]
)
def test_nothing_is_relevant_to_a_query_about_nothing_there(genome, query):
    assert genome.search(query) == []
    weak = genome.search(query, weak=True, count=3)
    assert len(weak) == 3
    assert all(hit.score < LEAST_RELEVANCE for hit in weak)


@pytest.mark.parametrize(
    "query",
    ["the", "The of?", "what's it", "was ist das", "le la les", "तो है", "to be or not to be"],
)
def test_a_query_of_function_words_is_about_nothing(genome, query):
    assert has_only_function_words(query)
    assert genome.search(query) == []
    weak = genome.search(query, weak=True, count=5)
    assert len(weak) == 5
    assert LEAST_RELEVANCE > weak[0].score == max(hit.score for hit in weak)


@pytest.mark.parametrize(
    "query",
    # Words of other languages' lists are content in English: war, car, dog, door, van, word.
    ["the tide", "?!", "खेत", "上海", "which boat is it", "war", "the car", "is the dog at the door",
     "car war", "a word"],
)  # fmt: skip
def test_a_query_with_a_word_of_content_or_with_no_word_is_none_of_function_words(query):
    assert not has_only_function_words(query)


def test_a_hit_has_its_relevance_and_the_best_is_not_always_whole(genome):
    best = genome.search("turbines in the tide of the strait")[0]
    assert LEAST_RELEVANCE < best.score < 1.0
    assert "tidal" in best.conversation_id
