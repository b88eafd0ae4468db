"""Flower: its own averages are the ones that this project's rules give, and it carries rounds."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from cgp.child_process import end, ending_with_parent
from cgp.jobs.nats_server import free_port
from cgp.mycelium.aggregation import TRIM, AggregationRule, combine
from cgp.mycelium.memory import MEMORY_FILE, rows_of
from cgp.mycelium.node_plan import NodePlan, node_key
from cgp.mycelium.round_work import RoundStart, average
from cgp.mycelium.updates import Update, weights_of_text
from cgp.tagmodel import Head
from cgp.vector_text import vector_to_text
from tests.mycelium.kit import head, own_key, update

ROOT = Path(__file__).parents[2]
FLOWER = Path(os.environ.get("FLOWER_BIN", ROOT / ".peers/flower/bin"))
SECONDS = 1200

needs_flower = pytest.mark.skipif(
    not (FLOWER / "flwr").exists(), reason="Flower is not installed (docs/mycelium.md says how)"
)


def signed(name, **changes):
    fields = {"group": "flower", "round": 2, "head": head(), **changes}
    return update(**fields).sign(own_key(name)).decode()


def test_an_average_checks_what_a_carrier_brings():
    # Prepare
    start = RoundStart("flower", 2, Head(head()))
    wrong = json.loads(signed("Cai"))
    wrong["weight"] += 1
    messages = [
        signed("Ada"),
        signed("Ben", head=head() + np.float32(1)),
        json.dumps(wrong, sort_keys=True, separators=(",", ":")),
        signed("Dan", round=1),
        signed("Ben"),
        "no update",
        "\ud800",
    ]

    # Execute
    result = average(start, messages)

    # Assert
    ada, ben, dan = (own_key(name).ss58_address for name in ("Ada", "Ben", "Dan"))
    assert sorted(result["nodes"]) == sorted([ada, ben])
    assert result["faults"] == {
        "message 2": "bad_signature",
        "message 5": "not_canonical",
        "message 6": "not_canonical",
        dan: "wrong_round",
        ben: "second_update",
    }
    np.testing.assert_allclose(weights_of_text(result["head"]), head() + 0.5, rtol=1e-5)
    assert vector_to_text(weights_of_text(result["head"])) == result["head"]


def test_only_a_training_asks_how_many_members_there_are(tmp_path):
    round_ = {"group": "flower", "round": 2, "head": vector_to_text(head())}

    average_, train = (
        subprocess.run(
            [sys.executable, "-m", "cgp.mycelium.round_work", *command],
            input=json.dumps({**round_, "updates": [signed("Ada")]}), capture_output=True, text=True,
            cwd=ROOT, check=False,
        )
        for command in (["average"], ["train", str(tmp_path / "node")])
    )  # fmt: skip

    assert json.loads(average_.stdout)["nodes"] == [own_key("Ada").ss58_address]
    assert train.stderr.startswith("error: wrong_fields: members is a whole number")


@needs_flower
@pytest.mark.peers
def test_rules_equal_flower_s_functions_on_200_rounds():
    # Prepare: weights within two medians, since Flower has no cap.
    random = np.random.default_rng(0)
    rounds = []
    for _ in range(200):
        count = int(random.integers(3, 33))
        changes = random.normal(size=(count, 7)) * 10.0 ** random.integers(-3, 3)
        weights = random.integers(10, 20, size=count)
        rounds.append({"changes": changes.tolist(), "weights": weights.tolist(), "trim": TRIM})

    # Execute
    done = subprocess.run(
        [FLOWER / "python", ROOT / "scripts/flower/oracle.py"],
        input=json.dumps(rounds), capture_output=True, text=True, check=True,
    )  # fmt: skip
    answers = json.loads(done.stdout)

    # Assert
    assert len(answers) == 200
    for round_, answer in zip(rounds, answers, strict=True):
        changes, weights = np.array(round_["changes"]), np.array(round_["weights"], dtype=float)
        for rule in (AggregationRule.MEAN, AggregationRule.MEDIAN, AggregationRule.TRIMMED):
            own = combine(changes, weights, rule)
            np.testing.assert_allclose(own, answer[rule], rtol=1e-9, atol=1e-12)


@asynccontextmanager
async def program(log, environment, *arguments):
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *ending_with_parent(*map(str, arguments)),
            stdin=asyncio.subprocess.DEVNULL, stdout=file, stderr=file, env=environment,
        )  # fmt: skip
    try:
        yield process
    finally:
        await end(process, 10.0)


async def until_open(port):
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.2)
        else:
            writer.close()
            return


@needs_flower
@pytest.mark.peers
async def test_two_nodes_learn_together_over_a_flower_deployment(tmp_path):
    # Prepare: a SuperLink, and a SuperNode for each node.
    port = free_port("127.0.0.1")
    home, log, out = tmp_path / "home", tmp_path / "flower.log", tmp_path / "rounds.json"
    home.mkdir()
    (home / "config.toml").write_text(
        '[superlink]\ndefault = "ours"\n'
        f'[superlink.ours]\naddress = "127.0.0.1:{port}"\ninsecure = true\n'
    )
    environment = os.environ | {
        "FLWR_HOME": str(home),
        "FLWR_TELEMETRY_ENABLED": "0",
        "FLWR_DISABLE_UPDATE_CHECK": "1",
        "PATH": f"{FLOWER}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    folders = [tmp_path / f"node-{n}" for n in range(2)]
    for number, folder in enumerate(folders):
        NodePlan(f"node-{number}", "", share=number, shares=8, seed=number).write(folder)

    # Execute: two rounds.
    async with AsyncExitStack() as stack:
        superlink = ["flower-superlink", "--insecure", "--host", "127.0.0.1", "--port", port]
        superlink.append("--disable-runtime-dependency-installation")
        await stack.enter_async_context(
            program(log, environment, FLOWER / superlink[0], *superlink[1:])
        )
        for folder in folders:
            config = f'folder="{folder}" python="{sys.executable}"'
            node = [FLOWER / "flower-supernode", "--insecure", "--superlink", f"127.0.0.1:{port}"]
            node += ["--node-config", config, "--port", free_port("127.0.0.1")]
            await stack.enter_async_context(program(log, environment, *node))
        config = f'nodes=2 rounds=2 python="{sys.executable}" out="{out}"'
        run = [FLOWER / "flwr", "run", ROOT / "scripts/flower", "ours", "--run-config", config]
        async with asyncio.timeout(SECONDS):
            await until_open(port)
            async with program(log, environment, *run) as process:
                assert await process.wait() == 0, log.read_text()[-2000:]
            # The server app writes the file anew after each round.
            while not out.exists() or len(json.loads(out.read_text())) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.5)

    # Assert: each round averaged the update that each node signed and keeps.
    rounds = json.loads(out.read_text())
    addresses = sorted(node_key(folder).ss58_address for folder in folders)
    assert [(r["round"], sorted(r["nodes"]), r["faults"]) for r in rounds] == [
        (1, addresses, {}),
        (2, addresses, {}),
    ]
    for folder in folders:
        rows = rows_of(folder / MEMORY_FILE, "SELECT round, message FROM updates ORDER BY round")
        assert [row["round"] for row in rows] == [1, 2]
        for row in rows:
            kept = Update.read(bytes(row["message"]))
            assert kept.node == node_key(folder).ss58_address
    last = [Update.read(bytes(row["message"])).head for row in rows]
    assert not np.array_equal(last[0], last[1])
