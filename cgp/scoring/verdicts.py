"""Reasons of tags' credits, in words for the miner operator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cgp.scoring.tags import KINDS, Judged, Reference, TagScores
from cgp.scoring.task import TagVerdict
from cgp.scoring.words import Indices

_REASONS = {
    "novel": "supported by this window's text, and not in the ground truth",
    "duplicate": "another tag of this answer says it",
    "elsewhere": "in the ground truth, but about another part of the conversation",
    "generic": "said in this window, but not what it is about",
    "ungrounded": "supported no more by this window than by other conversations",
}
_SURPLUS = "only the first tags count; more of them cost"


def explain(
    answers: Sequence[Sequence[str]],
    judged: Judged,
    truth: Reference,
    counted: Indices,
    scores: TagScores,
) -> Iterator[tuple[TagVerdict, ...]]:
    """Yield each answer's verdicts, in the miner's order, surplus tags included.

    ``answers`` are the tags as sent; ``counted`` is the input of ``TagScoring.score``.
    """
    verdicts = _verdicts(judged, truth, counted, scores)
    most = counted.shape[1]
    start = 0
    for tags in answers:
        end = start + min(len(tags), most)
        explained = tuple(verdicts[start:end])
        if len(tags) > most:
            explained += tuple(TagVerdict(text, 0.0, "surplus", _SURPLUS) for text in tags[most:])
        yield explained
        start = end


def _verdicts(
    judged: Judged, truth: Reference, counted: Indices, scores: TagScores
) -> list[TagVerdict]:
    """Return the verdicts of all counted tags, one answer after another; equal ones
    are made once.
    """
    present = counted >= 0
    code = counted[present] * len(KINDS) + scores.kind[present]
    credit = scores.credit[present]
    order = np.lexsort((credit, code))
    code, credit = code[order], credit[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (code[1:] != code[:-1]) | (credit[1:] != credit[:-1])
    rows, kinds = (each.tolist() for each in np.divmod(code[new], len(KINDS)))
    reasons = _reasons(judged, truth, rows, kinds)
    texts = judged.texts
    distinct = [
        TagVerdict(texts[row], earned, KINDS[kind], reason)
        for row, earned, kind, reason in zip(
            rows, credit[new].tolist(), kinds, reasons, strict=True
        )
    ]
    which = np.empty(len(order), dtype=np.intp)
    which[order] = np.cumsum(new) - 1
    return list(map(distinct.__getitem__, which.tolist()))


def _reasons(
    judged: Judged, truth: Reference, rows: Sequence[int], kinds: Sequence[int]
) -> list[str]:
    """Return the reasons of the credits of distinct tags (``rows``) of these kinds."""
    known = [_REASONS.get(kind, "") for kind in KINDS]
    nearest = judged.nearest.tolist()
    spoken_for = [f"speaks for {name!r} of the ground truth" for name in truth.names]
    return [
        known[kind]
        or (spoken_for[nearest[row]] if KINDS[kind] == "ground_truth" else judged.defect[row])
        for row, kind in zip(rows, kinds, strict=True)
    ]
