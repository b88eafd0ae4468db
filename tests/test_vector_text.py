"""Vectors as text: any float32 comes back, and anything else is named."""

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.vector_text import vector_bytes, vector_to_text, vectors_of_bytes


@given(st.lists(st.lists(st.floats(width=32), min_size=3, max_size=3), max_size=3))
def test_vectors_come_back_bit_for_bit(rows):
    vectors = np.array(rows, dtype=np.float32).reshape(-1, 3)
    texts = [vector_to_text(row) for row in vectors]
    back = vectors_of_bytes((vector_bytes(text, 3) for text in texts), 3)
    assert back.dtype == np.float32
    assert back.tobytes() == vectors.tobytes()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no text", "not base64"),
        ("AAAA AAAA", "not base64"),
        ("ä", "not base64"),
        (None, "not base64"),
        (7, "not base64"),
        (base64.b64encode(bytes(8)).decode(), "8 bytes, not 3 little-endian float32"),
    ],
)
def test_other_text_is_refused_with_a_reason(text, reason):
    with pytest.raises(ValueError, match=f"^{reason}$"):
        vector_bytes(text, 3)
