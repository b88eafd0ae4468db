"""What is found in sentences with planted personal data, and that nothing is found where there is none."""

from collections import Counter
from pathlib import Path

import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.privacy import find_personal_data, redact

HERE = Path(__file__).parent
KINDS = {"email", "phone", "card", "bank", "id", "network", "secret", "url"}


def planted():
    """Yield ``(kind, language, text, start, stop)`` of each planted item."""
    for line in (HERE / "planted.tsv").read_text(encoding="utf-8").splitlines():
        kind, language, marked = line.split("\t")
        start, stop = marked.index("⟦"), marked.index("⟧") - 1
        yield kind, language, marked.replace("⟦", "").replace("⟧", ""), start, stop


def negatives():
    return (HERE / "not_personal.txt").read_text(encoding="utf-8").splitlines()


def test_two_hundred_items_of_eight_kinds_in_five_languages_are_planted():
    items = list(planted())
    assert len(items) == 200
    assert Counter((kind, language) for kind, language, *_ in items) == {
        (kind, language): 5 for kind in KINDS for language in ("en", "de", "fr", "es", "pt")
    }


def test_at_least_95_in_100_planted_items_are_found_whole_and_under_their_kind():
    found = Counter()
    for kind, _, text, start, stop in planted():
        found[kind] += any(
            find.kind == kind and find.start <= start and stop <= find.stop
            for find in find_personal_data(text)
        )
    assert found.total() / 200 >= 0.95
    assert min(found.values()) / 25 >= 0.9


def test_almost_nothing_around_a_planted_item_is_taken_with_it():
    exact = sum(
        [(find.start, find.stop) for find in find_personal_data(text)] == [(start, stop)]
        for *_, text, start, stop in planted()
    )
    assert exact / 200 >= 0.95


def test_no_planted_item_survives_in_one_conversation_of_all_of_them():
    items = list(planted())
    conversation = Conversation(
        "c", "test", (Participant("A"),), tuple(Turn(0, text) for _, _, text, *_ in items)
    )
    turns = redact(conversation).conversation.turns
    leaked = sum(
        text[a:b] in turn.text for (*_, text, a, b), turn in zip(items, turns, strict=True)
    )
    assert leaked <= 10


def test_there_are_more_than_a_hundred_strings_that_look_like_personal_data():
    assert len(set(negatives())) >= 100


@pytest.mark.parametrize("line", negatives())
def test_no_personal_data_is_found_where_there_is_none(line):
    assert [(find.kind, line[find.start : find.stop]) for find in find_personal_data(line)] == []
