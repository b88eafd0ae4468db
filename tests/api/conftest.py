"""Fixtures of the API's tests: a running API, and a conversation that somebody holds there."""

import pytest

from tests.api.served import keypair, serving, talk, truth_of


@pytest.fixture
def api(tmp_path):
    with serving(tmp_path) as served:
        yield served


@pytest.fixture(scope="module")
def shared_api(tmp_path_factory):
    """An API for tests that leave nothing in it."""
    with serving(tmp_path_factory.mktemp("api")) as served:
        yield served


@pytest.fixture
async def held(api):
    """A conversation that alice holds, sealed, with two windows: (client, lease)."""
    conversation = talk("held")
    api.store.add_conversations([conversation])
    async with api.client() as client:
        await client.claim()
        lease = await client.reserve(60.0, [])
        assert lease is not None
        reply = await api.signed(
            keypair("alice"),
            "/seal",
            {
                "conversation_id": "held",
                "token": lease.token,
                "truth": truth_of(conversation),
                "windows": [[0, 2], [2, 4]],
            },
        )
        assert reply.status == 200, reply
        yield client, lease
