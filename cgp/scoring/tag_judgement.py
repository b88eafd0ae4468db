"""Records of the tag score: the ground truth's tags, judgements of tags, scores of answers.

Shapes: U distinct tags, G ground-truth tags, A answers, K counted tags.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats
from cgp.ragged import Indices
from cgp.scoring.similarity import Matrix
from cgp.scoring.task import Verdict

# Credit, beside the answer's better tags, below which a tag counts as junk, in proportion.
FULL_JUNK = 0.05
# Credit that the window's full support is as good as against being junk, though it is not paid.
SUPPORT_SHARE = 0.1

# The worst first: of two verdicts on a tag the one with the lower number stands.
KINDS = (
    Verdict.MALFORMED,
    Verdict.UNGROUNDED,
    Verdict.GENERIC,
    Verdict.ELSEWHERE,
    Verdict.DUPLICATE,
    Verdict.NOVEL,
    Verdict.GROUND_TRUTH,
)
"""Verdicts on counted tags; ``TagScores.kind`` counts in this order."""


class TruthTags(NamedTuple):
    """Tags of the ground truth as a window's tags are compared with them.

    ``support``: how sure the ground truth is of each tag, 0..1; ``sure``: the share of a credit
    that this is enough for; ``grounding``: support by the window's meaning; ``relevance``: how far
    it is about this window; ``worth``: how much it counts, less where it is obvious; all of shape
    ``(G,)``.
    """

    names: tuple[str, ...]
    rows: Matrix
    support: Floats
    grounding: Floats
    relevance: Floats
    worth: Floats
    sure: Floats


@dataclass(frozen=True, eq=False)
class Judgement:
    """Every distinct tag on its own. Arrays have U rows.

    ``match``: similarity to the ground truth times relevance, and the tag it is best for
    (``nearest``, -1 without ground truth); ``novel``: support by the window alone, not paid;
    ``grounding``: support by meaning; ``worth``: how much the tag counts, less where it is
    obvious; ``exact``: which are a ground-truth tag in normal form; ``name``: equal numbers for
    equal normal forms; ``defect``: form errors in words.
    """

    texts: tuple[str, ...]
    names: tuple[str, ...]
    rows: Matrix
    match: Floats
    nearest: Indices
    novel: Floats
    grounding: Floats
    worth: Floats
    exact: NDArray[np.bool_]
    name: Indices
    defect: tuple[str, ...]

    @property
    def merit(self) -> Floats:
        """Merit of each tag, shape ``(U,)``: its possible credit, or its support by the window."""
        merit: Floats = np.maximum(self.match, SUPPORT_SHARE * self.novel)
        return merit


@dataclass(frozen=True, eq=False)
class TagScores:
    """Per answer, shape ``(A,)``: score and its terms; per tag ``(A, K)``, in the miner's order.

    ``credit`` is the pay of each counted tag, ``kind`` its reason: an index into ``KINDS``.
    """

    value: Floats
    coverage: Floats
    precision: Floats
    credit: Floats
    kind: Indices


def kinds_of(
    judgement: Judgement, index: Indices, share: Floats, winners: NDArray[np.bool_]
) -> Indices:
    """Return the kind of verdict of each counted tag, shape ``(A, K)``."""
    is_malformed = np.array([bool(defect) for defect in judgement.defect], dtype=np.bool_)
    place = KINDS.index
    poor = judgement.merit <= FULL_JUNK
    unpaid = np.where(judgement.grounding <= 0, place(Verdict.UNGROUNDED), place(Verdict.GENERIC))
    unpaid = np.where(judgement.exact, place(Verdict.ELSEWHERE), unpaid)
    kind_alone = np.where(
        is_malformed, place(Verdict.MALFORMED), np.where(poor, unpaid, place(Verdict.GROUND_TRUTH))
    )
    # A match that is weaker than the tag's own support by the window does not explain it.
    spoken_for = winners & (judgement.match >= SUPPORT_SHARE * judgement.novel)[index]
    reason = np.where(spoken_for, place(Verdict.GROUND_TRUTH), place(Verdict.NOVEL))
    beside = np.where(share < 0.5, place(Verdict.DUPLICATE), reason)
    kinds: Indices = np.minimum(kind_alone[index], beside)
    return kinds
