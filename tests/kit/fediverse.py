"""Actors of our own on loopback, over real HTTP, and requests that strangers might send to them."""

from __future__ import annotations

import asyncio
import inspect
import json
import shutil
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from cgp.api.server import background_server, bind
from cgp.mycelium.fediverse import cavage
from cgp.mycelium.fediverse.documents import ACTIVITY_JSON
from cgp.mycelium.fediverse.fetching import FetchLimits
from cgp.mycelium.fediverse.http_message import HttpMessage
from cgp.mycelium.fediverse.routes import make_actor_app
from cgp.mycelium.fediverse.service import ActorOptions, open_actor
from cgp.mycelium.fediverse.signing_key import SigningKey

LOOPBACK = FetchLimits(seconds=60.0, allow_loopback=True)


def new_key(key_id="https://a.example/users/a#main-key"):
    return SigningKey(key_id, rsa.generate_private_key(public_exponent=65537, key_size=2048))


@asynccontextmanager
async def running_actor(folder, name="fungus", *, port=0, key_file=None, **options):
    """Run an actor with its server. ``key_file`` is copied: to make a key takes a while."""
    skills, clock = options.pop("skills", None), options.pop("clock", time.time)
    folder.mkdir(parents=True, exist_ok=True)
    if key_file is not None and not (folder / "actor-key.pem").exists():
        shutil.copy(key_file, folder / "actor-key.pem")
    listener = bind("127.0.0.1", port)
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    actor_options = ActorOptions(base_url, name, limits=LOOPBACK, **options)
    async with (
        open_actor(folder, actor_options, skills=skills, clock=clock) as service,
        background_server(make_actor_app(service), listener),
    ):
        yield service


async def post_signed(url, document, key, *, now=None, scheme=cavage, change=None):
    """Post an activity as a server would, and return status and text of the answer.

    ``change`` receives headers and body after they are signed, and returns the ones to send.
    """
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    headers = {"content-type": ACTIVITY_JSON}
    message = HttpMessage("POST", url, headers, body)
    headers |= scheme.sign(message, key, now or datetime.now(UTC))
    if change is not None:
        headers, body = change(headers, body)
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=headers) as answer,
    ):
        return answer.status, await answer.text()


async def get(url):
    """Return status and document of an address."""
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, json.loads(await answer.text())


class Stranger:
    """Another server with one actor: it serves what ``documents`` says, and notes what it is sent.

    ``statuses`` are the answers of its inbox in order; after them it accepts. Where ``slowness`` is
    set, they wait for that event.
    """

    def __init__(self, key, name="stranger", kind="Person"):
        self.key, self.name, self.kind = key, name, kind
        self.documents = {}
        self.statuses = []
        self.slowness = None
        self.inbox = []
        self.requests = []
        self.url = ""

    @property
    def id(self):
        return f"{self.url}/users/{self.name}"

    def actor(self, **changes):
        return {
            "id": self.id, "type": self.kind, "preferredUsername": self.name,
            "inbox": f"{self.id}/inbox", "outbox": f"{self.id}/outbox",
            "publicKey": {
                "id": self.key.key_id, "owner": self.id, "publicKeyPem": self.key.public_pem,
            },
        } | changes  # fmt: skip

    @asynccontextmanager
    async def running(self, port=0):
        app = web.Application(client_max_size=1 << 20)
        app.router.add_get("/{rest:.*}", self._get)
        app.router.add_post("/{rest:.*}", self._post)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self.key = SigningKey(f"{self.id}#main-key", self.key.private_key)
        self.documents = {f"/users/{self.name}": self.actor()}
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _get(self, request):
        self.requests.append(request.path)
        if request.path not in self.documents:
            raise web.HTTPNotFound
        return web.json_response(self.documents[request.path], content_type=ACTIVITY_JSON)

    async def _post(self, request):
        self.inbox.append(await request.json())
        if self.slowness is not None:
            await self.slowness.wait()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 202)

    def answers(self):
        """Return the texts of posts that came to the inbox."""
        return [a["object"]["content"] for a in self.inbox if a["type"] == "Create"]

    def question(self, actor, content, number=1, **changes):
        """Return the activity with which a person asks our actor something."""
        note = {
            "id": f"{self.id}/statuses/{number}", "type": "Note", "attributedTo": self.id,
            "content": content, "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "tag": [{"type": "Mention", "href": actor.id, "name": actor.handle}],
        } | changes  # fmt: skip
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{note['id']}/activity",
            "type": "Create",
            "actor": self.id,
            "object": note,
        }

    def follow(self, actor, number=1):
        """Return the activity with which this actor follows ours."""
        return {
            "id": f"{self.id}/follows/{number}",
            "type": "Follow",
            "actor": self.id,
            "object": actor.id,
        }


async def until(condition, seconds=60.0):
    """Wait until a condition (a function or a coroutine function) is true."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)
