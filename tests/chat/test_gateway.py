"""The gateway as its clients meet it: OpenAI's own client, faults of workers, clients that leave."""

import asyncio
import time

import openai
import pytest

from tests.chat.conftest import hello


async def test_openais_own_client_streams_and_does_not(chat):
    # Prepare
    backend = await chat.backend()
    await chat.worker(backend)
    client = chat.client()

    # Execute
    models = [model.id async for model in client.models.list()]
    whole = await client.chat.completions.create(**hello())
    stream = await client.chat.completions.create(
        **hello(), stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    bare = await client.chat.completions.create(**hello(), stream=True)
    bare_chunks = [chunk async for chunk in bare]
    vectors = await client.embeddings.create(
        model="m", input=["ab", "abc"], encoding_format="float"
    )

    # Assert
    assert models == ["m"]
    assert whole.choices[0].message.content == "Ferries are late."
    assert whole.usage.total_tokens == 8
    assert whole.worker == "w"
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == "Ferries are late."
    assert chunks[-1].usage.completion_tokens == 3
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert len({chunk.id for chunk in chunks}) == 1
    assert len(bare_chunks) == len(chunks) - 1
    assert all(chunk.choices and chunk.usage is None for chunk in bare_chunks)
    assert [item.embedding for item in vectors.data] == [[2.0, 1.0], [3.0, 1.0]]


async def test_what_the_client_asks_for_reaches_the_backend(chat):
    backend = await chat.backend()
    await chat.worker(backend)
    tool = {"type": "function", "function": {"name": "timetable", "parameters": {"type": "object"}}}
    form = {"type": "json_schema", "json_schema": {"name": "t", "schema": {"type": "object"}}}
    asked = {
        "tools": [tool],
        "tool_choice": "auto",
        "response_format": form,
        "logprobs": True,
        "top_logprobs": 2,
        "stop": ["\n"],
        "seed": 7,
        "n": 2,
        "temperature": 0.5,
    }

    answer = await chat.client().chat.completions.create(**hello(), **asked)

    sent = backend.requests[0]
    assert {name: sent[name] for name in asked} == asked
    assert sent["max_tokens"] == 4096
    assert answer.choices[1].message.tool_calls[0].function.name == "timetable"


async def test_errors_are_those_of_openais_client(chat):
    client = chat.client()
    with pytest.raises(openai.InternalServerError) as no_worker:
        await client.chat.completions.create(**hello())
    assert no_worker.value.status_code == 503
    assert no_worker.value.response.headers["Retry-After"] == "5"

    backend = await chat.backend()
    await chat.worker(backend)
    with pytest.raises(openai.NotFoundError, match="/v1/models"):
        await client.chat.completions.create(**hello(model="other"))
    with pytest.raises(openai.BadRequestError, match="temperature"):
        await client.chat.completions.create(**hello(temperature=9))
    backend.refusal = (400, "context is full")
    with pytest.raises(openai.BadRequestError, match="context is full"):
        await client.chat.completions.create(**hello())
    backend.refusal = (401, "my own key is wrong: sk-1")
    with pytest.raises(openai.InternalServerError):
        await client.chat.completions.create(**hello())


async def test_without_a_worker_the_answer_comes_at_once(chat):
    # Processor time of both sides: the clock of a busy machine says nothing.
    spent = []
    for _ in range(5):
        started = time.process_time()
        status, headers, body = await chat.post(hello())
        spent.append(time.process_time() - started)
        assert (status, body["error"]["code"]) == (503, "no_worker")
        assert headers["Retry-After"]
    assert min(spent) < 0.1


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_stops_the_backend(chat, stream):
    backend = await chat.backend(first=0.0 if stream else 30.0, each=30.0)
    await chat.worker(backend)

    async def read():
        answer = await chat.client().chat.completions.create(**hello(), stream=stream)
        async for _ in answer:
            pass

    reading = asyncio.create_task(read())
    await chat.settled(lambda: backend.in_flight == 1)
    await asyncio.sleep(0.2)
    reading.cancel()
    await asyncio.wait([reading])

    await chat.settled(lambda: backend.aborted == 1)
    await chat.settled(lambda: chat.desk.dispatcher.counts.cancels == 1)
    assert all(standing.busy == 0 for standing in chat.desk.dispatcher.roster.standings.values())


async def test_a_backend_that_fails_before_the_first_token_is_replaced_by_another(chat):
    bad, good = await chat.backend(), await chat.backend()
    bad.refusal = (500, "out of memory")
    await chat.worker(bad, "bad")
    await chat.worker(good, "good")

    # Each a conversation of its own: a conversation stays with the worker that answered it.
    talks = [[{"role": "user", "content": f"Question {i}"}] for i in range(16)]
    answers = [await chat.post(hello(messages=messages)) for messages in talks]

    assert {status for status, _, _ in answers} == {200}
    assert {headers["X-CGP-Worker"] for _, headers, _ in answers} == {"good"}
    assert len(bad.requests) in {1, 2, 3}, "a worker that fails three times is paused"
    standings = chat.desk.dispatcher.roster.standings.values()
    assert sum(standing.losses for standing in standings) == len(bad.requests)


async def test_a_worker_lost_after_the_first_token_ends_the_stream_with_an_error(chat):
    backend = await chat.backend(each=30.0)
    _, _, task = await chat.worker(backend)
    stream = await chat.client().chat.completions.create(**hello(), stream=True)
    assert (await anext(stream)).choices[0].delta.content == "Ferries "

    # Without a word, as a killed one (the real kill is in the tests of processes).
    task.cancel()
    async with asyncio.timeout(60):
        with pytest.raises(openai.APIError, match="worker"):
            [chunk async for chunk in stream]


async def test_slots_are_never_exceeded_and_requests_wait_in_line(chat):
    backend = await chat.backend(first=0.05)
    await chat.worker(backend, slots=3)

    statuses = await asyncio.gather(*(chat.post(hello()) for _ in range(24)))

    assert [status for status, _, _ in statuses] == [200] * 24
    assert backend.most_in_flight == 3


async def test_a_stopped_worker_finishes_its_job(chat):
    backend = await chat.backend(first=0.5)
    _, stopping, task = await chat.worker(backend)
    asking = asyncio.create_task(chat.post(hello()))
    await chat.settled(lambda: backend.in_flight == 1)
    stopping.set()
    status, _, _ = await asking
    await asyncio.wait_for(task, 60.0)
    assert status == 200
    await chat.settled(lambda: not chat.desk.jobs.workers())


async def test_health_metrics_and_workers_tell_the_state(chat):
    import aiohttp

    backend = await chat.backend()
    await chat.worker(backend)
    await chat.post(hello())
    async with aiohttp.ClientSession(chat.url) as session:
        health = await (await session.get("/healthz")).json()
        metrics = await (await session.get("/metrics")).text()
        rows = await (await session.get("/v1/workers")).json()
    assert health["ready"]
    assert health["workers"] == 1
    assert 'cgp_gateway_requests_total{outcome="answers"} 1.0' in metrics
    (row,) = rows["data"]
    assert (row["name"], row["models"], row["jobs"], row["busy"]) == ("w", ["m"], 1, 0)
