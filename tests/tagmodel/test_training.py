"""Training from start to end on made-up windows: it learns, it repeats, it survives a file."""

from dataclasses import replace

import numpy as np
import pytest

from cgp.embedders import default_embedder
from cgp.tagmodel import TagModelError, load, save, select
from cgp.tagmodel.features import FEATURES, candidate_vectors, features_of
from cgp.tagmodel.head import Head
from cgp.tagmodel.training import folds_of, train
from cgp.tagmodel.vocabulary import Vocabulary
from tests.tagmodel.windows import example

pytest.importorskip("sklearn", reason="training needs the extra 'train'")


@pytest.fixture(scope="module")
def examples():
    return [example(seed) for seed in range(30)]


@pytest.fixture(scope="module")
def model(examples):
    return train(examples, default_embedder(), "an encoder", seed=1, rounds=20)


def test_a_trained_model_ranks_the_topics_of_an_unseen_window_first(model):
    fresh = example(99)

    judged = model.judge(fresh.reading, default_embedder())

    best = judged.order[: int(fresh.wanted.sum())]
    assert fresh.wanted[best].mean() >= 0.75
    picks = select(fresh.reading, judged, 8)
    assert fresh.wanted[picks[0]]


def test_the_same_seed_gives_the_same_model_and_a_file_gives_it_back(model, examples, tmp_path):
    for name in ("one", "two"):
        made = train(examples[:10], default_embedder(), "an encoder", seed=1, rounds=4)
        save(made, tmp_path / f"{name}.safetensors")
    save(model, tmp_path / "model.safetensors")

    assert (tmp_path / "one.safetensors").read_bytes() == (
        tmp_path / "two.safetensors"
    ).read_bytes()
    read = load(tmp_path / "model.safetensors")
    fresh = example(7).reading
    expected = model.judge(fresh, default_embedder()).probabilities
    actual = read.judge(fresh, default_embedder()).probabilities
    # Means and spreads are stored as float32.
    assert np.allclose(actual, expected, atol=1e-4)


def test_trees_score_as_scikit_learn_does(model, examples):
    from sklearn.ensemble import HistGradientBoostingClassifier

    from cgp.tagmodel.training import _as_arrays

    random = np.random.default_rng(3)
    table = random.normal(size=(300, 6)).astype(np.float32).astype(np.float64)
    table[random.random(table.shape) < 0.2] = np.nan
    # Whether the third number is missing matters more than what it is: some tree asks just that.
    wanted = (np.nan_to_num(table[:, 0]) + np.nan_to_num(table[:, 1]) > 0) ^ np.isnan(table[:, 2])
    forest = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(table, wanted)

    trees = _as_arrays([forest])

    assert np.isinf(trees.threshold).any()
    assert np.allclose(trees.score(table), forest.decision_function(table), atol=1e-4)


def test_windows_of_one_origin_share_a_fold(examples):
    folds = folds_of([*examples, *examples], seed=0)

    assert (folds[: len(examples)] == folds[len(examples) :]).all()
    assert set(folds.tolist()) == set(range(5))


def test_too_few_windows_are_refused(examples):
    with pytest.raises(ValueError, match="windows"):
        train(examples[:3], default_embedder(), "an encoder")


def test_windows_of_a_single_origin_are_refused_by_its_name(examples):
    windows = [replace(each, reading=replace(each.reading, origin="talk 7")) for each in examples]

    with pytest.raises(ValueError, match=r"'talk 7'.* two or more.* field origin"):
        train(windows, default_embedder(), "an encoder")


def test_another_head_changes_the_judgement_and_not_the_base(model):
    other = model.with_head(Head(np.zeros_like(model.head.weights)))

    judged = other.judge(example(5).reading, default_embedder())

    assert other.base is model.base
    assert set(judged.probabilities.tolist()) == {0.5}


def test_a_model_of_another_release_is_refused_by_its_schema(model, tmp_path):
    path = tmp_path / "older.safetensors"
    save(model, path)
    path.write_bytes(path.read_bytes().replace(model.head.schema.encode(), b"0123456789abcdef"))

    with pytest.raises(TagModelError, match=r"older\.safetensors has the schema 0123456789abcdef"):
        load(path)


def test_a_file_that_is_no_model_is_refused_by_name(tmp_path):
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"\x10" + bytes(7) + b"{}              ")

    with pytest.raises(ValueError, match=r"broken\.safetensors"):
        load(path)


def test_training_does_not_see_the_labels_of_a_window_in_its_statistics(examples):
    # Prepare: one window's candidates stand nowhere else.
    alone = examples[0]
    counted = Vocabulary.count([alone.reading], [alone.wanted])
    nothing = Vocabulary.count([], [])
    vectors = candidate_vectors(alone.reading, default_embedder())

    # Execute
    rates = features_of(alone.reading, counted, *vectors, training=True)
    unseen = features_of(alone.reading, nothing, *vectors)

    # Assert: the rates are those of words that were never seen.
    columns = [FEATURES.index(name) for name in ("key_rate", "head_rate", "least_rate")]
    assert np.allclose(rates[:, columns], unseen[:, columns])
