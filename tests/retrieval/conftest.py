"""A retriever over the sample conversations, made once."""

import pytest

from cgp.embedders import default_embedder
from cgp.retrieval import Retriever


@pytest.fixture(scope="session")
def retriever(tmp_path_factory):
    folder = tmp_path_factory.mktemp("retrieval")
    made = Retriever(
        folder / "index", folder / "library", default_embedder(), fallback=folder / "samples"
    )
    yield made
    made.close()
