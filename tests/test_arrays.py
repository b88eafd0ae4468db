"""Arrays: what is computed another way than numpy's own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cgp.arrays import greatest_of_rows


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2), elements=st.floats(width=32)))
def test_the_greatest_of_each_row_is_the_maximum(table):
    assert np.array_equal(greatest_of_rows(table), table.max(axis=1), equal_nan=True)


def test_a_table_without_rows_has_no_greatest():
    assert greatest_of_rows(np.zeros((0, 3), dtype=np.float32)).shape == (0,)
