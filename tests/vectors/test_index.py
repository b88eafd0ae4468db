"""An index finds what an exact comparison finds, and says clearly what it cannot take."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.vectors import VectorIndex, structure


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def random_rows(number, seed=0, dimension=16):
    return unit(np.random.default_rng(seed).normal(size=(number, dimension)))


@pytest.fixture
def opened(tmp_path):
    with VectorIndex.open(tmp_path / "index", dimension=16, model="m") as index:
        yield index


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["add", "remove", "save"]), st.sets(st.integers(0, 60))),
        min_size=1,
        max_size=12,
    ),
    among=st.none() | st.sets(st.integers(0, 70)),
    limit=st.sampled_from([10, 50_000]),
)
def test_any_history_finds_what_an_exact_comparison_finds(tmp_path_factory, steps, among, limit):
    rows = random_rows(61)
    folder = tmp_path_factory.mktemp("index")
    held = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structure, "EXACT_UP_TO", limit)
        index = VectorIndex.open(folder, dimension=16, model="m")
        for step, ids in steps:
            numbers = np.array(sorted(ids), dtype=np.int64)
            if step == "add":
                assert index.add(numbers, rows[numbers]) == len(ids - held)
                held |= ids
            elif step == "remove":
                assert index.remove(numbers) == len(ids & held)
                held -= ids
            else:
                index.save()
                index.close()
                index = VectorIndex.open(folder, dimension=16, model="m")
        assert index.ids.tolist() == sorted(held)
        assert len(index) == len(held)
        allowed = sorted(held if among is None else held & among)
        chosen = None if among is None else np.array(sorted(among), dtype=np.int64)
        found, scores = index.search(rows[:3], 5, among=chosen)
        index.close()
    exact = rows[:3] @ rows[allowed].T.astype(np.float16).astype(np.float32)
    best = -np.sort(-exact, axis=1)[:, :5]
    width = best.shape[1]
    np.testing.assert_allclose(scores[:, :width], best, atol=2e-3)
    assert (found[:, width:] == -1).all()
    assert np.isneginf(scores[:, width:]).all()
    assert set(found[:, :width].ravel()) <= set(allowed)


def test_lists_are_made_and_made_anew_as_the_index_grows(opened, monkeypatch):
    monkeypatch.setattr(structure, "EXACT_UP_TO", 300)
    rows = random_rows(4000)
    for start in range(0, 4000, 250):
        opened.add(np.arange(start, start + 250), rows[start : start + 250])
    assert structure.has_lists(opened._index)
    found, scores = opened.search(rows[::100], 1)
    assert (found[:, 0] == np.arange(0, 4000, 100)).all()
    np.testing.assert_allclose(scores, 1, atol=2e-3)
    np.testing.assert_allclose(
        opened.vectors_of(np.array([3999, 0, 17])), rows[[3999, 0, 17]], atol=1e-3
    )


def test_a_wide_filter_of_a_large_index_is_kept_to(opened, monkeypatch):
    monkeypatch.setattr(structure, "EXACT_UP_TO", 300)
    rows = random_rows(12_000)
    opened.add(np.arange(12_000), rows)
    even = np.arange(0, 12_000, 2)
    found, _ = opened.search(rows[:50], 10, among=even)
    assert (found % 2 == 0).all()
    assert (found[::2, 0] == np.arange(0, 50, 2)).all()


def test_an_id_keeps_its_first_vector(opened):
    first, second = random_rows(1, seed=1), random_rows(1, seed=2)
    assert opened.add(np.array([7]), first) == 1
    assert opened.add(np.array([7]), second) == 0
    np.testing.assert_allclose(opened.vectors_of(np.array([7])), first, atol=1e-3)


@pytest.mark.parametrize(
    ("ids", "rows", "message"),
    [
        ([1, 2], np.ones((1, 16)), "shape"),
        ([1], np.ones((1, 15)), "shape"),
        ([-1], np.ones((1, 16)), "negative"),
        ([1], np.full((1, 16), np.nan), "finite"),
        ([1], np.full((1, 16), np.inf), "finite"),
    ],
)
def test_bad_rows_are_refused_and_nothing_is_added(opened, ids, rows, message):
    with pytest.raises(ValueError, match=message):
        opened.add(np.array(ids), rows.astype(np.float32))
    assert len(opened) == 0


def test_bad_queries_and_unknown_ids_are_refused(opened):
    opened.add(np.array([1]), random_rows(1))
    with pytest.raises(ValueError, match="count"):
        opened.search(random_rows(1), 0)
    with pytest.raises(ValueError, match="shape"):
        opened.search(random_rows(1, dimension=3), 1)
    with pytest.raises(KeyError, match="2"):
        opened.vectors_of(np.array([1, 2]))
