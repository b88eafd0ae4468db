"""Bot and actor as the settings make them: from the environment's names to answers and news."""

import asyncio
import contextlib

import aiohttp
import numpy as np
import pytest
from pydantic import SecretStr

from cgp.config import FediverseSettings, MastodonSettings, Settings
from cgp.mycelium.fediverse import routes
from cgp.mycelium.fediverse.at_work import activitypub_transport, run_bot, tags_of
from cgp.mycelium.fediverse.documents import ACTIVITY_JSON
from cgp.mycelium.fediverse.errors import AccountError, FediverseError
from cgp.mycelium.memory import ClosedRound, NodeMemory
from cgp.mycelium.transports import LOBBY
from cgp.tagmodel.head import INPUTS, Head
from tests.kit.fediverse import until
from tests.mycelium.fediverse.test_actor_command import free_port

pytestmark = pytest.mark.peers


def settings_in(folder, **changes):
    return Settings(_env_file=None, data_dir=folder, **changes)


async def node_with_news(folder):
    """Make a node's folder with one accepted round."""
    memory = NodeMemory(folder / "memory.sqlite")
    head = Head(np.zeros(INPUTS + 1, dtype=np.float32))
    await memory.close_round(
        ClosedRound("harbour", 1, "ab" * 32, 0.25, 0.5, 3, True, 1.0), head, head, {}
    )
    await memory.close()
    return folder


def test_the_names_of_the_original_are_kept(monkeypatch):
    for name, value in {
        "MASTODON_INSTANCE_URL": "https://a.example", "MASTODON_API_KEY": "secret",
        "ACCOUNT_NAME": "fungus", "NUTRIAL_TAG": "#Own", "MYCELIAL_TAG": "one; #two;;own",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    settings = Settings(_env_file=None)
    assert settings.mastodon.instance_url == "https://a.example"
    assert settings.mastodon.api_key.get_secret_value() == "secret"
    assert settings.account_name == "fungus"
    assert tags_of(settings) == ("own", "one", "two")


async def test_the_bot_answers_by_the_settings_and_tells_of_a_best_model(tmp_path):
    mock = pytest.importorskip("mastodon_mock.testing", reason="mastodon-mock is not installed")
    songs = tmp_path / "songs.csv"
    songs.write_text("title,genre\nOne,folk\nTwo,folk\nThree,jazz\nFour,jazz\n", "utf-8")
    with mock.MockServer() as instance:
        # Prepare: the instance's accounts are alice and bob; bob is the bot.
        settings = settings_in(
            tmp_path / "data",
            mastodon=MastodonSettings(
                instance_url=instance.base_url, api_key=SecretStr("bob_token"), poll_seconds=1.0
            ),
            fediverse=FediverseSettings(allow_loopback=True, catalogue=songs),
            account_name="bob",
        )
        folder = await node_with_news(tmp_path)
        alice, bob = instance.client("alice"), instance.client("bob")

        # Execute
        running = asyncio.create_task(run_bot(settings, folder))
        own_id = bob.me().id
        await until(lambda: bob.account_statuses(own_id), 30)
        asked = [
            alice.status_post(text)
            for text in ("@bob like: one", "@bob tag: The ferry to the island is late again today.")
        ]
        await until(lambda: len(bob.account_statuses(own_id)) == 3, 30)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

        # Assert
        posts = {str(post.in_reply_to_id): post.content for post in bob.account_statuses(own_id)}
        assert "0.2500" in posts["None"]
        assert "Like “One”: Two" in posts[str(asked[0].id)]
        assert "Tags: " in posts[str(asked[1].id)]
        with pytest.raises(AccountError, match="of the account 'bob'"):
            await run_bot(settings.model_copy(update={"account_name": "alice"}))


async def test_two_operators_exchange_messages_by_their_settings(tmp_path):
    ports = [free_port(), free_port()]
    plans = [
        settings_in(
            tmp_path / str(own),
            fediverse=FediverseSettings(
                base_url=f"http://127.0.0.1:{own}", port=own, allow_loopback=True,
                peers=f"http://127.0.0.1:{other}/users/fungus",
            ),
        )
        for own, other in (ports, ports[::-1])
    ]  # fmt: skip
    async with activitypub_transport(plans[0]) as ada, activitypub_transport(plans[1]) as ben:
        await ben.listen(LOBBY)

        async def arrived():
            await ada.send(LOBBY, b"hello")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    return await ben.receive()

        # The first one was away when the other asked to follow it, and is asked again.
        assert (await until(arrived, 60)).message == b"hello"


async def test_a_flood_through_the_proxy_shuts_out_its_sender_alone(tmp_path, monkeypatch):
    # So few that a slow machine does not answer them within the rate.
    monkeypatch.setattr(routes, "PER_MINUTE", 12)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    section = FediverseSettings(base_url=url, port=port, allow_loopback=True)
    async with (
        activitypub_transport(settings_in(tmp_path, fediverse=section)),
        aiohttp.ClientSession(headers={"content-type": ACTIVITY_JSON}) as session,
    ):

        async def knock(address):
            headers = {"x-forwarded-for": address}
            async with session.post(f"{url}/inbox", data=b"{}", headers=headers) as answer:
                return answer.status

        # A sender with IPv6 has a whole network of addresses.
        for flood in (lambda _: "192.0.2.1", lambda number: f"2001:db8::{number:x}"):
            statuses = [await knock(flood(number)) for number in range(15)]
            assert set(statuses) == {401, 429}
        assert await knock("192.0.2.2") == 401
        assert await knock("2001:db8:0:1::1") == 401


async def test_an_actor_without_an_address_says_so(tmp_path):
    with pytest.raises(FediverseError, match="FEDIVERSE_BASE_URL"):
        async with activitypub_transport(settings_in(tmp_path)):
            pass
