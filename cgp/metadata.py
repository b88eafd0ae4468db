"""Metadata, the result of annotation at every scale: tags and profiles, and their merge.

A window, a segment, a conversation and a corpus all yield ``Metadata``, so merging upwards is one
function.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cgp.profiles import Claim, ParticipantProfile, unite_claims
from cgp.text import normal_form

__all__ = ["Claim", "Metadata", "ParticipantProfile", "Tag", "claim_to_json", "merge"]

LEAST_SUPPORT = 1 / 3
"""Support from which a tag of a ground truth is one that a reader would keep. What has less is
there to measure answers by, and is not published.
"""


@dataclass(frozen=True, slots=True)
class Tag:
    """A short phrase for a subject of a conversation.

    ``support`` counts the annotations behind the tag: 1 for one, more after merging; between 0
    and 1 in a ground truth (how sure its passes are of it, on average).
    ``confidence`` is between 0 and 1 where several annotations were weighed against each other,
    else None.
    """

    text: str
    support: float = 1.0
    confidence: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return ``{"text", "support"}``, and ``"confidence"`` where there is one."""
        document: dict[str, Any] = {"text": self.text, "support": self.support}
        return document if self.confidence is None else document | {"confidence": self.confidence}


@dataclass(frozen=True, slots=True)
class Metadata:
    """Tags, most telling first, and one profile for each participant with a turn."""

    tags: tuple[Tag, ...] = ()
    profiles: tuple[ParticipantProfile, ...] = ()

    def shift(self, turns: int) -> Metadata:
        """Return the same metadata with every cited turn moved by ``turns``.

        A window's claims cite turns counted from the window's first turn; shifted by the window's
        start they cite turns of the conversation.
        """
        return replace(
            self,
            profiles=tuple(
                replace(
                    profile,
                    claims=tuple(
                        replace(claim, turns=tuple(turn + turns for turn in claim.turns))
                        for claim in profile.claims
                    ),
                )
                for profile in self.profiles
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; ``Metadata.from_json`` gives an equal object back."""
        return {
            "tags": [tag.to_json() for tag in self.tags],
            "profiles": [
                {
                    "participant": profile.participant,
                    "claims": [claim_to_json(claim) for claim in profile.claims],
                }
                for profile in self.profiles
            ],
        }

    @classmethod
    def from_json(cls, value: object) -> Metadata:
        """Read metadata; a tag may be a plain string.

        Raises:
            ValueError: with the wrong part and its expected form.
        """
        if not isinstance(value, Mapping):
            raise ValueError(f"metadata is an object with tags and profiles, not {value!r:.40}")
        return cls(
            tags=tuple(_tag(item) for item in _list(value, "tags")),
            profiles=tuple(_profile(item) for item in _list(value, "profiles")),
        )


def merge(parts: Iterable[Metadata], *, key: Callable[[str], str] = normal_form) -> Metadata:
    """Merge the metadata of parts into the metadata of the whole.

    Tags with the same ``key`` become one: its support is the sum, its confidence the greatest,
    its text the wording with the most support (the earliest on a tie). Their order is by
    confidence, then by support, then by first appearance.

    Profiles merge by participant (see ``cgp.profiles.unite_claims``): equal claims unite their
    turns, and of claims that contradict each other one stays. Shares of the talk are left out,
    because a part's share is not the whole's. Claims must already cite turns of the whole (see
    ``Metadata.shift``).

    The merge of one part is that part's normalisation. Merging is associative in tags' support
    and, where nothing is contradicted, in claims' turns.
    """
    wordings: dict[str, dict[str, float]] = {}
    confidences: dict[str, float] = {}
    claims: dict[int, list[Claim]] = defaultdict(list)
    for part in parts:
        for tag in part.tags:
            if name := key(tag.text):
                texts = wordings.setdefault(name, {})
                texts[tag.text] = texts.get(tag.text, 0.0) + tag.support
                if tag.confidence is not None:
                    confidences[name] = max(tag.confidence, confidences.get(name, 0.0))
        for profile in part.profiles:
            claims[profile.participant] += profile.claims
    tags = [
        Tag(max(texts, key=lambda text: texts[text]), sum(texts.values()), confidences.get(name))
        for name, texts in wordings.items()
    ]
    # Support counts windows and miners: alone it would put a side topic that is easy to see before
    # what the ground truth of the whole conversation is sure of.
    tags.sort(key=lambda tag: (-(tag.confidence or 0.0), -tag.support))
    return Metadata(
        tags=tuple(tags),
        profiles=tuple(
            ParticipantProfile(participant, unite_claims(claims[participant]))
            for participant in sorted(claims)
        ),
    )


def claim_to_json(claim: Claim) -> dict[str, Any]:
    """Return ``{"attribute", "value", "turns"}``, and ``"confidence"`` where there is one."""
    document: dict[str, Any] = {
        "attribute": claim.attribute,
        "value": claim.value,
        "turns": list(claim.turns),
    }
    return document if claim.confidence is None else document | {"confidence": claim.confidence}


def _list(value: Mapping[str, Any], field: str) -> Sequence[object]:
    items = value.get(field, [])
    if not isinstance(items, list | tuple):
        raise ValueError(f"{field} must be a list, not {type(items).__name__}")
    return items


def _tag(item: object) -> Tag:
    if isinstance(item, str):
        return Tag(item)
    if isinstance(item, Mapping) and isinstance(item.get("text"), str):
        support, confidence = item.get("support", 1.0), item.get("confidence")
        if _is_number(support) and (confidence is None or _is_number(confidence)):
            return Tag(
                item["text"], float(support), None if confidence is None else float(confidence)
            )
    raise ValueError(f"a tag is a string or {{text, support, confidence}}, not {item!r:.60}")


def _is_number(value: object) -> bool:
    # ``bool`` is a kind of ``int`` in Python, and no number in JSON.
    return isinstance(value, int | float) and not isinstance(value, bool)


def _profile(item: object) -> ParticipantProfile:
    if not isinstance(item, Mapping) or not isinstance(item.get("participant"), int):
        raise ValueError(f"a profile has a participant (an index) and claims, not {item!r:.60}")
    return ParticipantProfile(
        item["participant"], tuple(_claim(claim) for claim in _list(item, "claims"))
    )


def _claim(item: object) -> Claim:
    if isinstance(item, Mapping):
        attribute, value, turns = item.get("attribute"), item.get("value"), item.get("turns", [])
        confidence = item.get("confidence")
        # -1 stands for a confidence that is not a number, and is refused below.
        sure = None if confidence is None else float(confidence) if _is_number(confidence) else -1.0
        if (
            isinstance(attribute, str)
            and isinstance(value, str)
            and _are_indices(turns)
            and sure != -1
        ):
            return Claim(attribute, value, tuple(turns), sure)
    raise ValueError(
        f"a claim has attribute, value, turns (indices) and perhaps confidence, not {item!r:.60}"
    )


def _are_indices(turns: object) -> bool:
    # Not ``isinstance``: JSON's ``true`` would pass for turn 1.
    return isinstance(turns, list) and all(type(turn) is int for turn in turns)
