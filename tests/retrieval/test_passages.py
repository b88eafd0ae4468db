"""Passages travel between machines, are merged by rank, and private ones stay."""

import json

import pytest

from cgp.retrieval import Level, Passage, QuotedTurn, RetrievalError, merge_by_rank, without_private


def passage(name, score=0.5, level=Level.PUBLIC):
    return Passage(
        name, 3, 4, (QuotedTurn(3, "A", "x"), QuotedTurn(4, "", "y")), score, name, level
    )


def test_a_passage_comes_back_from_json_as_it_was():
    one = passage("c", 0.25, Level.GROUP)
    assert Passage.from_json(json.loads(json.dumps(one.to_json()))) == one
    assert one.text == "A: x\ny"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("score", 1.5),
        ("score", True),
        ("score", float("nan")),
        ("level", "secret"),
        ("level", None),
        ("first_turn", -1),
        ("first_turn", 2),
        ("last_turn", 10**9),
        ("turns", [[3, "A", "x"]]),
        ("turns", [[3, "A", "x"], [5, "A", "x"]]),
        ("turns", [[3, "A", "x"], [4, "A", None]]),
        ("turns", [[3, "A", "x" * 300_000], [4, "A", ""]]),
        ("conversation", 7),
        ("title", "x" * 1001),
    ],
)
def test_a_bad_passage_of_another_machine_is_refused(field, value):
    document = passage("c").to_json() | {field: value}
    with pytest.raises(RetrievalError, match=r"passage|turn"):
        Passage.from_json(document)
    with pytest.raises(RetrievalError):
        Passage.from_json([document])


def test_lists_are_merged_by_reciprocal_rank():
    here = [passage("a", 0.9), passage("b", 0.8), passage("c", 0.7)]
    there = [passage("b", 0.6), passage("b", 0.6), passage("d", 0.99)]
    found = merge_by_rank([here, there], 3)
    # b is second and first; of a (first here) and d (second there) a has the better rank.
    assert [one.conversation for one in found] == ["b", "a", "d"]
    assert found[0].score == 0.8
    assert merge_by_rank([], 3) == []


def test_private_passages_do_not_leave():
    every = [passage(str(level), level=level) for level in Level]
    assert {one.level for one in without_private(every)} == {Level.PUBLIC, Level.GROUP}
