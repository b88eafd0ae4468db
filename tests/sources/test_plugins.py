"""Formats that other packages bring, the contract that each one keeps, and the documentation's table."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cgp.cli.import_ import import_conversations
from cgp.sources import source_named, sources
from cgp.sources.contract import violations
from cgp.sources.reference import markdown_table
from cgp.sources.source import Source
from tests.kit.source_faults import BROKEN
from tests.kit.source_talks import READ

ROOT = Path(__file__).resolve().parent.parent.parent
NO_TALK = {"discord-package"}
"""Formats that are recognised to say why nothing is imported."""

EXAMPLES: dict[str, str] = {}
for _name, _talks in READ.items():
    EXAMPLES.setdefault(_talks[0][0], _name)
EXAMPLES |= {
    "slack": "slack/general/2026-01-05.json",
    "telegram-html": "telegram-html/messages.html",
    "messenger-html": "messenger-html/bo_1/message_1.html",
}

BROUGHT = """
from pathlib import Path

from cgp.conversation import Participant
from cgp.sources import Source
from cgp.sources.messages import About, Message, records_of
from cgp.sources.text_lines import text_lines


def read(file):
    turns = [
        Message(number, Participant(line.partition("|")[0]), line.partition("|")[2])
        for number, line in text_lines(file)
        if "|" in line
    ]
    yield from records_of(file.path, 1, About("bars"), turns)


SOURCE = Source(
    name="bars",
    description="lines of name|words",
    suffixes=(".bars",),
    recognises=lambda head, path: path.suffix == ".bars",
    read=read,
    where="a test",
    kept="names and words",
    left_out="nothing",
)
BROKEN = {"name": "bars"}
"""


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.name)
def test_every_format_keeps_the_contract(fixtures, source):
    if source.name in NO_TALK:
        assert source.name in {found[0] for found in BROKEN.values()}
        return
    assert violations(source, [fixtures / EXAMPLES[source.name]]) == []


def failing(**changes):
    return replace(source_named("text"), **changes)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (failing(name="Two Words"), "one word in small letters"),
        (failing(suffixes=("txt",)), "each with its dot"),
        (failing(kept=""), "kept must say something"),
        (failing(recognises=lambda _head, _path: False), "does not recognise"),
        (failing(binary=True), "binary must say"),
        (failing(read=lambda _file: iter(())), "reads no conversation"),
        (failing(read=lambda _file: iter([1])), "must yield records, not int"),
        (failing(read=lambda _file: 1 / 0), "reading raises ZeroDivisionError"),
    ],
)
def test_the_contract_names_each_promise_that_is_broken(fixtures, source, words):
    assert any(words in violation for violation in violations(source, [fixtures / "plain.txt"]))


def package(folder, name, value):
    """Lay a package out as an installation does."""
    (folder / "brought.py").write_text(BROUGHT, encoding="utf-8")
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[cgp.sources]\nbars = {value}\n")


@pytest.fixture
def cgp(tmp_path, monkeypatch):
    """Run the command with the packages of the folder installed, in a process that had no formats yet."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "brought", raising=False)
    sources.cache_clear()
    app = typer.Typer()
    app.command()(import_conversations)
    yield lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])
    sources.cache_clear()
    sys.modules.pop("brought", None)


def test_a_package_adds_a_format(cgp, tmp_path):
    package(tmp_path, "cgp-bars", "brought:SOURCE")
    (tmp_path / "talk.bars").write_text("Ana|Hello\nBo|Hi\n")
    done = cgp("--json", tmp_path / "talk.bars")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["formats"] == {"bars": 1}


@pytest.mark.parametrize(
    ("value", "words"),
    [("brought:BROKEN", "is not a cgp.sources.Source"), ("nothing:SOURCE", "cannot be loaded")],
)
def test_a_package_that_brings_no_format_is_named(cgp, tmp_path, value, words):
    package(tmp_path, "cgp-bars", value)
    (tmp_path / "talk.bars").write_text("Ana|Hello\n")
    done = cgp(tmp_path / "talk.bars")
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())


def test_the_documentation_has_the_table_of_today():
    assert markdown_table() in (ROOT / "docs/importing.md").read_text(encoding="utf-8"), (
        "paste the output of: cgp import --list-formats --markdown"
    )


def test_a_format_is_a_frozen_record():
    assert isinstance(source_named("vtt"), Source)
    with pytest.raises(AttributeError):
        source_named("vtt").name = "x"
