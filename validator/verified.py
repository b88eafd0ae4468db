"""What the dataset gets of a conversation: the part of the answers that scoring bears out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from cgp.metadata import Metadata, Tag, merge
from cgp.scoring import Answer
from cgp.store import ScoredAnswer, WindowRecord
from cgp.text import normal_form

_CONFIRMED = "ground_truth"
_NOVEL = "novel"
_LEAST_NOVEL = 2


def verified_window(answers: Sequence[ScoredAnswer], clusters: Mapping[str, int]) -> Metadata:
    """Return what the valid answers to one window establish.

    A tag that scoring matched with the ground truth counts, and so does a novel one that two
    independent miners (not of one clone cluster) return; its support is the number of independent
    miners. The profiles are those of the best answer. Cited turns count from the window's first turn.
    """
    valid = [a for a in answers if a.score.valid and isinstance(a.answer, Answer)]
    supporters: dict[str, set[object]] = defaultdict(set)
    texts: dict[str, str] = {}
    confirmed: set[str] = set()
    for scored in sorted(valid, key=lambda a: -a.score.value):
        for verdict in scored.score.tags:
            name = normal_form(verdict.text)
            if name and verdict.credit > 0 and verdict.verdict in {_CONFIRMED, _NOVEL}:
                texts.setdefault(name, verdict.text)
                supporters[name].add(clusters.get(scored.hotkey, scored.hotkey))
                if verdict.verdict == _CONFIRMED:
                    confirmed.add(name)
    tags = [
        Tag(texts[name], float(len(behind)))
        for name, behind in supporters.items()
        if name in confirmed or len(behind) >= _LEAST_NOVEL
    ]
    best = max(valid, key=lambda a: a.score.value, default=None)
    profiles = best.answer.profiles if best and isinstance(best.answer, Answer) else ()
    return Metadata(tuple(tags), profiles)


def verified_conversation(
    truth: Metadata,
    windows: Iterable[WindowRecord],
    answers: Mapping[int, Sequence[ScoredAnswer]],
    clusters: Mapping[str, int],
) -> Metadata:
    """Return the metadata of a conversation: its ground truth and its verified windows, merged."""
    parts = [
        verified_window(answers.get(window.index, ()), clusters).shifted(window.start)
        for window in windows
    ]
    return merge([truth, *parts])
