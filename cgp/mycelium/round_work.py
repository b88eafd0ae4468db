"""A round's work for a carrier that calls from outside: ``python -m cgp.mycelium.round_work``.

Flower's processes live in an environment of their own (``scripts/flower``), so they call this one.
Each command reads a JSON object and writes one:

- ``begin``: ``{}``; writes the released head, from which a group begins.
- ``train FOLDER``: ``group``, ``round``, ``head``, ``members`` (their number); writes ``update``,
  the node's signed update, the same as on every other transport. A folder without a plan is a new
  node over the store of the settings. Asked again, it gives the same bytes.
- ``average``: ``group``, ``round``, ``head``, ``updates``; writes ``head``, ``nodes`` and
  ``faults``, after the checks of every other transport.

Heads are base64 of little-endian float32.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from cgp.config import Settings
from cgp.durable_files import private_folder
from cgp.mycelium.aggregation import aggregate
from cgp.mycelium.errors import Fault, MessageRefusedError
from cgp.mycelium.learner import Learner
from cgp.mycelium.memory import MEMORY_FILE, NodeMemory
from cgp.mycelium.node_plan import PLAN_FILE, NodePlan, key_of
from cgp.mycelium.node_process import learner_of, windows_of
from cgp.mycelium.own_update import RoundStart, own_update
from cgp.mycelium.updates import GROUP_NAME, MAX_ROUND, Update, weights_of_text
from cgp.mycelium.wire import text, whole
from cgp.tagmodel import Head, shipped_model
from cgp.vector_text import vector_to_text

_USAGE: Final = 2


def round_start(document: Mapping[str, Any]) -> RoundStart:
    """Read the round that a carrier asks for; of how many members, only a training needs to know.

    Raises:
        MessageRefusedError: if a field is missing or wrong.
    """
    return RoundStart(
        text(document, "group", GROUP_NAME),
        whole(document, "round", 1, MAX_ROUND),
        Head(weights_of_text(str(document.get("head")))),
    )


async def train(folder: Path, start: RoundStart) -> bytes:
    """Return the signed update of the node in ``folder`` for a round.

    Raises:
        ValueError: if the node has nothing to learn from.
        BudgetSpentError: if its budget of privacy is spent.
    """
    private_folder(folder)
    plan = NodePlan.read(folder) if (folder / PLAN_FILE).exists() else NodePlan(folder.name, "")
    settings = Settings()
    memory = NodeMemory(folder / MEMORY_FILE, is_durable=plan.privacy() is not None)
    try:
        message = await memory.update_of(start.group, start.number)
        if message:
            return message
        learner = learner_of(windows_of(plan, settings), plan.seed)
        privacy = plan.privacy()
        head, own = learner.heads_of_round(
            start.head, start.number, start.members, is_open=privacy is None
        )
        # For its own use, also where the budget lets it send no more.
        await _adopt(memory, learner, (start.head, head, own))
        if privacy is not None:
            await memory.require_room(privacy)
        random = np.random.default_rng(secrets.randbits(128))
        time_ms = int(time.time() * 1000)
        update = own_update(start, head, learner, privacy, random=random, time_ms=time_ms)
        signed = update.sign(key_of(plan, settings, folder))
        return await memory.keep_update(start.group, start.number, signed, privacy)
    finally:
        await memory.close()


async def _adopt(memory: NodeMemory, learner: Learner, heads: tuple[Head, ...]) -> None:
    """Use the heads that are no worse on held-out windows than the one in use."""
    head_in_use = (await memory.read()).own_head or learner.release
    for head in heads:
        if learner.acceptance(head, head_in_use)[0]:
            head_in_use = head
            await memory.keep_own_head(head)


def average(start: RoundStart, messages: list[str]) -> dict[str, Any]:
    """Return the group's next head, the nodes that count, and the others with their faults.

    Raises:
        ValueError: if no update is right.
    """
    updates: dict[str, Update] = {}
    faults: dict[str, str] = {}
    for place, message in enumerate(messages):
        try:
            # Half a surrogate pair, which UTF-8 has not, must not end the round of all.
            update = Update.read(message.encode(errors="replace"))
        except MessageRefusedError as error:
            # Not signed for sure: it is named by its place, and accuses nobody.
            faults[f"message {place}"] = error.fault
            continue
        if (update.group, update.round) != (start.group, start.number):
            faults[update.node] = Fault.WRONG_ROUND
        elif updates.setdefault(update.node, update).digest != update.digest:
            faults[update.node] = Fault.SECOND_UPDATE
    result = aggregate(updates, start.head)
    return {
        "head": vector_to_text(result.head.weights),
        "nodes": list(result.nodes),
        "faults": {**faults, **result.faults},
    }


def main(arguments: list[str]) -> dict[str, Any]:
    """Carry out the command that the arguments name, over the object on standard input.

    Raises:
        ValueError: if there is no such command, or its input is wrong.
    """
    document = json.load(sys.stdin)
    match arguments:
        case ["begin"]:
            return {"head": vector_to_text(shipped_model().head.weights)}
        case ["train", folder]:
            start = replace(round_start(document), members=whole(document, "members", 1))
            update = asyncio.run(train(Path(folder), start))
            return {"update": update.decode("ascii")}
        case ["average"]:
            return average(round_start(document), list(map(str, document["updates"])))
    raise ValueError("the commands are: begin, train FOLDER, average")


if __name__ == "__main__":
    try:
        json.dump(main(sys.argv[1:]), sys.stdout)
    except (ValueError, KeyError) as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(_USAGE) from None
