"""A corpus is annotated once, whatever engine or interruption, and the index is the same."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from cgp import samples
from cgp.annotators.choose import open_annotator
from cgp.config import Settings
from cgp.conversation_json import conversation_to_json
from cgp.embedders import default_embedder
from cgp.indexing.batches import batches
from cgp.indexing.engines import LocalEngine, recipe_of
from cgp.indexing.rows import from_line, make_row, seconds, to_line
from cgp.indexing.run import index_corpus
from cgp.metadata import Metadata, Tag
from cgp.search import GenomeIndex
from cgp.store import Store
from cgp.windows import WindowPlan


@pytest.fixture
def corpus(tmp_path):
    return write_talks(tmp_path / "talks.jsonl", samples.load())


def write_talks(file, talks):
    lines = (json.dumps(conversation_to_json(talk)) for talk in talks)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def cgp(folder, *arguments):
    environment = os.environ | {"DATA_DIR": str(folder), "RAY_USAGE_STATS_ENABLED": "0"}
    return subprocess.Popen(
        [Path(sys.executable).with_name("cgp"), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )


def finished(process):
    text, _ = process.communicate()
    assert process.returncode == 0, text
    return text


def rows(folder):
    files = sorted((folder / "index" / "batches").glob("*.jsonl"))
    return {file.name: file.read_bytes() for file in files}


def catalogue(folder):
    with closing(sqlite3.connect(folder / "index" / "catalogue.sqlite")) as opened:
        return [
            opened.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
            for table in ("conversations", "windows", "tags", "conversation_tags", "participants")
        ]


def test_the_command_indexes_files_and_later_only_what_is_new(tmp_path):
    # Prepare: three batches, the last of them not full.
    talks = [talk for talk in samples.load() if talk.language == "en"][:4]
    talks.append(next(talk for talk in samples.load() if "tidal" in talk.id))
    corpus = write_talks(tmp_path / "talks.jsonl", talks)
    data = tmp_path / "data"

    # Execute and assert
    first = finished(cgp(data, "index", corpus, "--batch", 2))
    assert "5 made ready now" in first
    assert "5 new or changed" in first
    again = finished(cgp(data, "index", corpus, "--batch", 2))
    assert "0 made ready now" in again
    assert "0 new or changed" in again
    found = finished(cgp(data, "search", "tidal energy", "--json", "--count", 1))
    assert "tidal" in json.loads(found)[0]["conversation_id"]


@pytest.mark.peers
def test_ray_gives_the_same_rows_and_index(tmp_path, corpus):
    pytest.importorskip("ray")
    for name in ("local", "ray"):
        finished(
            cgp(tmp_path / name, "index", corpus, "--batch", 4, "--engine", name, "--workers", 2)
        )
    assert rows(tmp_path / "ray") == rows(tmp_path / "local")
    assert len(rows(tmp_path / "ray")) == 4
    assert catalogue(tmp_path / "ray") == catalogue(tmp_path / "local")


@pytest.mark.peers
def test_a_killed_run_goes_on_and_ends_as_one_that_was_not(tmp_path, corpus):
    data = tmp_path / "killed"
    for done in range(3):
        process = cgp(data, "index", corpus, "--batch", 3)
        until = time.monotonic() + 240
        while len(rows(data)) <= done and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    text = finished(cgp(data, "index", corpus, "--batch", 3))
    assert "16 made ready now" not in text
    finished(cgp(tmp_path / "whole", "index", corpus, "--batch", 3))
    assert rows(data) == rows(tmp_path / "whole")
    assert catalogue(data) == catalogue(tmp_path / "whole")


def test_verified_tags_of_mined_conversations_are_kept(tmp_path):
    settings = Settings(data_dir=tmp_path)
    talk = samples.load()[0]
    verified = Metadata((Tag("what the miners found", 3.0),))
    with closing(Store(settings.store_url)) as store:
        store.add_conversations([talk])
        entry = next(store.corpus())
        assert (entry.conversation, entry.metadata) == (talk, None)
    (batch,) = batches([type(entry)(1, talk, verified)], 5, "r")
    (outcome,) = LocalEngine(settings).run([batch])
    assert [tag.text for tag in from_line(outcome.lines[0]).tags] == ["what the miners found"]


def test_boring_conversations_are_not_indexed(tmp_path):
    good = samples.load()[1]
    boring = replace(good, id="boring", turns=good.turns[:4] * 20)
    with closing(Store(Settings(data_dir=tmp_path).store_url)) as store:
        store.add_conversations([good, boring])
        (batch,) = batches(store.corpus(), 5, "r")
    for least, kept in ((0.0, [good.id, "boring"]), (0.45, [good.id])):
        settings = Settings(data_dir=tmp_path, min_quality=least)
        (outcome,) = LocalEngine(settings).run([batch])
        assert [from_line(line).id for line in outcome.lines] == kept
        assert outcome.problems == ()
    assert recipe_of(settings) != recipe_of(Settings(data_dir=tmp_path))


def test_another_version_of_the_rules_or_another_key_makes_every_row_anew(tmp_path, monkeypatch):
    settings = Settings(data_dir=tmp_path, privacy={"pseudonymise": True})
    recipe = recipe_of(settings)

    other_key = recipe_of(Settings(data_dir=tmp_path / "other", privacy={"pseudonymise": True}))
    monkeypatch.setattr("cgp.privacy.redaction.REDACTION_VERSION", 0)
    other_rules = recipe_of(settings)

    assert len({recipe, other_key, other_rules}) == 3


def test_a_conversation_that_cannot_be_annotated_is_named_and_the_others_go_on(tmp_path):
    settings = Settings(data_dir=tmp_path)
    made = list(samples.load()[:3])
    with closing(Store(settings.store_url)) as store:
        store.add_conversations(made)
        (batch,) = batches(store.corpus(), 5, "r")
    batch.documents[1]["conversation"]["turns"] = "none"
    (outcome,) = LocalEngine(settings).run([batch])
    assert [from_line(line).id for line in outcome.lines] == [made[0].id, made[2].id]
    ((identifier, reason),) = outcome.problems
    assert identifier == made[1].id
    assert "turns" in reason


def test_what_a_troubled_batch_gives_is_indexed_and_the_rest_tried_again(tmp_path):
    settings = Settings(data_dir=tmp_path)
    made = list(samples.load()[:3])

    class Troubled:
        """An engine over annotators that fail at first, as a server under load does."""

        def __init__(self, failures):
            self.failures = failures

        def run(self, offered):
            for outcome in LocalEngine(settings).run(offered):
                lost = outcome.lines[: self.failures]
                problems = tuple((from_line(line).id, "overloaded") for line in lost)
                yield replace(outcome, lines=outcome.lines[self.failures :], problems=problems)

    with (
        closing(Store(settings.store_url)) as store,
        GenomeIndex.open(settings.index_dir, default_embedder()) as index,
    ):
        store.add_conversations(made)
        for failures, held in ((1, made[1:]), (0, made)):
            report = index_corpus(
                store.corpus(),
                index,
                Troubled(failures),
                tmp_path / "b",
                recipe=recipe_of(settings),
            )
            assert [p for p, _ in report.problems] == [talk.id for talk in made[:failures]]
            assert index.has(talk.id for talk in made) == {talk.id for talk in held}


async def test_rows_travel_as_lines():
    async with open_annotator(Settings()) as annotator:
        row = await make_row(samples.load()[1], annotator, default_embedder(), WindowPlan(), None)
    assert from_line(to_line(row)) == row
    assert row.windows[0].start == 0
    assert row.windows[-1].stop == row.turns
    assert row.tags
    assert all(window.tags for window in row.windows)


def test_a_batch_is_named_by_its_content_and_recipe(tmp_path):
    with closing(Store(f"sqlite:///{tmp_path / 'store.sqlite'}")) as store:
        store.add_conversations(samples.load())
        entries = list(store.corpus(page=5))
        assert len(entries) == 16
        one = [batch.name for batch in batches(entries, 4, "a")]
        assert one == [batch.name for batch in batches(store.corpus(), 4, "a")]
        assert len({*one, *(batch.name for batch in batches(entries, 4, "b"))}) == 8
        assert [batch.name for batch in batches(entries[:12], 4, "a")] == one[:3]


def test_times_without_a_zone_are_utc():
    assert seconds("1970-01-01T00:01:00") == 60
    assert seconds("1970-01-01T01:01:00+01:00") == 60
    assert seconds(None) is None
