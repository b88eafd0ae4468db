"""Beginning a chain, and the wallets of a local network."""

import sqlite3

import bittensor as bt
import pytest

from cgp.chain import (
    ChainSetupError,
    Hyperparameters,
    advance,
    chain_exists,
    create_wallet,
    embedded_client,
    genesis,
)

from .conftest import NETUID

ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"


def make(path, **changes):
    values = {"netuid": NETUID, "owner_hotkey": ALICE, "owner_coldkey": ALICE, "balances": {}}
    genesis(path, **(values | changes))


async def test_a_chain_begins_with_its_owner_at_uid_0_and_the_balances_given(begin, wallets):
    path = begin("validator")
    assert chain_exists(path)
    async with embedded_client(path) as client:
        graph = await client.subnets.metagraph(NETUID)
        owner = wallets("owner")
        assert graph.hotkeys == [owner.hotkey.ss58_address]
        assert graph.owner_coldkey == owner.coldkey.ss58_address
        coldkey = wallets("validator").coldkey.ss58_address
        assert (await client.balances.get(coldkey)).tao == 20_000


def test_a_chain_is_one_file_of_its_own(begin):
    path = begin()
    assert [found.name for found in path.parent.glob("*chain*")] == [path.name]
    assert not list(path.parent.glob(".genesis*"))


def test_a_chain_is_begun_once(begin):
    path = begin()
    before = path.read_bytes()
    with pytest.raises(ChainSetupError, match="remove it to begin anew"):
        begin()
    assert path.read_bytes() == before
    assert not chain_exists(path.with_name("other.sqlite"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"netuid": 0}, "netuid 0 is not allowed: 1 to 4095"),
        ({"block_seconds": 0}, r"block_seconds 0 is not allowed"),
        ({"owner_hotkey": "nobody"}, "'nobody' is not an SS58 address"),
        ({"balances": {"xyz": 1.0}}, "'xyz' is not an SS58 address"),
    ],
)
def test_values_that_make_no_sense_are_named(tmp_path, change, message):
    with pytest.raises(ChainSetupError, match=message):
        make(tmp_path / "chain.sqlite", **change)
    assert list(tmp_path.glob("*.sqlite")) == []


@pytest.mark.parametrize(("name", "value"), [("tempo", 0), ("kappa", 70_000), ("burn", -1)])
def test_hyperparameters_are_checked_by_name(name, value):
    with pytest.raises(ValueError, match=f"hyperparameter {name} is {value}; allowed"):
        Hyperparameters(**{name: value})


async def test_loopback_is_refused_where_the_chain_is_like_the_real_one(tmp_path, wallets):
    owner = wallets("owner")
    path = tmp_path / "chain.sqlite"
    make(path, owner_hotkey=owner.hotkey.ss58_address, allow_loopback=False)
    async with embedded_client(path) as client:
        for ip in ("127.0.0.1", "::1"):
            result = await client.execute(bt.ServeAxon(netuid=NETUID, ip=ip, port=1), owner)
            assert result.error.name == "InvalidIpAddress"
        for ip in ("127.0.0.2", "10.0.0.1"):
            intent = bt.ServeAxon(netuid=NETUID, ip=ip, port=1)
            assert (await client.execute(intent, owner)).success
            await advance(path, 5)


async def test_the_file_survives_a_check_after_use(subnet):
    path, _ = subnet
    await advance(path, 100)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_a_wallet_is_made_once_and_quietly(tmp_path, home, capfd):
    first = create_wallet(tmp_path / "keys", "validator", "hot")
    second = create_wallet(tmp_path / "keys", "validator", "hot")
    assert first.hotkey.ss58_address == second.hotkey.ss58_address
    assert first.coldkey.ss58_address == second.coldkey.ss58_address
    assert capfd.readouterr() == ("", "")
    assert list(home.iterdir()) == []
