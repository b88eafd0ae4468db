"""How many windows a second the embedded annotator tags on one core, and where the time goes.

    python benchmarks/annotator_speed.py [--gold FILE ...] [--repeat 3]

Without ``--gold`` the windows are those that come with the project. All times are processor time of one
thread, so that other work on the machine matters little. Two yardsticks are timed in the same run: the
matrix products that the encoder cannot do without (its parameters times the tokens that it reads), and
YAKE where it is installed (``pip install yake``; under the AGPL, a peer and no part of the project).
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from cgp.annotators.embedded import annotate
from cgp.annotators.embedded.labels import shipped_labels
from cgp.annotators.embedded.reading import read_window, reading_of
from cgp.conversation import Conversation
from cgp.embedders import Vectors, default_embedder
from cgp.encoders import Span, TokenStates
from cgp.encoders.minilm import MiniLmEncoder
from cgp.gold import bundled_gold, read_gold
from cgp.tagmodel import shipped_model

# Parameters that each token is multiplied with: of the encoder, and of the part of its third layer
# that only tokens of phrases and passages go through.
_PARAMETERS = 6 * (4 * 384 * 384 + 2 * 384 * 1536)
_SPARED = 384 * 384 + 2 * 384 * 1536


class _TimedEncoder:
    """MiniLM with the processor time of its calls. While ``counts`` is true it also counts the
    tokens that all layers would have read in their place, which takes longer.
    """

    id, dimension = "timed", 384

    def __init__(self) -> None:
        self.seconds, self.tokens, self.counts = 0.0, 0.0, False

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Refuse: a window is read, not encoded phrase by phrase."""
        raise RuntimeError(f"{len(texts)} texts encoded while a window was read")

    def read(
        self, texts: Sequence[str], parts: Sequence[Sequence[Span] | None] | None = None
    ) -> list[TokenStates]:
        """Return the tokens of ``texts`` with their inner states; half of the layers read them."""
        start = time.process_time()
        states = _ENCODER.read(texts, parts)
        self.seconds += time.process_time() - start
        if self.counts:
            tokens = sum(len(each.states) for each in _ENCODER.read(texts))
            spared = tokens - sum(len(each.states) for each in states)
            self.tokens += tokens / 2 - spared * _SPARED / _PARAMETERS
        return states

    def finish(self, tokens: Sequence[TokenStates]) -> Vectors:
        """Return the vectors of texts, which the other half of the layers gives."""
        start = time.process_time()
        vectors = _ENCODER.finish(tokens)
        self.seconds += time.process_time() - start
        if self.counts:
            self.tokens += sum(len(each.states) for each in tokens) / 2
        return vectors


_ENCODER = MiniLmEncoder()


def seconds_of(work: Callable[[Conversation], object], windows: Sequence[Conversation]) -> float:
    """Return the processor time of ``work`` on all windows."""
    start = time.process_time()
    for window in windows:
        work(window)
    return time.process_time() - start


def floor(tokens: int) -> float:
    """Return the processor time of the matrix products that ``tokens`` tokens need."""
    rows = np.ones((max(1, tokens), 384), dtype=np.float32)
    weights = np.ones((384, 1536), dtype=np.float32)
    start = time.process_time()
    for _ in range(round(_PARAMETERS / weights.size)):
        rows @ weights
    return time.process_time() - start


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", type=Path, nargs="*", default=[])
    parser.add_argument("--repeat", type=int, default=3)
    chosen = parser.parse_args()
    gold = [each for path in chosen.gold for each in read_gold(path)] or list(bundled_gold())
    windows = [each.window for each in gold]
    embedder, model = default_embedder(), shipped_model()
    labels, timed = shipped_labels(embedder), _TimedEncoder()

    def tag(window: Conversation) -> None:
        reading = reading_of(read_window(window), window, labels, embedder, lambda: timed)
        model.judge(reading, embedder)

    timed.counts = True
    seconds_of(tag, windows)
    tokens = timed.tokens / len(windows)
    timed.counts, timed.seconds = False, 0.0
    whole = [seconds_of(tag, windows) for _ in range(chosen.repeat)]
    count = len(windows) * chosen.repeat
    total = sum(whole)
    bound = float(np.median([floor(round(tokens)) for _ in range(9)]))
    print(f"{len(windows)} windows, {tokens:.0f} tokens of the encoder each")
    print(f"tags          {count / total:6.1f} windows/s  {total / count * 1e3:6.1f} ms")
    print(f"  of which encoder                {timed.seconds / count * 1e3:6.1f} ms")
    print(f"  its matrix products alone       {bound * 1e3:6.1f} ms")
    start = time.process_time()
    for window in windows:
        annotate(window, embedder, 8)
    each = (time.process_time() - start) / len(windows)
    print(f"tags, profiles {1 / each:5.1f} windows/s  {each * 1e3:6.1f} ms")
    try:
        import yake
    except ImportError:
        print("YAKE is not installed")
        return
    extractor = yake.KeywordExtractor(n=3, top=8)

    def by_yake(window: Conversation) -> object:
        return extractor.extract_keywords("\n".join(turn.text for turn in window.turns))

    spent = seconds_of(by_yake, windows)
    print(
        f"YAKE          {len(windows) / spent:6.1f} windows/s  {spent / len(windows) * 1e3:6.1f} ms"
    )


if __name__ == "__main__":
    main()
