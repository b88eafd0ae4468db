"""``cgp quality``: a table or lines of JSON, the most boring first; bad records named."""

import json

import pytest
import typer
from typer.testing import CliRunner

from benchmarks.boring_index import degrade
from cgp import samples
from cgp.cli.quality import quality
from cgp.conversation_json import conversation_to_json
from cgp.quality import PARTS, Quality

app = typer.Typer()
app.command()(quality)
runner = CliRunner()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "talks.jsonl"
    good, other = samples.load()[:2]
    lines = [json.dumps(conversation_to_json(c)) for c in (good, degrade("looped", other, 0))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_json_has_a_line_for_each_the_most_boring_first(file):
    result = runner.invoke(app, [str(file), "--json"])
    assert result.exit_code == 0, result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    good, other = samples.load()[:2]
    assert [line["id"] for line in lines] == [other.id, good.id]
    for line in lines:
        assert Quality.from_json(line).summary == line["summary"]


def test_the_table_names_parts_and_conversations(file, monkeypatch):
    monkeypatch.setattr("cgp.cli.quality.output.width", 200)
    result = runner.invoke(app, [str(file)])
    assert result.exit_code == 0, result.stderr
    heading, *rows = result.stdout.splitlines()
    assert heading.split() == ["conversation", "summary", *PARTS]
    assert [row.split()[0] for row in rows] == [c.id for c in samples.load()[1::-1]]


def test_unreadable_records_are_named_and_the_rest_is_measured(file):
    with file.open("a", encoding="utf-8") as lines:
        lines.write('{"turns": []}\nno json\n')
    result = runner.invoke(app, [str(file), "--json"])
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert "record 3" in result.stderr.replace("\n", " ")
    assert "left out: 2 files or records" in result.stderr


def test_a_missing_file_is_an_error_of_use(tmp_path):
    result = runner.invoke(app, [str(tmp_path / "none.jsonl")])
    assert result.exit_code == 2
    assert "no such file" in " ".join(result.stderr.split())
