"""The knowledge graph, the same on the embedded store and on a server; hostile values stay values."""

import asyncio
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import test_utils, web

from cgp.mycelium.graph import KnowledgeGraph
from cgp.mycelium.graph_store import (
    BINDINGS,
    MAX_ANSWER_BYTES,
    GraphError,
    OxigraphStore,
    SparqlPlace,
    SparqlStore,
    with_bindings,
)
from cgp.mycelium.messages import Kind, NodeMessage
from cgp.mycelium.updates import Update
from cgp.tagmodel.head import SCHEMA
from tests.mycelium.kit import PARENT, hotkey, update

ox = pytest.importorskip("pyoxigraph", reason="pyoxigraph is not installed (the extra 'mycelium')")

NOW = 1_800_000_000.0
ADA, BEN = (hotkey(name).ss58_address for name in ("Ada", "Ben"))
HOSTILE = [
    '" } ; DROP ALL #',
    "'''; DROP ALL; #",
    "\\\" } } ; CLEAR DEFAULT #",
    "a\nb\r\tc",
    "<http://x> ?p ?o",
    "{BINDINGS} #BINDINGS#",
    "\u202e\U0001f4a5 Ωχ",
    "x" * 10_000,
]  # fmt: skip


@pytest.fixture
async def embedded():
    store = OxigraphStore()
    yield store
    await store.close()


@pytest.fixture
async def server(tmp_path):
    beside = Path(sys.executable).parent / "oxigraph"
    program = shutil.which("oxigraph") or (beside if beside.exists() else None)
    if program is None:
        pytest.skip("the program oxigraph is not installed (the extra 'peers')")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *[program, "serve", "--location", tmp_path / "store", "--bind", f"127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    store = SparqlPlace(url).store()
    try:
        async with asyncio.timeout(120):
            while True:
                try:
                    await store.select(f"SELECT ?s WHERE {{ {BINDINGS} ?s ?p ?o }} LIMIT 1", {})
                    break
                except GraphError:
                    await asyncio.sleep(0.05)
        yield store
    finally:
        await store.close()
        process.terminate()
        await process.wait()


@pytest.fixture(params=["embedded", pytest.param("server", marks=pytest.mark.peers)])
def store(request):
    return request.getfixturevalue(request.param)


def announcement(node=ADA, group="harbour", members=3, **changes):
    fields = {"members": members, "loss_micro": 431_000, "place": "nats://127.0.0.1:4222"}
    return NodeMessage(
        Kind.ANNOUNCE, group, 7, 1, "0" * 16, node=node, head="1" * 64, **fields | changes
    )


def sent(node=ADA, **changes):
    return Update.read(update(**changes).sign(hotkey("Ada" if node == ADA else "Ben")))


async def test_groups_and_lineage_come_back_as_they_were_announced(store):
    # Prepare
    graph = KnowledgeGraph(store)
    first = sent()
    await graph.put_node(ADA, NOW, announcement(), first)
    await graph.put_node(
        BEN, NOW - 60, announcement(BEN, "island", 9, loss_micro=0, place=""), None
    )

    # Execute
    groups = await graph.groups(SCHEMA, NOW - 100)
    lineage = await graph.lineage("harbour")

    # Assert: the larger one first, and each claim as it was made.
    assert [(g.name, g.members, g.loss, g.place, g.herald) for g in groups] == [
        ("island", 9, None, "", BEN),
        ("harbour", 3, 0.431, "nats://127.0.0.1:4222", ADA),
    ]
    assert [(m.digest, m.parent, m.node, m.round) for m in lineage] == [
        (first.digest, PARENT, ADA, 3)
    ]
    assert await graph.groups("f" * 16, 0.0) == []
    assert [g.name for g in await graph.groups(SCHEMA, NOW - 10)] == ["harbour"]
    everything = (await store.dump()).decode()
    assert first.digest in everything
    assert "<urn:cgp:mycelium:graph:" in everything.splitlines()[0]


async def test_a_node_s_graph_is_replaced_as_a_whole_and_forgotten_when_it_is_gone(store):
    # Prepare
    graph = KnowledgeGraph(store)
    await graph.put_node(ADA, NOW - 50, announcement(group="old"), sent())
    await graph.put_node(BEN, NOW, announcement(BEN, "island"), None)

    # Execute
    await graph.put_node(ADA, NOW - 50, announcement(), None)

    # Assert
    assert {g.name for g in await graph.groups(SCHEMA, 0.0)} == {"harbour", "island"}
    assert await graph.lineage("harbour") == []
    await graph.forget(NOW - 10)
    assert {g.name for g in await graph.groups(SCHEMA, 0.0)} == {"island"}


async def test_a_wrong_number_of_another_writer_is_left_out_and_said(store, caplog):
    # Prepare: another program writes into the same server.
    graph = KnowledgeGraph(store)
    await graph.put_node(ADA, NOW, announcement(), sent())
    await graph.put_node(BEN, NOW, announcement(BEN, "island", 9), sent(BEN, group="island"))
    await store.update(
        'DELETE { GRAPH ?g { ?s ?p ?old } } INSERT { GRAPH ?g { ?s ?p "many" } } WHERE {'
        f" {BINDINGS} GRAPH ?g {{ ?s ?p ?old }}"
        " FILTER (?p IN (<urn:cgp:mycelium:members>, <urn:cgp:mycelium:round>)) }",
        {"g": ox.NamedNode(f"urn:cgp:mycelium:graph:{BEN}")},
    )

    # Execute
    groups = await graph.groups(SCHEMA, 0.0)
    models = await graph.lineage("harbour"), await graph.lineage("island")

    # Assert: the right ones are there, and the log names each wrong one.
    assert [g.name for g in groups] == ["harbour"]
    assert [len(rows) for rows in models] == [1, 0]
    assert (
        caplog.text.count("a row is left out: invalid literal for int() with base 10: 'many'") == 2
    )


async def test_hostile_values_stay_values(store):
    # Prepare: each as a text of the graph, and as a bound value.
    subject, predicate = ox.NamedNode("urn:x:s"), ox.NamedNode("urn:x:p")
    for number, value in enumerate(HOSTILE):
        await store.put_graph(f"urn:x:{number}", [ox.Triple(subject, predicate, ox.Literal(value))])
    query = f"SELECT ?g ?v WHERE {{ {BINDINGS} GRAPH ?g {{ ?s ?p ?v }} }}"
    drop = f"DELETE {{ GRAPH ?g {{ ?s ?p ?v }} }} WHERE {{ {BINDINGS} GRAPH ?g {{ ?s ?p ?v }} }}"

    # Execute, assert
    for number, value in enumerate(HOSTILE):
        rows = await store.select(query, {"v": ox.Literal(value)})
        assert [(r["g"].value, r["v"].value) for r in rows] == [(f"urn:x:{number}", value)]
    for number, value in enumerate(HOSTILE):
        await store.update(drop, {"v": ox.Literal(value)})
        everything = await store.select(query, {})
        assert len(everything) == len(HOSTILE) - number - 1


@pytest.mark.parametrize("name", ["urn:x> } ; DROP ALL #", "urn:x:a b", "no iri", "", "urn:x:<"])
async def test_a_name_that_is_no_iri_is_refused(embedded, name):
    with pytest.raises(ValueError):  # noqa: PT011 - the library's own words
        await embedded.put_graph(name, [])
    graph = KnowledgeGraph(embedded)
    with pytest.raises(ValueError):  # noqa: PT011
        await graph.lineage(f"{name} >")


def test_a_query_has_one_place_for_its_values_and_names_are_variables():
    with pytest.raises(ValueError, match="one place"):
        with_bindings("SELECT ?s WHERE { ?s ?p ?o }", {})
    with pytest.raises(ValueError, match="identifiers"):
        with_bindings(f"SELECT ?s WHERE {{ {BINDINGS} }}", {"x) { } #": ox.Literal("a")})


async def test_a_folder_belongs_to_one_process_and_survives_it(tmp_path):
    # Prepare
    store = OxigraphStore(tmp_path / "graph")
    await KnowledgeGraph(store).put_node(ADA, NOW, announcement(), None)
    with pytest.raises(GraphError):
        OxigraphStore(tmp_path / "graph")

    # Execute
    await store.close()
    again = None
    async with asyncio.timeout(60):
        while again is None:
            # The library gives the lock back from a thread of its own, a moment later.
            try:
                again = OxigraphStore(tmp_path / "graph")
            except GraphError:
                await asyncio.sleep(0.05)

    # Assert
    assert [g.name for g in await KnowledgeGraph(again).groups(SCHEMA, 0.0)] == ["harbour"]
    assert b"harbour" in await again.dump()


@pytest.mark.parametrize("kind", ["redirect", "huge", "garbage", "deep", "wrong_types", "error"])
async def test_a_hostile_server_gives_an_error_and_no_more(kind):
    # Prepare
    asked = []

    async def answer(request):
        asked.append(request.path)
        match kind:
            case "redirect":
                raise web.HTTPFound("http://169.254.169.254/latest")
            case "huge":
                return web.Response(body=b"a" * (MAX_ANSWER_BYTES + 10))
            case "garbage":
                return web.Response(body=b"<html>")
            case "deep":
                return web.Response(body=b"[" * 1_000_000)
            case "wrong_types":
                return web.json_response({"results": {"bindings": [{"s": "text"}, 3]}})
            case _:
                return web.Response(status=503)

    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    store = SparqlStore(f"{url}/query", f"{url}/update", f"{url}/store", "user", "secret")

    # Execute
    try:
        with pytest.raises(GraphError) as caught:
            await store.select(f"SELECT ?s WHERE {{ {BINDINGS} ?s ?p ?o }}", {})
    finally:
        await store.close()
        await runner.cleanup()

    # Assert
    assert len(asked) == 1
    assert "secret" not in str(caught.value)


async def test_a_graph_of_too_many_statements_is_not_given_out_in_part():
    # Prepare: a server that has one statement more than may be given out.
    term = {"type": "uri", "value": "urn:a"}
    rows = [dict.fromkeys("gspo", term)] * 10_001

    async def answer(_request):
        return web.json_response({"results": {"bindings": rows}})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)

    # Execute and assert
    async with test_utils.TestServer(app) as server:
        store = SparqlPlace(str(server.make_url("/"))).store()
        with pytest.raises(GraphError, match="more than 10000 statements"):
            await store.dump()
        rows.pop()
        assert (await store.dump()).count(b"\n") == 10_000
        await store.close()


async def test_a_database_of_fuseki_has_its_own_paths_and_login():
    # Prepare: a server that says which of its addresses were asked for.
    asked = []

    async def answer(request):
        asked.append((request.method, request.path, request.headers.get("Authorization")))
        return web.json_response({"results": {"bindings": []}})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    place = SparqlPlace(f"http://127.0.0.1:{runner.addresses[0][1]}/", "mycelium", "ada", "secret")
    store = place.store()

    # Execute
    try:
        graph = KnowledgeGraph(store)
        await graph.put_node(ADA, NOW, announcement(), None)
        await graph.forget(0.0)
        assert await store.dump() == b""
    finally:
        await store.close()
        await runner.cleanup()

    # Assert
    login = "Basic YWRhOnNlY3JldA=="
    assert asked == [
        ("PUT", "/mycelium/data", login),
        ("POST", "/mycelium/update", login),
        ("POST", "/mycelium/query", login),
    ]
    assert "secret" not in repr(place)


@pytest.mark.parametrize(
    ("url", "database"),
    [
        ("fuseki:3030", ""),
        ("file:///etc/passwd", ""),
        ("http://ada:secret@fuseki", ""),
        ("http://fuseki?x=1", ""),
        ("http://fuseki", "a/../b"),
    ],
)
def test_a_place_that_is_none_is_refused(url, database):
    with pytest.raises(ValueError, match="FUSEKI_"):
        SparqlPlace(url, database)


async def test_a_server_that_is_away_gives_an_error():
    store = SparqlStore(*["http://127.0.0.1:9/query"] * 3)
    with pytest.raises(GraphError):
        await store.put_graph("urn:x:a", [])
    await store.close()
