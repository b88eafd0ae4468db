"""A model's answer: the JSON schema that asks for it, and its reading into checked metadata.

The schema bounds every count and length, so that a small model comes to an end; servers whose
schema dialect knows no bounds get it without them. Either way a model's answer is untrusted data:
the limits are checked again here, and what an answer says is checked by
``cgp.annotators.answer_checks``.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cgp.annotators.answer_checks import AnswerChecks, AnswerFault, summary_of
from cgp.annotators.errors import UnusableAnswerError
from cgp.annotators.json_reading import read_object
from cgp.conversation import Conversation
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.tag_limits import MAX_TAG_CHARACTERS
from cgp.text import normal_form

MAX_CLAIMS = 8
MAX_VALUE_CHARACTERS = 200
MAX_CITED_TURNS = 16
MAX_ITEMS_READ = 1000
ATTRIBUTES = ("topic", "question", "stance", "role", "fact", "decision", "commitment")

_BOUNDS = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum"})
# Several tags in one string; scoring refuses such a tag as a list.
_SEPARATORS = re.compile(r"[,;|、，；\n]")
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")
# Of a participant or a turn. Four digits are enough for what fits in a request.
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 9999}
_TAG_KEYS = ("text", "tag", "name")


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """The answer that a model is asked for: at most so many tags, and profiles of some speakers.

    ``speakers`` is the number of participants with a turn. Without ``profiles`` tags are all.
    """

    max_tags: int
    speakers: int
    profiles: bool = True


@dataclass(frozen=True, slots=True)
class AnswerReading:
    """The metadata of an answer, and how many of its tags and claims did not count, by fault."""

    metadata: Metadata
    dropped: Counter[AnswerFault]


def answer_schema(form: AnswerForm) -> dict[str, Any]:
    """Return the JSON schema of an answer, with bounds on every count and length."""
    tag = {"type": "string", "minLength": 2, "maxLength": MAX_TAG_CHARACTERS}
    tags = _array(tag, 1, form.max_tags)
    if not form.profiles:
        return _object({"tags": tags})
    claim = _object(
        {
            "attribute": {"type": "string", "enum": list(ATTRIBUTES)},
            "value": {"type": "string", "minLength": 2, "maxLength": MAX_VALUE_CHARACTERS},
            "turns": _array(_NUMBER, 1, MAX_CITED_TURNS),
        }
    )
    profile = _object({"participant": _NUMBER, "claims": _array(claim, 0, MAX_CLAIMS)})
    return _object({"tags": tags, "profiles": _array(profile, 0, form.speakers)})


def without_bounds(schema: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a schema without bounds, in the subset that the strictest servers take."""
    if isinstance(schema, Mapping):
        return {name: without_bounds(part) for name, part in schema.items() if name not in _BOUNDS}
    return [without_bounds(part) for part in schema] if isinstance(schema, list) else schema


def read_answer(
    text: str, conversation: Conversation, form: AnswerForm, *, strict: bool = False
) -> AnswerReading:
    """Read a model's answer about ``conversation``. Blocks: grounding embeds.

    Tags with a fault are dropped; so are claims about a participant without a turn, with an unknown
    attribute, or without turns that support them. Every speaker gets a profile, in the order of
    their numbers. ``strict`` checks are for small models, which may also answer with a plain list.

    Raises:
        UnusableAnswerError: if it holds no answer, or no tag is left. The message is in words of
            our own, never the answer's.
    """
    answer = read_object(text, plain_list=strict)
    checks = AnswerChecks(conversation, strict=strict)
    tags = checks.tags(_tags(answer), form.max_tags)
    if not tags:
        if checks.dropped:
            raise UnusableAnswerError(f"no tag of it can be kept: {summary_of(checks.dropped)}")
        raise UnusableAnswerError("it had no usable tag in a list called tags")
    profiles = _profiles(answer, conversation, checks)
    return AnswerReading(Metadata(tuple(map(Tag, tags)), profiles), checks.dropped)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _array(items: dict[str, Any], minimum: int, maximum: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": minimum, "maxItems": maximum}


def clean(text: str) -> str:
    """Return ``text`` on one line, single-spaced, without invisible characters."""
    visible = (
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    return " ".join("".join(visible).split())


def _tags(answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield the tags of an answer, each text once, as written but for bullets and white space."""
    names: set[str] = set()
    entries = answer.get("tags")
    # Small models send one text instead of a list, and objects instead of texts.
    for item in [entries] if isinstance(entries, str) else _items(entries):
        text = item
        if isinstance(item, Mapping):
            text = next((item[key] for key in _TAG_KEYS if key in item), None)
        if not isinstance(text, str):
            continue
        for part in _SEPARATORS.split(text[: MAX_ITEMS_READ * MAX_TAG_CHARACTERS]):
            tag = clean(_BULLET.sub("", part).strip(" \"'"))
            name = normal_form(tag)
            if name and name not in names and len(names) < MAX_ITEMS_READ:
                names.add(name)
                yield tag


def _profiles(
    answer: Mapping[str, Any], conversation: Conversation, checks: AnswerChecks
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
        claims_of_participant = claims[participant]
        for entry in _items(item.get("claims")):
            claim = _claim(entry, len(conversation.turns))
            if (
                claim
                and len(claims_of_participant) < MAX_CLAIMS
                and checks.counts(participant, claim)
            ):
                claims_of_participant.setdefault((claim.attribute, normal_form(claim.value)), claim)
    return tuple(
        ParticipantProfile(participant, tuple(values.values()))
        for participant, values in claims.items()
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
    turn_numbers = {
        turn for turn in _items(entry.get("turns")) if type(turn) is int and 0 <= turn < turns
    }
    if not turn_numbers:
        return None
    return Claim(attribute, value, tuple(sorted(turn_numbers)[:MAX_CITED_TURNS]))


def _items(value: object) -> list[Any]:
    return value[:MAX_ITEMS_READ] if isinstance(value, list) else []
