"""``cgp mycelium up`` refuses wrong inputs at once; a colony counts its own rounds and hides no fault."""

import asyncio
import contextlib
import fcntl
import json
import re
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cgp.cli.mycelium import app
from cgp.cli.mycelium_nodes import LEGEND, RoundLines
from cgp.cli.mycelium_notices import budget_notice, lone_node_notice, notices
from cgp.config import Settings
from cgp.mycelium.colony import Colony, ColonyPlan, running_colony
from cgp.mycelium.errors import FolderInUseError, NodeFileError
from cgp.mycelium.memory import MEMORY_FILE, ClosedRound, NodeMemory, cost_of
from cgp.mycelium.node_plan import PLAN_FILE, NodePlan, address_of, node_key
from cgp.mycelium.node_view import node_view
from cgp.mycelium.privacy import BudgetSpentError, PrivacyPlan
from cgp.samples import load
from cgp.store import Store
from cgp.tagmodel import Head
from tests.mycelium.kit import head


@pytest.fixture(autouse=True)
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("WALLET_PATH", str(tmp_path / "wallets"))
    return Settings()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--gold", "nowhere.json"], "nowhere.json"),
        ([], "nothing to learn from"),
        (["--nodes", "2", "--trust", "harbour"], "GROUP=SHARE"),
        (["--nodes", "2", "--trust", "harbour=2"], "share above 0 and at most 1"),
        (["--nodes", "2", "--travel", "--epsilon", "1"], "budget of privacy"),
        (["--nodes", "2", "--epsilon", "0.001", "--releases", "1000000"], "allow fewer"),
        (["--nodes", "2", "--hotkey"], "one node"),
    ],
)
def test_a_wrong_input_ends_the_command_before_anything_is_started(tmp_path, arguments, reason):
    result = CliRunner().invoke(app, ["up", "--folder", str(tmp_path / "colony"), *arguments])
    assert result.exit_code in {1, 2}
    assert reason in " ".join(result.output.split())
    assert not (tmp_path / "colony").exists()


def test_a_wallet_that_is_missing_is_found_out_before_a_process_is_started(settings):
    with contextlib.closing(Store(settings.store_url)) as store:
        store.add_conversations(load()[:1])
    NodePlan("ada", "").check(settings)
    with pytest.raises(Exception, match="no usable hotkey"):
        NodePlan("ada", "", hotkey=True).check(settings)


def test_a_plan_comes_back_from_its_file_and_shows_no_password(tmp_path):
    plan = NodePlan("ada", "nats://127.0.0.1:4222", gold=("a", "b"), trust={"harbour": 0.3})
    plan.write(tmp_path)
    assert NodePlan.read(tmp_path) == plan
    assert plan.settings().place == "nats://127.0.0.1:4222"
    assert plan.settings().trust == {"harbour": 0.3}
    for url in ("nats://ada:secret@example.org:4222", "127.0.0.1:4222", ""):
        assert NodePlan("ada", url).settings().place == ""


def test_a_look_at_a_node_makes_no_key(tmp_path):
    assert address_of(tmp_path) == ""
    assert list(tmp_path.iterdir()) == []
    assert node_key(tmp_path).ss58_address == address_of(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [(PLAN_FILE, b""), (PLAN_FILE, b"\xff"), ("node.key", b"short"), (MEMORY_FILE, b"x" * 9999)],
)
def test_a_spoilt_file_of_a_node_is_named(tmp_path, name, content):
    NodePlan("ada", "").write(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises((ValueError, NodeFileError), match=re.escape(str(tmp_path / name))):
        node_view(tmp_path)


def test_a_colony_names_the_node_s_file_that_it_cannot_read(tmp_path):
    node = NodePlan("ada", "")
    node.write(tmp_path / "ada")
    (tmp_path / "ada" / MEMORY_FILE).write_bytes(b"no database" * 1000)
    with pytest.raises(NodeFileError, match=MEMORY_FILE):
        Colony(ColonyPlan(tmp_path, [node]), "", "", None)


def test_the_table_of_nodes_says_what_its_words_mean_beside_the_results(tmp_path):
    NodePlan("ada", "").write(tmp_path / "ada")
    result = CliRunner().invoke(app, ["status", "--folder", str(tmp_path)])
    as_json = CliRunner().invoke(app, ["status", "--folder", str(tmp_path), "--json"])
    assert LEGEND in " ".join(result.stderr.split())
    assert "Epsilon" not in result.stderr
    assert [row["name"] for row in json.loads(as_json.output)] == ["ada"]


async def test_under_a_budget_the_table_still_tells_nodes_apart_in_a_narrow_terminal(tmp_path):
    for name in ("node-1", "node-2"):
        NodePlan(name, "", epsilon=100.0).write(tmp_path / name)
        memory = NodeMemory(tmp_path / name / MEMORY_FILE)
        await memory.enter("group-1a2b3c4d5e6f")
        await memory.keep_losses_alone(0.45, 0.42)
        await memory.close()
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["status", "--folder", str(tmp_path)])
    assert "node-1" in result.stdout
    assert "node-2" in result.stdout
    assert "Epsilon: how much" in result.stderr


@pytest.mark.parametrize("command", ["bot", "actor"])
def test_news_of_a_folder_without_a_node_are_refused(tmp_path, monkeypatch, command):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MASTODON_INSTANCE_URL", "https://mastodon.example")
    monkeypatch.setenv("MASTODON_API_KEY", "key")
    result = CliRunner().invoke(app, [command, "--node", str(tmp_path / "nowhere")])
    assert result.exit_code != 0
    assert "nowhere is no folder of a node" in str(result.exception or result.stderr)


@pytest.mark.parametrize("arguments", [["status"], ["timeline", "OUT"]])
def test_a_folder_without_nodes_is_named_and_nothing_is_written(tmp_path, arguments):
    picture = tmp_path / "picture.svg"
    arguments = [str(picture) if argument == "OUT" else argument for argument in arguments]
    result = CliRunner().invoke(app, [*arguments, "--folder", str(tmp_path / "colony")])
    assert result.exit_code == 1
    assert f"{tmp_path / 'colony'} holds no nodes" in result.stderr
    assert "./run_mycelium.sh" in result.stderr
    assert not picture.exists()


@pytest.mark.parametrize(
    ("changes", "nats_url", "way"),
    [
        ({}, "", "--nodes 3"),
        ({}, "nats://127.0.0.1:4222", "the same --nats-url"),
        ({"activitypub": True}, "", "by --activitypub"),
    ],
)
def test_a_node_alone_is_told_for_how_many_it_waits_and_how_others_come(changes, nats_url, way):
    told = lone_node_notice(
        ColonyPlan(Path("colony"), [NodePlan("ada", nats_url, **changes)], nats_url)
    )
    assert "waits for 2 nodes" in told
    assert way in told


def test_rounds_that_a_budget_of_privacy_does_not_allow_are_told_of_at_the_start():
    nodes = [NodePlan("ada", "", epsilon=8, releases=3), NodePlan("bob", "", epsilon=8, releases=3)]
    enough = budget_notice(ColonyPlan(Path("colony"), nodes, rounds=3))
    too_few = budget_notice(ColonyPlan(Path("colony"), nodes, rounds=5))
    assert "3 updates at most" in enough
    assert "not be reached" not in enough
    assert "--rounds 5 will not be reached" in too_few
    assert "it ends after that" in too_few
    assert "--releases 5" in too_few
    # On a server of others more nodes may come: it goes on.
    elsewhere = ColonyPlan(Path("colony"), nodes, "nats://127.0.0.1:4222", rounds=5)
    assert "stop with Ctrl-C" in budget_notice(elsewhere)
    assert notices(ColonyPlan(Path("colony"), nodes, rounds=5)) == [too_few]
    assert notices(ColonyPlan(Path("colony"), [NodePlan("ada", ""), NodePlan("bob", "")])) == []


@pytest.mark.parametrize(
    ("rounds", "changes", "nats_url", "last"),
    [
        (5, {"epsilon": 8, "releases": 3}, "", 3),
        (2, {"epsilon": 8, "releases": 3}, "", 2),
        (5, {}, "", 5),
        (0, {"epsilon": 8, "releases": 3}, "", None),
        (5, {"epsilon": 8, "releases": 3}, "nats://127.0.0.1:4222", 5),
        (5, {"epsilon": 8, "releases": 3, "activitypub": True}, "", 5),
    ],
)
def test_a_colony_that_nobody_else_can_join_ends_with_its_budget(rounds, changes, nats_url, last):
    nodes = [NodePlan(name, nats_url, **changes) for name in ("ada", "bob")]
    assert ColonyPlan(Path("colony"), nodes, nats_url, rounds=rounds).rounds_to_close() == last


async def test_the_budget_that_is_told_of_at_the_start_is_that_of_all_starts(tmp_path):
    # Prepare: an earlier start sent two updates, and a later one the third.
    node = NodePlan("ada", "", epsilon=8, releases=3)
    node.write(tmp_path / "ada")
    plan, views, notices_by_count = ColonyPlan(tmp_path, [node], rounds=3), [], []

    # Execute
    for numbers in ((1, 2), (3,)):
        memory = NodeMemory(tmp_path / "ada" / MEMORY_FILE)
        for number in numbers:
            await memory.keep_update("harbour", number, b"update", node.privacy())
        await memory.close()
        notices_by_count.append(budget_notice(plan))
        views.append(node_view(tmp_path / "ada"))

    # Assert
    one_left, none_left = notices_by_count
    assert (
        "1 of them after earlier starts: these nodes by themselves make 1 round at most" in one_left
    )
    assert "none of them after earlier starts: these nodes by themselves make 0 rounds" in none_left
    for notice in notices_by_count:
        assert "--rounds 3 will not be reached" in notice
        assert "--releases 3" not in notice
    assert [view.epsilon for view in views] == pytest.approx([16 / 3, 8.0], abs=1e-5)


async def test_a_node_s_file_of_before_laplace_noise_is_read_and_counts(tmp_path):
    # Prepare: a Gaussian release, and no table of Laplace ones.
    many, few = PrivacyPlan(8.0, 60, 1.0), PrivacyPlan(8.0, 1, 1.0)
    path = tmp_path / MEMORY_FILE
    memory = NodeMemory(path)
    await memory.keep_update("harbour", 1, b"update", many)
    await memory.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE laplace")

    # Execute, assert
    assert cost_of(path) == many.cost
    memory = NodeMemory(path)
    with pytest.raises(BudgetSpentError):
        await memory.keep_update("harbour", 2, b"update", few)
    await memory.close()
    assert cost_of(path) == many.cost


async def test_a_host_that_is_not_ours_is_named_before_a_server_is_started(tmp_path):
    # An address of documentation (RFC 5737): no machine has it.
    plan = ColonyPlan(tmp_path, [NodePlan("ada", "")], host="192.0.2.1")
    with pytest.raises(OSError, match=r"192\.0\.2\.1 is no address of this machine"):
        async with running_colony(plan):
            pass
    assert list(tmp_path.iterdir()) == []


async def test_a_second_colony_in_a_folder_changes_nothing_there(tmp_path):
    # Its NATS server would take the place of the first one's, whose nodes then find none.
    plan = ColonyPlan(tmp_path, [NodePlan("ada", "")])
    with (tmp_path / "colony.lock").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(FolderInUseError, match=re.escape(str(tmp_path))):
            async with running_colony(plan):
                pass
    assert [path.name for path in tmp_path.iterdir()] == ["colony.lock"]


async def test_rounds_are_in_the_order_in_which_they_were_closed_whatever_the_clock_says(tmp_path):
    NodePlan("ada", "").write(tmp_path)
    memory = NodeMemory(tmp_path / MEMORY_FILE)
    for number, closed_at in ((1, 2000.0), (2, 1000.0)):
        outcome = ClosedRound("harbour", number, "1" * 64, 0.4, 0.4, 3, True, closed_at)
        await memory.close_round(outcome, Head(head(1)), Head(head(2)), {})
    await memory.close()
    assert [each.round for each in node_view(tmp_path).rounds] == [1, 2]


async def test_every_round_has_a_line_also_those_closed_between_two_looks(tmp_path, capsys):
    plan = NodePlan("ada", "")
    plan.write(tmp_path / "ada")
    await close_rounds(tmp_path / "ada", (1,))
    lines = RoundLines(Colony(ColonyPlan(tmp_path, [plan], rounds=3), "", "", None))
    lines.tell()
    assert capsys.readouterr().err == ""

    await close_rounds(tmp_path / "ada", (2,))
    lines.tell()
    await close_rounds(tmp_path / "ada", (3, 4))
    lines.tell()
    lines.tell()

    told = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in told] == ["round 1", "round 2", "round 3"]


async def close_rounds(folder, numbers):
    memory = NodeMemory(folder / MEMORY_FILE)
    for number in numbers:
        outcome = ClosedRound("harbour", number, "1" * 64, 0.4, 0.4, 3, True, float(number))
        await memory.close_round(outcome, Head(head(1)), Head(head(2)), {})
    await memory.close()


async def test_rounds_of_earlier_runs_do_not_end_a_colony(tmp_path):
    # Prepare: one node has closed rounds before, the other is new.
    plans = [NodePlan(name, "") for name in ("ada", "ben")]
    for plan in plans:
        plan.write(tmp_path / plan.name)
    await close_rounds(tmp_path / "ada", (1, 2, 3))
    colony = Colony(ColonyPlan(tmp_path, plans, rounds=2), "", "", None)

    # Execute
    over = asyncio.create_task(colony.until_over())
    await close_rounds(tmp_path / "ada", (4, 5))
    await close_rounds(tmp_path / "ben", (1,))
    counts = [colony.rounds_of_this_run()]
    await asyncio.sleep(0)
    assert not over.done()
    await close_rounds(tmp_path / "ben", (2,))
    async with asyncio.timeout(60):
        await over

    # Assert
    assert [*counts, colony.rounds_of_this_run()] == [1, 2]


async def test_a_node_that_cannot_be_started_ends_the_colony(tmp_path):
    # Prepare: a folder in the place of the log.
    plan = NodePlan("ada", "")
    (tmp_path / "ada" / "node.log").mkdir(parents=True)
    colony = Colony(ColonyPlan(tmp_path, [plan]), "nats://127.0.0.1:4222", "", None)

    # Execute
    colony.start()
    with pytest.raises(OSError, match=r"node\.log"):
        async with asyncio.timeout(60):
            await colony.until_over()
    await colony.stop()

    # Assert
    assert json.loads((tmp_path / "ada" / "node.json").read_text())["nats_url"] == colony.nats_url
