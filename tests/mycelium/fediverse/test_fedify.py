"""Fedify (npm) as another server: it follows us, is followed, is delivered to, and both check."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from cgp.mycelium.fediverse import cavage, rfc9421
from cgp.mycelium.fediverse.signing_key import SigningKey, open_key
from cgp.mycelium.fediverse.skills import Skills
from tests.kit.fediverse import post_signed, running_actor, until
from tests.kit.word_annotator import WordAnnotator

ROOT = Path(__file__).resolve().parents[3]
PEERS = ROOT / ".peers"
# Fedify needs Node 22, which may be newer than the machine's own.
NODE = PEERS / "node_modules" / "node" / "bin" / "node"
SCRIPT = ROOT / "tests" / "kit" / "fedify_peer.cjs"

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(
        not ((PEERS / "node_modules" / "@fedify").is_dir() and NODE.is_file()),
        reason="Fedify or its Node is not installed (./run_tests.sh --peers installs them)",
    ),
]
KNOCKS = ["rfc9421", "draft-cavage-http-signatures-12"]


class Fedify:
    """A running Fedify server."""

    def __init__(self, url):
        self.url = url
        self.id = f"{url}/users/peer"

    async def log(self, kind=None):
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.url}/test/log") as answer,
        ):
            return [entry for entry in await answer.json() if kind in {None, entry["type"]}]

    async def command(self, name, **values):
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/test/{name}", params=values) as answer,
        ):
            assert answer.status == 200, await answer.text()


@asynccontextmanager
async def running_fedify(first_knock):
    process = await asyncio.create_subprocess_exec(
        str(NODE), str(SCRIPT), str(PEERS), first_knock,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(120):
            url = (await process.stdout.readline()).decode().strip()
        yield Fedify(url)
    finally:
        process.stdin.close()
        await process.wait()


@pytest.mark.parametrize("first_knock", KNOCKS)
async def test_follows_deliveries_and_questions_pass_both_ways(
    tmp_path, key_files, quarantine, first_knock
):
    skills = Skills(WordAnnotator(), quarantine)
    async with (
        running_fedify(first_knock) as fedify,
        running_actor(tmp_path / "fungus", key_file=key_files[0], skills=skills) as fungus,
    ):
        # Execute: it follows us, and we accept.
        await fedify.command("follow", actor=fungus.actor.id)
        await until(lambda: fedify.log("Accept"), 120)
        followers = [follower.actor for follower in await fungus.store.followers()]

        # Execute: we follow it, and it accepts.
        await fungus.follow(fedify.id)
        await until(fungus.store.accepted_follows, 120)

        # Execute: it gets our post, and an answer to its question.
        await fungus.publish("A better model", key="1")
        await fedify.command("ask", actor=fungus.actor.id, text="<p>@fungus tag: ferries</p>")

        async def both():
            return len(await fedify.log("Create")) >= 2

        await until(both, 120)
        posts = await fedify.log("Create")

    # Assert
    assert followers == [fedify.id]
    assert posts[0]["text"] == "<p>A better model</p>"
    assert "Tags: ferries" in posts[1]["text"]
    assert {post["actor"] for post in posts} == {fungus.actor.id}


async def test_it_refuses_what_we_refuse_and_accepts_both_forms_of_ours(tmp_path, key_files, keys):
    async with (
        running_fedify(KNOCKS[0]) as fedify,
        running_actor(tmp_path / "fungus", key_file=key_files[0]) as fungus,
    ):
        key = open_key(tmp_path / "fungus" / "actor-key.pem", fungus.actor.key_id)
        inbox = f"{fedify.id}/inbox"

        def follow(number):
            return dict(fungus.actor.follow(fedify.id)) | {
                "id": f"{fungus.actor.id}/follows/{number}"
            }

        def unsigned(headers, body):
            return {name: value for name, value in headers.items() if "signature" not in name}, body

        def tampered(headers, body):
            return headers, json.dumps(json.loads(body) | {"x": 1}).encode()

        foreign = SigningKey(key.key_id, keys[1].private_key)
        old = datetime.now(UTC) - timedelta(days=3)
        statuses = {}
        for scheme in (cavage, rfc9421):
            for name, (signer, how) in {
                "unsigned": (key, {"change": unsigned}),
                "tampered": (key, {"change": tampered}),
                "foreign key": (foreign, {}),
                "3 days old": (key, {"now": old}),
                "right": (key, {}),
            }.items():
                case = f"{scheme.__name__.rpartition('.')[2]}: {name}"
                statuses[case], _ = await post_signed(
                    inbox, follow(len(statuses)), signer, scheme=scheme, **how
                )
        follows = await fedify.log("Follow")
    assert statuses == {
        f"{scheme}: {name}": 202 if name == "right" else 401
        for scheme in ("cavage", "rfc9421")
        for name in ("unsigned", "tampered", "foreign key", "3 days old", "right")
    }
    assert len(follows) == 2
