"""Lists of unequal lengths in one array: where they begin, and one value for each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.ragged import Ragged

LISTS = st.lists(st.lists(st.integers(-9, 9), max_size=4), max_size=6)


@given(LISTS)
def test_each_item_is_found_again(lists):
    # Prepare
    layout = Ragged(list(map(len, lists)))
    flat = [item for items in lists for item in items]

    # Execute
    parts = [flat[start:end] for start, end in zip(layout.starts, layout.ends, strict=True)]

    # Assert
    assert len(layout) == len(lists)
    assert parts == lists
    pairs = list(zip(layout.owners.tolist(), layout.places.tolist(), strict=True))
    assert [lists[number][place] for number, place in pairs] == flat


@given(LISTS)
def test_a_fold_gives_one_value_for_each_list_that_is_not_empty(lists):
    layout = Ragged(list(map(len, lists)))
    flat = np.array([item for items in lists for item in items], dtype=np.float64)
    if len(flat):
        assert layout.fold(np.add, flat).tolist() == [sum(items) for items in lists if items]
    assert layout.filled.tolist() == [bool(items) for items in lists]


@pytest.mark.parametrize("axis", [0, 1])
def test_a_fold_goes_along_an_axis(axis):
    table = np.arange(12).reshape((4, 3) if axis == 0 else (3, 4))
    largest = Ragged([1, 0, 3]).fold(np.maximum, table, axis=axis)
    parts = np.split(table, [1], axis=axis)
    expected = np.stack([part.max(axis=axis) for part in parts], axis=axis)
    assert largest.tolist() == expected.tolist()
