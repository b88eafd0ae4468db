"""Attacks over time: choosing when to work, and mixing work with junk."""

from __future__ import annotations

from collections.abc import Callable

from cgp.conversation import Conversation
from cgp.no_answer_kind import NoAnswerKind
from cgp.scoring.redteam.honest import full, with_junk
from cgp.scoring.redteam.not_reading import random_words, same_tags
from cgp.scoring.redteam.strategy import Play, Reply, Sight, Strategy
from cgp.scoring.redteam.vocabulary import GENERIC_TAGS
from cgp.scoring.task import NoAnswer

BOUND = 1.0
generic = same_tags(GENERIC_TAGS)


def decline(sight: Sight) -> Reply:
    """Refuse this task."""
    return NoAnswer(NoAnswerKind.REFUSED, f"task {sight.number} declined")


def when(condition: Callable[[Sight], bool], play: Play, otherwise: Play) -> Play:
    """Return ``play`` where the condition holds, ``otherwise`` elsewhere."""

    def play_by_condition(sight: Sight) -> Reply:
        return play(sight) if condition(sight) else otherwise(sight)

    return play_by_condition


def characters(window: Conversation) -> int:
    """Return the length of a window's text."""
    return sum(len(turn.text) for turn in window.turns)


def is_long(sight: Sight) -> bool:
    """Tell if this window has at least as much text as the median of the earlier ones."""
    sizes = sorted(characters(earlier.window) for earlier in sight.past)
    return not sizes or characters(sight.window) >= sizes[len(sizes) // 2]


def is_rich(sight: Sight) -> bool:
    """Tell if this window has as many distinct words as the median of the earlier ones."""
    richness = sorted(_richness(earlier.window) for earlier in sight.past)
    return not richness or _richness(sight.window) >= richness[len(richness) // 2]


def _richness(window: Conversation) -> int:
    return len({word.lower() for turn in window.turns for word in turn.text.split()})


def is_few_turns(sight: Sight) -> bool:
    """Tell whether few turns make up the window: long contributions are easier to tag."""
    turns = sorted(len(earlier.window.turns) for earlier in sight.past)
    return not turns or len(sight.window.turns) <= turns[len(turns) // 2]


def is_even(sight: Sight) -> bool:
    """Tell whether this is every other task."""
    return sight.number % 2 == 0


def before(number: int) -> Callable[[Sight], bool]:
    """Tell if fewer than ``number`` tasks came before."""
    return lambda sight: sight.number < number


def lottery(sight: Sight) -> Reply:
    """Work on a third of the tasks, by chance."""
    return full(sight) if sight.rng.random() < 1 / 3 else generic(sight)


def junk_share(share: float) -> Play:
    """Return honest play in which a share of the tags (and claims) is junk."""

    def play(sight: Sight) -> Reply:
        return with_junk(full(sight), share, sight.rng)

    return play


def in_bursts(sight: Sight) -> bool:
    """Tell whether this task is in a burst of work: ten tasks of every thirty."""
    return sight.number % 30 < 10


def _attack(
    name: str, play: Play, *, bound: float = BOUND, lifetime: int | None = None
) -> Strategy:
    return Strategy(name, play, bound, "history", lifetime=lifetime)


STRATEGIES: tuple[Strategy, ...] = (
    _attack("junk, a quarter", junk_share(0.25), bound=0.75),
    _attack("junk, a half", junk_share(0.5), bound=0.5),
    _attack("junk, three quarters", junk_share(0.75), bound=0.25),
    _attack("only long windows, else silence", when(is_long, full, decline)),
    _attack("only rich windows, else silence", when(is_rich, full, decline)),
    _attack("only rich windows, else generic", when(is_rich, full, generic)),
    _attack("only few turns, else silence", when(is_few_turns, full, decline)),
    _attack("good and junk in turns", when(is_even, full, random_words)),
    _attack("good and silent in turns", when(is_even, full, decline)),
    _attack("work in bursts", when(in_bursts, full, generic)),
    _attack("work by lottery", lottery),
    _attack("coasting after 50 good answers", when(before(50), full, generic)),
    _attack("coasting after 20, in silence", when(before(20), full, decline)),
    _attack("junk first, then good", when(before(75), generic, full)),
    _attack("new hotkey every 25, good", full, lifetime=25),
    _attack(
        "new hotkey every 10, 5 good", when(lambda s: s.number % 10 < 5, full, generic), lifetime=10
    ),
    _attack("new hotkey every 5, generic", generic, bound=0.03, lifetime=5),
    _attack("new hotkey every answer, random words", random_words, bound=0.03, lifetime=1),
)
