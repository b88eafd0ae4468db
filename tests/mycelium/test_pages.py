"""The page, the status command and the timeline, over nodes' files and a graph of this test."""

import httpx
import pytest
from fastapi import FastAPI

from cgp.mycelium.graph import KnowledgeGraph
from cgp.mycelium.graph_store import OxigraphStore
from cgp.mycelium.memory import MEMORY_FILE, ClosedRound, NodeMemory
from cgp.mycelium.node_plan import NodePlan
from cgp.mycelium.pages import MyceliumPages, add_mycelium_pages
from cgp.mycelium.privacy import PrivacyPlan
from cgp.tagmodel import Head
from tests.mycelium.kit import head, hotkey
from tests.mycelium.test_graph import announcement, sent

EVIL = '<script>alert("x")</script>'


@pytest.fixture
async def folder(tmp_path):
    plan = NodePlan("ada", "nats://127.0.0.1:4222", epsilon=4.0, releases=3)
    plan.write(tmp_path / "ada")
    memory = NodeMemory(tmp_path / "ada" / MEMORY_FILE)
    await memory.enter("harbour")
    await memory.keep_update("harbour", 1, b"bytes", PrivacyPlan(4.0, 3, 0.5))
    outcome = ClosedRound("harbour", 1, "1" * 64, 0.41, 0.43, 3, True, 1e9, ("a", "b", "c"))
    for _ in range(2):  # a second time changes nothing
        await memory.close_round(outcome, Head(head(1)), Head(head(2)), {"eve": "outlier"})
    await memory.keep_losses_alone(0.45, 0.42)
    await memory.log(1e9, "start", {"group": ""})
    await memory.log(1e9 + 5, "round", {"group": EVIL, "round": 1, "accepted": True})
    await memory.close()
    return tmp_path


async def test_the_page_shows_nodes_groups_and_lineage_and_runs_no_foreign_text(folder):
    # Prepare
    import time

    store = OxigraphStore()
    graph = KnowledgeGraph(store)
    ada = hotkey("Ada").ss58_address
    await graph.put_node(ada, time.time(), announcement(), sent())
    app = FastAPI()
    add_mycelium_pages(app, MyceliumPages(folder, graph, store))
    transport = httpx.ASGITransport(app)
    base = "http://127.0.0.1"

    # Execute
    async with httpx.AsyncClient(
        transport=transport, base_url=base, follow_redirects=True
    ) as client:
        answers = {
            path: await client.get(path, headers={"Accept": "text/html"})
            for path in ("/", "/mycelium", "/mycelium/timeline.svg", "/mycelium/graph.nq",
                         "/static/pages/mycelium.css", "/nowhere")
        }  # fmt: skip
        persian = await client.get("/mycelium", headers={"Cookie": "language=fa"})
        drawing = await client.get("/mycelium/timeline.svg", headers={"Cookie": "language=fa"})

    # Assert
    statuses = [answer.status_code for answer in answers.values()]
    assert statuses == [200, 200, 200, 200, 200, 404]
    assert ">دور</text>" in drawing.text
    assert "۵٫۰۰ ثانیه" in drawing.text
    page = answers["/mycelium"].text
    for text in ("harbour", "ada", "0.4100", "0.4200", "0.4500", "outlier", "/ 4.00"):
        assert text in page
    assert "Content-Security-Policy" in answers["/mycelium"].headers
    picture = answers["/mycelium/timeline.svg"].text
    assert "<script>" not in picture
    assert "&lt;script&gt;" in picture
    assert persian.status_code == 200


async def test_a_node_whose_file_is_spoilt_is_named_and_hides_no_other(folder):
    # Prepare
    NodePlan("eve", "").write(folder / "eve")
    (folder / "eve" / MEMORY_FILE).write_bytes(b"no database" * 1000)
    store = OxigraphStore()
    app = FastAPI()
    add_mycelium_pages(app, MyceliumPages(folder, KnowledgeGraph(store), store))
    transport = httpx.ASGITransport(app)

    # Execute
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        page = await client.get("/mycelium")
        picture = await client.get("/mycelium/timeline.svg")

    # Assert
    assert (page.status_code, picture.status_code) == (200, 200)
    assert str(folder / "eve" / MEMORY_FILE) in page.text
    assert ">ada</th>" in page.text
    assert ">ada</text>" in picture.text


async def test_the_page_answers_to_the_address_that_it_is_bound_to(tmp_path):
    for host, other in (("192.0.2.7", 400), ("0.0.0.0", 200)):
        store = OxigraphStore()
        app = FastAPI()
        add_mycelium_pages(app, MyceliumPages(tmp_path, KnowledgeGraph(store), store), host)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            own = await client.get("http://192.0.2.7/mycelium")
            foreign = await client.get("http://evil.example/mycelium")
        assert (own.status_code, foreign.status_code) == (200, other)


def test_status_and_timeline_of_the_command_line(folder, tmp_path):
    # Prepare
    import json

    from typer.testing import CliRunner

    from cgp.cli.mycelium import app

    # Execute
    status = CliRunner().invoke(app, ["status", "--folder", str(folder), "--json"])
    table = CliRunner().invoke(app, ["status", "--folder", str(folder)])
    drawn = CliRunner().invoke(app, ["timeline", str(tmp_path / "t.svg"), "--folder", str(folder)])
    empty = CliRunner().invoke(app, ["status", "--folder", str(tmp_path / "none")])

    # Assert
    (row,) = json.loads(status.stdout)
    assert (row["rounds"], row["updates_in_the_first"], row["best_loss"]) == (1, 3, 0.41)
    assert (row["loss_released"], row["loss_alone"], row["loss_before"]) == (0.45, 0.42, 0.43)
    assert 0.0 < row["epsilon"] <= row["budget"] == 4.0
    assert row["faults"] == [{"node": "eve", "fault": "outlier", "count": 1}]
    assert "harbour" in table.stdout
    assert drawn.exit_code == 0
    assert (tmp_path / "t.svg").read_text().startswith("<svg")
    assert empty.exit_code != 0
