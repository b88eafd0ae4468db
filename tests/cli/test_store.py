"""``cgp store``: look at what is stored, and take it out again, for good where that is asked."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from cgp import samples
from cgp.cli.app import app
from cgp.conversation_json import conversation_to_json
from cgp.embedders import default_embedder
from cgp.search import GenomeIndex

runner = CliRunner()
TALKS = sorted(samples.load(), key=lambda talk: sum(len(turn.text) for turn in talk.turns))[:3]


def run(*arguments, status=0):
    result = runner.invoke(app, list(map(str, arguments)))
    assert result.exit_code == status, (result.output, result.exception)
    return " ".join(result.output.split())


def write(path, conversations):
    path.write_text(json.dumps([conversation_to_json(c) for c in conversations]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def annotated(tmp_path_factory):
    """A folder with a file of three conversations that are stored, annotated and indexed."""
    folder = tmp_path_factory.mktemp("annotated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA_DIR", str(folder / "data"))
        run("annotate", write(folder / "talks.json", TALKS))
        run("index")
    return folder


@pytest.fixture
def talks(annotated, tmp_path, monkeypatch):
    """The file of three conversations, beside a copy of the store and index for one test."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    shutil.copytree(annotated, tmp_path, dirs_exist_ok=True)
    return tmp_path / "talks.json"


def listed():
    return [one["id"] for one in json.loads(run("store", "list", "--json"))]


def test_conversations_are_listed_found_and_shown(talks):
    assert listed() == [talk.id for talk in TALKS]
    part = TALKS[1].id[3:-1].upper()
    assert [one["id"] for one in json.loads(run("store", "list", part, "--json"))] == [TALKS[1].id]
    assert json.loads(run("store", "list", "--state", "waiting", "--json")) == []
    shown = json.loads(run("store", "show", TALKS[0].id, "--json"))
    assert shown["made_by"] == "annotator"
    assert shown["metadata"]["tags"]
    assert len(shown["turns"]) == len(TALKS[0].turns)
    assert shown["metadata"]["tags"][0]["text"] in run("store", "show", TALKS[0].id)
    first = TALKS[0].participants[TALKS[0].turns[0].speaker].name
    assert f" 1 {first}: " in run("store", "show", TALKS[0].id), "people count turns from 1"
    assert "cgp store list" in run("store", "show", "nobody", status=2)
    assert json.loads(run("store", "stats", "--json"))["conversations"] == 3


def test_a_person_is_asked_before_anything_is_taken_out(talks):
    assert "cannot be undone" in run("store", "delete", TALKS[0].id, status=2)
    assert len(listed()) == 3


def test_what_is_deleted_comes_back_with_the_next_import_and_what_is_forgotten_does_not(
    talks, tmp_path
):
    # Prepare: the forgotten conversation also comes in a longer form, as a chat that went on
    deleted, forgotten = TALKS[0], TALKS[1]
    longer = conversation_to_json(forgotten)
    longer["turns"].append({"speaker": 0, "text": "One more thing that I forgot to say."})
    grown = tmp_path / "grown.json"
    grown.write_text(json.dumps(longer), encoding="utf-8")

    # Execute
    run("store", "delete", deleted.id, "--yes")
    run("store", "forget", forgotten.id, "--yes")

    # Assert: gone from store, index and rows; a later import brings back only the deleted one
    assert listed() == [TALKS[2].id]
    index = tmp_path / "data" / "index"
    with GenomeIndex.open(index, default_embedder(), read_only=True) as genome:
        assert genome.has([talk.id for talk in TALKS]) == {TALKS[2].id}
    rows = "".join(path.read_text(encoding="utf-8") for path in index.rglob("*.jsonl"))
    assert forgotten.id not in rows
    again = run("import", talks, grown)
    assert "1 of 4 conversations imported" in again
    assert "2 skipped: it was forgotten on purpose" in again
    assert set(listed()) == {TALKS[0].id, TALKS[2].id}
    assert json.loads(run("store", "stats", "--json"))["forgotten"] == 1


def test_the_next_export_is_without_the_forgotten(talks, tmp_path):
    def exported():
        run("export", tmp_path / "set", "--format", "jsonl")
        lines = (tmp_path / "set" / "conversations").rglob("*.jsonl*")
        return "".join(path.read_text(encoding="utf-8") for path in lines)

    assert TALKS[1].id in exported()
    run("store", "forget", TALKS[1].id, "--yes")
    assert TALKS[1].id not in exported()


def test_a_grown_conversation_takes_the_place_of_the_old_one(talks, tmp_path):
    longer = conversation_to_json(TALKS[0])
    longer["turns"].append({"speaker": 0, "text": "And then the tide came in after all."})
    grown = tmp_path / "grown.json"
    grown.write_text(json.dumps(longer), encoding="utf-8")
    assert "1 conversation replaced; 0 left alone" in run("store", "replace", grown)
    assert "0 conversations replaced; 1 left alone" in run("store", "replace", grown)
    shown = json.loads(run("store", "show", TALKS[0].id, "--json"))
    assert shown["state"] == "waiting"
    assert shown["turns"][-1]["text"] == "And then the tide came in after all."


def test_an_unknown_id_is_named_and_the_others_are_done(talks):
    assert "id nobody" in run("store", "delete", TALKS[0].id, "nobody", "--yes", status=1)
    assert TALKS[0].id not in listed()


def test_a_backup_in_a_folder_with_brackets_is_named_as_it_is(talks, tmp_path):
    folder = tmp_path / "talks[old" / "a]"
    folder.mkdir(parents=True)
    result = runner.invoke(app, ["backup", str(folder / "copy.sqlite")])
    assert result.exit_code == 0, result.exception
    assert f"{folder / 'copy.sqlite'}:" in result.output.replace("\n", "")
