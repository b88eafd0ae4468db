"""A missing answer keeps its kind on its way through stores and programs of other versions."""

import pytest

from cgp.no_answer_kind import NoAnswerKind
from cgp.scoring import NoAnswer


@pytest.mark.parametrize("kind", NoAnswerKind)
def test_a_known_kind_is_read_back(kind):
    assert NoAnswer.read(str(kind), "why") == NoAnswer(kind, "why")


def test_a_kind_of_another_program_counts_as_malformed_and_is_named():
    # Execute
    record = NoAnswer.read("on strike", "why")

    # Assert
    assert record == NoAnswer(NoAnswerKind.MALFORMED, "on strike: why")
