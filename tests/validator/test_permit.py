"""A validator that loses its permit, and gets it back."""

import asyncio
import threading
from dataclasses import replace

import pytest

from cgp.annotators.embedded import EmbeddedAnnotator
from tests.validator.local_subnet import make_subnet, problems, talk, until


class Revoking:
    """A chain that can show a validator without its permit."""

    def __init__(self, chain):
        self._chain = chain
        self.revoked = False

    def __getattr__(self, name):
        return getattr(self._chain, name)

    async def metagraph(self):
        graph = await self._chain.metagraph()
        if not self.revoked:
            return graph
        neurons = [
            replace(n, validator_permit=False) if n.hotkey == self._chain.hotkey else n
            for n in graph.neurons
        ]
        return replace(graph, neurons=tuple(neurons))


class Pausing(EmbeddedAnnotator):
    """The embedded annotator, which can be made to wait."""

    def __init__(self):
        super().__init__()
        self.go_on = threading.Event()

    async def annotate(self, conversation, *, max_tags, purpose="window"):
        await asyncio.to_thread(self.go_on.wait)
        return await super().annotate(conversation, max_tags=max_tags, purpose=purpose)


@pytest.fixture
async def subnet(tmp_path):
    return await make_subnet(tmp_path, miners=3)


async def test_without_a_permit_nothing_is_kept_reserved_and_nothing_is_lost(subnet):
    settings = subnet.settings(
        validator={"refresh_seconds": 0.02, "poll_seconds": 0.02},
        window={"characters": 110, "overlap": 0},
    )
    annotator = Pausing()
    async with (
        subnet.mining(),
        subnet.validating(settings, [talk(1)], annotator, sever=Revoking) as (validator, store),
    ):
        running = asyncio.create_task(validator.run())
        await until(lambda: store.count_conversations()["leased"] == 1, running)
        validator._chain.revoked = True
        await until(lambda: "no permit" in problems(validator), running)
        annotator.go_on.set()
        await until(lambda: store.count_conversations()["waiting"] == 1, running)
        assert store.count_windows()[0] == 0
        (status,) = store.conversation_statuses()
        assert status.attempts == 0
        validator._chain.revoked = False
        await until(lambda: store.count_conversations()["done"] == 1, running)
        assert "no permit" not in problems(validator)
        validator.stop()
        await running
