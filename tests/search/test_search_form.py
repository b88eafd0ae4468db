"""Persian and Arabic words are found however they are typed."""

import sqlite3

import pytest

from cgp.embedders import default_embedder
from cgp.search import Filters, GenomeIndex, IndexedConversation, IndexedWindow
from cgp.search.search_form import asked_form, search_form

HALF_SPACE = "\u200c"


@pytest.mark.parametrize(
    ("written", "indexed"),
    [
        ("كتاب", "کتاب"),
        ("علي", "علی"),
        ("مُحَمَّد", "محمد"),
        ("آب", "اب"),
        ("سال ۱۴۰۳", "سال 1403"),
        ("عام ٢٠٢٤", "عام 2024"),
        (f"کتاب{HALF_SPACE}ها", "کتاب ها کتابها"),
        ("مـــدرسة", "مدرسه"),
        ("naïve 12 café", "naïve 12 café"),
    ],
)
def test_one_spelling_is_indexed(written, indexed):
    assert search_form(written) == indexed
    assert search_form(search_form(written)) == indexed


def test_a_question_that_writes_a_suffix_apart_asks_for_the_joined_word_too():
    assert asked_form("کتاب ها") == "کتاب ها کتابها"
    assert asked_form("می خواهم بروم") == "می خواهم بروم میخواهم"
    assert asked_form("plain words") == "plain words"


def record(name, text):
    window = IndexedWindow(0, 1, text, ())
    return IndexedConversation(name, "test", None, "fa", None, ("رضا",), 1, (), (window,))


RECORDS = [
    record("books", f"رضا: كتاب{HALF_SPACE}هاي من در سال ۱۴۰۳ چاپ شد"),
    record("rain", "رضا: باران دیروز تمام شب بارید"),
]


@pytest.mark.parametrize(
    "query", ["کتاب های", "کتابهای", f"کتاب{HALF_SPACE}های", "سال 1403", "كتاب"]
)
def test_a_window_is_found_by_every_spelling(tmp_path, query):
    with GenomeIndex.open(tmp_path, default_embedder()) as index:
        index.add(RECORDS)
        assert index.search(query)[0].conversation_id == "books"
        assert len(index.windows_by_words(query, Filters())) == 1


def test_an_index_of_the_earlier_spelling_is_made_anew_by_its_next_writer(tmp_path):
    # Prepare: an index whose full text holds the texts as they were written.
    with GenomeIndex.open(tmp_path, default_embedder()) as index:
        index.add(RECORDS)
    with sqlite3.connect(tmp_path / "catalogue.sqlite") as connection:
        connection.execute("INSERT INTO words (words) VALUES ('delete-all')")
        connection.execute(
            "INSERT INTO words (rowid, text, tags) SELECT number, text, tags FROM windows"
        )
        connection.execute("DELETE FROM facts WHERE name = 'words'")
    connection.close()
    with GenomeIndex.open(tmp_path, default_embedder(), read_only=True) as index:
        assert not index.windows_by_words("1403", Filters())

    # Execute
    with GenomeIndex.open(tmp_path, default_embedder()) as index:
        found = index.windows_by_words("1403", Filters())
        removed = index.remove(["books", "nothing"])
        left = index.windows_by_words("1403", Filters())

    # Assert: found, and forgotten with its conversation.
    assert len(found) == 1
    assert removed == 1
    assert not left


def test_filters_by_sets_leave_only_what_they_name(tmp_path):
    with GenomeIndex.open(tmp_path, default_embedder()) as index:
        index.add(RECORDS)
        assert index.count_windows(Filters()) == 2
        assert index.count_windows(Filters(conversations=frozenset({"rain", "none"}))) == 1
        assert index.count_windows(Filters(conversations=frozenset())) == 0
        assert index.count_windows(Filters(sources=frozenset({"test"}))) == 2
        assert index.search("باران", filters=Filters(sources=frozenset({"other"}))) == []


def test_no_window_reaches_the_bound_of_bm25(tmp_path):
    with GenomeIndex.open(tmp_path, default_embedder()) as index:
        index.add([record(str(n), f"رضا: tide {'tide ' * n} number{n}") for n in range(8)])
        for query in ("number3", "number3 number4", "tide number1", "absent"):
            best = max(index.windows_by_words(query, Filters()).values(), default=0.0)
            assert best <= index.greatest_score(query)
