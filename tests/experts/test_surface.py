"""AI-Block's routes over a real gateway, NATS server and nodes: uploads, chats, nodes, rewards."""

from dataclasses import replace
from types import SimpleNamespace

import aiohttp
import numpy as np
import pytest
from bittensor.sp_core import Keypair

from cgp.experts.block import sign
from cgp.experts.gate import GATE_INPUTS, Gate
from cgp.experts.ledger import Ledger
from cgp.experts.nodes import ExpertNode
from cgp.experts.serving import opened_experts
from cgp.experts.submission import Submission, expert_submission
from cgp.experts.upload import UploadError, send_upload, upload_document
from tests.chat.conftest import QUICK, background_gateway, settings_for
from tests.experts.world import (
    ALICE,
    BOB,
    DAY,
    Clock,
    german_gate,
    good,
    hand_in,
    judge,
    ledger,
    noise,
    registered,
)

PROMPT = "The tide turbine in the strait needs a new gearbox before the winter storms."
STRANGER = Keypair.create_from_uri("//Stranger")
NO_WORKER = SimpleNamespace(url="http://127.0.0.1:9")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def service(tmp_path, clock):
    """A gateway with experts over a ledger of one accepted expert; ``get`` and ``post`` ask it."""
    with ledger(tmp_path / "ledger", clock) as book:
        opener = Gate(np.append(np.zeros(GATE_INPUTS), 5.0).astype(np.float32))
        judge(book).decide(book, hand_in(book, good(), gate=german_gate()).digest)
        # An expert for every prompt, that no judge was asked about.
        always = hand_in(book, noise(5, 0.5), "domain.always", gate=opener)
        book.transact(
            lambda c: c.execute("INSERT INTO heads VALUES (?, ?)", (always.name, always.digest))
        )
        opened = opened_experts(
            settings_for(tmp_path / "gateway"), book, registered, asks_for_keys=False, timing=QUICK
        )
        async with background_gateway(opened, tmp_path) as running:
            running.book = book
            yield running


async def get(service, path, method="GET"):
    async with aiohttp.ClientSession() as http, http.request(method, service.url + path) as reply:
        return reply.status, await reply.json()


async def ask(service, path="/chat", **body):
    status, _, document = await service.post({"prompt": PROMPT, **body}, path)
    return status, document


async def start_node(service, name, experts=None):
    backend = ExpertNode(Ledger.open(service.book.folder), experts)
    worker, *_ = await service.worker(NO_WORKER, name, server=backend)
    return worker


async def test_a_prompt_is_read_with_and_without_experts_here_and_by_nodes(service):
    # Prepare
    node = await start_node(service, "one", {"domain.always"})
    await start_node(service, "two", {"language.german"})

    # Execute
    _, plain = await ask(service, use_moe=False)
    status, local = await ask(service, use_moe=True)
    _, remote = await ask(service, "/chat/distributed")
    _, one = await ask(service, "/chat/distributed", top_k_experts=1)

    # Assert
    assert status == 200
    assert plain["expert_usage"] == {}
    assert plain["tags"]
    assert local["tags"] == remote["tags"] == one["tags"] != plain["tags"]
    assert local["expert_usage"]["domain.always"]["place"] == "local"
    use = remote["expert_usage"]["domain.always"]
    assert (use["place"], use["node"], remote["degraded"]) == ("node", node, False)
    assert list(one["expert_usage"]) == ["domain.always"]
    for wrong in ({"top_k_experts": 0}, {"top_k_experts": 3}, {"top_k_experts": True},
                  {"prompt": ""}, {"prompt": 7}, {"use_moe": "yes"}):  # fmt: skip
        assert (await ask(service, **wrong))[0] == 422

    # Statistics count what was asked for, and nothing is paid for it.
    status, stats = await get(service, "/experts/stats/domain.always")
    assert (stats["call_count"], stats["answered_by_nodes"], stats["failed"]) == (3, 2, 0)
    _, top = await get(service, "/experts/top?limit=1")
    assert [row["expert_name"] for row in top["experts"]] == ["domain.always"]
    assert (await get(service, "/experts/stats/domain.none"))[0] == 404


async def test_nodes_are_listed_beat_and_can_be_cut_off(service):
    node = await start_node(service, "one", {"domain.always"})

    _, listed = await get(service, "/p2p/nodes")
    beat, _ = await get(service, f"/p2p/heartbeat/{node}", "POST")
    removed, _ = await get(service, f"/p2p/nodes/{node}", "DELETE")
    again, _ = await get(service, "/p2p/nodes/UNKNOWN", "DELETE")
    stranger, _ = await get(service, "/p2p/heartbeat/UNKNOWN", "POST")

    [row] = listed["nodes"]
    assert (row["node_id"], row["available_experts"]) == (node, ["domain.always"])
    assert (beat, removed, again, stranger) == (200, 200, 404, 404)


async def test_an_upload_waits_for_the_judge_and_every_change_of_it_is_refused(service):
    # Prepare
    submission = expert_submission(
        service.book, "language.other", noise(8), german_gate(), BOB, claim="0.0"
    )
    document = upload_document(submission)

    async def send(**changes):
        status, _, reply = await service.post({**document, **changes}, "/upload_moe_experts")
        return status, reply

    # Execute
    first, reply = await send()
    again, _ = await send()

    # Assert
    assert (first, again) == (202, 200)
    assert (reply["hash"], reply["state"]) == (submission.block.digest, "pending")
    # A signature replayed under another name, address, parent or claim is of another block.
    for changes in (
        {"expert_name": "language.stolen"},
        {"miner_address": ALICE.ss58_address},
        {"depends_on": []},
        {"candidate_loss": "999"},
        {"tensor_data_b64": "AAAA"},
        {"payload_sig": "00", "created_at": 7},
        {"block_type": "meta"},
        {"created_at": "soon"},
    ):
        assert (await send(**changes))[0] == 422, changes
    # It was made before the head was there.
    fresh = expert_submission(service.book, "language.german", good(0.9), german_gate(), BOB)
    block = replace(fresh.block, replaces=None, parents=fresh.block.parents[:1])
    stale = Submission(block, sign(block, BOB), fresh.payloads)
    status, reply = await send(**upload_document(stale))
    assert (status, reply["error"]["code"]) == (409, "stale_head")
    count = len(service.book.records())
    _, _, reply = await service.post({"x": 1}, "/upload_moe_experts")
    assert reply["error"]["code"] == "unknown_kind"
    assert len(service.book.records()) == count


async def test_an_expert_is_handed_in_at_another_machine(service):
    submission = expert_submission(service.book, "language.far", noise(9), german_gate(), BOB)
    stranger = expert_submission(service.book, "language.far", noise(9), german_gate(), STRANGER)

    assert await send_upload(service.url, submission) == "pending"
    assert await send_upload(service.url, submission) == "pending"
    with pytest.raises(UploadError, match="not registered"):
        await send_upload(service.url, stranger)
    with pytest.raises(UploadError, match=r"127\.0\.0\.1:9"):
        await send_upload("http://127.0.0.1:9", submission)
    with pytest.raises(UploadError, match="answers"):
        await send_upload(f"{service.url}/elsewhere", submission)


async def test_blocks_are_listed_by_the_two_names_of_chains(service):
    _, a = await get(service, "/chain/A/blocks")
    _, b = await get(service, "/chain/B/blocks?limit=1")

    assert [row["block_type"] for row in a["blocks"]] == ["meta", "dataset", "verdict"]
    assert a["blocks"][0]["hash"] == service.book.genesis.digest
    assert [row["expert_name"] for row in b["blocks"]] == ["domain.always"]
    for path in ("/chain/B/blocks?limit=-1", "/chain/B/blocks?limit=1001", "/experts/top?limit=x"):
        assert (await get(service, path))[0] == 422
    assert (await get(service, "/chain/C/blocks"))[0] == 404


async def test_a_reward_is_settled_once_and_never_minted(service, clock):
    clock.now += DAY
    status, first = await get(service, "/experts/reward/language.german", "POST")
    _, second = await get(service, "/experts/reward/language.german?base_reward=1000000", "POST")

    assert status == 200
    assert (first["miner_address"], first["share"]) == (ALICE.ss58_address, 1.0)
    assert (first["paid_now"], second["paid_now"]) == (True, False)
    assert first["balance"] == second["balance"] == 1.0
    assert (await get(service, "/experts/reward/language.none", "POST"))[0] == 404


async def test_the_page_shows_heads_nodes_and_submissions_and_no_text_of_others_acts(service):
    # Prepare
    await start_node(service, "<b>one<b>", {"domain.always"})

    # Execute
    async with aiohttp.ClientSession() as http, http.get(f"{service.url}/experts") as reply:
        status, html = reply.status, await reply.text()
    async with aiohttp.ClientSession() as http, http.get(f"{service.url}/workers") as reply:
        other_room = await reply.text()

    # Assert
    assert status == 200
    for text in ("language.german", "domain.always", ALICE.ss58_address, "accepted", "pending"):
        assert text in html
    assert "&lt;b&gt;one" in html
    assert "<b>one" not in html
    assert 'href="/experts"' in other_room
