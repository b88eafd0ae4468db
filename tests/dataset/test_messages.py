"""Chat form: roles in turn, redacted, and what ``datasets`` and Croissant's program make of it."""

import json
import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.dataset import Provenance, read_table
from cgp.dataset.messages import Message, messages_of, roles_of
from cgp.store import Store
from tests.dataset.filled import EMAIL, PERSONAL, fill

ROOT = Path(__file__).resolve().parents[2]


def talk(*lines, people=("Ann", "Bo", "Cy"), **fields):
    """Return a conversation of ``(speaker, text)``."""
    turns = tuple(Turn(speaker, text) for speaker, text in lines)
    participants = tuple(Participant(name) for name in people)
    return Conversation("talk", "test", participants, turns, **fields)


def test_roles_alternate_and_every_word_is_there():
    several = talk((0, "Late again?"), (2, "The tide."), (1, "Ten minutes, it said."), (0, "Hm."))
    system, *messages = messages_of(replace(several, title="Ferry"))
    about = "A conversation of Bo with Ann, Cy. Title: Ferry. You are Bo."
    assert system == Message("system", about)
    assert messages == [
        Message("user", "Ann: Late again?\nCy: The tide."),
        Message("assistant", "Ten minutes, it said.", "Bo"),
        Message("user", "Ann: Hm.", "Ann"),
    ]
    assert roles_of(several) == ["user", "assistant", "user"]


@pytest.mark.parametrize(
    ("people", "assistant"),
    [(("User", "ChatGPT"), 1), (("Claude", "User"), 0), (("Ann", "Bo"), 1)],
)
def test_a_program_that_answers_is_the_assistant(people, assistant):
    roles = roles_of(talk((0, "One two three four."), (1, "Yes."), people=people))
    assert roles.index("assistant") == assistant


def test_talk_of_one_speaker_has_no_assistant():
    assert messages_of(talk((0, "I have a dream."), (0, "Still."), people=("Martin",))) == []
    assert messages_of(talk((0, "Alone."), people=("Ann", "Silent"))) == []


@pytest.fixture(scope="module")
def exported(make_dataset, tmp_path_factory):
    """A dataset in chat form of two conversations, one of one speaker alone; its store's address."""
    folder = tmp_path_factory.mktemp("messages")
    url = f"sqlite:///{folder / 'store.sqlite'}"
    alone = talk((0, "I have a dream, and it is about harvests."), people=("Martin",))
    again = replace(PERSONAL, id="again", turns=(*PERSONAL.turns, Turn(1, "Good apples.")))
    fill(url, [PERSONAL, alone, again], waiting=0)
    manifest = make_dataset(
        folder / "out",
        url,
        format="messages",
        sources={PERSONAL.source: Provenance("CC0-1.0", "The Orchard", "https://orchard.example")},
    )
    return folder / "out", manifest, url


def test_it_is_redacted_with_licence_roles_and_documents(exported):
    folder, manifest, _ = exported
    rows = {row["conversation_id"]: row for row in read_table(folder, manifest, "messages")}
    assert set(rows) == {PERSONAL.id, "again"}
    row = rows[PERSONAL.id]
    assert [m["role"] for m in row["messages"]] == ["system", "user", "assistant", "user"]
    assert row["speakers"] == [None, "Ann", "Bo", "Ann"]
    assert "[EMAIL_1]" in row["messages"][1]["content"]
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert EMAIL.encode() not in everything.lower()
    assert (row["licence"], row["attribution"]) == ("CC0-1.0", "The Orchard")
    assert row["tags"]
    assert manifest.document["left_out"]["one_speaker"] == 1
    assert manifest.conversations == 2
    sheet = (folder / "DATASHEET.md").read_text(encoding="utf-8")
    assert "licence CC0-1.0, credit to The Orchard" in sheet
    assert "1 conversation (one speaker)" in sheet
    assert "path: messages/" in (folder / "README.md").read_text(encoding="utf-8")


def test_the_recipe_of_the_documentation_loads_it(exported, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    text = (ROOT / "docs" / "dataset.md").read_text(encoding="utf-8")
    section = text.partition("## For training a language model")[2]
    recipe = re.search(r"```python\n(from datasets.*?)```", section, re.DOTALL).group(1)
    # The two conversations may fall into any split, and have no measured quality.
    rows = read_table(exported[0], exported[1], "messages")
    split = next(row["split"] for row in rows if row["conversation_id"] == PERSONAL.id)
    recipe = recipe.replace("OUT", str(exported[0])).replace('"train"', f'"{split}"')
    names = {}
    exec(recipe.replace(">= 0.5", ">= 0"), names)
    assert names["train"].column_names == ["messages"]
    first = names["train"][0]["messages"]
    assert {tuple(sorted(message)) for message in first} == {("content", "role")}
    assert {message["role"] for message in first} == {"system", "user", "assistant"}


def test_a_forgotten_conversation_is_gone_from_the_next_version(exported, make_dataset, tmp_path):
    _, _, url = exported
    copy = f"sqlite:///{tmp_path / 'copy.sqlite'}"
    with closing(Store(url)) as store:
        store.backup(tmp_path / "copy.sqlite")
    out = tmp_path / "out"
    assert make_dataset(out, copy, format="jsonl").conversations == 3
    with closing(Store(copy)) as store:
        assert store.forget(["again"]) == ["again"]
        store.add_conversations([replace(PERSONAL, id="again", turns=PERSONAL.turns[:2])])
    manifest = make_dataset(out, copy, format="jsonl")
    assert manifest.conversations == 2
    assert manifest.document["forgotten"] == 1
    kept = [path for path in out.rglob("*") if path.is_file()]
    assert not any(
        b'"again"' in path.read_bytes() or b"Good apples" in path.read_bytes() for path in kept
    )


def test_the_croissant_file_names_every_file_and_column(exported, hf):
    for folder, manifest in (exported[:2], hf):
        document = json.loads((folder / "croissant.json").read_bytes())
        hashes = {f["@id"]: f["sha256"] for f in document["distribution"] if "sha256" in f}
        assert hashes == {
            file.path: file.sha256 for file in manifest.files if file.rows is not None
        }
        assert [one["name"] for one in document["recordSet"]] == list(manifest.document["tables"])
    assert json.loads((exported[0] / "croissant.json").read_bytes())["license"] == ["CC0-1.0"]


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
def test_the_program_of_croissant_validates_it_and_reads_the_rows(exported, hf):
    mlcroissant = pytest.importorskip("mlcroissant", reason="the extra peers is not installed")
    for (folder, manifest), table in ((exported[:2], "messages"), (hf, "tags"), (hf, "windows")):
        dataset = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
        assert dataset.metadata.ctx.issues.errors == set()
        assert len(list(dataset.records(table))) == manifest.rows(table)
