"""The registry of reads: every entry is whole, and the servers are made from it."""

import inspect
from contextlib import closing

import pytest

from cgp.api.routes import search as search_route
from cgp.cli.app import load_command
from cgp.embedders import default_embedder
from cgp.mcp.server import make_server
from cgp.privacy import STANDARD
from cgp.reads import READS, Genome, ReadError
from cgp.search import IndexReader
from cgp.search.options import OPTION_HELP
from cgp.store import Store


@pytest.fixture
def genome(tmp_path):
    with (
        closing(Store(f"sqlite:///{tmp_path / 'store.sqlite'}")) as store,
        closing(IndexReader(tmp_path / "index", default_embedder())) as index,
    ):
        yield Genome(store, index, STANDARD)


@pytest.mark.parametrize("read", READS, ids=lambda read: read.name)
def test_a_read_says_what_it_takes(read):
    assert read.help
    assert "self" not in read.parameters
    for name, parameter in read.parameters.items():
        assert parameter.annotation is not inspect.Parameter.empty, name


def test_names_are_unique():
    assert len({read.name for read in READS}) == len(READS)


def test_a_search_has_the_shared_options_and_no_other_everywhere():
    # Prepare: the read, which MCP serves, the route of HTTP and the command.
    read = next(read for read in READS if read.name == "search").parameters
    route = inspect.signature(search_route.search, eval_str=True).parameters
    command = {option.name: option for option in load_command("search").params}

    # Execute
    asked = {"query" if name == "q" else name: route[name].default for name in route}

    # Assert: the same names, and the same defaults.
    assert set(read) == set(OPTION_HELP) == asked.keys() - {"desk"} == command.keys() - {"as_json"}
    for name in OPTION_HELP.keys() - {"query"}:
        assert read[name].default == asked[name] == command[name].default
        assert command[name].help == OPTION_HELP[name]


async def test_the_mcp_server_has_a_tool_for_each_read_with_its_parameters(genome):
    # Execute
    tools = {tool.name: tool for tool in await make_server(genome).list_tools()}

    # Assert
    assert set(tools) == {read.name for read in READS}
    for read in READS:
        properties = tools[read.name].input_schema["properties"]
        assert tools[read.name].description == read.help
        assert set(properties) == set(read.parameters)
    assert tools["search"].input_schema["properties"]["count"]["maximum"] == 50
    assert "tag" in str(tools["search"].input_schema["properties"]["tag"]["description"])


def test_a_read_is_asked_by_name_and_refuses_in_its_own_words(genome):
    reads = {read.name: read for read in READS}
    assert reads["stats"].ask(genome)["windows"] == 0
    with pytest.raises(ReadError, match="there is no conversation 'none'"):
        reads["get_conversation"].ask(genome, conversation_id="none")
    with pytest.raises(ReadError, match="no usable index"):
        reads["search"].ask(genome, query="ferry")
