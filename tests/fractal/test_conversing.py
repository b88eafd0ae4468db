"""Conversations of two parties over a real server that behaves, and that does not."""

import asyncio
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from cgp.cli.talk import talk as talk_command
from cgp.conversation_json import conversation_from_json, conversation_to_json
from cgp.embedders import default_embedder
from cgp.encoders import default_encoder
from cgp.fractal.talk.conversing import (
    Ending,
    LearnedParty,
    Line,
    TalkLimits,
    converse,
    talk_as_conversation,
)
from cgp.fractal.talk.errors import EmptyMessageError, PartnerError
from cgp.fractal.talk.partner import PartnerAddress, partner
from cgp.fractal.talk.talk_file import talk_to_bytes
from cgp.fractal.talk.training import TalkPlan, train_talk
from cgp.store import Store
from tests.fractal.test_latent import typer_app
from tests.fractal.test_talk import PAIRS, pairs
from tests.kit.llm_server import KEY, Drops, OpenAIServer, Raw, Says, Stalls, Status

QUICK = TalkLimits(seconds=20.0, delay=0.0, turns=6)


@pytest.fixture(scope="module")
def model():
    plan = TalkPlan(epochs=3)
    return train_talk(pairs(), default_encoder(), default_embedder(), plan).model


async def talk_with(script, model, limits=QUICK, message="Where is the spare key?"):
    """Return the talk of the model with a scripted server, and the server."""
    server = OpenAIServer(script)
    ours = LearnedParty(model, np.random.default_rng(0), 0.7, "Ours")
    async with server.running():
        address = PartnerAddress(server.base_url, "m", KEY)
        async with partner(address, limits.seconds) as theirs:
            return await converse((ours, theirs), message, limits), server


def says(*texts):
    return [Says(text) for text in texts]


async def test_both_sides_hear_the_whole_talk_and_it_becomes_a_conversation(model):
    questions = [question for question, _ in PAIRS]

    talk, server = await talk_with(says(*questions[:3]), model)

    assert talk.ending is Ending.TURNS
    assert server.problems == []
    # The partner's history: our lines are the user's, its own are the assistant's.
    last = server.requests[-1]["messages"]
    assert [message["role"] for message in last[1:]] == ["user", "assistant"] * 2 + ["user"]
    assert [message["content"] for message in last[1:]] == [line.text for line in talk.lines[:5]]
    # Ours answered what was asked, as it learned it.
    assert talk.lines[2].text == PAIRS[0][1]
    assert talk.lines[4].text == PAIRS[1][1]
    conversation = talk_as_conversation(talk, 1_700_000_000.0)
    assert conversation.source == "synthetic-chat"
    assert conversation_from_json(conversation_to_json(conversation)) == conversation
    assert len(conversation.turns) == 6


@pytest.mark.parametrize(
    ("script", "ending"),
    [
        (says(""), Ending.EMPTY),
        (says(" \n\t"), Ending.EMPTY),
        ([Says("", refusal="I cannot talk about keys")], Ending.REFUSAL),
        ([Status(500)], Ending.FAILURE),
        ([Status(401)], Ending.FAILURE),
        ([Raw(b"not json")], Ending.FAILURE),
        ([Drops()], Ending.FAILURE),
        (says("Hello again."), Ending.LOOP),
    ],
)
async def test_a_talk_ends_cleanly_however_the_partner_behaves(model, script, ending):
    limits = TalkLimits(seconds=20.0, delay=0.0, turns=50)

    talk, _ = await talk_with(script, model, limits)

    assert talk.ending is ending
    assert all(line.text.strip() for line in talk.lines)
    conversation = talk_as_conversation(talk, 0.0)
    # One line of one party is no conversation.
    assert (conversation is None) == (len(talk.lines) == 1)


async def test_a_partner_that_hangs_or_is_away_does_not_hold_it_up(model):
    hanging, _ = await talk_with([Stalls()], model, TalkLimits(0.3, 0.0, 6))
    ours = LearnedParty(model, np.random.default_rng(0), 0.7, "Ours")
    async with partner(PartnerAddress("http://127.0.0.1:9/v1", "m"), 5.0) as nobody:
        away = await converse((ours, nobody), "Hello", QUICK)

    assert hanging.ending is Ending.TIME
    assert away.ending is Ending.FAILURE
    assert "m: " in away.detail
    for url, name in (("file:///etc/passwd", "m"), ("localhost:1234", "m"), ("http://x/v1", " ")):
        with pytest.raises(PartnerError):
            PartnerAddress(url, name)


async def test_the_time_and_the_delay_are_kept_by_the_clock_that_is_given(model):
    now, waits = [0.0], []

    async def sleep(seconds):
        waits.append(seconds)
        now[0] += seconds

    ours = [LearnedParty(model, np.random.default_rng(n), 0.7, f"Ours {n}") for n in (0, 1)]
    talk = await converse(
        tuple(ours), PAIRS[3][0], TalkLimits(5.0, 2.0), clock=lambda: now[0], sleep=sleep
    )

    # A model that talks with itself comes to the end of what it knows, or of its time.
    assert talk.ending in {Ending.TIME, Ending.LOOP}
    assert set(waits) <= {2.0}
    assert talk.lines[0] == Line(0, PAIRS[3][0], 0.0)
    assert talk.lines[1].text == PAIRS[3][1]
    with pytest.raises(EmptyMessageError):
        await converse(tuple(ours), " ")


async def test_the_command_talks_and_keeps_the_conversation(model, tmp_path, monkeypatch):
    # Prepare
    mine, out = tmp_path / "mine.talk", tmp_path / "talk.json"
    mine.write_bytes(talk_to_bytes(model))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LLM_API_KEY", KEY)
    server = OpenAIServer(says(PAIRS[1][0], PAIRS[4][0], ""))
    options = ["-m", PAIRS[0][0], "--delay", "0", "--out", str(out)]

    # Execute
    async with server.running():
        arguments = [str(mine), "--partner", server.base_url, "--model", "m", *options]
        done = await asyncio.to_thread(CliRunner().invoke, typer_app(talk_command), arguments)

    # Assert
    assert done.exit_code == 0, done.output
    assert "ended: empty" in done.output
    conversation = conversation_from_json(json.loads(out.read_text(encoding="utf-8")))
    assert [turn.text for turn in conversation.turns][2] == PAIRS[1][1]
    store = Store(f"sqlite:///{tmp_path / 'data' / 'store.sqlite'}")
    assert store.conversation(conversation.id) == conversation
    store.close()
