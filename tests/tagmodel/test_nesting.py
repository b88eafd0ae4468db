"""Candidates within candidates: counted by their stems, without comparing each with each."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cgp.tagmodel import Candidate
from cgp.tagmodel.features import _nesting

stems = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4).map(tuple)


@given(
    st.lists(st.tuples(stems, st.integers(0, 9)), max_size=12, unique_by=lambda c: frozenset(c[0]))
)
def test_a_candidate_holds_those_whose_stems_are_some_of_its_own(drawn):
    candidates = [Candidate(" ".join(stems), stems, count) for stems, count in drawn]

    nesting = _nesting(candidates)

    assert nesting.shape == (len(candidates), 4)
    for candidate, row in zip(candidates, nesting, strict=True):
        longer = [other.count for other in candidates if candidate.key < other.key]
        shorter = [other.count for other in candidates if other.key < candidate.key]
        uses = max(candidate.count, 1)
        expected = [len(longer), sum(longer) / uses, len(shorter), max(shorter, default=0) / uses]
        assert np.array_equal(row, expected)
