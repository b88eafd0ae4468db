"""Verified metadata of a conversation: the part of the answers that scoring confirms.

A tag's confidence is the mean of a Beta distribution: of ``n`` independent miners that answered
about a window, ``k`` returned the tag, and the ground truth counts as two more of them that did
(by its support there, between 0 and 1) or did not; with Jeffreys' prior (a half each) that is
``(k + 2 g + 1/2) / (n + 3)``. It ranks tags by their support. It is not a calibrated probability:
miners are not independent of the ground truth that pays them. A miner's claim about a participant
is weighed the same way; a claim of the ground truth keeps the confidence that its annotator gives
it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.meanings import same_meaning
from cgp.metadata import LEAST_SUPPORT, Claim, Metadata, ParticipantProfile, Tag, merge
from cgp.mining import MinedWindow, merge_up, with_talk_of_window
from cgp.profiles import is_share, said_by
from cgp.recurrence import by_recurrence
from cgp.scoring import Answer, Verdict
from cgp.store import ScoredAnswer, WindowRecord
from cgp.text import normal_form
from cgp.windows import Window, WindowPlan, cut

_LEAST_NOVEL = 2
# Credit from which the ground truth alone bears a tag out; less resembles one of its tags, or an
# unlikely one. Under the annotator's truth readers want 7 % of the tags that it explains not at
# all, 13 % from a credit of 0.08 to 0.25, 14 % up to 0.5, 20 % up to 0.75, and 52 % beyond (tags of
# the annotator and lists of words; gold, dev, 32 windows). Where the truth is of a whole
# conversation, its own tags have less than 1, too, so no more is asked here.
_LEAST_CREDIT = 0.25
_TRUTH_COUNTS_AS = 2


@dataclass(frozen=True, slots=True)
class VerifiedWindow:
    """Verified metadata of one window, and the number of independent miners with a valid answer."""

    metadata: Metadata
    miners: int


def verified_window(answers: Sequence[ScoredAnswer], clusters: Mapping[str, int]) -> VerifiedWindow:
    """Return the verified metadata of one window from its valid answers.

    A tag that scoring matched with the ground truth counts, and so does a novel or barely matched
    one that two independent miners (not of one clone cluster) return; its support is the number
    of independent miners. The profiles are the best answer's, each claim weighed by how
    many independent miners make it. Cited turns count from the window's first turn.
    """
    valid = [a for a in answers if a.score.valid and isinstance(a.answer, Answer)]
    supporters: dict[str, set[object]] = defaultdict(set)
    texts: dict[str, str] = {}
    confirmed_names: set[str] = set()
    # The best answer first: its spelling of a tag is the one that is kept.
    for scored_answer in sorted(valid, key=lambda a: -a.score.value):
        for verdict in scored_answer.score.tags:
            name = normal_form(verdict.text)
            if name and verdict.verdict in {Verdict.GROUND_TRUTH, Verdict.NOVEL}:
                texts.setdefault(name, verdict.text)
                # A cluster of clones counts as one miner, however many hotkeys it has.
                supporters[name].add(clusters.get(scored_answer.hotkey, scored_answer.hotkey))
                if verdict.verdict == Verdict.GROUND_TRUTH and verdict.credit >= _LEAST_CREDIT:
                    confirmed_names.add(name)
    tags = [
        Tag(texts[name], float(len(behind)))
        for name, behind in supporters.items()
        if name in confirmed_names or len(behind) >= _LEAST_NOVEL
    ]
    best = max(valid, key=lambda a: a.score.value, default=None)
    miners = len({clusters.get(a.hotkey, a.hotkey) for a in valid})
    profiles = (
        _weighed_profiles(best.answer.profiles, _claimants(valid, clusters), miners)
        if best and isinstance(best.answer, Answer)
        else ()
    )
    return VerifiedWindow(Metadata(tuple(tags), profiles), miners)


_Statement = tuple[int, str, str]  # participant, attribute and value, in normal form


def _claimants(
    answers: Sequence[ScoredAnswer], clusters: Mapping[str, int]
) -> Mapping[_Statement, set[object]]:
    """Return, for each claim of an answer, the independent miners that make it."""
    behind: dict[_Statement, set[object]] = defaultdict(set)
    for scored_answer in answers:
        for profile in (
            scored_answer.answer.profiles if isinstance(scored_answer.answer, Answer) else ()
        ):
            for claim in profile.claims:
                miner = clusters.get(scored_answer.hotkey, scored_answer.hotkey)
                behind[_statement(profile.participant, claim)].add(miner)
    return behind


def _statement(participant: int, claim: Claim) -> _Statement:
    return participant, normal_form(claim.attribute), normal_form(claim.value)


def _weighed_profiles(
    profiles: Sequence[ParticipantProfile],
    behind: Mapping[_Statement, set[object]],
    miners: int,
) -> tuple[ParticipantProfile, ...]:
    """Return profiles with each claim's confidence, without shares of talk (they are computed)."""
    return tuple(
        replace(
            profile,
            claims=tuple(
                replace(
                    claim,
                    confidence=confidence(
                        len(behind[_statement(profile.participant, claim)]), miners, 0.0
                    ),
                )
                for claim in profile.claims
                if not is_share(claim)
            ),
        )
        for profile in profiles
    )


def confidence(miners: float, total: int, truth: float) -> float:
    """Return the confidence in a tag: ``miners`` of ``total`` independent ones hold it, ``truth``
    (0 to 1) is its support in the ground truth.
    """
    support = min(miners, total) + _TRUTH_COUNTS_AS * min(truth, 1.0) + 0.5
    return round(support / (total + _TRUTH_COUNTS_AS + 1), 4)


def stored_tree(
    conversation: Conversation,
    plan: WindowPlan,
    embedder: Embedder,
    windows: Sequence[WindowRecord],
) -> Window:
    """Return the tree whose leaves are the stored windows.

    If the program cuts the conversation otherwise now, an earlier version made the stored windows.
    Then they are the children of the whole, in a tree of two levels.
    """
    tree = cut(conversation, plan, embedder)
    leaves = [(window.start, window.stop) for window in windows]
    if [(leaf.start, leaf.stop) for leaf in tree.leaves()] == leaves:
        return tree
    whole = (0, len(conversation.turns))
    if leaves == [whole]:
        return Window(*whole)
    return Window(*whole, tuple(Window(*leaf) for leaf in leaves))


def verified_conversation(
    truth: Metadata,
    tree: Window,
    windows: Sequence[WindowRecord],
    answers: Mapping[int, Sequence[ScoredAnswer]],
    *,
    conversation: Conversation,
    clusters: Mapping[str, int],
    embedder: Embedder,
) -> list[MinedWindow]:
    """Return the tree with verified metadata, the ground truth's likelier tags merged into the
    whole's (number 0).

    ``windows`` are the leaves of ``tree``, in order. Tags of one meaning are one tag everywhere. A
    miner's claim stands only where it cites turns of its participant, and each participant has one
    share of the talk at every level, counted anew. Of windows with parts the first tags are those
    that the talk comes back to (``cgp.recurrence``).
    """
    leaves = [verified_window(answers.get(window.index, ()), clusters) for window in windows]
    key = same_meaning([truth, *(leaf.metadata for leaf in leaves)], embedder)
    # Reversed: of tags of one meaning the first of the truth is written last, and stays.
    supports = {key(tag.text): tag.support for tag in reversed(truth.tags)}
    parts = [
        _with_confidence(
            merge([_own_claims(leaf.metadata.shift(window.start), conversation)], key=key),
            leaf.miners,
            supports,
            key,
        )
        for window, leaf in zip(windows, leaves, strict=True)
    ]
    windows_of_tree = merge_up(tree, parts, key, conversation)
    miners = max((leaf.miners for leaf in leaves), default=0)
    alone = Metadata(
        tuple(
            replace(tag, confidence=confidence(0, miners, tag.support))
            for tag in truth.tags
            if tag.support >= LEAST_SUPPORT
        ),
        truth.profiles,
    )
    whole = with_talk_of_window(
        merge([alone, windows_of_tree[0].metadata], key=key), conversation, windows_of_tree[0]
    )
    return by_recurrence(
        [replace(windows_of_tree[0], metadata=whole), *windows_of_tree[1:]],
        conversation,
        lambda tag: supports.get(key(tag.text), 0.0),
    )


def _own_claims(metadata: Metadata, conversation: Conversation) -> Metadata:
    """Return metadata whose claims cite turns of their own participant, and at least one."""
    speakers = set(conversation.speakers)
    return replace(
        metadata,
        profiles=tuple(
            replace(profile, claims=said_by(profile.participant, profile.claims, conversation))
            for profile in metadata.profiles
            if profile.participant in speakers
        ),
    )


def _with_confidence(
    metadata: Metadata, miners: int, truth: Mapping[str, float], key: Callable[[str], str]
) -> Metadata:
    """Return a window's metadata with each tag's confidence."""
    return replace(
        metadata,
        tags=tuple(
            replace(tag, confidence=confidence(tag.support, miners, truth.get(key(tag.text), 0.0)))
            for tag in metadata.tags
        ),
    )
