"""What is imported holds words only: no markup, citation mark, address scheme or system line."""

import json
import re
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from cgp.cli.tag import tag as command
from cgp.conversation_json import conversation_to_json
from cgp.sources import read_path
from tests.kit.source_talks import READ

MARKS = re.compile(
    "[\ue200-\ue20f]|【|mailto:|tel:|</?(?:p|b|div|span|br|ss|e_m|antArtifact|antThinking|xaiArtifact|grok:render|argument)\\b|<@|<#|<!|&amp;|&lt;|"
    "turn\\d+search\\d|system-reminder|environment_context|end-to-end encrypted|joined the|Pinned a message|"
    "sent an attachment|Transcribed by https|Meeting ended after|\\{Attachments\\}|\\{Reactions\\}"
)


def conversations(fixtures, name):
    return [r.conversation for _, r in read_path(fixtures / name) if r.conversation]


@pytest.mark.parametrize("name", READ)
def test_no_turn_and_no_name_holds_a_mark(fixtures, name):
    for conversation in conversations(fixtures, name):
        for text in (
            *(turn.text for turn in conversation.turns),
            *(p.name for p in conversation.participants),
        ):
            assert MARKS.search(text) is None, text


def test_no_tag_of_any_fixture_is_a_mark_or_a_line_of_the_system(fixtures, tmp_path):
    # Prepare: all fixtures in one file, since loading the annotator takes longer than all tags
    read = [
        replace(one, id=f"{number}")
        for number, one in enumerate(one for name in READ for one in conversations(fixtures, name))
    ]
    path = tmp_path / "imported.jsonl"
    path.write_text(
        "".join(json.dumps(conversation_to_json(one)) + "\n" for one in read), encoding="utf-8"
    )
    app = typer.Typer()
    app.command()(command)

    # Execute
    done = CliRunner().invoke(app, [str(path)])

    # Assert
    assert done.exit_code == 0, done.output
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(answers) == len(read)
    tags = [str(found) for answer in answers for found in answer["tags"]]
    assert len(tags) > len(read)
    bad = re.compile(r"^(?:cite|entity|mailto|html|turn\d+\w*)$|" + MARKS.pattern, re.IGNORECASE)
    assert [found for found in tags if bad.search(found)] == []
