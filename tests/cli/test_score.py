"""``cgp score``: a miner operator finds out why a score is what it is."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cgp import samples
from cgp.annotators.embedded import annotate
from cgp.cli.app import app
from cgp.conversation_json import conversation_to_json
from cgp.embedders import default_embedder
from cgp.text import normal_form

runner = CliRunner()
CONVERSATION = next(c for c in samples.load() if c.id == "sample-podcast-tidal-energy")


def ask(path, document, *flags):
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return runner.invoke(app, ["score", str(path), *flags])


@pytest.fixture
def question():
    window = CONVERSATION.excerpt(0, 12)
    metadata = annotate(window, default_embedder(), 8)
    answer = metadata.to_json() | {"tags": [tag.text for tag in metadata.tags]}
    return {
        "conversation": conversation_to_json(CONVERSATION),
        "window": {"start": 0, "stop": 12},
        "answers": [
            {"miner": "reader", **answer},
            {"miner": "guesser", "tags": ["conversation", "people talking", "various topics"]},
        ],
    }


def scores(result):
    assert result.exit_code == 0, result.stderr
    return {answer["miner"]: answer for answer in json.loads(result.stdout)["answers"]}


def test_who_read_the_window_is_paid_and_sees_why(tmp_path, question):
    result = ask(tmp_path / "q.json", question, "--json")
    answers = scores(result)
    assert answers["reader"]["score"] > 0.1 > answers["guesser"]["score"]
    for answer in answers.values():
        assert [tag["text"] for tag in answer["tags"]]
        assert all(tag["verdict"] and tag["reason"] for tag in answer["tags"])
    document = json.loads(result.stdout)
    assert document["rewards"]["reader"] == pytest.approx(1.0)
    assert document["ground_truth"]["tags"]


def test_the_question_in_the_documents_is_answered_as_the_readme_shows():
    root = Path(__file__).parents[2]
    answers = scores(runner.invoke(app, ["score", str(root / "docs" / "question.json"), "--json"]))
    readme = (root / "README.md").read_text(encoding="utf-8")
    for miner, answer in answers.items():
        assert f"{miner}  score {answer['score']:.3f}" in readme
        for tag in answer["tags"]:
            shown = rf"{re.escape(tag['text'])} +{tag['credit']:.2f} +{tag['verdict']} "
            assert re.search(shown, readme), shown


def test_credit_that_comes_to_nothing_beside_junk_is_explained_as_the_readme_shows():
    root = Path(__file__).parents[2]
    lines = runner.invoke(app, ["score", str(root / "docs" / "question.json")]).stdout.splitlines()
    (explanation,) = (line for line in lines if "junk" in line)
    heads = [n for n, line in enumerate(lines) if re.match(r"\w+  score ", line)]
    assert lines.index(explanation) > heads[-1]
    assert lines[heads[-1]].startswith("lazy")
    assert f"{explanation.rstrip()}\n" in (root / "README.md").read_text(encoding="utf-8")


def test_the_table_names_tags_and_verdicts(tmp_path, question):
    result = ask(tmp_path / "q.json", question)
    assert result.exit_code == 0
    for word in ("reader", "guesser", "verdict", question["answers"][0]["tags"][0]):
        assert word in result.stdout


def test_a_sole_miner_below_the_floor_is_told_why_nothing_is_paid(tmp_path, question):
    reader, guesser = question["answers"]
    unpaid = ask(tmp_path / "a.json", {**question, "answers": [guesser]})
    paid = ask(tmp_path / "b.json", {**question, "answers": [reader]})
    said = " ".join(unpaid.stdout.split())
    assert "reward share 0.000" in said
    assert "Without a reward: guesser. With such scores a miner stands at 50% of" in said
    assert "reward share 1.000" in paid.stdout
    assert "Without a reward" not in paid.stdout


def test_the_window_may_be_given_by_turn_numbers_or_by_its_turns(tmp_path, question):
    by_bounds = scores(ask(tmp_path / "a.json", question, "--json"))
    del question["window"]
    for turns in (list(range(12)), question["conversation"]["turns"][:12]):
        assert scores(ask(tmp_path / "b.json", {**question, "turns": turns}, "--json")) == by_bounds


def test_a_forged_embedding_voids_the_answer(tmp_path, question):
    reader = question["answers"][0]
    vectors = default_embedder().embed([normal_form(tag) for tag in reader["tags"]])
    reader["embeddings"] = {
        tag: base64.b64encode(row.astype("<f4").tobytes()).decode()
        for tag, row in zip(reader["tags"], vectors, strict=True)
    }
    assert scores(ask(tmp_path / "a.json", question, "--json"))["reader"]["valid"]
    forged = np.roll(vectors[0], 1).astype("<f4").tobytes()
    reader["embeddings"][reader["tags"][0]] = base64.b64encode(forged).decode()
    voided = scores(ask(tmp_path / "b.json", question, "--json"))["reader"]
    assert (voided["valid"], voided["score"]) == (False, 0.0)
    assert voided["reason"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"answers": []}, "answers"),
        ({"answers": [{"tags": [3]}]}, "answer 0"),
        ({"answers": [{"miner": "a", "tags": []}, {"miner": "a", "tags": []}]}, "same miner"),
        ({"answers": [{"tags": ["x"], "embeddings": {"x": "!"}}]}, "base64"),
        ({"window": {"start": 0}}, "window"),
        ({"window": {"start": 5, "stop": 4000}}, "no turns"),
        ({"conversation": 3}, "conversation"),
        ({"ground_truth": {"tags": 3}}, "tags"),
    ],
)
def test_what_is_wrong_with_the_file_is_named(tmp_path, question, change, named):
    result = ask(tmp_path / "q.json", {**question, **change})
    assert result.exit_code == 2
    assert named in " ".join(result.stderr.split())
