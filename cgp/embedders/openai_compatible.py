"""Embeddings from an OpenAI-compatible server, for the index (never for tags on the wire).

Needs the ``llm`` extra. Calls block: from ``async`` code, run them in a thread. Passing failures
(408, 409, 429, 5xx, lost connections) are repeated by the SDK, which honours ``Retry-After`` and
waits with exponential backoff and jitter; there is no budget here to keep. Reference:
https://platform.openai.com/docs/api-reference/embeddings
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import pairwise

import httpx2
import numpy as np
import openai
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from cgp.arrays import Vectors
from cgp.errors import CgpError

_BATCH_TEXTS = 256
_BATCH_CHARACTERS = 200_000
_RETRIES = 3
_MAX_RESPONSE_BYTES = 128 * 2**20


class EmbeddingError(
    CgpError,
    RuntimeError,
    code="embedder.failed",
    remedy="check the embedder's server and its settings",
):
    """A server gave no usable vectors; the message says why."""


class _Row(BaseModel):
    index: int
    embedding: list[float]


class _Answer(BaseModel):
    data: list[_Row]


class OpenAICompatibleEmbedder:
    """Embeds with a model behind ``/embeddings``. Thread-safe.

    ``dimension`` asks the server for shorter vectors (where the model can); without it the
    model's own dimension is found out with one request. Whether the same text gets the same
    vector in another batch is up to the server.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        key: str | None = None,
        dimension: int | None = None,
        seconds: float = 60.0,
    ) -> None:
        self._base_url = base_url
        self._model = model
        self._asked_dimension = dimension
        self._dimension = dimension
        self._client = openai.OpenAI(
            api_key=key or "none",
            base_url=base_url,
            timeout=seconds,
            max_retries=_RETRIES,
            http_client=httpx2.Client(
                timeout=seconds,
                follow_redirects=False,
                headers={"Accept-Encoding": "identity"},
                event_hooks={"response": [lambda response: _bound(response, seconds)]},
            ),
        )

    @property
    def id(self) -> str:
        """Address, model and dimension, e.g. ``api.openai.com/text-embedding-3-small@1536``."""
        host = httpx2.URL(self._base_url).netloc.decode("ascii")
        return f"{host}/{self._model}@{self.dimension}"

    @property
    def dimension(self) -> int:
        """Number of components of a vector.

        Raises:
            EmbeddingError: if it is not known yet and the server does not answer.
        """
        if self._dimension is None:
            self._dimension = self._embed_batch(["dimension"]).shape[1]
        return self._dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape ``(len(texts), dimension)``; see ``Embedder``.

        A text without a visible character gets a zero row. A text is sent once, however often it
        occurs in ``texts``.

        Raises:
            EmbeddingError: if the server gives no usable vectors.
        """
        distinct = list(dict.fromkeys(text for text in texts if text.strip()))
        rows = np.zeros((len(distinct) + 1, self.dimension), dtype=np.float32)
        for start, stop in pairwise(_batches(distinct)):
            vectors = self._embed_batch(distinct[start:stop])
            if vectors.shape[1] != self.dimension:
                raise EmbeddingError(
                    f"{self._model} gave {vectors.shape[1]} components instead of {self.dimension}"
                )
            rows[start:stop] = vectors
        position = {text: i for i, text in enumerate(distinct)}
        # The last row is zero: it stands for texts without a visible character.
        return rows[[position.get(text, len(distinct)) for text in texts]]

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._client.close()

    def _embed_batch(self, texts: list[str]) -> Vectors:
        try:
            raw = self._client.embeddings.with_raw_response.create(
                model=self._model,
                input=texts,
                encoding_format="float",
                dimensions=self._asked_dimension or openai.omit,
            )
            answer = _Answer.model_validate_json(raw.http_response.content)
        except openai.APIStatusError as error:
            reason = error.response.text[:300]
            raise EmbeddingError(f"{self._model}: HTTP {error.status_code}: {reason}") from error
        except openai.APIConnectionError as error:
            raise EmbeddingError(f"{self._model}: {error.__cause__ or error}") from error
        except ValidationError as error:
            raise EmbeddingError(f"{self._model}: the response is malformed") from error
        return _unit_rows(answer, len(texts), self._model)


def _unit_rows(answer: _Answer, count: int, model: str) -> Vectors:
    """Return the vectors in the order of the texts, scaled to unit length."""
    rows = {row.index: row.embedding for row in answer.data}
    widths = {len(row) for row in rows.values()}
    if rows.keys() != set(range(count)) or len(widths) != 1:
        raise EmbeddingError(f"{model}: expected {count} vectors of one length, got {len(rows)}")
    vectors: NDArray[np.float64] = np.array([rows[i] for i in range(count)], dtype=np.float64)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(norms).all():
        raise EmbeddingError(f"{model}: a vector is not finite")
    return np.asarray(vectors / np.where(norms > 0, norms, 1), dtype=np.float32)


def _batches(texts: Sequence[str]) -> Iterator[int]:
    """Yield the bounds of batches: 0, ..., ``len(texts)``."""
    start = characters = 0
    yield 0
    for i, text in enumerate(texts):
        full = i - start == _BATCH_TEXTS or characters + len(text) > _BATCH_CHARACTERS
        if full and i > start:
            yield i
            start, characters = i, 0
        characters += len(text)
    if texts:
        yield len(texts)


class _BoundedStream(httpx2.SyncByteStream):
    """A response's body, refused beyond a size and a time: an answer may never end."""

    def __init__(self, stream: httpx2.SyncByteStream, seconds: float) -> None:
        self._stream = stream
        self._deadline = time.monotonic() + seconds

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._stream:
            size += len(chunk)
            if size > _MAX_RESPONSE_BYTES or time.monotonic() > self._deadline:
                raise EmbeddingError(f"the response did not end ({size} bytes were read)")
            yield chunk

    def close(self) -> None:
        self._stream.close()


def _bound(response: httpx2.Response, seconds: float) -> None:
    assert isinstance(response.stream, httpx2.SyncByteStream)
    response.stream = _BoundedStream(response.stream, seconds)
