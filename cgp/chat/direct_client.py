"""Direct mode, the client's side: finds the miners that chat, and puts a signed question to one."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from bittensor.signing import Signer

from cgp.bounded_bodies import body_within
from cgp.chain.metagraph import Metagraph, Neuron
from cgp.chat.asking import Reply, read_reply
from cgp.chat.direct import CHAT_PATH, MODELS_PATH
from cgp.chat.errors import AwayError, NoWorkerError
from cgp.signing import sign_request

# A subnet has up to 256 miners, and most of them are silent here: all are looked at in some
# seconds.
_LOOK_SECONDS: Final = 3.0
_LOOKS_AT_ONCE: Final = 32
# An address may be anything, also one that sends for ever.
_MAX_LIST_BYTES: Final = 65_536
_MAX_NAMES: Final = 16
_MAX_NAME: Final = 200
_MAX_LINE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class ChattingMiner:
    """A miner that chats: its hotkey, address, models, and the callers that it takes."""

    uid: int
    hotkey: str
    url: str
    models: tuple[str, ...]
    callers: str


async def find_miners(
    session: aiohttp.ClientSession, metagraph: Metagraph, *, allow_private: bool
) -> list[ChattingMiner]:
    """Return the miners of a subnet that say that they chat, by uid.

    ``allow_private`` allows addresses that are not public: for a subnet on one machine.
    """
    places = asyncio.Semaphore(_LOOKS_AT_ONCE)

    async def look(neuron: Neuron) -> ChattingMiner | None:
        async with places:
            return await _look(session, neuron)

    neurons = [
        neuron
        for neuron in metagraph.neurons
        if neuron.axon is not None and (allow_private or _is_public(neuron.axon))
    ]
    answers = await asyncio.gather(*map(look, neurons))
    return [miner for miner in answers if miner is not None]


async def ask_directly(
    session: aiohttp.ClientSession,
    miner: ChattingMiner,
    keypair: Signer,
    question: str,
    *,
    model: str | None = None,
    on_words: Callable[[str], None] = lambda _words: None,
) -> Reply:
    """Ask a miner, signed by a hotkey; ``on_words`` gets the words as they come.

    Raises:
        ChatError: if the miner refuses, or the answer breaks off.
        AwayError: if it cannot be reached.
    """
    body = {
        "model": model or miner.models[0],
        "messages": [{"role": "user", "content": question}],
        "stream": True,
    }
    data = json.dumps(body, ensure_ascii=False).encode()
    headers = sign_request(keypair, method="POST", path=CHAT_PATH, body=data, receiver=miner.hotkey)
    headers["Content-Type"] = "application/json"
    try:
        async with session.post(
            miner.url + CHAT_PATH, data=data, headers=headers, allow_redirects=False
        ) as response:
            return await read_reply(response, on_words)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise AwayError(f"miner {miner.uid} at {miner.url}: {reason}") from None


def chosen(miners: list[ChattingMiner], model: str | None, uid: int | None) -> ChattingMiner:
    """Return the miner to ask: of the uid, or the first one with the model; one with a model first.

    Raises:
        NoWorkerError: if there is none.
    """
    fitting = [
        miner
        for miner in miners
        if (uid is None or miner.uid == uid) and (model is None or model in miner.models)
    ]
    if not fitting:
        miner = "miner" if uid is None else f"miner of uid {uid}"
        condition = "" if model is None else f" with the model {model!r}"
        raise NoWorkerError(503, "no_miner", f"no {miner} of this subnet chats{condition}")
    # Sentences of samples are an answer, but a model's says more.
    return min(fitting, key=lambda miner: miner.models == ("extractive",))


def open_session() -> aiohttp.ClientSession:
    """Return a session for miners: bounded lines, no limit on a whole answer."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=600)
    return aiohttp.ClientSession(timeout=timeout, read_bufsize=_MAX_LINE)


async def _look(session: aiohttp.ClientSession, neuron: Neuron) -> ChattingMiner | None:
    url = f"http://{neuron.axon}"
    timeout = aiohttp.ClientTimeout(total=_LOOK_SECONDS)
    try:
        async with session.get(
            url + MODELS_PATH, timeout=timeout, allow_redirects=False
        ) as response:
            if response.status != 200:
                return None
            document = json.loads(await body_within(response, _MAX_LIST_BYTES) or b"")
            names = tuple(_names(document))
            callers = "own" if document.get("chat") == "own" else "registered"
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, AttributeError, RecursionError):
        # Most miners do not chat, and an address may be anything.
        return None
    return ChattingMiner(neuron.uid, neuron.hotkey, url, names, callers) if names else None


def _names(document: dict[str, Any]) -> list[str]:
    entries = document.get("data")
    names = [
        entry["id"][:_MAX_NAME]
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and isinstance(entry.get("id"), str) and entry["id"]
    ]
    return names[:_MAX_NAMES]


def _is_public(axon: str) -> bool:
    """Tell if an advertised address is on the internet: anybody may advertise any address."""
    try:
        address = ipaddress.ip_address(urlsplit(f"//{axon}").hostname or "")
    except ValueError:
        return False
    return address.is_global and not address.is_multicast
