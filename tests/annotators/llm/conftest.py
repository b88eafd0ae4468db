import json
from contextlib import AsyncExitStack

import pytest

from cgp.annotators.llm import make_llm_annotator
from cgp.config import Settings
from cgp.conversation import Conversation, Participant, Turn
from cgp.model_settings import LlmSettings
from tests.kit.llm_server import KEY, AnthropicServer, OpenAIServer

GOOD = json.dumps(
    {
        "tags": ["public transport", "ticket prices"],
        "profiles": [
            {
                "participant": 0,
                "claims": [{"attribute": "question", "value": "how to get to work", "turns": [0]}],
            }
        ],
    }
)


@pytest.fixture
def good():
    return GOOD


@pytest.fixture
def talk():
    return conversation("How do I get to work?", "Take the bus, the tickets are cheap.")


def conversation(*texts, names=("Ada", "Ben")):
    turns = tuple(Turn(i % len(names), text) for i, text in enumerate(texts))
    return Conversation("c", "test", tuple(Participant(name) for name in names), turns)


@pytest.fixture
def settings(tmp_path):
    """Return settings for a server, with short time-outs, unless told otherwise."""

    def make(server, **llm):
        if isinstance(server, AnthropicServer):
            address = {"type": "anthropic", "base_url": server.url}
        else:
            address = {"type": "openai", "base_url": server.base_url}
        given = {
            "model": "m",
            "api_key": KEY,
            "timeout_seconds": 60.0,
            "attempt_seconds": 20.0,
            "retries": 0,
            "backoff_seconds": 0.01,
            **address,
            **llm,
        }
        return Settings(_env_file=None, llm=LlmSettings(**given), data_dir=tmp_path / "data")

    return make


@pytest.fixture
async def annotator_for(settings):
    """Return an annotator for a server; closed after the test."""
    made = []

    def make(server, **llm):
        made.append(make_llm_annotator(settings(server, **llm)))
        return made[-1]

    yield make
    for annotator in made:
        await annotator.close()


@pytest.fixture(params=[OpenAIServer, AnthropicServer], ids=["openai", "anthropic"])
async def serve(request):
    """Return a function that starts a server of either wire with a script."""
    async with AsyncExitStack() as stack:

        async def start(*script):
            return await stack.enter_async_context(request.param(script).running())

        yield start
