"""Reasons of tags' credits, in words for the miner operator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cgp.ragged import Indices
from cgp.scoring.tag_judgement import KINDS, Judgement, TagScores, TruthTags
from cgp.scoring.task import TagVerdict, Verdict

_REASONS = {
    Verdict.NOVEL: "supported by this window's text, and not in the ground truth",
    Verdict.DUPLICATE: "another tag of this answer says it",
    Verdict.ELSEWHERE: "in the ground truth, but about another part of the conversation",
    Verdict.GENERIC: "said in this window, but not what it is about",
    Verdict.UNGROUNDED: "supported no more by this window than by other conversations",
}
_SURPLUS = "only the first tags count; more of them cost"


def explain(
    answers: Sequence[Sequence[str]],
    judgement: Judgement,
    truth: TruthTags,
    tag_rows: Indices,
    scores: TagScores,
) -> Iterator[tuple[TagVerdict, ...]]:
    """Yield each answer's verdicts, in the miner's order, surplus tags included.

    ``answers`` are the tags as sent; ``tag_rows`` is the input of ``TagScoring.score``.
    """
    verdicts = _verdicts(judgement, truth, tag_rows, scores)
    limit = tag_rows.shape[1]
    start = 0
    for tags in answers:
        end = start + min(len(tags), limit)
        tag_verdicts = tuple(verdicts[start:end])
        if len(tags) > limit:
            tag_verdicts += tuple(
                TagVerdict(text, 0.0, Verdict.SURPLUS, _SURPLUS) for text in tags[limit:]
            )
        yield tag_verdicts
        start = end


def _verdicts(
    judgement: Judgement, truth: TruthTags, tag_rows: Indices, scores: TagScores
) -> list[TagVerdict]:
    """Return the verdicts of all counted tags, one answer after another; equal ones
    are made once.
    """
    present = tag_rows >= 0
    code = tag_rows[present] * len(KINDS) + scores.kind[present]
    credit = scores.credit[present]
    # Miners of one window share most tags, so equal verdicts, next to each other in this order,
    # are made once and then handed to every place.
    order = np.lexsort((credit, code))
    code, credit = code[order], credit[order]
    # True where a verdict differs from the one before.
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (code[1:] != code[:-1]) | (credit[1:] != credit[:-1])
    rows, kinds = (part.tolist() for part in np.divmod(code[new], len(KINDS)))
    reasons = _reasons(judgement, truth, rows, kinds)
    texts = judgement.texts
    distinct = [
        TagVerdict(texts[row], tag_credit, KINDS[kind], reason)
        for row, tag_credit, kind, reason in zip(
            rows, credit[new].tolist(), kinds, reasons, strict=True
        )
    ]
    places = np.empty(len(order), dtype=np.intp)
    places[order] = np.cumsum(new) - 1
    return list(map(distinct.__getitem__, places.tolist()))


def _reasons(
    judgement: Judgement, truth: TruthTags, rows: Sequence[int], kinds: Sequence[int]
) -> list[str]:
    """Return the reasons of the credits of distinct tags (``rows``) of these kinds."""
    kind_reasons = [_REASONS.get(kind, "") for kind in KINDS]
    nearest = judgement.nearest.tolist()
    spoken_for = [f"speaks for {name!r} of the ground truth" for name in truth.names]
    return [
        kind_reasons[kind]
        or (
            spoken_for[nearest[row]]
            if KINDS[kind] is Verdict.GROUND_TRUTH
            else judgement.defect[row]
        )
        for row, kind in zip(rows, kinds, strict=True)
    ]
