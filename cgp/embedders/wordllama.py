"""The subnet's agreed embedder: WordLlama's static token vectors, read straight from its wheel.

The wheel of ``wordllama`` brings a tokenizer and one table of token vectors (32,000 x 256, float16,
16 MB; 256-dimensional ``l2_supercat`` of Miller, https://github.com/dleemiller/WordLlama). A text's
vector is the mean of its tokens' vectors, scaled to unit length, as ``WordLlama.embed(norm=True)``
computes it. The two files are read here without importing ``wordllama`` itself, because that import
configures the root logger and loads an HTTP client, because its tokenizer pads (a text's sum there
depends on the batch that it is in), and because a text without tokens becomes NaN there.

Sums are taken in float64, in which adding float16 numbers is exact for any text shorter than eight
thousand tokens: the order of addition, the batch and the processor cannot change a row. Nothing is
downloaded and nothing is written.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from itertools import accumulate, chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Vectors

_CONFIG = "l2_supercat"
_DIMENSION = 256
# Longest word and greatest number of words whose tokens are remembered.
_MAX_WORD = 64
_MAX_WORDS = 50_000
_BATCH_TEXTS = 1024
_BATCH_CHARACTERS = 1_000_000


class WordLlamaEmbedder:
    """Embeds texts with the static vectors inside the installed ``wordllama`` wheel.

    Thread-safe: after construction only a bounded memory of words' tokens changes, and every thread
    would add the same tokens. Loading takes under a second and about 70 MB.

    Raises:
        RuntimeError: if ``wordllama`` or one of its two files is missing or not as expected.
    """

    def __init__(self) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        folder = _package_folder()
        weights = folder / "weights" / f"{_CONFIG}_{_DIMENSION}.safetensors"
        vocabulary = folder / "tokenizers" / f"{_CONFIG}_tokenizer_config.json"
        for path in (weights, vocabulary):
            if not path.is_file():
                raise RuntimeError(f"wordllama's file {path.name} is missing: reinstall wordllama")
        self._tokenizer = Tokenizer.from_file(str(vocabulary))
        # Padding would add tokens to a text, depending on the other texts of its batch.
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        table: NDArray[np.float16] = load_file(weights)["embedding.weight"]
        if table.shape != (self._tokenizer.get_vocab_size(), _DIMENSION):
            raise RuntimeError(f"wordllama's table has an unexpected shape: {table.shape}")
        self._table = table.astype(np.float64)
        self._words: dict[str, list[int]] = {}
        version = importlib.metadata.version("wordllama")
        self._id = f"wordllama/{_CONFIG}_{_DIMENSION}@{version}"

    @property
    def id(self) -> str:
        """Name, dimension and version of the wheel."""
        return self._id

    @property
    def dimension(self) -> int:
        """256."""
        return _DIMENSION

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 unit rows, shape ``(len(texts), 256)``; see ``Embedder.embed``.

        A text without a token, or with nothing but white space, gets a zero row. A lone
        surrogate counts as a question mark.
        """
        vectors = np.zeros((len(texts), _DIMENSION), dtype=np.float32)
        start = 0
        while start < len(texts):
            stop = _batch_end(texts, start)
            vectors[start:stop] = self._embed_batch(texts[start:stop])
            start = stop
        return vectors

    def _tokens(self, piece: str) -> list[int]:
        """Return the tokens of a piece, and remember them; a full memory starts anew."""
        tokens = self._encode(piece)
        if len(piece) <= _MAX_WORD:
            if len(self._words) >= _MAX_WORDS:
                self._words.clear()
            self._words[piece] = tokens
        return tokens

    def _encode(self, text: str) -> list[int]:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        tokens: list[int] = encoding.ids
        return tokens

    def _embed_batch(self, texts: Sequence[str]) -> NDArray[np.float64]:
        from scipy.sparse import csr_array

        pieces, sizes = _pieces(texts)
        lookup = self._words.get
        ids = [lookup(piece) or self._tokens(piece) for piece in pieces]
        ends = list(accumulate(map(len, ids), initial=0))
        rows = np.array([ends[end] for end in accumulate(sizes, initial=0)], dtype=np.int64)
        tokens = np.fromiter(chain.from_iterable(ids), dtype=np.int64, count=ends[-1])
        # One sparse product sums the tokens of all texts, in a fixed order and in float64.
        counts = csr_array(
            (np.ones(len(tokens)), tokens, rows), shape=(len(texts), len(self._table))
        )
        sums = np.asarray(counts @ self._table, dtype=np.float64)
        norms = np.sqrt(np.square(sums).sum(axis=1, keepdims=True))
        # A text without tokens keeps its row of zeros instead of becoming NaN.
        norms[norms == 0] = 1.0
        sums /= norms
        return sums


def _package_folder() -> Path:
    """Return where ``wordllama`` is installed, without importing it."""
    spec = importlib.util.find_spec("wordllama")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("wordllama is not installed: pip install wordllama")
    return Path(next(iter(spec.submodule_search_locations)))


def _batch_end(texts: Sequence[str], start: int) -> int:
    """Return where the batch that begins at ``start`` ends: bounded in texts and in characters."""
    stop, characters = start, 0
    while stop < len(texts) and stop - start < _BATCH_TEXTS and characters < _BATCH_CHARACTERS:
        characters += len(texts[stop])
        stop += 1
    return stop


def _pieces(texts: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return the pieces for the tokenizer, text after text, and the number of pieces of each text.

    No token of this vocabulary reaches across a single space, so that a text of words is tokenized
    word by word; any other text is taken whole.
    """
    whole = " ".join(filter(None, texts))
    if whole and whole.isprintable() and _is_words(whole):
        return whole.split(" "), [text.count(" ") + 1 if text else 0 for text in texts]
    split_texts = [
        text.split(" ") if _is_words(text) else [text] for text in map(_encodable, texts)
    ]
    return list(chain.from_iterable(split_texts)), [len(pieces) for pieces in split_texts]


def _is_words(text: str) -> bool:
    """Tell whether a text is words with single spaces between, free of the
    tokenizer's own marks.
    """
    if "  " in text or "<" in text or "\u2581" in text:
        return False
    return not text.startswith(" ") and not text.endswith(" ")


def _encodable(text: str) -> str:
    """Return ``text`` as the tokenizer takes it: valid Unicode, empty where only white space."""
    if text.isspace():
        return ""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
