"""Direct mode: a hotkey finds the miners that chat on the metagraph, and asks one of them."""

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from cgp.chain import create_wallet, embedded_client, genesis, open_chain, register
from cgp.chain.metagraph import Metagraph, Neuron
from cgp.chat.backends.openai_server import OpenAIServer
from cgp.chat.direct import CHAT_PATH, DirectChat, DirectPlan, require_chatter
from cgp.chat.direct_client import ChattingMiner, ask_directly, chosen, find_miners, open_session
from cgp.chat.errors import AwayError, ChatError, NoWorkerError
from cgp.config import Settings
from cgp.embedders import default_embedder
from cgp.signing import Refusal, sign_request
from miner.service import MinerService
from tests.api.served import keypair
from tests.kit.chat_backend import ChatBackend
from tests.miner.conftest import SpeakingAnnotator, make_settings


def neuron(uid, hotkey, coldkey, axon=None):
    return Neuron(uid, hotkey, coldkey, axon, False, 0.0, 0.0, 0, 0)


def refused(plan, graph, hotkey):
    with pytest.raises(Refusal) as refusal:
        require_chatter(plan, graph, hotkey)
    return refusal.value.status


def test_own_means_hotkeys_of_the_same_coldkey_and_registered_all_of_the_subnet():
    graph = Metagraph(
        18, 1, None, (neuron(0, "m", "ann"), neuron(1, "h", "ann"), neuron(2, "x", "bob"))
    )
    own, registered = (DirectPlan("m", for_own, 1, 9) for for_own in (True, False))
    require_chatter(own, graph, "h")
    require_chatter(registered, graph, "x")
    assert refused(own, graph, "x") == 403
    assert refused(registered, graph, "nobody") == 403
    assert refused(registered, None, "h") == 503


@pytest.mark.parametrize(
    "event",
    [
        [],
        {"choices": 5},
        {"choices": [{"delta": None}]},
        {"citations": [{"conversation": "c", "turn": 1, "quote": "q", "extra": 1}, {}]},
        {"citations": [{"conversation": {}, "turn": 1, "quote": "q"}]},
        "[" * 30_000,
    ],
)
async def test_an_answer_of_any_form_is_a_refusal_and_no_fault(event):
    data = event if isinstance(event, str) else json.dumps(event)

    async def answer(request):
        return web.Response(text=f"data: {data}\n\ndata: [DONE]\n\n")

    app = web.Application()
    app.router.add_post(CHAT_PATH, answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    key = keypair("alice")
    miner = ChattingMiner(3, key.ss58_address, url, ("m",), "own")
    async with open_session() as session:
        with pytest.raises(AwayError, match="miner 3"):
            await ask_directly(session, miner, key, "hello")
    await runner.cleanup()


async def test_a_hotkey_finds_a_miner_that_chats_and_gets_a_streamed_answer(tmp_path):
    # Prepare: a subnet of two miners, of which one chats, and a client with a hotkey of it.
    wallets = {
        name: create_wallet(tmp_path, "cold", name) for name in ("chats", "mines", "asks", "out")
    }
    file, cold = tmp_path / "chain.sqlite", wallets["chats"].coldkeypub.ss58_address
    genesis(
        file, netuid=18, owner_hotkey=wallets["asks"].hotkey.ss58_address, owner_coldkey=cold,
        balances={cold: 100_000}, block_seconds=1,
    )  # fmt: skip
    async with embedded_client(file) as client:
        for name in ("chats", "mines"):
            await register(client, wallets[name], netuid=18)
    chain_of = {
        name: open_chain(
            Settings(_env_file=None, subtensor={"network": "local", "chain_file": file}),
            wallets[name],
        )
        for name in ("chats", "mines", "asks")
    }

    def miner(name, chain, **options):
        settings = make_settings(tmp_path / name)
        embedder = default_embedder()
        return MinerService(
            settings, wallets[name], chain, SpeakingAnnotator(), embedder, **options
        )

    backend = ChatBackend(each=0.01)
    plan = DirectPlan(wallets["chats"].hotkey.ss58_address, True, 1, 100)
    server = OpenAIServer("http://127.0.0.1:1/v1")
    async with (
        backend.running(), chain_of["chats"] as first, chain_of["mines"] as second,
        chain_of["asks"] as chain, open_session() as session,
    ):  # fmt: skip
        server = OpenAIServer(backend.url)
        routes = lambda graph, nonces: DirectChat(plan, server, graph, nonces).routes()  # noqa: E731
        async with miner("chats", first, routes_of=routes) as chatting, miner("mines", second):
            # Execute
            graph = await chain.metagraph()
            miners = await find_miners(session, graph, allow_private=True)
            hidden = await find_miners(session, graph, allow_private=False)
            words = []
            keypair = wallets["asks"].hotkey
            reply = await ask_directly(session, miners[0], keypair, "Late?", on_words=words.append)
            with pytest.raises(ChatError, match="not registered"):
                await ask_directly(session, miners[0], wallets["out"].hotkey, "Late?")
            with pytest.raises(NoWorkerError):
                chosen(miners, "other", None)
            statuses = await send_wrong(session, chatting, keypair)
            backend.first = 0.4
            both = await asyncio.gather(
                *(ask_directly(session, miners[0], keypair, "Late?") for _ in range(2)),
                return_exceptions=True,
            )
        await server.close()

    # Assert
    assert [(one.hotkey, one.models, one.callers) for one in miners] == [
        (plan.hotkey, ("m",), "own")
    ]
    assert hidden == [], "addresses of this machine are asked on a chain of this machine alone"
    assert reply.answer == "Ferries are late."
    assert len(words) == 3
    assert reply.worker == plan.hotkey
    assert statuses == [401, 401, 400]
    assert [isinstance(one, ChatError) and one.status for one in both].count(503) == 1


async def send_wrong(session, miner, keypair):
    """Send a request without a signature, one of another body, and one for a gateway's memory."""
    good = {"model": "m", "messages": [{"role": "user", "content": "Late?"}]}
    memory = json.dumps(good | {"cgp": {"memory": True}}).encode()
    data = json.dumps(good).encode()
    kind = {"Content-Type": "application/json"}

    def signed(body):
        return kind | sign_request(
            keypair, method="POST", path=CHAT_PATH, body=body, receiver=miner.hotkey
        )

    statuses = []
    for body, headers in ((data, kind), (data, signed(memory)), (memory, signed(memory))):
        async with session.post(miner.url + CHAT_PATH, data=body, headers=headers) as response:
            statuses.append(response.status)
    return statuses


@asynccontextmanager
async def odd_miner(answer, status):
    """Serve the list of models in two parts, and ``answer`` to each question; yield the address."""

    async def models(request):
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b'{"object": "list", "data": [{"id": ')
        await asyncio.sleep(0.05)
        await response.write(b'"m"}]}')
        return response

    async def chat(_request):
        return web.Response(body=answer, status=status, content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/v1/models", models), web.post(CHAT_PATH, chat)])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield "{}:{}".format(*runner.addresses[0][:2])
    finally:
        await runner.cleanup()


async def test_a_miner_whose_models_come_in_parts_is_found_and_a_page_is_a_refusal():
    key = keypair("alice")
    async with odd_miner(b"<p>not here</p>", status=404) as axon, open_session() as session:
        graph = Metagraph(18, 1, None, (neuron(0, key.ss58_address, "ann", axon),))
        (miner,) = await find_miners(session, graph, allow_private=True)

        with pytest.raises(ChatError, match="answers 404"):
            await ask_directly(session, miner, key, "Late?")

    assert miner.models == ("m",)


@pytest.mark.peers
async def test_miner_and_client_as_an_operator_starts_them(tmp_path):
    # Prepare
    wallet = create_wallet(tmp_path / "wallets", "cold", "hot")
    address, cold = wallet.hotkey.ss58_address, wallet.coldkeypub.ss58_address
    file = tmp_path / "chain.sqlite"
    genesis(file, netuid=18, owner_hotkey=address, owner_coldkey=cold, balances={cold: 1_000})
    environment = os.environ | {
        "DATA_DIR": str(tmp_path / "data"), "SUBTENSOR_NETWORK": "local",
        "SUBTENSOR_CHAIN_FILE": str(file), "WALLET_PATH": str(tmp_path / "wallets"),
        "WALLET_NAME": "cold", "WALLET_HOTKEY": "hot", "AXON_PORT": "0", "MINER_CHAT": "own",
    }  # fmt: skip
    miner = await asyncio.create_subprocess_exec(sys.executable, "miner/miner.py", env=environment)
    command = ["-c", "from cgp.cli import main; main()", "chat", "--direct", "--json"]
    question = "What did they try with hydrogen for the ferry?"
    try:
        # Execute: until the miner has advertised itself.
        async with asyncio.timeout(300):
            while True:
                asking = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *command,
                    question,
                    env=environment,
                    stdout=asyncio.subprocess.PIPE,
                )
                printed, _ = await asking.communicate()
                if asking.returncode == 0:
                    break
    finally:
        miner.terminate()
        await miner.wait()
    # Assert
    reply = json.loads(printed)
    assert "electrolyser" in reply["answer"]
    assert reply["citations"]
    assert reply["worker"] == address
