"""The agreed embedder: the same text, the same bits, whatever stands beside it."""

import logging
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.embedders import default_embedder
from cgp.embedders.wordllama import WordLlamaEmbedder, _encodable, _pieces


@pytest.fixture(scope="module")
def embedder():
    return default_embedder()


def test_it_names_itself_with_the_version_of_the_wheel(embedder):
    assert embedder.id.startswith("wordllama/l2_supercat_256@0.4.0")
    assert embedder.dimension == 256


def test_related_phrases_are_nearer_than_unrelated_ones(embedder):
    bus, train, pancake = embedder.embed(["night bus", "public transport", "pancake recipe"])
    assert bus @ train > bus @ pancake + 0.1


@given(texts=st.lists(st.text(max_size=40), max_size=30))
@settings(max_examples=60, deadline=None)
def test_a_row_is_bit_identical_alone_and_in_any_batch_and_is_a_unit_or_zero(texts):
    embedder = default_embedder()
    together = embedder.embed(texts)
    assert together.shape == (len(texts), 256)
    assert together.dtype == np.float32
    assert np.isfinite(together).all()
    for text, row in zip(texts, together, strict=True):
        assert np.array_equal(embedder.embed([text])[0], row)
        assert np.array_equal(embedder.embed(["a long companion " * 50, text])[1], row)
        norm = float(np.linalg.norm(row))
        assert norm == 0 or abs(norm - 1) < 1e-5


def test_batches_larger_than_the_internal_batch_change_nothing(embedder):
    texts = [f"topic number {i}" for i in range(2500)]
    rows = embedder.embed(texts)
    assert np.array_equal(rows[2400], embedder.embed([texts[2400]])[0])
    assert np.array_equal(rows[::-1], embedder.embed(texts[::-1]))


def test_nothing_and_white_space_become_zero_rows_and_no_texts_an_empty_array(embedder):
    rows = embedder.embed(["", "   ", "\n\t", "tea"])
    assert not rows[:3].any()
    assert rows[3].any()
    assert embedder.embed([]).shape == (0, 256)


def test_lone_surrogates_and_very_long_texts_are_embedded(embedder):
    rows = embedder.embed(["broken \ud800 text", "many words about the sea " * 8000])
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_it_agrees_with_the_library_it_reads(embedder):
    program = (
        "import pathlib, sys, numpy as np, wordllama\n"
        "from cgp.embedders import default_embedder\n"
        "texts = ['public transport', 'the economy of Peru', '学习中文']\n"
        "folder = pathlib.Path(wordllama.__file__).parent\n"
        "model = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)\n"
        "theirs = model.embed(texts, norm=True)\n"
        "sys.exit(0 if np.allclose(theirs, default_embedder().embed(texts), atol=1e-6) else 1)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_it_leaves_logging_alone_and_imports_lazily(embedder):
    assert "wordllama" not in sys.modules
    assert default_embedder() is embedder
    assert not [h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler]
    program = "import sys, cgp.embedders; sys.exit('tokenizers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_threads_get_the_same_rows(embedder):
    texts = [f"phrase {i} about boats" for i in range(300)]
    expected = embedder.embed(texts)
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(embedder.embed(texts))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 6
    assert all(np.array_equal(result, expected) for result in results)


def test_a_missing_wheel_is_a_clear_error(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match="pip install wordllama"):
        WordLlamaEmbedder()


@given(text=st.text(alphabet="ab Ab.1-é中пह्😀\n<>\u2581", max_size=20) | st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_pieces_give_the_tokens_of_the_whole_text(text):
    embedder = default_embedder()
    pieces, sizes = _pieces([text, "", text])
    tokens = [token for piece in pieces[: sizes[0]] for token in embedder._tokens(piece)]
    assert tokens == embedder._encode(_encodable(text))
    assert len(pieces) == sum(sizes)
    assert pieces[len(pieces) - sizes[2] :] == pieces[: sizes[0]]


def test_a_full_memory_of_words_starts_anew(monkeypatch):
    monkeypatch.setattr("cgp.embedders.wordllama._MAX_WORDS", 3)
    embedder = WordLlamaEmbedder()
    words = [f"word{number}" for number in range(10)]
    assert np.array_equal(embedder.embed(words), default_embedder().embed(words))
    assert len(embedder._words) <= 3
