"""The same task and answers give the same scores, whatever else runs, and whoever else answers."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.conversation import Conversation, Participant, Turn
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.scoring import Answer, NoAnswer, ScoringTask

PROGRAM = """
import hashlib, json
from dataclasses import asdict
from cgp import samples
from cgp.annotators.embedded import annotate
from cgp.embedders import default_embedder
from cgp.scoring import Answer, ScoringTask, default_rule
from cgp.windows import cut
embedder = default_embedder()
parts = [next(iter(cut(c).leaves())).of(c) for c in samples.load()[:6]]
task = ScoringTask(parts[0], annotate(parts[0], embedder, 24), tuple(parts[1:]))
own = annotate(parts[0], embedder, 30)
answers = [
    Answer(tuple(tag.text for tag in own.tags[i : i + 12]), own.profiles) for i in range(18)
]
scores = [asdict(score) for score in default_rule(embedder).score(task, answers)]
print(hashlib.sha256(json.dumps(scores).encode()).hexdigest())
"""


def test_scores_are_bit_identical_across_processes_hash_seeds_and_thread_counts():
    def run(seed: str, threads: str) -> str:
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
        environment = {**os.environ, "PYTHONHASHSEED": seed, **dict.fromkeys(names, threads)}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    digests = {run("0", "1"), run("1", "2"), run("4242", "4")}
    assert len(digests) == 1
    assert len(digests.pop()) == hashlib.sha256().digest_size * 2


def monsters() -> list[Answer | NoAnswer]:
    """Answers meant to break something."""
    nan = np.full((2, 256), np.nan, np.float32)
    strangers = tuple(
        ParticipantProfile(p, (Claim("x" * 500, "y" * 5000, (10**9, -1, 0)),))
        for p in (-1, 99, 2**40)
    )
    return [
        NoAnswer("timeout"),
        Answer(()),
        Answer(("",) * 50),
        Answer(tuple(chr(i) for i in range(64))),
        Answer(("\ud800", "\U0010ffff", "\x00")),
        Answer(("a" * 100_000,)),
        Answer(("seals", "boats"), embeddings=nan),
        Answer(("seals",), embeddings=np.zeros((0, 0), np.float32)),
        Answer(("seals",), embeddings=np.array([["x"] * 256])),
        Answer(("seals",), strangers),
        Answer(tuple(f"word{i}" for i in range(3000))),
    ]


def test_one_answer_changes_no_other_answers_score(bench):
    honest = bench.answer([tag.text for tag in bench.own.tags[:12]], bench.own.profiles)
    [alone] = bench.scores(honest)
    crowd = bench.scores(*monsters(), honest, *monsters())
    assert crowd[len(monsters())] == alone


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.text(max_size=12), max_size=14), max_size=8))
def test_a_score_is_the_same_alone_and_in_any_company(bench, others):
    honest = bench.answer(bench.true)
    [alone] = bench.scores(honest)
    company = bench.scores(*(Answer(tuple(tags)) for tags in others), honest)
    assert asdict(company[-1]) == asdict(alone)


def test_no_answer_raises_and_every_score_is_a_number(bench):
    for score in bench.scores(*monsters()):
        assert 0.0 <= score.value <= 1.0


def window_of(*texts: str) -> Conversation:
    people = (Participant("A"), Participant("B"))
    return Conversation("c", "t", people, tuple(Turn(i % 2, text) for i, text in enumerate(texts)))


@pytest.mark.parametrize(
    "texts",
    [
        ("",),
        (" ", "\u200b"),
        ("😀😀", "🎉"),
        ("hello",),
        ("?!...", "—"),
        ("a",) * 3,
        ("word " * 5000,),
        ("x" * 50_000,),
    ],
)
@pytest.mark.parametrize("count", [0, 1])
def test_windows_with_next_to_nothing_in_them_are_scored_too(bench, texts, count):
    truth = Metadata(tuple(Tag(text) for text in texts))
    background = bench.task.background[:count]
    task = ScoringTask(window_of(*texts), truth, background)
    for score in bench.rule.score(task, [Answer(("hello", "😀")), Answer(()), *monsters()]):
        assert 0.0 <= score.value <= 1.0


@pytest.mark.parametrize(
    ("texts", "good", "bad"),
    [
        (
            (
                "明日の会議で予算の見直しについて話しましょう",
                "予算の見直しは難しいですね",
                "会議は三時です",
            ),
            ("予算の見直し", "会議"),
            ("海の旅行", "料理"),
        ),
        (
            ("我们明天讨论学校的预算", "学校预算今年减少了", "老师的工资也要讨论"),
            ("学校预算", "老师的工资"),
            ("足球比赛", "海边旅行"),
        ),
        (
            ("เราจะคุยเรื่องงบประมาณโรงเรียน", "งบประมาณลดลงปีนี้"),
            ("งบประมาณ", "โรงเรียน"),
            ("ฟุตบอล", "ทะเล"),
        ),
    ],
)
def test_conversations_in_writing_without_spaces_are_scored_sensibly(bench, texts, good, bad):
    truth = Metadata(tuple(Tag(tag) for tag in good))
    task = ScoringTask(window_of(*texts), truth, bench.task.background)
    right, novel, wrong = bench.rule.score(task, [Answer(good), Answer((good[0],)), Answer(bad)])
    assert right.value > novel.value > wrong.value
    assert wrong.value < 0.5 * right.value


def test_without_background_a_window_is_scored_by_its_own_text(bench):
    bare = replace(bench, task=replace(bench.task, background=()))
    good, junk = bare.tags(bench.true, ["volcano", "piano lessons", "chess opening"])
    assert good > 0.3
    assert junk == 0


def test_the_version_names_formula_and_embedder(bench):
    assert bench.rule.version.endswith(bench.embedder.id)
    assert json.dumps(bench.rule.version)
