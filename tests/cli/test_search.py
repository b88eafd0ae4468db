"""``cgp search``: hits under their conversations, marked words, and nothing where nothing is relevant."""

import json
import re
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from cgp import samples
from cgp.cli.app import app
from cgp.cli.search import moment
from cgp.embedders import default_embedder
from cgp.metadata import Metadata, Tag
from cgp.mining import MinedWindow
from cgp.quality import Quality
from cgp.search import GenomeIndex
from cgp.store import AnnotatedConversation, QualityRecord, Store
from tests.search.corpus import records


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data folder with an index of the samples."""
    data = tmp_path_factory.mktemp("data")
    with GenomeIndex.open(data / "index", default_embedder()) as index:
        index.add(records())
    return data


@pytest.fixture
def search(folder, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(folder))
    return lambda *arguments: CliRunner().invoke(app, ["search", *arguments])


def test_windows_stand_under_their_conversation(search):
    result = search("tidal turbines in the strait", "--count", "8")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("sample-podcast-tidal-energy") == 1
    assert result.stdout.startswith("  1  Slack Water")
    shown = set(re.findall(r"turns (\d+)-(\d+)", result.stdout))
    as_json = json.loads(search("tidal turbines in the strait", "--count", "8", "--json").stdout)
    assert shown <= {(str(hit["start"] + 1), str(hit["stop"])) for hit in as_json}
    assert shown
    # What was searched is said apart from the results.
    said = " ".join(result.stderr.split())
    assert re.search(
        r"searched \S+/index \(16 conversations, as of \d{4}-\d\d-\d\d \d\d:\d\d\)", said
    )


def test_a_passage_of_two_windows_is_shown_once(tmp_path, monkeypatch):
    [record, *_] = records()
    [window, *_] = record.windows
    last, lines = window.stop - window.start, window.text.split("\n")
    tail = replace(window, start=window.start + 1, text="\n".join(lines[1:last]))
    with GenomeIndex.open(tmp_path / "index", default_embedder()) as index:
        index.add([replace(record, windows=(window, tail, tail))])
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    words = " ".join(lines[1].split()[1:9])

    result = CliRunner().invoke(app, ["search", words])
    (hit,) = json.loads(CliRunner().invoke(app, ["search", words, "--json"]).stdout)

    assert "2 further windows of this passage" in " ".join(result.stdout.split())
    assert hit["repeats"] == 2


def test_nothing_relevant_is_said_and_json_is_empty(search):
    assert search("zzzqqq").stdout.strip() == "nothing relevant"
    assert json.loads(search("zzzqqq", "--json").stdout) == []
    weak = json.loads(search("zzzqqq", "--weak", "--json", "--count", "2").stdout)
    assert len(weak) == 2
    assert all(hit["score"] < 0.4 for hit in weak)


def test_a_query_without_content_is_told_from_one_about_nothing_there(search):
    for query, is_told in (("the of", True), ("was ist das", True), ("zzzqqq", False)):
        result = search(query)
        assert result.stdout.strip() == "nothing relevant"
        assert ("every word of the query is a function word" in result.stderr) is is_told


def test_a_misspelt_word_and_an_unknown_source_are_named(search):
    misspelt = search("housng policy")
    assert misspelt.stdout.strip() == "nothing relevant"
    assert "did you mean housing policy?" in misspelt.stderr
    assert json.loads(search("housng policy", "--json").stdout) == []
    nowhere = search("housing policy", "--source", "[nosuch]")
    assert "there is no source [nosuch]; the index has discord, " in nowhere.stderr
    assert "did you mean" not in search("zzzqqq").stderr


def test_a_language_that_no_conversation_has_is_named(search):
    for wish in ("German", "xx"):
        answer = " ".join(search("housing policy", "--language", wish).stderr.split())
        assert f"no conversation is in the language {wish} (a tag, such as de)" in answer
        assert "the index has en, " in answer
    assert "no conversation is in the language" not in search("zzz", "--language", "EN").stderr


def test_a_search_by_date_says_how_many_conversations_have_none(tmp_path, monkeypatch):
    first, *others = (replace(row, started_at=None) for row in records()[:3])
    with GenomeIndex.open(tmp_path / "index", default_embedder()) as index:
        index.add([replace(first, started_at=0.0), *others])
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    left_out = "A search by date leaves out what has no date: 2 conversations."

    for option in ("--after", "--before"):
        result = CliRunner().invoke(app, ["search", "trams", option, "2026-05-01"])
        assert left_out in " ".join(result.stderr.split())
        assert left_out not in " ".join(result.stdout.split())
        as_json = CliRunner().invoke(app, ["search", "trams", option, "2026-05-01", "--json"])
        assert isinstance(json.loads(as_json.output), list)
        wrong = CliRunner().invoke(app, ["search", "trams", option, "yesterday"])
        assert wrong.exit_code == 2
        assert "such as 2026-05-01" in " ".join(wrong.stderr.split())
    assert "leaves out" not in CliRunner().invoke(app, ["search", "trams"]).output


def finish(data, *conversations):
    """Finish conversations in a data folder's store, as ``cgp annotate`` does."""
    quality = QualityRecord("1", "e", Quality(0.5, 0.5, 0.5, 0.5, 0.5))
    with closing(Store(f"sqlite:///{data / 'store.sqlite'}")) as store:
        store.add_conversations(conversations)
        for talk in conversations:
            window = MinedWindow(0, None, 0, 0, len(talk.turns), Metadata((Tag("tram"),)))
            store.finish_annotated([AnnotatedConversation(talk, "embedded/7", [window], quality)])


def test_nothing_relevant_in_an_index_that_is_behind_the_store_names_the_remedy(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    *first, late, later, waiting = samples.load()[:5]
    ask = lambda *words: CliRunner().invoke(app, ["search", *words])  # noqa: E731
    finish(tmp_path, *first)
    with GenomeIndex.open(tmp_path / "index", default_embedder()) as index:
        index.add(row for row in records() if row.id in {talk.id for talk in first})
    assert "newer" not in ask("zzzqqq").output

    finish(tmp_path, late)
    behind = ask("zzzqqq")
    assert behind.stdout.strip() == "nothing relevant"
    assert "1 newer conversation is not indexed yet: cgp index" in behind.stderr
    finish(tmp_path, later)
    with closing(Store(f"sqlite:///{tmp_path / 'store.sqlite'}")) as store:
        store.add_conversations([waiting])
    assert "2 newer conversations are not indexed yet: cgp index" in ask("zzzqqq").stderr
    # A search that finds something, and one of a program, hear nothing of it.
    assert "newer" not in ask("headaches").output
    assert ask("zzzqqq", "--json").output.strip() == "[]"

    with GenomeIndex.open(tmp_path / "index", default_embedder()) as index:
        index.add(row for row in records() if row.id in {late.id, later.id})
    assert "newer" not in ask("zzzqqq").output


def test_a_search_does_not_depend_on_a_store(search, folder, tmp_path, monkeypatch):
    assert search("zzzqqq").exit_code == 0
    assert not (folder / "store.sqlite").exists()
    other = tmp_path / "other.sqlite"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{other}")
    assert search("zzzqqq").exit_code == 0
    assert not other.exists()
    other.write_text("no store " * 200, encoding="utf-8")
    result = search("zzzqqq")
    assert (result.exit_code, result.stdout.strip()) == (0, "nothing relevant")
    assert "newer" not in result.stderr


def test_a_time_keeps_its_zone_and_has_utc_without_one():
    assert moment("2026-05-01T02:00+02:00") == moment("2026-05-01")
    assert moment("2026-05-01").utcoffset() == timedelta()


def test_json_has_relevance_and_places(search):
    best = json.loads(search("tidal turbines in the strait", "--json").stdout)[0]
    assert best["conversation_id"] == "sample-podcast-tidal-energy"
    assert 0.4 < best["score"] < 1
    assert best["start"] < best["stop"]
