"""Training examples: windows of real talk, and windows that were written to train."""

from pathlib import Path

import pytest

from cgp.annotators.embedded.examples import training_set
from cgp.cli.model import permissive
from cgp.embedders import default_embedder
from cgp.encoders import default_encoder
from cgp.gold import read_gold, word_form

FOLDER = Path(__file__).resolve().parents[3] / "training"


def written_windows():
    return [window for path in sorted(FOLDER.glob("*.jsonl")) for window in read_gold(path)]


def sets_of(count=6):
    """Return the sets of the same windows as real talk, and with the last ones as written."""
    windows = written_windows()[:count]
    tools = default_embedder(), default_encoder()
    return (
        windows,
        training_set(windows, *tools),
        training_set(windows[:3], *tools, written=windows[3:]),
    )


def weights_by_text(example):
    texts = [candidate.text for candidate in example.reading.candidates]
    return dict(zip(texts, example.weights.tolist(), strict=True))


def test_an_error_on_a_written_window_counts_less():
    _, real, mixed = sets_of()

    for place, share in ((0, 1.0), (-1, 0.3)):
        weights, as_real = (weights_by_text(each.examples[place]) for each in (mixed, real))
        shared = weights.keys() & as_real.keys()
        assert len(shared) > 10
        assert all(weights[text] == pytest.approx(share * as_real[text]) for text in shared)


def test_the_written_windows_are_sound():
    windows = written_windows()

    assert len({window.id for window in windows}) == len(windows) > 500
    for window in windows:
        wanted = {word_form(wording) for tag in window.tags for wording in tag.wordings}
        bad = {word_form(tag.text) for tag in window.reject}
        assert not wanted & bad, (window.id, wanted & bad)
        assert permissive(window)
        assert len(window.window.turns) > 1
