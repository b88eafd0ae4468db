"""Tables of windows from annotated windows: read as the embedded annotator reads them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from cgp.annotators.embedded.examples import example_of
from cgp.annotators.embedded.labels import LabelIndex, shipped_labels
from cgp.annotators.embedded.reading import read_window, reading_of
from cgp.embedders import Embedder
from cgp.encoders import Encoder
from cgp.experts.window_table import LabelledWindow, WindowTable, without_text
from cgp.gold import GoldWindow
from cgp.privacy import loggable
from cgp.tagmodel import TagModel


def table_of(
    windows: Sequence[GoldWindow],
    model: TagModel,
    embedder: Embedder,
    encoder: Encoder,
    *,
    labels: LabelIndex | None = None,
    with_salt: bool = False,
) -> WindowTable:
    """Return the table of annotated windows; with ``with_salt`` one that may become a hold-out.

    ``labels`` belong to the release of ``model``; by default they are the package's.

    Raises:
        ValueError: if no window has a candidate for a tag.
    """
    labels = labels or shipped_labels(embedder)
    result = [_window_of(window, model, labels, embedder, encoder) for window in windows]
    return WindowTable.of(result, secrets.token_hex(16) if with_salt else "")


def _window_of(
    gold: GoldWindow, model: TagModel, labels: LabelIndex, embedder: Embedder, encoder: Encoder
) -> LabelledWindow:
    # Without dictionaries, so that every machine makes the same table of a window.
    window = read_window(gold.window, ())
    reading = reading_of(window, gold.window, labels, embedder, lambda: encoder)
    example = example_of(gold, reading, encoder)
    table = model.tabulate(reading, embedder)
    result = LabelledWindow.of(
        table.inputs, example.credit, example.weights, language=reading.language,
        # A table goes to judges and experts; the kind is what somebody wrote into a file.
        kind=loggable(gold.kind) or gold.window.source, origin=gold.origin or gold.id,
    )  # fmt: skip
    if not len(table.inputs):
        return result
    # As when tags are chosen: the best by the model's own head.
    return without_text(result, model.head.log_odds(table.inputs))
