"""An API for tests: a real store, real keys, real HTTP on loopback."""

import asyncio
import io
import json
import threading
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass

import aiohttp
import requests
import uvicorn
from bittensor.sp_core import Keypair
from fastapi import FastAPI
from yarl import URL

from cgp.api.app import make_app
from cgp.api.client import ApiClient
from cgp.api.identity import api_address
from cgp.api.messages import MetadataMessage, TagMessage, WindowMessage
from cgp.api.queries import ApiStore
from cgp.api.server import bind, make_desk, server_config, trusted_hosts
from cgp.api.validators import named_validators
from cgp.config import ApiSettings
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.metadata import Metadata, Tag
from cgp.scoring import seal
from cgp.search import IndexReader
from cgp.signing import sign_request
from cgp.windows import WindowPlan


def keypair(name):
    return Keypair.create_from_uri(f"//{name}")


def talk(identifier, turns=4):
    return Conversation(
        id=str(identifier),
        source="test",
        participants=(Participant("Ann"), Participant("Bo")),
        turns=tuple(Turn(i % 2, f"{identifier}: the {i}. ferry is late") for i in range(turns)),
        language="en",
    )


def truth_of(conversation, tag="ferry"):
    """Return a ground truth as it is sent."""
    sealed = seal(
        Metadata((Tag(tag),)),
        conversation=conversation.content_hash,
        model="m",
        plan=WindowPlan(),
        version="1",
        seed=7,
    )
    return {
        "seal": sealed.digest,
        "document": sealed.document,
        "annotator": "m",
        "embedder": "e",
        "rule_version": "1",
        "seed": 7,
    }


def answer_of(hotkey, uid=1, **changes):
    return {
        "hotkey": hotkey,
        "uid": uid,
        "tags": ["ferry", "delay"],
        "profiles": [
            {
                "participant": 0,
                "claims": [{"attribute": "topic", "value": "ferries", "turns": [0]}],
            }
        ],
        "score": {
            "value": 0.5,
            "valid": True,
            "components": {"tags": 0.5},
            "tags": [
                {"text": "ferry", "credit": 1.0, "verdict": "ground_truth", "reason": "equal"}
            ],
        },
        "seconds": 0.25,
        "evidence": {"X-Bittensor-Nonce": "1"},
        "body_hash": "ab" * 32,
        **changes,
    }


def window_of(index, *hotkeys, **changes):
    return {
        "index": index,
        "seed": 3,
        "rule_version": "1",
        "background": [["other", 0, 2]],
        "answers": [answer_of(hotkey, uid) for uid, hotkey in enumerate(hotkeys or ("a", "b"))],
        **changes,
    }


def window_message(index, *hotkeys):
    return WindowMessage.model_validate_json(json.dumps(window_of(index, *hotkeys)))


METADATA = MetadataMessage(tags=[TagMessage(text="ferry", support=2.0)])


class SignedBy(requests.auth.AuthBase):
    """Signs whatever is sent, as it is sent."""

    def __init__(self, key, receiver):
        self.key = key
        self.receiver = receiver

    def __call__(self, request):
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        request.headers.update(
            sign_request(
                self.key,
                method=request.method,
                path=request.path_url,
                body=body,
                receiver=self.receiver,
            )
        )
        return request


@dataclass
class Reply:
    status: int
    headers: dict
    document: dict

    @property
    def told(self):
        return self.status, self.document["error"]


@dataclass
class Served:
    """A running API."""

    url: str
    store: ApiStore
    address: str
    app: FastAPI

    async def send(self, method, path, body=None, headers=None):
        async with (
            aiohttp.ClientSession() as http,
            http.request(
                method,
                URL(self.url + path, encoded=True),
                data=body and io.BytesIO(body),
                headers=headers,
            ) as reply,
        ):
            return Reply(reply.status, dict(reply.headers), await reply.json())

    async def get(self, path, **headers):
        return await self.send("GET", path, headers=headers)

    async def post(self, path, document, headers=None):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return await self.send(
            "POST", path, body, {"Content-Type": "application/json"} | (headers or {})
        )

    async def signed(self, key, path, document, headers=None):
        path = f"/v1/leases{path}"
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        signature = sign_request(key, method="POST", path=path, body=body, receiver=self.address)
        return await self.post(path, body, signature | (headers or {}))

    def client(self, name="alice"):
        return ApiClient(self.url, keypair(name))

    def bearer(self, *scopes):
        return {"Authorization": f"Bearer {self.store.create_key('test', scopes)[1]}"}


@contextmanager
def serving_on(folder, validators, *, port=0, extend=None, **settings):
    """Serve an API on a store in ``folder`` from another thread; ``extend`` adds to it."""
    chosen = ApiSettings(**{"reads_per_minute": 10**6, "imports_per_minute": 10**6} | settings)
    with closing(ApiStore(f"sqlite:///{folder / 'store.sqlite'}")) as store:
        address = api_address(folder)
        index = IndexReader(folder / "index", default_embedder())
        with closing(make_desk(store, address, validators, chosen, index=index)) as desk:
            bound = bind("127.0.0.1", port)
            app = make_app(desk, trusted_hosts(chosen))
            server = uvicorn.Server(server_config(app))
            thread = threading.Thread(
                target=lambda: asyncio.run(server.serve(sockets=[bound])), daemon=True
            )
            with extend(app, desk) if extend else nullcontext():
                thread.start()
                try:
                    yield Served(f"http://127.0.0.1:{bound.getsockname()[1]}", store, address, app)
                finally:
                    server.should_exit = True
                    thread.join()
                    bound.close()


@contextmanager
def serving(folder, *, port=0, **settings):
    """Serve an API to the validators alice and bob."""
    names = ",".join(keypair(name).ss58_address for name in ("alice", "bob"))
    with serving_on(folder, named_validators(names), port=port, **settings) as served:
        yield served
