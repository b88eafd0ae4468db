"""The doctor finds what is wrong and names the remedy: each fault is planted in an otherwise well machine."""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import sqlite3
import threading
import time

import pytest
from aiohttp import web
from pydantic import SecretStr
from typer.testing import CliRunner
from websockets.sync.server import serve

from cgp.annotators.embedded.dictionaries import dictionary_names
from cgp.chain import create_wallet, embedded_client
from cgp.cli.app import app
from cgp.config import Settings
from cgp.doctor import Examination, Level, Role, examine
from cgp.store import Store
from tests.validator.local_subnet import NETUID, make_subnet


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A subnet with a validator that has a permit, and two miners."""
    return asyncio.run(make_subnet(tmp_path_factory.mktemp("net"), miners=2))


class Machine:
    """A well machine, to plant faults in."""

    def __init__(self, folder, subnet):
        self.folder = folder
        self.subnet = subnet
        self.env = folder / ".env"
        self.instruments = {}
        # What a check waits for an answer: more than a busy machine takes.
        self.seconds = 60.0
        self.sections = {
            "netuid": NETUID,
            "data_dir": folder / "data",
            "subtensor": {"network": "local", "chain_file": folder / "chain.sqlite"},
            "wallet": {"name": "validator", "hotkey": "default", "path": folder / "wallets"},
            "axon": {"host": "127.0.0.1", "port": 0},
            "validator": {"health_port": 0},
        }

    def set(self, section, **values):
        if values:
            self.sections[section] = self.sections.get(section, {}) | values

    @property
    def settings(self):
        return Settings(_env_file=None, **self.sections)

    async def examine(self, role=Role.VALIDATOR):
        return await examine(
            Examination(self.settings, role, self.env, seconds=self.seconds, **self.instruments)
        )


@pytest.fixture
def machine(made, tmp_path):
    for file in made.folder.glob("chain.sqlite*"):
        shutil.copy(file, tmp_path)
    shutil.copytree(made.folder / "wallets", tmp_path / "wallets")
    return Machine(tmp_path, made)


def old_python(machine):
    machine.instruments["python"] = (3, 10)


def other_sdk(machine):
    machine.instruments["sdk"] = "10.5.0"


def wrong_name_in_env(machine):
    machine.env.write_text("AXON_PROT=8091\n")


def secrets_for_all_to_read(machine):
    machine.env.write_text("OPENAI_API_KEY=sk-1\n")
    machine.env.chmod(0o644)


def no_wallet(machine):
    machine.set("wallet", hotkey="nobody")


def damaged_hotkey(machine):
    (machine.folder / "wallets" / "validator" / "hotkeys" / "default").write_text("{}")


def no_place_for_data(machine):
    (machine.folder / "file").write_text("")
    machine.sections["data_dir"] = machine.folder / "file" / "data"


def full_disk(machine):
    machine.instruments["free_bytes"] = lambda folder: 10 * 2**20


def little_room(machine):
    machine.instruments["free_bytes"] = lambda folder: 2**30


def store_of_a_newer_program(machine):
    with sqlite3.connect(store_file(machine)) as connection:
        connection.execute("UPDATE store_version SET version_num = '999'")


def damaged_store(machine):
    file = store_file(machine)
    data = bytearray(file.read_bytes())
    data[8192:] = b"\0" * (len(data) - 8192)
    file.write_bytes(data)


@contextlib.contextmanager
def locked_store(machine):
    connection = sqlite3.connect(store_file(machine), isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.close()


def conversations_given_up(machine):
    from cgp import samples

    with contextlib.closing(Store(f"sqlite:///{store_file(machine)}")) as store:
        store.add_conversations(samples.load()[:1])
        store.fail(store.reserve("v", 60), "no", max_attempts=1)


def store_file(machine):
    machine.settings.data_dir.mkdir(exist_ok=True)
    Store(machine.settings.store_url).close()
    return machine.settings.data_dir / "store.sqlite"


def no_chain(machine):
    machine.set("subtensor", chain_file=machine.folder / "none.sqlite")


def unreachable_endpoint(machine):
    machine.set("subtensor", network=f"ws://127.0.0.1:{free_port()}")


@contextlib.contextmanager
def silent_endpoint(machine):
    with socket.create_server(("127.0.0.1", 0)) as server:
        machine.set("subtensor", network=f"ws://127.0.0.1:{server.getsockname()[1]}")
        machine.seconds = 2.0
        yield


def unknown_network(machine):
    machine.set("subtensor", network="finy")


def no_netuid_on_a_public_network(machine):
    machine.set("subtensor", network="finney")
    del machine.sections["netuid"]


def no_such_subnet(machine):
    machine.sections["netuid"] = 33


def not_registered(machine):
    create_wallet(machine.folder / "wallets", "stranger")
    machine.set("wallet", name="stranger")


def no_permit(machine):
    machine.set("wallet", name="miner-0")


def demand(machine, name, value):
    """Change a rule of the subnet, as its owner."""

    async def change():
        import bittensor as bt

        owner = bt.Wallet("owner", "default", str(machine.folder / "wallets"))
        async with embedded_client(machine.settings.chain_file) as client:
            intent = bt.SetHyperparameter(netuid=NETUID, name=name, value=value)
            (await client.execute(intent, owner)).raise_for_failure()

    asyncio.run(change())


def version_key(machine):
    demand(machine, "weights_version", 7)


def minimum_weights(machine):
    demand(machine, "min_allowed_weights", 200)


@contextlib.contextmanager
def strange_runtime(machine):
    """A node that speaks JSON-RPC, but whose runtime is not one that the SDK can read."""

    def answer(connection):
        for text in connection:
            request = json.loads(text)
            result = {"specName": "strange", "specVersion": 3, "transactionVersion": 1}
            if request["method"] != "state_getRuntimeVersion":
                result = "0x00"
            reply = {"jsonrpc": "2.0", "id": request["id"], "result": result}
            connection.send(json.dumps(reply))

    with serve(answer, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        machine.set("subtensor", network=f"ws://127.0.0.1:{server.socket.getsockname()[1]}")
        yield
        server.shutdown()
        thread.join()


def no_key(machine):
    machine.set("llm", type="openai", model="gpt")


def dead_model(machine):
    machine.set(
        "llm",
        type="openai",
        model="m",
        api_key=SecretStr("k"),
        base_url=f"http://127.0.0.1:{free_port()}/v1",
        retries=0,
        timeout_seconds=3,
    )


def unknown_model(machine):
    machine.set("llm", type="gpt")


@contextlib.contextmanager
def health_port_taken(machine):
    with socket.create_server(("127.0.0.1", 0)) as server:
        machine.set("validator", health_port=server.getsockname()[1])
        yield


def no_health_port(machine):
    machine.set("validator", health_port=None)


def api_away(machine):
    machine.sections["cgp_api_url"] = f"http://127.0.0.1:{free_port()}"


FAULTS = [
    (old_python, "python", "setup.sh"),
    (other_sdk, "sdk", "setup.sh"),
    (wrong_name_in_env, "env names", "AXON_PORT"),
    (secrets_for_all_to_read, "env secrets", "chmod 600"),
    (no_wallet, "wallet", "--wallet.hotkey"),
    (damaged_hotkey, "wallet", "--wallet.hotkey"),
    (no_place_for_data, "data folder", "DATA_DIR"),
    (full_disk, "disk", "make room"),
    (little_room, "disk", "make room"),
    (store_of_a_newer_program, "store", "update"),
    (damaged_store, "store", "restore"),
    (locked_store, "store", "stop the program"),
    (conversations_given_up, "failed conversations", "--requeue-failed"),
    (no_chain, "subnet", "--subtensor.network"),
    (unreachable_endpoint, "endpoint", "SUBTENSOR_ENDPOINTS"),
    (silent_endpoint, "endpoint", "SUBTENSOR_ENDPOINTS"),
    (unknown_network, "subnet", "--subtensor.network"),
    (no_netuid_on_a_public_network, "subnet", "--netuid"),
    (no_such_subnet, "subnet", "--netuid"),
    (not_registered, "registration", "subnets register"),
    (no_permit, "permit", "stake"),
    (version_key, "version key", "VALIDATOR_VERSION_KEY=7"),
    (minimum_weights, "minimum weights", "min_allowed_weights"),
    (strange_runtime, "runtime", "update this program"),
    (no_key, "model", "key"),
    (dead_model, "model", "LLM_BASE_URL"),
    (unknown_model, "model", "LLM_TYPE"),
    (health_port_taken, "port", "--validator.health_port"),
    (no_health_port, "port", "--validator.health_port"),
    (api_away, "api", "CGP_API_URL"),
]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_dictionaries_in_use_are_named(machine):
    found = asyncio.run(machine.examine())
    (finding,) = [f for f in found if f.name == "dictionaries"]
    assert finding.level is Level.OK
    assert all(name in finding.text for name in dictionary_names())
    assert ("to add" in finding.text) is (len(dictionary_names()) < 2)


@pytest.mark.parametrize(
    ("plant", "name", "remedy"), FAULTS, ids=lambda x: getattr(x, "__name__", "")
)
def test_each_fault_is_found_and_its_remedy_named(machine, plant, name, remedy):
    planted = plant(machine)
    with planted or contextlib.nullcontext():
        found = asyncio.run(machine.examine())
    (finding,) = [f for f in found if f.level is not Level.OK and f.name == name]
    assert remedy in finding.remedy
    assert finding.text


def test_a_well_machine_has_no_errors(machine):
    found = asyncio.run(machine.examine())
    assert [f for f in found if f.level is Level.ERROR] == []
    (subnet,) = [f for f in found if f.name == "subnet"]
    assert "owner hotkey" in subnet.text


@pytest.mark.parametrize(("ahead", "side"), [(3.0, "ahead of"), (-3600.0, "behind")])
async def test_a_wrong_clock_is_told_by_the_clocks_of_miners(machine, ahead, side):
    from cgp.chain import open_chain

    async def healthz(_request):
        return web.json_response({})

    application = web.Application()
    application.router.add_get("/healthz", healthz)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        for wallet in machine.subnet.miners:
            async with open_chain(machine.settings, wallet) as chain:
                await chain.serve("127.0.0.1", port)
        (well,) = [f for f in await machine.examine() if f.name == "clock"]
        assert well.level is Level.OK
        machine.instruments["now"] = lambda: time.time() + ahead
        (finding,) = [f for f in await machine.examine() if f.name == "clock"]
    finally:
        await runner.cleanup()
    assert finding.level is Level.ERROR
    assert side in finding.text
    assert "timedatectl" in finding.remedy


def test_an_address_that_nobody_can_reach_and_a_port_that_is_taken_are_found(machine):
    async def advertise(port):
        from cgp.chain import open_chain

        async with open_chain(machine.settings, machine.subnet.miners[0]) as chain:
            await chain.serve("127.0.0.1", port)

    machine.set("wallet", name="miner-0")
    asyncio.run(advertise(free_port()))
    with socket.create_server(("127.0.0.1", 0)) as server:
        machine.set("axon", port=server.getsockname()[1])
        found = {f.name: f for f in asyncio.run(machine.examine(Role.MINER))}
    assert found["axon"].level is Level.WARNING
    assert "firewall" in found["axon"].remedy
    assert found["port"].level is Level.ERROR
    assert "--axon.port" in found["port"].remedy


def test_the_command_takes_the_neurons_flags_and_prints_json(machine, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        os, "environ", {k: v for k, v in os.environ.items() if k in {"PATH", "HOME"}}
    )
    flags = {
        "--netuid": NETUID,
        "--subtensor.chain_file": machine.settings.chain_file,
        "--wallet.path": tmp_path / "wallets",
        "--wallet.name": "stranger",
        "--data_dir": tmp_path / "data",
    }
    words = [str(word) for pair in flags.items() for word in pair]
    done = CliRunner().invoke(app, ["doctor", "validator", "--json", *words])
    assert done.exit_code == 1
    found = {f["name"]: f for f in json.loads(done.stdout)}
    assert found["wallet"]["level"] == "error"
