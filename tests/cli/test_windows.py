"""``cgp windows`` and ``cgp quality``: a file's conversations at every scale, and how good they are."""

import json

from typer.testing import CliRunner

from cgp import samples
from cgp.cli.app import app
from cgp.conversation_json import conversation_to_json

runner = CliRunner()


def write(path, conversations, more=""):
    lines = [json.dumps(conversation_to_json(c), ensure_ascii=False) for c in conversations]
    path.write_text("\n".join(lines) + "\n" + more, encoding="utf-8")
    return str(path)


def test_the_tree_is_drawn_with_its_tags(tmp_path):
    talk = samples.load()[6]
    result = runner.invoke(app, ["windows", write(tmp_path / "talk.jsonl", [talk])])
    assert result.exit_code == 0, result.stderr
    first, *leaves = [line for line in result.stdout.splitlines() if "turns" in line]
    assert talk.id in first
    assert f"turns 1-{len(talk.turns)}" in first
    assert "×" in first, "tags of several windows are counted"
    assert len(leaves) == 5


def test_json_has_a_line_for_each_window(tmp_path):
    talks = samples.load()[:2]
    path = write(tmp_path / "talks.jsonl", talks, '{"turns": 3}\n')
    result = runner.invoke(app, ["windows", path, "--json", "--tags", "3"])
    assert result.exit_code == 1, "an unreadable record is told"
    assert "record 3" in " ".join(result.stderr.split())
    windows = [json.loads(line) for line in result.stdout.splitlines()]
    for talk in talks:
        root, *parts = [w for w in windows if w["conversation_id"] == talk.id]
        assert (root["start"], root["stop"], root["parent"]) == (0, len(talk.turns), None)
        covered = {turn for w in parts for turn in range(w["start"], w["stop"])}
        assert covered == set(range(len(talk.turns)))
        assert all(1 <= len(w["tags"]) <= 3 for w in [root, *parts])
