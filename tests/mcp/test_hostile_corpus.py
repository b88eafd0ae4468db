"""Every tool of ``cgp mcp`` over hostile text and with hostile arguments: it goes on, and nothing acts."""

from contextlib import closing

import pytest

from cgp.config import Settings
from cgp.embedders import default_embedder
from cgp.indexing.engines import LocalEngine, recipe_of
from cgp.indexing.run import index_corpus
from cgp.search import GenomeIndex
from cgp.store import Store
from tests.hostile_corpus import ESCAPES, LINK, fill, talks
from tests.mcp.test_mcp import client
from tests.test_hostile_corpus import acting

TEXTS = [ESCAPES, LINK, "../../outside.txt", "\0", "x" * 100_000, "\u202e" * 50, "nan"]
NUMBERS = [-1, 2**70, "many", None]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mcp") / "data"
    settings = Settings(data_dir=folder)
    with closing(Store(settings.store_url)) as store:
        fill(store)
        with GenomeIndex.open(settings.index_dir, default_embedder()) as index:
            engine = LocalEngine(settings)
            batches = settings.index_dir / "batches"
            index_corpus(store.corpus(), index, engine, batches, recipe=recipe_of(settings))
    return folder


def calls(tool):
    """Yield arguments of a tool: good ones for each hostile talk, then a hostile one in each place."""
    fields = tool.input_schema.get("properties", {})
    good = {"query": "ferry", "conversation_id": "escapes", "window": 0}
    good = {name: value for name, value in good.items() if name in fields}
    yield good
    if "conversation_id" in fields:
        for one in talks():
            yield good | {"conversation_id": one["id"]}
    for name, field in fields.items():
        for value in TEXTS if "string" in str(field) else NUMBERS:
            yield good | {name: value}


async def test_every_tool_answers_and_what_it_says_acts_on_nothing(hostile):
    async with client(hostile) as opened:
        for tool in (await opened.list_tools()).tools:
            for arguments in calls(tool):
                result = await opened.call_tool(tool.name, arguments)
                said = [part.text for part in result.content] + [str_of(result.structured_content)]
                assert acting("".join(said)) == [], (tool.name, arguments)
        page = await opened.call_tool("get_turns", {"conversation_id": "escapes"})
        assert "ferry" in page.content[0].text


def str_of(value):
    """Return the texts of JSON values, as they are."""
    if isinstance(value, dict):
        return "".join(str_of(item) for item in value.values())
    if isinstance(value, list):
        return "".join(map(str_of, value))
    return value if isinstance(value, str) else ""
