"""``cgp report``: one file that holds the analytics, and nothing that acts or is private."""

import json

import pytest
from typer.testing import CliRunner

from cgp.cli.app import app
from cgp.conversation_json import conversation_to_json
from tests.explorer.filled import FERRY, HOSTILE, PERSIAN, SCRIPT


@pytest.fixture
def talks(tmp_path):
    file = tmp_path / "talks.jsonl"
    lines = [json.dumps(conversation_to_json(talk)) for talk in (FERRY, HOSTILE, PERSIAN)]
    file.write_text("\n".join(lines))
    return file


def report(*arguments):
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def test_a_report_holds_each_conversation_and_fetches_nothing(talks, tmp_path):
    out = tmp_path / "out.html"
    done = report(talks, "-o", out, "--title", "Three talks")
    text = out.read_text(encoding="utf-8")

    assert done.exit_code == 0, done.output
    assert "3 conversations: " in done.output
    assert all(part in text for part in ("Three talks", "The ferry timetable", "قنات‌های یزد"))
    assert "And who pays for the new ferries?" in text
    assert SCRIPT not in text
    assert "<script" not in text
    assert "ann@example.com" not in text
    assert "src=" not in text
    assert "url(" not in text


def test_a_short_chat_has_its_decisions(tmp_path):
    chat = tmp_path / "chat.txt"
    lines = [
        "Ana: Should we take the 8 o'clock ferry or the one at 10?",
        "Bruno: Let's take the one at 8.",
        "Ana: Deal. ill buy the tickets tonight",
        "Bruno: Then it's settled: ferry at 8, we meet at the pier.",
    ]
    chat.write_text("\n".join(lines) + "\n", encoding="utf-8")
    out = tmp_path / "out.html"
    done = report(chat, "-o", out)
    text = out.read_text(encoding="utf-8")
    assert done.exit_code == 0, done.output
    assert "proposes to take the one at 8" in text
    assert "will buy the tickets tonight" in text
    assert "says it is decided: ferry at 8" in text


def test_a_report_in_persian_runs_from_right_to_left(talks, tmp_path):
    out = tmp_path / "out.html"
    assert report(talks, "-o", out, "--language", "fa").exit_code == 0
    assert '<html lang="fa" dir="rtl"' in out.read_text(encoding="utf-8")


def test_bad_input_is_named_and_the_rest_is_reported(talks, tmp_path):
    talks.write_text(talks.read_text() + '\n{"turns": 7}\n')
    out = tmp_path / "out.html"
    partial = report(talks, "-o", out)
    wrong = report(talks, "-o", tmp_path / "other.html", "--language", "xx")
    absent = report(tmp_path / "none.jsonl", "-o", tmp_path / "other.html")

    assert partial.exit_code == 1
    assert "3 conversations: " in partial.output
    assert (wrong.exit_code, absent.exit_code) == (2, 2)
    assert "none.jsonl" in absent.output


def test_a_file_that_is_there_is_replaced_only_if_that_is_said(talks, tmp_path):
    # Prepare
    out = tmp_path / "report.html"
    out.write_text("an earlier report", encoding="utf-8")

    # Execute
    refused = report(talks, "-o", out)
    kept = out.read_text(encoding="utf-8")
    replaced = report(talks, "-o", out, "--overwrite")

    # Assert
    assert (refused.exit_code, kept) == (2, "an earlier report")
    assert "--overwrite replaces it" in " ".join(refused.output.split())
    assert replaced.exit_code == 0, replaced.output
    assert "ferry" in out.read_text(encoding="utf-8")
