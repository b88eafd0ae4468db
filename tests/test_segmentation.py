"""Topic shifts: found where the topic changes, nowhere else, the same in every process."""

import os
import subprocess
import sys

import numpy as np
import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.segmentation import TopicSize, content_of, topic_shifts

LEAST = TopicSize(200, 10)
SEA = [
    "tide",
    "current",
    "harbour",
    "vessel",
    "anchor",
    "turbine",
    "blade",
    "wave",
    "cable",
    "seabed",
    "ocean",
    "ship",
    "sailor",
    "buoy",
    "mast",
    "keel",
    "hull",
    "dock",
    "pier",
    "coast",
    "shore",
    "reef",
    "island",
    "lighthouse",
    "captain",
    "crew",
    "deck",
    "rudder",
    "sail",
    "rope",
    "net",
    "trawler",
    "ferry",
    "cargo",
    "port",
    "swell",
    "storm",
    "salt",
    "estuary",
    "channel",
]
BREAD = [
    "flour",
    "yeast",
    "oven",
    "dough",
    "crust",
    "butter",
    "loaf",
    "bakery",
    "rye",
    "grain",
    "wheat",
    "sourdough",
    "baguette",
    "pastry",
    "croissant",
    "kneading",
    "rising",
    "baker",
    "toast",
    "sandwich",
    "bun",
    "roll",
    "cake",
    "biscuit",
    "cookie",
    "sugar",
    "cream",
    "jam",
    "honey",
    "recipe",
    "kitchen",
    "mixer",
    "bowl",
    "tray",
    "crumb",
    "starter",
    "barley",
    "oats",
    "bran",
    "muffin",
]


def talk(*topics, turns=30, seed=1):
    """Turns of six random words each, all of one topic and then all of the next."""
    draw = np.random.default_rng(seed)
    texts = [" ".join(draw.choice(topic, 6)) for topic in topics for _ in range(turns)]
    return Conversation("c", "t", (Participant("Ana"),), tuple(Turn(0, text) for text in texts))


def shifts(conversation, least=LEAST):
    content = content_of(conversation, default_embedder())
    return topic_shifts(content, 0, len(conversation.turns), least)


@pytest.mark.parametrize("seed", range(5))
def test_a_shift_is_found_where_it_is(seed):
    assert shifts(talk(SEA, BREAD, seed=seed)) == [30]


@pytest.mark.parametrize("seed", range(5))
def test_a_topic_that_comes_back_is_two_shifts(seed):
    assert shifts(talk(SEA, BREAD, SEA, seed=seed)) == [30, 60]


@pytest.mark.parametrize("seed", range(10))
def test_there_is_none_in_random_talk_about_one_thing(seed):
    assert shifts(talk(SEA, SEA, seed=seed)) == []


def test_what_is_smaller_than_a_topic_is_no_topic():
    aside = talk(SEA, BREAD, turns=30)
    short = Conversation("c", "t", aside.participants, aside.turns[:36])
    assert shifts(short, TopicSize(10_000, 20)) == []
    assert shifts(short, TopicSize(10_000, 6)) == [30]


@pytest.mark.parametrize("texts", [["..."] * 50, [""] * 50, ["hello"], ["hm"] * 5, ["ja", ""] * 30])
def test_talk_without_content_has_no_topics(texts):
    empty = Conversation("c", "t", (Participant("Ana"),), tuple(Turn(0, text) for text in texts))
    assert shifts(empty) == []


def test_languages_without_spaces_have_words_too():
    sea = "潮汐海洋港口船帆锚浪涛洋湾岛礁渔网舵桨舟艇航湖泊岸沙滩"
    bread = "面粉酵母烤箱团包黄油糖奶酪蛋糕饼干麦谷厨房锅碗盐甜香酥脆馅"
    draw = np.random.default_rng(3)
    texts = ["".join(draw.choice(list(topic), 9)) for topic in (sea, bread) for _ in range(30)]
    whole = Conversation("c", "t", (Participant("李"),), tuple(Turn(0, text) for text in texts))
    assert shifts(whole) == [30]


def test_a_part_of_a_conversation_is_searched_like_a_whole():
    content = content_of(talk(SEA, BREAD, SEA), default_embedder())
    assert topic_shifts(content, 0, 90, LEAST) == [30, 60]
    assert topic_shifts(content, 30, 90, LEAST) == [60]
    assert topic_shifts(content, 60, 90, LEAST) == []


def test_a_very_long_conversation_has_evenly_spaced_edges():
    whole = talk(SEA, BREAD, turns=5000)
    content = content_of(whole, default_embedder())
    assert len(content.edges) <= 4097
    assert (content.edges[0], content.edges[-1]) == (0, 10_000)
    found = topic_shifts(content, 0, 10_000, LEAST)
    assert len(found) <= 2, "a block with the shift inside may stand alone"
    assert min(abs(shift - 5000) for shift in found) <= 6


SCRIPT = """
from cgp import samples
from cgp.embedders import default_embedder
from cgp.windows import WindowPlan, cut
print([list(cut(talk, WindowPlan(600), default_embedder()).nodes()) for talk in samples.load()])
"""


def test_every_process_cuts_alike():
    outputs = set()
    for seed, threads in (("1", "1"), ("2", "2")):
        env = os.environ | {"PYTHONHASHSEED": seed, "OPENBLAS_NUM_THREADS": threads}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, check=True
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
