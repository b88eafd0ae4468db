"""FlowerFederation: rounds of Mycelium over Flower, with the update of every other transport.

Runs in Flower's environment, which cannot be the product's. Training, signing, checks and averages
are done by the product's own process (``python -m cgp.mycelium.round_work``); Flower carries.

    flower-supernode --insecure --node-config 'folder="/data/node-1" python="/srv/cgp/.venv/bin/python"'
    flwr run scripts/flower --run-config 'nodes=3 rounds=5 python="/srv/cgp/.venv/bin/python"'
"""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from flwr.app import ConfigRecord, Context, Message, MessageType, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid, ServerApp

client = ClientApp()
server = ServerApp()


def round_work(python: str, arguments: list[str], document: dict[str, Any]) -> dict[str, Any]:
    """Return the answer of the product's process.

    Raises:
        RuntimeError: if it fails, with its last line.
    """
    done = subprocess.run(
        [python, "-m", "cgp.mycelium.round_work", *arguments],
        input=json.dumps(document),
        capture_output=True,
        text=True,
        check=False,
        env=own_environment(),
    )
    if done.returncode != 0:
        raise RuntimeError(f"round_work {arguments}: {done.stderr.strip().splitlines()[-1:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def own_environment() -> dict[str, str]:
    """Return the environment without Flower's own Python paths."""
    foreign = {"PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    return {name: value for name, value in os.environ.items() if name not in foreign}


@client.train()
def train(message: Message, context: Context) -> Message:
    """Train for a round, and answer with the node's signed update."""
    asked = message.content.config_records["round"]
    config = context.node_config
    answer = round_work(
        str(config.get("python", "python")),
        ["train", str(config["folder"])],
        {name: asked[name] for name in ("group", "round", "head", "members")},
    )
    content = RecordDict({"update": ConfigRecord({"message": answer["update"]})})
    return Message(content=content, reply_to=message)


@server.main()
def main(grid: Grid, context: Context) -> None:
    """Go through the rounds; after each, write the heads, nodes and faults so far to a file."""
    config = context.run_config
    python, count = str(config["python"]), int(config["nodes"])
    head = round_work(python, ["begin"], {})["head"]
    rounds = []
    for number in range(1, int(config["rounds"]) + 1):
        nodes = wait_for_nodes(grid, count, float(config["seconds"]))
        start = {
            "group": str(config["group"]), "round": number, "head": head, "members": len(nodes),
        }  # fmt: skip
        content = RecordDict({"round": ConfigRecord(start)})
        messages = [
            Message(content=content, message_type=MessageType.TRAIN, dst_node_id=node, group_id="")
            for node in nodes
        ]
        replies = grid.send_and_receive(messages, timeout=float(config["seconds"]))
        updates = [
            reply.content.config_records["update"]["message"]
            for reply in replies
            if reply.has_content()
        ]
        # A node without an answer is missed in this round alone.
        for reply in replies:
            if reply.has_error():
                print(f"round {number}: a node gave no update: {reply.error.reason}")
        result = round_work(python, ["average"], {**start, "updates": updates})
        head = result["head"]
        rounds.append({"round": number, **result})
        print(f"round {number}: {len(result['nodes'])} updates, faults: {result['faults']}")
        write_whole(Path(str(config["out"])), json.dumps(rounds))


def write_whole(path: Path, text: str) -> None:
    """Write a file at once: a reader never sees half of it, and a crash leaves the last one."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def wait_for_nodes(grid: Grid, count: int, seconds: float) -> list[int]:
    """Return the nodes that are there, ``count`` at least.

    Raises:
        TimeoutError: if fewer come.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        nodes = list(grid.get_node_ids())
        if len(nodes) >= count:
            return nodes
        time.sleep(0.5)
    raise TimeoutError(f"fewer than {count} nodes came in {seconds:g} s")
