"""The whole measure: bounds, determinism, and no conversation that it cannot take."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp import samples
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.quality import PARTS, Quality, measure

SCRIPTS = "abc zäß ,.?!'’-_ 今日はー・ หน้า ไทย हम। مرحبا؟ 😀\u200b\n\t0\ud800"
texts = st.one_of(
    st.text(max_size=40),
    st.text(alphabet=SCRIPTS, max_size=60),
    st.lists(st.sampled_from(["we", "go", "to", "the", "sea", "?", "now."]), max_size=12).map(
        " ".join
    ),
)


@st.composite
def conversations(draw):
    speakers = draw(st.integers(1, 4))
    turns = draw(
        st.lists(st.builds(Turn, st.integers(0, speakers - 1), texts), min_size=1, max_size=30)
    )
    participants = tuple(Participant(f"P{i}") for i in range(speakers))
    return Conversation("c", "test", participants, tuple(turns))


def talk(*said, speakers=2):
    turns = tuple(Turn(i % speakers, text) for i, text in enumerate(said))
    return Conversation("c", "test", tuple(Participant(f"P{i}") for i in range(speakers)), turns)


@settings(deadline=None, max_examples=80)
@given(conversations())
def test_any_conversation_has_parts_from_0_to_1_and_always_the_same(conversation):
    embedder = default_embedder()
    quality = measure(conversation, embedder)
    assert all(0 <= getattr(quality, part) <= 1 for part in PARTS)
    assert measure(conversation, embedder) == quality
    renamed = replace(
        conversation, id="other", title="T", participants=conversation.participants[::-1]
    )
    assert measure(renamed, embedder) == quality


@settings(deadline=None, max_examples=30)
@given(conversations(), st.integers(2, 5))
def test_saying_everything_again_is_less_novel(conversation, times):
    embedder = default_embedder()
    again = replace(conversation, turns=conversation.turns * times)
    once = measure(conversation, embedder).novelty
    assert measure(again, embedder).novelty < once or once == 0


@pytest.mark.parametrize(
    "conversation",
    [
        talk("Hello."),
        talk("ok"),
        talk("..."),
        talk("hi", "hi"),
        talk(*["ok"] * 50),
        talk("今日は。", "はい。"),
        talk("x" * 200_000),
        talk("語" * 200_000, "語" * 10),
        talk(*(f"this is turn number {i} of many" for i in range(5_000))),
        talk(*["one speaker", "says it all"] * 3, speakers=1),
        talk(*(f"speaker {i} here" for i in range(300)), speakers=300),
    ],
    ids=lambda conversation: f"{len(conversation.turns)} x {conversation.turns[0].text[:8]}",
)
def test_extremes_are_measured(conversation):
    quality = measure(conversation, default_embedder())
    assert 0 < quality.summary < 1 or conversation.turns[0].text == "..."


@pytest.mark.parametrize("said", [("",), (" ", "\n"), ("...", "!?")])
def test_without_a_word_everything_is_0(said):
    assert measure(talk(*said), default_embedder()) == Quality(0, 0, 0, 0, 0)


def test_a_monologue_engages_nobody():
    quality = measure(
        talk(*["We went to the sea.", "It was cold there."], speakers=1), default_embedder()
    )
    assert quality.engagement == 0


def test_turns_are_embedded_in_one_batch():
    class Counting:
        id, dimension = default_embedder().id, default_embedder().dimension
        batches = 0

        def embed(self, batch):
            self.batches += 1
            return default_embedder().embed(batch)

    embedder = Counting()
    measure(samples.load()[0], embedder)
    assert embedder.batches == 1


CODE = """
import json
from cgp import samples
from cgp.embedders import default_embedder
from cgp.quality import measure
print(json.dumps([measure(c, default_embedder()).to_json() for c in samples.load()]))
"""


def test_processes_agree_to_the_last_bit():
    found = []
    for seed, threads in (("1", "1"), ("4242", "2")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "OPENBLAS_NUM_THREADS": threads}
        done = subprocess.run(
            [sys.executable, "-c", CODE],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        )
        found.append(json.loads(done.stdout))
    assert found[0] == found[1]
    assert found[0] == [measure(c, default_embedder()).to_json() for c in samples.load()]
