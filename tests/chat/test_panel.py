"""The panel: several workers answer, one writes from their answers, and the client sees who said what."""

import asyncio
import time

import openai
import pytest

from cgp.chat.local import local_chat
from tests.chat.conftest import hello, settings_for

PANEL = {"model": "panel", "extra_body": {"cgp": {"panel": {"size": 3, "quorum": 2}}}}


async def test_members_answer_alone_and_one_writes_from_all_answers(chat):
    # Prepare: three workers; the prompt of the writer holds the answers of all.
    backends = [
        await chat.backend(words=[f"Ferry {n} ", "was late."], model=f"m{n}") for n in range(3)
    ]
    for n, backend in enumerate(backends):
        await chat.worker(backend, name=f"w{n}")
    client = chat.client()

    # Execute
    models = [model.id async for model in client.models.list()]
    whole = await client.chat.completions.create(**hello() | PANEL)
    stream = await client.chat.completions.create(**hello() | PANEL, stream=True)
    chunks = [chunk async for chunk in stream]

    # Assert
    assert models == ["m0", "m1", "m2", "panel"]
    assert whole.model == "panel"
    answers = {one["worker"]: one["text"] for one in whole.panel["answers"]}
    assert answers == {f"w{n}": f"Ferry {n} was late." for n in range(3)}
    assert whole.panel["missing"] == {}
    assert 0.5 < whole.panel["agreement"] <= 1
    asked = [request for backend in backends for request in backend.requests]
    writers = [r for r in asked if any(m["role"] == "system" for m in r["messages"])]
    assert len(writers) == 2
    assert len(asked) == 8
    assert all(f"Ferry {n} was late." in writers[0]["messages"][-1]["content"] for n in range(3))
    assert chunks[-1].panel["agreement"] == whole.panel["agreement"]
    assert "".join(c.choices[0].delta.content or "" for c in chunks) in answers.values()


async def test_a_late_member_is_named_and_stopped_and_too_few_answers_are_an_error(chat):
    # Prepare: one worker that never answers.
    quick, slow = await chat.backend(), await chat.backend(first=600)
    slow.model = "slow"
    await chat.worker(quick, name="quick")
    await chat.worker(slow, name="slow")
    client = chat.client()

    def plan(quorum):
        panel = {"size": 2, "quorum": quorum, "seconds": 1}
        return {"model": "panel", "extra_body": {"cgp": {"panel": panel}}}

    # Execute
    began = time.monotonic()
    whole = await client.chat.completions.create(**hello() | plan(1))
    with pytest.raises(openai.InternalServerError, match="1 of 2 answered") as failure:
        await client.chat.completions.create(**hello() | plan(2))

    # Assert
    assert time.monotonic() - began < 300
    assert [one["worker"] for one in whole.panel["answers"]] == ["quick"]
    assert list(whole.panel["missing"].values()) == ["no answer within 1 s"]
    assert whole.panel["agreement"] is None
    assert failure.value.code == "no_quorum"
    await chat.settled(lambda: slow.aborted == 2)


async def test_a_panel_of_one_or_with_tools_is_refused(chat):
    await chat.worker(await chat.backend())
    client = chat.client()

    assert [model.id async for model in client.models.list()] == ["m"]
    with pytest.raises(openai.InternalServerError, match="needs 2 workers"):
        await client.chat.completions.create(**hello(model="panel"))
    for field in ({"n": 2}, {"tools": []}, {"extra_body": {"cgp": {"panel": {"size": 1}}}}):
        with pytest.raises(openai.BadRequestError):
            await client.chat.completions.create(**hello(model="panel") | field)
    with pytest.raises(openai.BadRequestError, match="'panel' alone"):
        await client.chat.completions.create(**hello() | {"extra_body": PANEL["extra_body"]})


async def test_a_client_that_leaves_stops_all_members(chat):
    backends = [await chat.backend(first=60, model=f"m{n}") for n in range(2)]
    for n, backend in enumerate(backends):
        await chat.worker(backend, name=f"w{n}")
    client = chat.client()

    asking = asyncio.create_task(client.chat.completions.create(**hello(model="panel")))
    await chat.settled(lambda: all(backend.in_flight for backend in backends))
    asking.cancel()

    await chat.settled(lambda: all(backend.aborted == 1 for backend in backends))


async def test_a_cited_turn_opens_with_its_neighbours_for_those_who_may_read_it(tmp_path):
    import aiohttp

    async with local_chat(settings_for(tmp_path)) as url, aiohttp.ClientSession() as session:

        async def turns(**query):
            async with session.get(f"{url}/v1/turns", params=query) as response:
                return response.status, await response.json()

        question = {"model": "extractive", "messages": [{"role": "user", "content": "hydrogen?"}]}
        async with session.post(f"{url}/v1/chat/completions", json=question) as response:
            citation = (await response.json())["citations"][0]
        status, around = await turns(conversation=citation["conversation"], turn=citation["turn"])
        missing = await turns(conversation="nothing", turn=0)
        wrong = [
            await turns(conversation="x", turn="-1"),
            await turns(conversation="x", turn="9" * 30),
            await turns(turn=1),
        ]

    assert status == 200
    assert around["level"] == "public"
    texts = {turn["turn"]: turn["text"] for turn in around["turns"]}
    assert citation["quote"] in texts[citation["turn"]]
    assert len(texts) > 3
    assert missing[0] == 404
    assert [status for status, _ in wrong] == [400, 400, 400]
