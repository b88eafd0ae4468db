"""Nodes as real processes over a real NATS server: killed with -9, and the page that shows them."""

import asyncio
import os
import signal
from contextlib import asynccontextmanager

import aiohttp
import pytest

from cgp.jobs.users import Role, User, own_seed, public_key_of
from cgp.mycelium.colony import ColonyPlan, running_colony
from cgp.mycelium.errors import NodeFileError
from cgp.mycelium.memory import MEMORY_FILE, rows_of
from cgp.mycelium.node_plan import NodePlan, node_key
from cgp.mycelium.node_process import nats_seed
from cgp.mycelium.node_view import node_events, node_view
from cgp.mycelium.timeline import timeline_svg

# Whole processes load the model and read windows: too long for the short tests.
pytestmark = pytest.mark.peers
SECONDS = 240


def plan(folder, nodes=3, **changes):
    plans = [
        NodePlan(
            f"node-{n + 1}",
            "",
            every=0.5,
            patience=20.0,
            least_members=nodes,
            share=n,
            shares=8,
            seed=n,
        )
        for n in range(nodes)
    ]
    return ColonyPlan(folder, plans, **changes)


@asynccontextmanager
async def within(seconds):
    async with asyncio.timeout(seconds):
        yield


async def until_rounds(colony, count):
    async with within(SECONDS):
        while min(colony.closed_rounds().values()) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.2)


def rows(colony, number, query):
    path = colony.plan.folder / f"node-{number}" / MEMORY_FILE
    return [tuple(row) for row in rows_of(path, query)]


async def test_kills_of_nodes_and_of_nats_stop_nothing_and_count_nothing_twice(tmp_path):
    async with running_colony(plan(tmp_path)) as colony:
        # Prepare: round 1 has an update of each node.
        await until_rounds(colony, 1)
        first = rows(colony, 1, "SELECT node FROM counted WHERE round = 1")
        keys = {node_key(tmp_path / f"node-{n}").ss58_address for n in (1, 2, 3)}
        assert {node for (node,) in first} == keys

        # Execute: a node is killed; the others go on; NATS is killed too; all go on.
        closed = rows(colony, 1, 'SELECT "group", round FROM rounds ORDER BY round')
        before = colony.closed_rounds()
        os.kill(colony.process_id("node-1"), signal.SIGKILL)
        async with within(SECONDS):
            while colony.closed_rounds()["node-2"] < before["node-2"] + 2:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        os.kill(colony.server.process_id, signal.SIGKILL)
        await until_rounds(colony, max(colony.closed_rounds().values()) + 1)

        # Assert
        assert colony.starts == 4
        assert colony.server.starts == 2
        again = rows(colony, 1, 'SELECT "group", round FROM rounds ORDER BY closed_at')
        assert again[: len(closed)] == closed
        for number in (1, 2, 3):
            counted = rows(colony, number, 'SELECT "group", round, node FROM counted')
            assert len(set(counted)) == len(counted)
            closed_rounds = rows(colony, number, 'SELECT "group", round FROM rounds')
            assert len(set(closed_rounds)) == len(closed_rounds)

        # The page shows the group, the nodes and their losses.
        async with aiohttp.ClientSession() as session:
            page = await (await session.get(colony.page_url)).text()
            picture = await session.get(f"{colony.page_url}/timeline.svg")
            graph = await (await session.get(f"{colony.page_url}/graph.nq")).text()
            foreign = await session.get(colony.page_url, headers={"Host": "evil.example"})
        group = again[-1][0]
        for text in (group, "node-1", "node-2", "node-3", "no noise"):
            assert text in page
        assert picture.headers["Content-Type"] == "image/svg+xml"
        assert "node-1: round" in await picture.text()
        assert "wasDerivedFrom" in graph
        assert foreign.status == 400
    view = node_view(tmp_path / "node-1")
    assert view.best_loss <= view.first_loss
    assert view.loss_alone <= view.loss_released
    with pytest.raises(NodeFileError, match="readonly"):
        rows_of(tmp_path / "node-1" / MEMORY_FILE, "DELETE FROM rounds")
    assert timeline_svg(node_events(tmp_path / "node-1")).startswith("<svg")


async def test_nodes_that_the_server_shut_out_for_a_while_go_on(tmp_path):
    async with running_colony(plan(tmp_path, nodes=2)) as colony:
        # Prepare
        await until_rounds(colony, 1)
        seeds = [own_seed(tmp_path / "observer.seed")]
        seeds += [nats_seed(tmp_path / f"node-{n}") for n in (1, 2)]
        users = [User(public_key_of(seed), Role.NODE) for seed in seeds]

        # Execute: nobody is let in until both nodes have ended, then all are again
        await colony.server.reload([User(public_key_of(own_seed(tmp_path / "x")), Role.NODE)])
        async with within(SECONDS):
            while colony.starts < 4:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        await colony.server.reload(users)

        # Assert
        await until_rounds(colony, max(colony.closed_rounds().values()) + 1)
        for number in (1, 2):
            log = (tmp_path / f"node-{number}" / "node.log").read_text()
            assert "no longer lets" in log
