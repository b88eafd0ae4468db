"""Workers that lend passages: merged by rank, checked, and nothing private leaves a machine."""

import json

import pytest

from cgp.chat.backends.retrieving import Retrieving
from cgp.chat.recall import merged_passages
from cgp.embedders import default_embedder
from cgp.jobs import Job, JobKind
from cgp.jobs.errors import JobFailedError
from cgp.retrieval import Level, Passage, QuotedTurn, Retriever
from cgp.retrieval.library import Library
from tests.chat.conftest import hello, opened_chat, settings_for

QUESTION = "How much does the tide gauge of the harbour cost?"


def passage(conversation, score=0.6, text="words", first=0):
    turns = (QuotedTurn(first, "Ann", text),)
    return Passage(conversation, first, first, turns, score, conversation)


@pytest.fixture(scope="module")
def lending(tmp_path_factory):
    """Settings of a machine whose library holds a file for its owner and one for keys of a gateway."""
    folder = tmp_path_factory.mktemp("lender")
    settings = settings_for(folder)
    files = {
        "mine.txt": ("The tide gauge of the harbour was paid by me.", Level.PRIVATE),
        "gauge.txt": ("The tide gauge of the harbour costs 900 euros.", Level.GROUP),
    }
    for name, (text, level) in files.items():
        (folder / name).write_text(text)
        Library.of(settings).add([folder / name], level)
    return settings


def retriever(settings):
    return Retriever(settings.index_dir, settings.data_dir / "library", default_embedder())


async def passages_of(backend, **body):
    job = Job(JobKind.RETRIEVE, {"question": QUESTION, "limit": 5} | body)
    return [part["passage"] async for part in backend.answer(job)]


async def test_private_passages_never_leave_and_wrong_questions_are_refused(lending):
    backend = Retrieving(retriever(lending))

    assert [one["level"] for one in await passages_of(backend)] == ["group"]
    for wrong in ({"limit": 0}, {"limit": True}, {"question": 1}, {"question": ""}):
        with pytest.raises(JobFailedError):
            await passages_of(backend, **wrong)
    await backend.close()


def test_own_words_stand_where_another_machine_has_other_ones():
    own = [passage("a"), passage("b")]
    forged = passage("a", score=1.0, text="forged")
    beside = passage("a", score=1.0, text="forged", first=7)
    merged = merged_passages(own, [("w", [forged, beside, passage("c", 0.9)])])
    assert merged.passages[0] == own[0]
    assert {one.place for one in merged.passages} == {("a", 0, 0), ("b", 0, 0), ("c", 0, 0)}
    assert merged.lenders == {("c", 0, 0): "w"}


async def test_a_question_is_answered_from_a_workers_passages_and_cites_its_lender(
    tmp_path, lending
):
    # Prepare: the gateway knows the samples alone; a worker's library has the answer.
    async with opened_chat(tmp_path) as chat:
        model = await chat.backend(words=["The tide gauge of the harbour costs 900 euros."])
        await chat.worker(model, "model", slots=2)
        lender = Retrieving(retriever(lending))
        await chat.worker(model, "lender", server=lender)
        chat.stack.push_async_callback(lender.close)

        # Execute
        messages = [{"role": "user", "content": QUESTION}]
        body = hello(messages=messages, cgp={"memory": True})
        status, headers, document = await chat.post(body)
        models = list(chat.desk.dispatcher.roster.models("local"))

    # Assert
    assert status == 200
    assert headers["X-CGP-Worker"] == "model"
    (citation,) = document["citations"]
    assert citation["quote"] == "The tide gauge of the harbour costs 900 euros."
    assert (citation["lender"], citation["title"]) == ("lender", "gauge.txt")
    assert "costs 900 euros" in json.dumps(model.requests[-1])
    assert models == ["m"], "passages are no model"
