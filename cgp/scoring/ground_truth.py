"""The ground truth: several passes of an annotator made one, and its seal.

A validator publishes the seal's digest before it sends the first window out, and the sealed
document with the results: a miner can then check that its score was computed from a truth that
was fixed before anybody answered.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cgp.embedders import Embedder
from cgp.metadata import Metadata, Tag, merge
from cgp.scoring.settings import DEFAULTS, ScoringSettings
from cgp.scoring.similarity import Similarity, cosines, exact_rows
from cgp.scoring.words import words_of
from cgp.text import normal_form
from cgp.windows import WindowPlan


@dataclass(frozen=True, slots=True)
class Seal:
    """A sealed document (canonical JSON) and its SHA-256 in hexadecimal."""

    digest: str
    document: str

    def holds(self) -> bool:
        """Tell whether the document is the one that was sealed."""
        return hashlib.sha256(self.document.encode()).hexdigest() == self.digest


def combine_passes(
    passes: Sequence[Metadata], embedder: Embedder, settings: ScoringSettings = DEFAULTS
) -> Metadata:
    """Return one ground truth from one or more annotations of the same conversation.

    Tags of different passes that say the same (the same words, or a cosine of at least
    ``truth.together``) become one, worded as in the pass that said it first; its support is the
    mean support over the passes, 0 where a pass lacks it. Tags that fewer than
    ``truth.least_support`` of the passes hold are left out. The best supported come first, then
    the earliest. Profiles are merged. One pass keeps all of its distinct tags and their support.

    Raises:
        ValueError: if there is no pass.
    """
    if not passes:
        raise ValueError("a ground truth needs at least one pass")
    texts = [
        (number, tag.text, min(1.0, max(0.0, tag.support)))
        for number, annotation in enumerate(passes)
        for tag in annotation.tags
        if normal_form(tag.text)
    ]
    names = [normal_form(text) for _, text, _ in texts]
    rows = exact_rows(embedder.embed(names))
    alike = cosines(rows, rows)
    words = [frozenset(words_of(name)) for name in names]
    leaders: list[int] = []
    holders: dict[int, dict[int, float]] = {}
    for index, (number, _, support) in enumerate(texts):
        # Two tags of one pass are two subjects, unless they have the same words. Of equally near
        # leaders the first wins: -leader is the larger the earlier it came.
        near = [
            (1.0 if words[leader] == words[index] else float(alike[leader, index]), -leader)
            for leader in leaders
            if number not in holders[leader] or words[leader] == words[index]
        ]
        likeness, minus = max(near, default=(0.0, 0))
        if likeness >= settings.truth.together:
            supports = holders[-minus]
            supports[number] = max(supports.get(number, 0.0), support)
        else:
            leaders.append(index)
            holders[index] = {number: support}
    tags = [
        Tag(texts[i][1], sum(holders[i].values()) / len(passes))
        for i in leaders
        if len(holders[i]) / len(passes) >= settings.truth.least_support
    ]
    # The sort is stable: tags of equal support keep the order of appearance.
    tags.sort(key=lambda tag: -tag.support)
    return Metadata(tags=tuple(tags), profiles=merge(passes).profiles)


def seal(
    ground_truth: Metadata,
    *,
    conversation: str,
    model: str,
    plan: WindowPlan,
    version: str,
    seed: int,
) -> Seal:
    """Seal all that scores will be computed from, besides the answers.

    ``conversation`` is the conversation's content hash, ``model`` the annotator's name,
    ``version`` the scoring rule's. Canonical JSON: keys sorted, no spaces, UTF-8, floats as
    ``repr`` gives them.
    """
    document: Mapping[str, Any] = {
        "conversation": conversation,
        "ground_truth": ground_truth.to_json(),
        "model": model,
        "scoring": version,
        "seed": seed,
        "window_plan": asdict(plan),
    }
    # Sorted keys and no spaces: every validator must get the same bytes, or the digest differs.
    text = json.dumps(
        document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return Seal(hashlib.sha256(text.encode()).hexdigest(), text)


def self_agreement(first: Metadata, second: Metadata, embedder: Embedder) -> float:
    """Return the agreement of two ground truths of one conversation, 0..1: the truth's stability.

    The smaller of both ways' mean best similarity, exact words counting 1.
    """
    a, b = ([normal_form(tag.text) for tag in truth.tags] for truth in (first, second))
    if not a or not b:
        return 0.0
    alike = Similarity().tags(exact_rows(embedder.embed(a)), exact_rows(embedder.embed(b)))
    return float(min(np.mean(alike.max(axis=1)), np.mean(alike.max(axis=0))))
