"""Every strategy plays by the rules of the game: it sees what a miner sees, and chance is given to it."""

from dataclasses import replace

import numpy as np
import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.protocol.limits import MAX_TAG_CHARACTERS, MAX_TAGS
from cgp.scoring.redteam.chance import Chance
from cgp.scoring.redteam.collusion import CLONES, shared_answer
from cgp.scoring.redteam.honest import FIELD, FULL, GUESTS, full, noisy
from cgp.scoring.redteam.remembering import RememberingEmbedder
from cgp.scoring.redteam.report import ATTACKS
from cgp.scoring.redteam.strategy import Draft, Leak, NotedWindow, Sight
from cgp.scoring.redteam.vectors import STRATEGIES as FORGERIES
from cgp.scoring.task import NoAnswer
from cgp.text import normal_form

EVERYBODY = (*FIELD, *GUESTS, *ATTACKS)


def seen(name, topic):
    window = Conversation(
        id=name,
        source="test",
        participants=(Participant("Ada"), Participant("Grace"), Participant("Edsger")),
        turns=tuple(
            Turn(i % 2, f"I would say that the {topic} of part {i} needs a careful look")
            for i in range(6)
        ),
    )
    tags = tuple(
        Tag(f"{topic} {word}") for word in ("plan", "cost", "risk", "date", "team", "goal")
    )
    profiles = tuple(
        ParticipantProfile(
            who, (Claim("topic", f"{topic} {who}", (who,)), Claim("role", "lead", (who,)))
        )
        for who in (0, 1)
    )
    return NotedWindow(window, Metadata(tags * 3, profiles))


def sight(strategy, *, number=3, seat=0, seed=0):
    past = [seen(f"c{i}", topic) for i, topic in enumerate(("bread", "tides", "music", "roads"))]
    now = seen("now", "compiler")
    leak = Leak(seen("now", "parser"), now.notes, Draft(("compiler plan",), now.notes.profiles))
    return Sight(
        number=number,
        seat=seat,
        window=now.window,
        notes=now.notes,
        past=past,
        chance=Chance((seed, number), strategy.name, seat, strategy.name),
        embedder=RememberingEmbedder(default_embedder()),
        leak=leak if strategy.leaks else None,
    )


@pytest.mark.parametrize("strategy", EVERYBODY, ids=lambda strategy: strategy.name)
def test_a_strategy_drafts_what_a_wire_can_carry_and_the_same_again(strategy):
    first, again = (strategy.play(sight(strategy)) for _ in range(2))
    if isinstance(first, NoAnswer):
        assert first == again
        return
    assert first.tags == again.tags
    assert first.profiles == again.profiles
    assert len(first.tags) <= MAX_TAGS
    assert all(isinstance(tag, str) and len(tag) <= MAX_TAG_CHARACTERS for tag in first.tags)
    turns = [t for profile in first.profiles for claim in profile.claims for t in claim.turns]
    assert all(turn >= 0 for turn in turns)


@pytest.mark.parametrize("strategy", EVERYBODY, ids=lambda strategy: strategy.name)
def test_a_strategy_copes_with_its_first_task(strategy):
    bare = sight(strategy)
    reply = strategy.play(replace(bare, number=0, notes=Metadata(), past=()))
    assert isinstance(reply, Draft | NoAnswer)


@pytest.mark.parametrize("strategy", FORGERIES, ids=lambda strategy: strategy.name)
def test_a_forgery_sends_other_vectors_than_the_right_ones(strategy):
    draft = strategy.play(sight(strategy))
    right = default_embedder().embed([normal_form(tag) for tag in draft.tags])
    sent = draft.forge(right.copy())
    assert sent is None or sent.shape != right.shape or not np.allclose(sent, right, atol=1e-4)


def test_names_are_unique_and_there_are_more_than_the_32_attacks_asked_for():
    names = [strategy.name for strategy in EVERYBODY]
    assert len(set(names)) == len(names)
    assert len(ATTACKS) >= 32
    assert {strategy.kind for strategy in ATTACKS} == {"attack"}
    assert {strategy.kind for strategy in (*FIELD, *GUESTS)} == {"honest"}


def test_a_leak_is_refused_to_a_strategy_that_was_not_given_one():
    with pytest.raises(ValueError, match="no leak"):
        _ = sight(FULL).secret


def test_accomplices_share_an_answer_and_equal_miners_do_not():
    strategy = next(s for s in ATTACKS if s.seats == CLONES)
    clones = {shared_answer(sight(strategy, seat=seat)).tags for seat in range(CLONES)}
    equals = {full(sight(FULL, seat=seat)).tags for seat in range(FULL.seats)}
    assert len(clones) == 1
    assert len(equals) > 1


def test_noise_replaces_the_share_of_tags_that_it_says():
    kept = []
    for seed in range(60):
        honest = set(sight(FULL).notes.tags)
        draft = noisy(0.6)(sight(FULL, seed=seed))
        kept.append(np.mean([Tag(tag) in honest for tag in draft.tags]))
    assert np.mean(kept) == pytest.approx(0.4, abs=0.06)
