"""f of heads on gold files, for ``mycelium_gain.py``."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from cgp.annotators.embedded.annotator import Ranking
from cgp.annotators.embedded.labels import shipped_labels
from cgp.embedders import Vectors, default_embedder
from cgp.encoders import Encoder, Span, TokenStates, default_encoder
from cgp.gold import EncoderJudge, compare, read_gold
from cgp.tagmodel import Head, shipped_model


class RememberingEncoder:
    """An ``Encoder`` that reads the same texts once: heads differ, windows do not."""

    def __init__(self, encoder: Encoder) -> None:
        self.id, self.dimension = encoder.id, encoder.dimension
        self._encode, self._read = cache(encoder.encode), cache(encoder.read)
        self._finish = encoder.finish

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit rows, one a text."""
        return self._encode(tuple(texts))

    def read(
        self, texts: Sequence[str], parts: Sequence[Sequence[Span] | None] | None = None
    ) -> list[TokenStates]:
        """Return the tokens of each text, or of its part, with their inner states."""
        remembered = parts and tuple(None if part is None else tuple(part) for part in parts)
        return self._read(tuple(texts), remembered)

    def finish(self, tokens: Sequence[TokenStates]) -> Vectors:
        """Return unit rows of texts that were read."""
        return self._finish(tokens)


@cache
def remembering_encoder() -> RememberingEncoder:
    """Return the default encoder with its memory, one for all settings."""
    return RememberingEncoder(default_encoder())


def f_of(paths: list[Path], heads: dict[str, Head]) -> dict:
    """Return f of the last seed's heads on gold files, and each one's lead over the start."""
    model, judge = shipped_model(), EncoderJudge(default_encoder())
    embedder, encoder = default_embedder(), remembering_encoder()
    rankings = {
        name: Ranking(model.with_head(head), embedder, shipped_labels(embedder), lambda: encoder)
        for name, head in heads.items()
    }
    figures = {}
    for path in paths:
        gold = read_gold(path)
        answers = {
            name: [[t.candidate.text for t in ranking.tags(w.window, 8)] for w in gold]
            for name, ranking in rankings.items()
        }
        figures[path.stem] = {
            row.name: {
                "f": round(row.judged["f"].mean, 3),
                "ahead_of_start": row.ahead
                and [round(v, 3) for v in (row.ahead.mean, row.ahead.low, row.ahead.high)],
            }
            for row in compare(gold, answers, judge)
        }
    return figures
