"""Chats as conversations: only of keys that want it, one for each chat, growing as it goes on."""

import sqlite3
from contextlib import closing

from cgp.store import Store
from tests.chat.conftest import hello, opened_chat, settings_for

OPENING = {"role": "user", "content": "When does the ferry leave?"}


def kept(folder):
    settings = settings_for(folder / "gateway")
    with closing(Store(settings.store_url)) as store:
        return [
            store.conversation(status.id)
            for status in store.conversation_statuses()
            if status.source == "chat"
        ]


async def test_a_chat_of_a_key_that_keeps_is_one_conversation_that_grows(tmp_path):
    async with opened_chat(tmp_path, asks_for_keys=True) as chat:
        # Prepare
        create = chat.desk.access.keys.create_key
        keeping = create("ann", ("chat", "worker", "keep"))[1]
        other = create("ann", ("chat",))[1]
        await chat.worker(await chat.backend(), key=keeping)
        answer = {"role": "assistant", "content": "Ferries are late."}
        system = {"role": "system", "content": "Be brief."}
        more = [system, OPENING, answer, {"role": "user", "content": "And tomorrow?"}]

        # Execute
        await chat.post(hello(messages=[OPENING]), headers={"Authorization": f"Bearer {other}"})
        none = kept(tmp_path)
        client = chat.client(keeping)
        await client.chat.completions.create(**hello(messages=[system, OPENING]))
        first = kept(tmp_path)
        stream = await client.chat.completions.create(**hello(messages=more), stream=True)
        assert [chunk async for chunk in stream]
        await chat.settled(lambda: len(kept(tmp_path)[0].turns) == 4)
        second = kept(tmp_path)

    # Assert
    assert none == []
    assert [turn.text for turn in first[0].turns] == [OPENING["content"], "Ferries are late."]
    assert [turn.text for turn in second[0].turns[2:]] == ["And tomorrow?", "Ferries are late."]
    assert len(second) == 1
    assert [p.name for p in second[0].participants] == ["User", "Assistant (m)"]
    assert second[0].title == OPENING["content"]


async def test_an_answer_stands_where_its_chat_cannot_be_kept(tmp_path, caplog):
    async with opened_chat(tmp_path, gateway={"keep_chats": True}) as chat:
        await chat.worker(await chat.backend())
        with closing(sqlite3.connect(tmp_path / "gateway" / "store.sqlite")) as store:
            store.execute("DROP TABLE conversations")
        status, _, document = await chat.post(hello(messages=[OPENING]))

    assert status == 200
    assert document["choices"][0]["message"]["content"] == "Ferries are late."
    assert "a chat could not be kept" in caplog.text
    assert OPENING["content"] not in caplog.text


async def test_a_gateway_without_keys_keeps_chats_only_where_its_owner_says_so(tmp_path):
    for keeps, count in ((False, 0), (True, 1)):
        async with opened_chat(tmp_path, gateway={"keep_chats": keeps}) as chat:
            await chat.worker(await chat.backend())
            assert (await chat.post(hello(messages=[OPENING])))[0] == 200
        assert len(kept(tmp_path)) == count
