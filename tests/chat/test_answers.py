"""Answers from the sample conversations: cited word by word, with a model and without one."""

import json

import pytest
from aiohttp import test_utils, web
from typer.testing import CliRunner

from cgp.chat.asking import ask
from cgp.chat.errors import ChatError
from cgp.chat.local import local_chat
from cgp.cli.app import app
from cgp.retrieval import NO_ANSWER
from cgp.samples import load
from tests.chat.conftest import opened_chat, settings_for

QUESTION = "What did they try with hydrogen for the ferry?"
TURNS = {talk.id: talk.turns for talk in load()}


def quoted_words_are_there(citations):
    return all(quote.quote in TURNS[quote.conversation][quote.turn].text for quote in citations)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One data folder for all: the index of the samples is made once."""
    return tmp_path_factory.mktemp("data")


async def test_without_a_model_the_answer_is_cited_sentences_or_an_abstention(folder):
    words = []
    async with local_chat(settings_for(folder)) as url:
        reply = await ask(url, QUESTION, on_words=words.append)
        foreign = await ask(url, "Which moons does the planet Neptune have?")
        misspelt = await ask(url, "How much does a cubsat cost?")
        with pytest.raises(ChatError, match="lists all"):
            await ask(url, QUESTION, model="other")

    assert (reply.model, reply.worker) == ("extractive", "worker")
    assert "electrolyser" in reply.answer
    assert "".join(words) == reply.answer
    assert len(words) > 5
    assert reply.citations
    assert quoted_words_are_there(reply.citations)
    assert foreign.citations == misspelt.citations == ()
    assert foreign.answer == NO_ANSWER
    assert misspelt.answer == f"{NO_ANSWER} Did you mean: How much does a cubesat cost?"


async def test_a_model_gets_passages_and_its_citations_are_checked_by_the_gateway(folder, tmp_path):
    # Prepare: a model that cites the first passage, and one that the passage does not hold.
    async with opened_chat(folder) as chat:
        says = ["They tried an electrolyser, ", "making hydrogen for the ferry [1]. ", "Mars [9]."]
        backend = await chat.backend(words=says)
        chat.folder = tmp_path
        await chat.worker(backend)

        # Execute
        reply = await ask(chat.url, QUESTION)
        client = chat.client()
        whole = await client.chat.completions.create(
            model="m",
            messages=[{"role": "user", "content": QUESTION}],
            extra_body={"cgp": {"memory": True}},
        )

        # A small model names no passage: then the best sentences of the passages are cited.
        backend.words = ["Hydrogen, I guess."]
        bare = await ask(chat.url, QUESTION)

    # Assert: numbered passages came first in the prompt; the quotes are really there.
    first, second = backend.requests[0]["messages"]
    assert first["role"] == "system"
    assert "electrolyser" in first["content"]
    assert second["content"] == QUESTION
    assert "cgp" not in backend.requests[0]
    assert reply.answer == "".join(says)
    assert reply.citations
    assert quoted_words_are_there(reply.citations)
    assert bare.citations
    assert quoted_words_are_there(bare.citations)
    assert [citation["turn"] for citation in whole.citations] == [q.turn for q in reply.citations]


@pytest.mark.parametrize("answer", ["[]", '{"data": [5]}', "<p>"])
async def test_another_server_at_the_address_is_told_from_a_gateway(answer):
    async def models(_request):
        return web.Response(text=answer)

    app = web.Application()
    app.add_routes([web.get("/v1/models", models)])
    async with test_utils.TestServer(app) as server:
        with pytest.raises(ChatError, match="not as a chat gateway does"):
            await ask(str(server.make_url("")), QUESTION)


def test_the_command_prints_a_cited_answer_as_json(folder):
    done = CliRunner(env={"DATA_DIR": str(folder), "LOG_LEVEL": "ERROR"}).invoke(
        app, ["chat", "--json", QUESTION]
    )

    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert document.keys() == {"answer", "citations", "model", "worker", "searched"}
    assert document["searched"][0]["conversations"] > 0
    assert document["citations"][0].keys() == {"conversation", "turn", "quote"}
