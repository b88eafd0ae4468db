"""The person who asks: that person's own profile in the prompt, at the store's machine alone."""

import json
from contextlib import closing
from dataclasses import asdict

import openai
import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.metadata import Claim, Metadata, ParticipantProfile
from cgp.store import ConversationResult, GroundTruthRecord, StandingChanges, Store, WindowResult
from cgp.windows import WindowPlan
from tests.chat.conftest import hello, opened_chat, settings_for


def fill(settings):
    """Put one finished conversation with two profiles into the store."""
    turns = (Turn(0, "I keep the greenhouse."), Turn(1, "I cook today."))
    talk = Conversation("talk", "test", (Participant("Petra"), Participant("Ben")), turns)
    metadata = Metadata(
        (),
        (
            ParticipantProfile(0, (Claim("role", "keeper of the greenhouse", (0,)),)),
            ParticipantProfile(1, (Claim("role", "cook", (1,)),)),
        ),
    )
    document = {"ground_truth": metadata.to_json(), "window_plan": asdict(WindowPlan())}
    truth = GroundTruthRecord("cd" * 32, json.dumps(document), "embedded/1", "words/1", "1", 1)
    with closing(Store(settings.store_url)) as store:
        store.add_conversations([talk])
        lease = store.reserve("validator", 60)
        store.seal(lease, truth, [(0, 2)])
        store.commit_window(lease, WindowResult(0, 7, [], [], StandingChanges("1")))
        store.finish(lease, ConversationResult(metadata))


def asking_as(name):
    return {"extra_body": {"cgp": {"as": name}}}


async def test_the_prompt_gets_the_profile_of_the_person_who_asks_and_the_answer_shows_it(tmp_path):
    fill(settings_for(tmp_path / "gateway"))
    async with opened_chat(tmp_path) as chat:
        backend = await chat.backend()
        await chat.worker(backend)
        client = chat.client()

        # Execute
        whole = await client.chat.completions.create(**hello() | asking_as("Petra"))
        stream = await client.chat.completions.create(**hello() | asking_as("Petra"), stream=True)
        chunks = [chunk async for chunk in stream]
        bare = await client.chat.completions.create(**hello())
        with pytest.raises(openai.NotFoundError, match="no finished conversation"):
            await client.chat.completions.create(**hello() | asking_as("Nobody"))

    # Assert: Petra's facts and no others.
    prompt = backend.requests[0]["messages"][0]["content"]
    assert "keeper of the greenhouse" in prompt
    assert "cook" not in prompt
    fact = {
        "attribute": "role", "value": "keeper of the greenhouse", "conversation": "talk",
    }  # fmt: skip
    assert whole.profile == {"participant": "Petra", "facts": [fact]}
    assert [hasattr(chunk, "profile") for chunk in chunks] == [True] + [False] * (len(chunks) - 1)
    assert not hasattr(bare, "profile")
    assert len(backend.requests[2]["messages"]) == 1


async def test_a_keys_holder_reads_no_profile(tmp_path):
    fill(settings_for(tmp_path / "gateway"))
    async with opened_chat(tmp_path, asks_for_keys=True) as chat:
        key = chat.desk.access.keys.create_key("ann", ("chat", "worker"))[1]
        backend = await chat.backend()
        await chat.worker(backend, key=key)

        with pytest.raises(openai.PermissionDeniedError):
            await chat.client(key).chat.completions.create(**hello() | asking_as("Petra"))

    assert backend.requests == []
