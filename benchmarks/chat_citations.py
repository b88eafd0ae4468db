"""How answers without a model cite: the figures of ``chat_retrieval.py`` about citations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from chat_questions import Asked

from cgp.retrieval import Passage, cited_answer

PASSAGES = 6
"""Passages that an answer is made of."""

SHARES = (1.0, 0.75, 0.5, 0.25, 0.1)
"""Shares of the answers that are kept, the surest first."""


def report_citations(
    name: str,
    passages: dict[str, list[Passage]],
    asked: Sequence[Asked],
    texts: dict[str, list[str]],
    *,
    sentences: int = 3,
) -> None:
    """Print how the extractive answers of so many sentences cite."""
    inside, first, some, right_passage, quoted = [], [], [], [], []
    for one in asked:
        answer = cited_answer(one.text, passages[one.id][:PASSAGES], sentences=sentences)
        if not answer.answerable:
            continue
        hits = [one.is_answered_by(c.conversation, c.turn, c.turn) for c in answer.citations]
        inside += hits
        first.append(hits[0])
        some.append(any(hits))
        quoted += [c.quote in texts[c.conversation][c.turn] for c in answer.citations]
        right_passage += [
            hit
            for hit, citation in zip(hits, answer.citations, strict=True)
            if any(
                one.is_answered_by(*passage.place)
                and passage.conversation == citation.conversation
                and passage.first_turn <= citation.turn <= passage.last_turn
                for passage in passages[one.id][:PASSAGES]
            )
        ]
    print(
        f"{name:12s}answered {len(first) / len(asked):.3f}   cited turns inside {np.mean(inside):.3f}   "
        f"first one {np.mean(first):.3f}   any of them {np.mean(some):.3f}   "
        f"of those in a right passage {np.mean(right_passage):.3f}   "
        f"quoted word for word {np.mean(quoted):.3f}"
    )


def report_limits(name: str, passages: dict[str, list[Passage]], asked: Sequence[Asked]) -> None:
    """Print how wide gold turns are, and how many answers have a right passage among theirs."""
    widths = [sum(stop - start + 1 for start, stop in one.spans) for one in asked]
    answers = [
        one for one in asked if cited_answer(one.text, passages[one.id][:PASSAGES]).answerable
    ]
    right = [
        any(one.is_answered_by(*passage.place) for passage in passages[one.id][:PASSAGES])
        for one in answers
    ]
    best = [passages[one.id][0].conversation == one.conversation for one in answers]
    print(
        f"{name:12s}gold turns of a question {np.median(widths):.0f} (median)   a right passage among "
        f"{PASSAGES} {np.mean(right):.3f}   best passage of the right meeting {np.mean(best):.3f}"
    )


def report_surest(name: str, passages: dict[str, list[Passage]], asked: Sequence[Asked]) -> None:
    """Print the share of cited turns inside, of the answers whose best passage has the best scores.

    With a higher threshold only these would be answered.
    """
    hits: list[tuple[float, list[bool]]] = []
    for one in asked:
        answer = cited_answer(one.text, passages[one.id][:PASSAGES])
        if answer.answerable:
            inside = [one.is_answered_by(c.conversation, c.turn, c.turn) for c in answer.citations]
            hits.append((passages[one.id][0].score, inside))
    hits.sort(key=lambda hit: -hit[0])
    shares = []
    for share in SHARES:
        kept = hits[: max(1, round(share * len(hits)))]
        three = np.mean([value for _, inside in kept for value in inside])
        shares.append(f"{share:g}: {three:.3f} ({np.mean([inside[0] for _, inside in kept]):.3f})")
    print(f"{name:12s}three citations (the first) of the surest answers   {'   '.join(shares)}")
