"""Gold files: windows of conversations with the tags that a careful reader wants of them.

One window a line (JSON Lines): ``{"id", "turns": [{"speaker", "text"}], "tags": [{"text",
"weight", "also"?}], "reject"?: [{"text", "why"?}], "profiles"?: [{"speaker", "claims":
[{"attribute", "value", "turns"}]}], "origin"?, "licence"?, "kind"?, "language"?}``. Other fields
are allowed and ignored. ``docs/gold.md`` says how to annotate.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from typing import Any

from cgp.conversation import Conversation
from cgp.conversation_json import ConversationError, conversation_from_json
from cgp.metadata import Claim, ParticipantProfile
from cgp.text import normal_form

MAX_TAGS = 64
MAX_TEXT_CHARACTERS = 256

_SOURCE = "gold"


class GoldError(
    ConversationError,
    code="gold.unreadable",
    remedy="mend the line that the message names (docs/gold.md)",
):
    """A gold file cannot be read; the message names the line, the field and the allowed values."""


class Weight(IntEnum):
    """Importance of a tag to a window."""

    MINOR = 1
    TOPIC = 2
    ABOUT = 3


@dataclass(frozen=True, slots=True)
class GoldTag:
    """A wanted tag; the wordings in ``also`` are as good as its text."""

    text: str
    weight: Weight
    also: tuple[str, ...] = ()

    @property
    def wordings(self) -> tuple[str, ...]:
        """The text, then the other accepted wordings."""
        return (self.text, *self.also)


@dataclass(frozen=True, slots=True)
class RejectedTag:
    """A plausible tag that a reader would not keep, and its fault (``aside``,
    ``fragment``, ...).
    """

    text: str
    why: str = ""


@dataclass(frozen=True)
class GoldWindow:
    """One annotated window. Claims of ``profiles`` cite turns counted from the
    window's first turn.
    """

    window: Conversation
    tags: tuple[GoldTag, ...]
    reject: tuple[RejectedTag, ...] = ()
    profiles: tuple[ParticipantProfile, ...] = ()
    kind: str = ""
    licence: str = ""
    origin: str = ""

    @property
    def id(self) -> str:
        """The window's id."""
        return self.window.id

    def best(self, count: int) -> tuple[str, ...]:
        """Return the texts of the ``count`` weightiest tags, the earliest first where weights are
        equal.
        """
        return tuple(tag.text for tag in sorted(self.tags, key=lambda tag: -tag.weight)[:count])

    def to_json(self) -> dict[str, Any]:
        """Return the line of a gold file; ``gold_from_json`` gives an equal window back."""
        names = [participant.name for participant in self.window.participants]
        document: dict[str, Any] = {
            "id": self.id,
            "origin": self.origin,
            "licence": self.licence,
            "kind": self.kind,
            "language": self.window.language,
            "participants": names,
            "turns": [{"speaker": turn.speaker, "text": turn.text} for turn in self.window.turns],
            "tags": [
                {"text": tag.text, "weight": int(tag.weight), "also": list(tag.also)}
                for tag in self.tags
            ],
            "reject": [{"text": tag.text, "why": tag.why} for tag in self.reject],
            "profiles": [
                {
                    "speaker": profile.participant,
                    "claims": [
                        {"attribute": c.attribute, "value": c.value, "turns": list(c.turns)}
                        for c in profile.claims
                    ],
                }
                for profile in self.profiles
            ],
        }
        # Empty fields are left out; ``tags`` stay, for a window without a wanted tag is an
        # annotation too.
        return {field: value for field, value in document.items() if value or field == "tags"}


def read_gold(path: Path) -> tuple[GoldWindow, ...]:
    """Read a gold file.

    Raises:
        GoldError: with the line and the wrong field, and its allowed values.
        FileNotFoundError: if there is no such file.
    """
    try:
        # Some editors begin a file with a byte order mark, which JSON does not allow.
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise GoldError(f"{path}: not UTF-8 at byte {error.start}") from error
    return gold_from_lines(text, str(path))


def gold_from_lines(text: str, name: str) -> tuple[GoldWindow, ...]:
    """Read the text of a gold file; errors call it ``name``.

    Raises:
        GoldError: see ``read_gold``.
    """
    windows = tuple(_windows(text, name))
    if not windows:
        raise GoldError(f"{name}: no window: expected one JSON object a line")
    return windows


def _windows(text: str, name: str) -> Iterator[GoldWindow]:
    line_of: dict[str, int] = {}
    # Not splitlines(): a text may hold the line separators of Unicode.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{name}: line {number}"
        try:
            document = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise GoldError(f"{where}: not JSON: {error}") from error
        try:
            window = gold_from_json(document)
        except ConversationError as error:
            raise GoldError(f"{where}: {error}") from error
        if window.id in line_of:
            raise GoldError(f"{where}: id {window.id!r} is that of line {line_of[window.id]}, too")
        line_of[window.id] = number
        yield window


def gold_from_json(value: object) -> GoldWindow:
    """Read one annotated window from decoded JSON.

    Raises:
        GoldError: with the wrong field, and its allowed values.
    """
    if not isinstance(value, Mapping):
        raise GoldError(f"an annotated window is a JSON object, not {type(value).__name__}")
    try:
        window = replace(conversation_from_json(value), source=_SOURCE)
    except ConversationError as error:
        raise GoldError(str(error)) from error
    return GoldWindow(
        window=window,
        tags=_tags(value),
        reject=tuple(
            _rejected_tag(item, f"reject {i}") for i, item in enumerate(_list(value, "reject"))
        ),
        profiles=tuple(
            _profile(item, f"profile {i}", window)
            for i, item in enumerate(_list(value, "profiles"))
        ),
        kind=_optional_text(value, "kind"),
        licence=_optional_text(value, "licence"),
        origin=_optional_text(value, "origin"),
    )


def _tags(value: Mapping[str, Any]) -> tuple[GoldTag, ...]:
    if "tags" not in value:
        raise GoldError("no tags: expected a list of {text, weight, also} under 'tags'")
    items = _list(value, "tags")
    if len(items) > MAX_TAGS:
        raise GoldError(f"tags: {len(items)} of them, more than {MAX_TAGS}")
    return tuple(_tag(item, f"tag {i}") for i, item in enumerate(items))


def _tag(item: object, where: str) -> GoldTag:
    if not isinstance(item, Mapping):
        raise GoldError(f"{where}: expected {{text, weight, also}}, not {type(item).__name__}")
    weight = item.get("weight")
    # Not ``isinstance``: JSON's ``true`` would pass for the weight 1.
    if type(weight) is not int or weight not in set(Weight):
        raise GoldError(
            f"{where}: weight must be 3 (what the window is about), 2 (a topic) or 1 (minor), "
            f"not {weight!r:.20}"
        )
    also = tuple(
        _wording(text, f"{where}: also {i}") for i, text in enumerate(_list(item, "also", where))
    )
    return GoldTag(_wording(item.get("text"), f"{where}: text"), Weight(weight), also)


def _rejected_tag(item: object, where: str) -> RejectedTag:
    if not isinstance(item, Mapping):
        raise GoldError(f"{where}: expected {{text, why}}, not {type(item).__name__}")
    return RejectedTag(_wording(item.get("text"), f"{where}: text"), _optional_text(item, "why"))


def _wording(text: object, where: str) -> str:
    if not isinstance(text, str) or len(text) > MAX_TEXT_CHARACTERS or not normal_form(text):
        raise GoldError(
            f"{where} must be words, at most {MAX_TEXT_CHARACTERS} characters, not {text!r:.40}"
        )
    return text


def _profile(item: object, where: str, window: Conversation) -> ParticipantProfile:
    if not isinstance(item, Mapping):
        raise GoldError(f"{where}: expected {{speaker, claims}}, not {type(item).__name__}")
    claims = tuple(
        _claim(claim, f"{where}: claim {i}", len(window.turns))
        for i, claim in enumerate(_list(item, "claims", where))
    )
    return ParticipantProfile(_speaker(item.get("speaker"), where, window), claims)


def _speaker(speaker: object, where: str, window: Conversation) -> int:
    names = [participant.name for participant in window.participants]
    if isinstance(speaker, str) and speaker in names:
        return names.index(speaker)
    if type(speaker) is int and 0 <= speaker < len(names):
        return speaker
    raise GoldError(f"{where}: {speaker!r:.40} is not a speaker of the window ({', '.join(names)})")


def _claim(item: object, where: str, turns: int) -> Claim:
    if isinstance(item, Mapping):
        attribute, value, turn_numbers = (
            item.get("attribute"),
            item.get("value"),
            item.get("turns", []),
        )
        if isinstance(attribute, str) and isinstance(value, str) and isinstance(turn_numbers, list):
            if all(type(turn) is int and 0 <= turn < turns for turn in turn_numbers):
                return Claim(attribute, value, tuple(turn_numbers))
            raise GoldError(
                f"{where}: turns must be numbers from 0 to {turns - 1}, not {turn_numbers!r:.60}"
            )
    raise GoldError(f"{where}: expected {{attribute, value, turns}}, not {item!r:.60}")


def _list(value: Mapping[str, Any], field: str, where: str = "") -> Sequence[object]:
    items = value.get(field)
    if items is None:
        return ()
    if not isinstance(items, list):
        place = f"{where}: {field}" if where else field
        raise GoldError(f"{place} must be a list, not {type(items).__name__}")
    return items


def _optional_text(value: Mapping[str, Any], field: str) -> str:
    text = value.get(field)
    if text is not None and not isinstance(text, str):
        raise GoldError(f"{field} must be text, not {type(text).__name__}")
    return text or ""
