"""The studio of pages: teach, talk, converse, save and load, by the functions of the commands."""

import json

import pytest

from cgp.embedders import default_embedder
from cgp.encoders import default_encoder
from cgp.fractal.talk.conversing import TalkLimits
from cgp.fractal.talk.errors import EmptyMessageError, PairsError, TalkError, TalkFileError
from cgp.fractal.talk.partner import PartnerAddress
from cgp.fractal.talk.studio import NoModelError, Studio
from tests.fractal.test_talk import PAIRS
from tests.kit.llm_server import KEY, OpenAIServer, Says

DATA = json.dumps(PAIRS).encode()


def open_studio(folder, keep=lambda conversation: None):
    return Studio(folder, default_encoder(), default_embedder(), keep)


@pytest.fixture
def studio(tmp_path):
    return open_studio(tmp_path / "talk")


def test_a_model_is_taught_saved_and_loaded_by_a_plain_name_alone(studio, tmp_path):
    # Prepare: nothing is there yet.
    with pytest.raises(NoModelError):
        studio.reply("hello", 0.7)
    with pytest.raises(NoModelError):
        studio.save("mine")

    # Execute
    lines = list(studio.train(DATA, "qa.json", 2))
    studio.save("mine")
    other = open_studio(tmp_path / "talk")
    other.load("mine")

    # Assert
    assert [line.split(":")[0] for line in lines[1:3]] == ["epoch 1", "epoch 2"]
    question, answer = PAIRS[1]
    assert studio.reply(question, 0.7).text == other.reply(question, 0.7).text == answer
    assert other.names() == ["mine"]
    for name in ("../mine", "", "no-such"):
        with pytest.raises(TalkFileError):
            other.load(name)
    # A file that is spoilt leaves the model in use as it is.
    (tmp_path / "talk" / "bad.talk").write_bytes(b"spoilt")
    with pytest.raises(TalkFileError):
        other.load("bad")
    assert other.reply(question, 0.7).text == answer
    with pytest.raises(PairsError):
        list(other.train(b"[]", "qa.json", 2))
    with pytest.raises(EmptyMessageError):
        other.reply(" ", 0.7)
    assert other.reply(question, 0.7).text == answer
    with pytest.raises(TalkError, match="epochs"):
        list(other.train(DATA, "qa.json", 0))


async def test_a_conversation_is_shown_as_it_comes_and_kept(tmp_path):
    conversations = []
    studio = open_studio(tmp_path, conversations.append)
    list(studio.train(DATA, "qa.json", 1))
    server = OpenAIServer([Says(PAIRS[2][0]), Says("")])

    async with server.running():
        address = PartnerAddress(server.base_url, "m", KEY)
        talk = studio.conversation(address, PAIRS[0][0], TalkLimits(20.0, 0.0), 0.7)
        lines = [line async for line in talk]

    assert lines[:3] == [
        f"Talk model: {PAIRS[0][0]}",
        f"m: {PAIRS[2][0]}",
        f"Talk model: {PAIRS[2][1]}",
    ]
    assert lines[3].startswith("[ended: empty")
    [conversation] = conversations
    assert conversation.source == "synthetic-chat"
    assert len(conversation.turns) == 3
    with pytest.raises(TalkError, match="3600 seconds"):
        [line async for line in studio.conversation(address, "Hi", TalkLimits(1e9), 0.7)]
