"""A filled store, and datasets made from it."""

from contextlib import closing

import pytest

from cgp.dataset import Options, export
from cgp.embedders import default_embedder
from cgp.privacy import STANDARD
from cgp.sources.near_duplicates import NearDuplicates
from cgp.store import Store
from tests.dataset.filled import conversations, fill
from tests.dataset.folders import rows_by_table


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    """The address of a store with 16 finished conversations, and these."""
    url = f"sqlite:///{tmp_path_factory.mktemp('filled') / 'store.sqlite'}"
    return url, fill(url)


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """The address of a store with four finished conversations."""
    url = f"sqlite:///{tmp_path_factory.mktemp('small') / 'store.sqlite'}"
    fill(url, list(conversations())[:5])
    return url


@pytest.fixture(scope="session")
def make_dataset(filled):
    """Exports the filled store, or another, to a folder."""

    def make(folder, url=None, policy=STANDARD, **options):
        options.setdefault("find_near_duplicate", NearDuplicates().find)
        with closing(Store(url or filled[0])) as store:
            return export(
                store, folder, Options(**options), policy=policy, embedder=default_embedder()
            )

    return make


@pytest.fixture(scope="session")
def hf(make_dataset, tmp_path_factory):
    """A finished dataset for the Hub in small shards, not to be changed, and its manifest."""
    from cgp.dataset import ShardLimits

    folder = tmp_path_factory.mktemp("hf") / "dataset"
    return folder, make_dataset(folder, limits=ShardLimits(rows=40), batch=5)


@pytest.fixture(scope="session")
def rows(hf):
    return rows_by_table(hf[0])


@pytest.fixture(scope="session")
def lines(make_dataset, tmp_path_factory):
    """The same dataset as JSON Lines."""
    folder = tmp_path_factory.mktemp("lines") / "dataset"
    return folder, make_dataset(folder, format="jsonl")
