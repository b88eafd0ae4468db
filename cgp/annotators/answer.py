"""What a model may answer: the JSON schema, and its reading into bounded, checked metadata.

The schema says the shape; the limits are checked here, since not every server's schema dialect knows
them and a model's answer is untrusted data like any other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from cgp.annotators.errors import UnusableAnswerError
from cgp.annotators.json_reading import read_object
from cgp.conversation import Conversation
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.tag_limits import MAX_TAG_CHARACTERS, MAX_TAG_WORDS
from cgp.text import normal_form

MAX_CLAIMS = 8
MAX_VALUE_CHARACTERS = 200
MAX_CITED_TURNS = 16
MAX_ITEMS_READ = 1000
ATTRIBUTES = ("topic", "question", "stance", "role", "fact")


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


ANSWER_SCHEMA: dict[str, Any] = _object(
    {
        "tags": _array({"type": "string"}),
        "profiles": _array(
            _object(
                {
                    "participant": {"type": "integer"},
                    "claims": _array(
                        _object(
                            {
                                "attribute": {"type": "string", "enum": list(ATTRIBUTES)},
                                "value": {"type": "string"},
                                "turns": _array({"type": "integer"}),
                            }
                        )
                    ),
                }
            )
        ),
    }
)


def read_answer(text: str, conversation: Conversation, max_tags: int) -> Metadata:
    """Read a model's answer about ``conversation``.

    Tags that are too long, empty or repeated are dropped; so are claims about somebody who does not
    speak, with an unknown attribute, or without an existing turn to rest on. Every speaker gets a
    profile, in the order of their numbers.

    Raises:
        UnusableAnswerError: if it holds no JSON object, or no tag is left. The message is in words
            of our own, never the answer's.
    """
    answer = read_object(text)
    tags = tuple(_tags(answer, max_tags))
    if not tags:
        raise UnusableAnswerError("it had no usable tag in a list called tags")
    return Metadata(tags, _profiles(answer, conversation))


def clean(text: str) -> str:
    """Return ``text`` on one line, single-spaced, without invisible characters."""
    visible = (
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    return " ".join("".join(visible).split())


def _tags(answer: Mapping[str, Any], max_tags: int) -> Iterator[Tag]:
    seen: set[str] = set()
    for item in _items(answer.get("tags")):
        text = item.get("text") if isinstance(item, Mapping) else item
        if not isinstance(text, str) or len(text) > 4 * MAX_TAG_CHARACTERS:
            continue
        text = clean(text)
        name = normal_form(text)
        if not name or max(len(text), len(name)) > MAX_TAG_CHARACTERS:
            continue
        if len(name.split()) > MAX_TAG_WORDS:
            continue
        if name not in seen:
            seen.add(name)
            yield Tag(text)
        if len(seen) == max_tags:
            return


def _profiles(
    answer: Mapping[str, Any], conversation: Conversation
) -> tuple[ParticipantProfile, ...]:
    claims: dict[int, dict[tuple[str, str], Claim]] = {
        speaker: {} for speaker in sorted(conversation.speakers)
    }
    for item in _items(answer.get("profiles")):
        if not isinstance(item, Mapping):
            continue
        participant = item.get("participant")
        if type(participant) is not int or participant not in claims:
            continue
        known = claims[participant]
        for entry in _items(item.get("claims")):
            claim = _claim(entry, len(conversation.turns))
            if claim and len(known) < MAX_CLAIMS:
                known.setdefault((claim.attribute, normal_form(claim.value)), claim)
    return tuple(
        ParticipantProfile(participant, tuple(found.values()))
        for participant, found in claims.items()
    )


def _claim(entry: object, turns: int) -> Claim | None:
    if not isinstance(entry, Mapping):
        return None
    attribute, value = entry.get("attribute"), entry.get("value")
    if not isinstance(attribute, str) or not isinstance(value, str):
        return None
    attribute, value = attribute.strip().lower()[:40], clean(value[: 4 * MAX_VALUE_CHARACTERS])
    if attribute not in ATTRIBUTES or not normal_form(value) or len(value) > MAX_VALUE_CHARACTERS:
        return None
    cited = {turn for turn in _items(entry.get("turns")) if type(turn) is int and 0 <= turn < turns}
    if not cited:
        return None
    return Claim(attribute, value, tuple(sorted(cited)[:MAX_CITED_TURNS]))


def _items(value: object) -> list[Any]:
    return value[:MAX_ITEMS_READ] if isinstance(value, list) else []
