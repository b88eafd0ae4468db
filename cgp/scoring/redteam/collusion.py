"""Attacks with several hotkeys or with somebody else's answers: clones, rings, copies, decoys."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cgp.scoring.redteam.cheap_reading import phrases
from cgp.scoring.redteam.honest import full, honest_draft, with_junk, words
from cgp.scoring.redteam.not_reading import generic_profiles, same_tags
from cgp.scoring.redteam.strategy import HONEST_TAGS, Draft, Play, Reply, Sight, Strategy
from cgp.scoring.redteam.vocabulary import GENERIC_TAGS, TOPIC_TAGS

CLONES = 8
RING = 5
CLONES_BOUND = 1.15
VARIED_BOUND = 1.5
READING = 0.5
"""Share of the annotator's notes that one reading of accomplices finds."""
RING_BOUND = 1.0
COPY_BOUND = 1.0
FIXED_BOUND = 0.03
CHEAP_BOUND = 0.25


def shared_answer(sight: Sight) -> Draft:
    """Return the one honest answer that all accomplices share."""
    return honest_draft(sight.notes, sight.team)


def paraphrases(share: float) -> Play:
    """Return the shared answer with a share of its tags reworded by each accomplice."""

    def play(sight: Sight) -> Draft:
        draft = shared_answer(sight)
        changes = sight.rng.random(len(draft.tags)) < share
        tags = tuple(
            rewording(tag, sight.rng) if change else tag
            for tag, change in zip(draft.tags, changes, strict=True)
        )
        return replace(draft, tags=tags)

    return play


def rewording(tag: str, rng: np.random.Generator) -> str:
    """Say nearly the same: another ending, a filler word, the words the other way round."""
    forms = (f"{tag}s", f"the {tag}", f"{tag} topic", " ".join(reversed(tag.split())), f"{tag}ing")
    return forms[int(rng.integers(len(forms)))]


def own_order(sight: Sight) -> Draft:
    """Give the shared answer in an order of one's own."""
    draft = shared_answer(sight)
    return replace(draft, tags=tuple(draft.tags[i] for i in sight.rng.permutation(len(draft.tags))))


def partly_replaced(share: float) -> Play:
    """Return the shared answer with a share of the tags swapped for other good ones.

    Two such answers are as alike as the answers of two honest miners with one model; the errors
    that they share give them away.
    """

    def play(sight: Sight) -> Draft:
        draft = shared_answer(sight)
        spare = [tag.text for tag in sight.notes.tags if tag.text not in draft.tags]
        spare = [spare[i] for i in sight.rng.permutation(len(spare))]
        changes = sight.rng.random(len(draft.tags)) < share
        tags = tuple(
            spare.pop() if change and spare else tag
            for tag, change in zip(draft.tags, changes, strict=True)
        )
        return replace(draft, tags=tags)

    return play


def varied_picks(sight: Sight) -> Draft:
    """Pick tags of one's own from one reading that all accomplices share: a half of its tags."""
    findings = sight.team.random(len(sight.notes.tags)) < READING
    tags = tuple(tag for tag, is_found in zip(sight.notes.tags, findings, strict=True) if is_found)
    return honest_draft(replace(sight.notes, tags=tags), sight.work)


def with_own_junk(sight: Sight) -> Draft:
    """Give the shared answer with one word of one's own in place of the last tag."""
    draft = shared_answer(sight)
    return replace(draft, tags=(*draft.tags[:-1], words(sight.rng)))


def with_junk_in_front(sight: Sight) -> Draft:
    """Give the shared answer behind two random words, against comparison by leading tags."""
    draft = shared_answer(sight)
    return replace(draft, tags=(words(sight.rng), words(sight.rng), *draft.tags[:-2]))


def clones_in_turns(sight: Sight) -> Draft:
    """Share an answer on two tasks of three, work alone on the third."""
    return full(sight) if sight.number % 3 == 0 else shared_answer(sight)


def clones_later(sight: Sight) -> Draft:
    """Work alone at first, share afterwards: a past of one's own against comparison by averages."""
    return full(sight) if sight.number < 10 else shared_answer(sight)


def changing_pairs(sight: Sight) -> Draft:
    """Share with one accomplice at a time, another one for each task: no two
    hotkeys often agree.
    """
    rng = np.random.default_rng([int(sight.team.integers(2**32)), _partner(sight)])
    return honest_draft(sight.notes, rng)


def _partner(sight: Sight) -> int:
    """Return the number of this seat's pair: pairs change from task to task."""
    order = np.random.default_rng(sight.number).permutation(CLONES)
    return int(np.flatnonzero(order == sight.seat)[0]) // 2


def ring_of_phrases(sight: Sight) -> Draft:
    """Share one draw of random phrases of the window."""
    return Draft(phrases(sight.window, sight.team, HONEST_TAGS), generic_profiles(sight))


def ring_of_words(sight: Sight) -> Draft:
    """Share one draw of random words."""
    return Draft(tuple(words(sight.team) for _ in range(HONEST_TAGS)))


def ring_promoting(sight: Sight) -> Draft:
    """Share half an honest answer and a fixed list that everybody in the ring repeats."""
    draft = shared_answer(sight)
    return replace(draft, tags=draft.tags[: HONEST_TAGS // 2] + TOPIC_TAGS[: HONEST_TAGS // 2])


def favourite_and_decoys(sight: Sight) -> Reply:
    """Seat 0 works; the others give junk to make it look good."""
    return full(sight) if sight.seat == 0 else same_tags(GENERIC_TAGS)(sight)


def favourite_and_weak_decoys(sight: Sight) -> Reply:
    """Seat 0 works; the others earn just a little, to pull the middle of the field down."""
    return full(sight) if sight.seat == 0 else with_junk(full(sight), 0.6, sight.rng)


def favourite_and_echoes(sight: Sight) -> Reply:
    """Seat 0 works; the others repeat a quarter of its answer, so that its peers agree with it."""
    draft = shared_answer(sight)
    return draft if sight.seat == 0 else with_junk(draft, 0.75, sight.rng)


def copy(sight: Sight) -> Draft:
    """Give an honest miner's answer (leaked)."""
    return sight.secret.peer


def noisy_copy(sight: Sight) -> Draft:
    """Give an honest miner's answer (leaked) with a fifth of the tags reworded."""
    peer = sight.secret.peer
    tags = tuple(rewording(t, sight.rng) if sight.rng.random() < 0.2 else t for t in peer.tags)
    return replace(peer, tags=tags)


def whole_conversation(sight: Sight) -> Draft:
    """Give the ground truth of the whole conversation (leaked), for every window."""
    whole = sight.secret.whole
    return Draft(tuple(tag.text for tag in whole.tags[:HONEST_TAGS]), generic_profiles(sight))


def _attack(
    name: str, play: Play, bound: float, *, seats: int = 1, leaks: bool = False
) -> Strategy:
    return Strategy(name, play, bound, "collusion", seats=seats, leaks=leaks)


def _clones(name: str, play: Play, *, known_limit: str = "") -> Strategy:
    attack = _attack(f"8 clones{name}", play, CLONES_BOUND, seats=CLONES)
    return replace(attack, known_limit=known_limit)


STRATEGIES: tuple[Strategy, ...] = (
    _clones("", shared_answer),
    _clones(", own order", own_order),
    _clones(", 20 % reworded", paraphrases(0.2)),
    _clones(", all reworded", paraphrases(1.0)),
    _clones(
        ", 20 % replaced", partly_replaced(0.2), known_limit="it takes a hundred errors to see"
    ),
    replace(_clones(", varied picks of one reading", varied_picks), bound=VARIED_BOUND),
    replace(
        _clones(", varied picks of all", full),
        bound=VARIED_BOUND,
        known_limit="the same as eight honest miners who run one annotator",
    ),
    _clones(", changing pairs", changing_pairs),
    _clones(", one junk word each", with_own_junk),
    _clones(", junk in front", with_junk_in_front),
    _clones(", two tasks of three", clones_in_turns),
    _clones(", after 10 tasks", clones_later),
    _attack("ring of 5, same fixed list", same_tags(TOPIC_TAGS), FIXED_BOUND, seats=RING),
    _attack("ring of 5, same random words", ring_of_words, FIXED_BOUND, seats=RING),
    _attack("ring of 5, same phrases", ring_of_phrases, CHEAP_BOUND, seats=RING),
    _attack("ring of 5, same answer", shared_answer, RING_BOUND, seats=RING),
    _attack("ring of 5, answer and list", ring_promoting, RING_BOUND, seats=RING),
    _attack("favourite and 7 junk decoys", favourite_and_decoys, RING_BOUND, seats=CLONES),
    _attack("favourite and 7 echoes", favourite_and_echoes, CLONES_BOUND, seats=CLONES),
    _attack("copy of a peer", copy, COPY_BOUND, leaks=True),
    _attack("copy of a peer, 20 % reworded", noisy_copy, COPY_BOUND, leaks=True),
    replace(
        _attack("truth of the whole, no window", whole_conversation, COPY_BOUND, leaks=True),
        known_limit="who holds the truth answers best: it is sealed until the answers are in",
    ),
)
