from pathlib import Path

import pytest

from cgp.store import Store

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "sources"


@pytest.fixture(scope="session")
def fixtures():
    return FIXTURES


@pytest.fixture
def store(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield store
    store.close()
