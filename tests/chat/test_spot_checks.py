"""Shared workers are compared with each other: the one that is alone, or that forges usage, is named."""

import logging

from cgp.chat.evidence import Evidence
from cgp.chat.spot_checks import difference
from tests.chat.conftest import hello, opened_chat

TRUE = "The ferry is late today, since a storm keeps it in the harbour of the island."
AGAIN = "Because of a storm the ferry stays in the island's harbour and leaves late today."
FALSE = "Buy cheap tulips now, this offer ends soon and pays you back in gold."


def evidence(text, prompt_tokens=5, completion_tokens=9):
    made = Evidence.of(hello())
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens}
    made.add({"choices": [{"index": 0, "message": {"content": text}}], "usage": usage})
    return made


def test_answers_differ_by_meaning_or_by_their_prompts_and_not_by_their_words():
    assert difference(evidence(TRUE), evidence(AGAIN)) == ""
    assert "means something else" in difference(evidence(TRUE), evidence(FALSE))
    assert "prompt tokens" in difference(evidence(TRUE, 20), evidence(AGAIN, 400))
    assert difference(evidence(TRUE, 20), evidence(AGAIN, 90)) == ""


def test_more_tokens_than_bytes_are_forged_whatever_the_tokenizer():
    assert not evidence("é" * 100, 5, 200).is_forged
    assert evidence("yes", 5, 100).is_forged
    assert evidence("yes", 10_000, 1).is_forged
    thinking = evidence("yes", 5, 1)
    usage = {"prompt_tokens": 5, "completion_tokens": 900}
    thinking.add({"usage": usage | {"completion_tokens_details": {"reasoning_tokens": 890}}})
    assert not thinking.is_forged


async def shared_workers(chat, texts):
    """Start a shared worker of an owner of its own for each text; return their ids by name."""
    create = chat.desk.access.keys.create_key
    workers = {}
    for name, text in texts.items():
        backend = await chat.backend(words=[f"{word} " for word in text.split()])
        key = create(name, ("worker",))[1]
        workers[name] = (await chat.worker(backend, name, key, audience="shared", slots=4))[0]
    return workers, {"Authorization": f"Bearer {create('eve', ('chat',))[1]}"}


async def ask(chat, headers, number, model="m"):
    """Ask a question of a conversation of its own, so that any worker may get it."""
    messages = [{"role": "user", "content": f"Question {number}: why is the ferry late?"}]
    body = hello(model=model, messages=messages, cgp={"audience": "shared"})
    status, _, document = await chat.post(body, headers=headers)
    assert status == 200
    await chat.desk.spot_checks.settle()
    return document


async def test_the_worker_that_is_alone_is_paused_and_named(tmp_path, caplog):
    gateway = {"spot_share": 1.0}
    async with opened_chat(tmp_path, asks_for_keys=True, gateway=gateway) as chat:
        texts = {"ann": TRUE, "bob": AGAIN, "liar": FALSE}
        workers, headers = await shared_workers(chat, texts)
        standing = {name: chat.desk.dispatcher.roster.standing(w) for name, w in workers.items()}
        with caplog.at_level(logging.WARNING, "cgp.chat.spot_checks"):
            for number in range(12):
                await ask(chat, headers, number)
                if standing["liar"].faults:
                    break
        paused = {name: chat.desk.dispatcher.roster.is_paused(w) for name, w in workers.items()}
        rows = {row["name"]: row for row in (await _rows(chat, headers))}

    assert paused == {"ann": False, "bob": False, "liar": True}
    assert [standing[name].faults for name in texts] == [0, 0, 1]
    assert "worker liar" in caplog.text
    assert (rows["liar"]["faults"], rows["ann"]["faults"]) == (1, 0)
    assert rows["liar"]["reputation"] < rows["ann"]["reputation"]


async def _rows(chat, headers):
    import aiohttp

    async with aiohttp.ClientSession() as session:
        answer = await session.get(f"{chat.url}/v1/workers", headers=headers)
        return (await answer.json())["data"]


async def test_of_two_that_differ_nobody_is_judged_but_forged_usage_is_known_alone(tmp_path):
    gateway = {"spot_share": 1.0, "daily_tokens": 2_000}
    async with opened_chat(tmp_path, asks_for_keys=True, gateway=gateway) as chat:
        workers, headers = await shared_workers(chat, {"ann": TRUE, "liar": FALSE})
        standings = [chat.desk.dispatcher.roster.standing(worker) for worker in workers.values()]
        await ask(chat, headers, 0)
        before = [standing.faults for standing in standings]
        forger = await chat.backend(model="n")
        forger.claimed_tokens = 1_000_000
        key = chat.desk.access.keys.create_key("forger", ("worker",))[1]
        worker, _, _ = await chat.worker(forger, "forger", key, audience="shared", slots=4)
        await ask(chat, headers, 1, model="n")
        is_paused = chat.desk.dispatcher.roster.is_paused(worker)
        # The key goes on: it does not pay for tokens that cannot be.
        await ask(chat, headers, 2)

    assert before == [0, 0]
    assert is_paused
    assert chat.desk.dispatcher.roster.standing(worker).faults == 1
