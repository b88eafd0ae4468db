import asyncio

import numpy as np
import pytest

from cgp.config import Settings
from cgp.embedders import default_embedder
from cgp.embedders.choose import make_embedder
from cgp.embedders.openai_compatible import EmbeddingError
from cgp.model_settings import EmbedderSettings
from tests.kit.llm_server import KEY, OpenAIServer, Status


def embedder_for(server, **options):
    wanted = EmbedderSettings(
        type="openai", model="e", base_url=server.base_url, api_key=KEY, **options
    )
    return make_embedder(Settings(_env_file=None, embedder=wanted))


@pytest.fixture
async def server():
    async with OpenAIServer().running() as running:
        yield running


async def test_rows_are_unit_vectors_in_the_order_of_the_texts(server):
    embedder = embedder_for(server, dimension=8)
    texts = ["bus", "train", "bus", "", "  "]
    rows = await asyncio.to_thread(embedder.embed, texts)
    alone = await asyncio.to_thread(embedder.embed, ["train"])
    embedder.close()
    assert rows.shape == (5, 8)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 1, 0, 0])
    assert (rows[0] == rows[2]).all()
    assert (rows[1] == alone[0]).all()
    assert server.embedded == [["bus", "train"], ["train"]]


async def test_many_texts_go_in_batches_and_none_needs_no_call(server):
    embedder = embedder_for(server, dimension=4)
    texts = [f"text {i}" for i in range(600)] + ["long " * 50_000]
    rows = await asyncio.to_thread(embedder.embed, texts)
    assert [len(batch) for batch in server.embedded] == [256, 256, 88, 1]
    assert rows.shape == (601, 4)
    assert (await asyncio.to_thread(embedder.embed, [])).shape == (0, 4)
    embedder.close()
    assert len(server.embedded) == 4


async def test_the_models_own_dimension_is_found_out(server):
    embedder = embedder_for(server)
    assert await asyncio.to_thread(lambda: embedder.dimension) == 3
    assert embedder.id.startswith("127.0.0.1:")
    assert embedder.id.endswith("/e@3")
    embedder.close()


async def test_a_passing_failure_is_repeated_and_a_lasting_one_is_an_error(server):
    embedder = embedder_for(server, dimension=3)
    server.embedding_script = [Status(429, headers={"Retry-After": "0.01"})]
    assert (await asyncio.to_thread(embedder.embed, ["bus"])).shape == (1, 3)
    server.embedding_script = [Status(401)]
    with pytest.raises(EmbeddingError, match="HTTP 401"):
        await asyncio.to_thread(embedder.embed, ["bus"])
    embedder.close()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"data": []}',
        '{"data": [{"index": 1, "embedding": [1, 2, 3]}]}',
        '{"data": [{"index": 0, "embedding": [1, 2]}]}',
        '{"data": [{"index": 0, "embedding": [1e999, 2, 3]}]}',
        '{"data": [{"index": 0, "embedding": "no"}]}',
    ],
)
async def test_a_malformed_response_is_an_error(server, body):
    embedder = embedder_for(server, dimension=3)
    server.embedding_script = [Status(200, body)]
    with pytest.raises(EmbeddingError):
        await asyncio.to_thread(embedder.embed, ["bus"])
    embedder.close()


def test_the_default_is_the_subnets_own_embedder():
    assert make_embedder(Settings(_env_file=None)) is default_embedder()


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"type": "bert"}, "choose wordllama or openai"),
        ({"type": "openai"}, "EMBEDDER_MODEL is not set"),
        ({"type": "openai", "model": "m"}, "set OPENAI_API_KEY"),
    ],
)
def test_what_is_missing_is_said_at_the_start(wanted, message, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ValueError, match=message):
        make_embedder(Settings(_env_file=None, embedder=EmbedderSettings(**wanted)))
