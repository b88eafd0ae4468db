"""The explorer, served over a filled store on loopback."""

import pytest

from tests.explorer.browsing import browser
from tests.explorer.filled import fill, served

__all__ = ["browser"]


@pytest.fixture(scope="package")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("explorer")
    return made, fill(made)


@pytest.fixture(scope="package")
def site(folder):
    with served(*folder) as running:
        yield running
