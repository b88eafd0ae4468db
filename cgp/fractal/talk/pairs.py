"""Questions and answers of a JSON file, each row checked before anything is learned."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cgp.conversation import Conversation, Participant, Turn
from cgp.fractal.talk.errors import PairsError
from cgp.privacy import RedactionPolicy, redact
from cgp.text import normal_form

# Training compares each variant of a question with 32 entries: more would take hours and gigabytes.
MOST_PAIRS: Final = 5_000
MOST_QUESTION: Final = 2_000
MOST_ANSWER: Final = 8_000
MAX_PAIRS_BYTES: Final = 64 << 20
# A person mends a few rows at a time; the count says how many there are.
_SHOWN_FAULTS: Final = 5


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and its answer, both with a word at least."""

    question: str
    answer: str


def read_pairs(data: bytes, source: str) -> tuple[Pair, ...]:
    """Read a list of ``{"question", "answer"}`` or of ``[question, answer]``, also mixed.

    A row that is there twice counts once.

    Raises:
        PairsError: if it is no such list, or a row is none; the message names the rows.
    """
    if len(data) > MAX_PAIRS_BYTES:
        raise PairsError(f"{source} has {len(data):,} bytes; at most {MAX_PAIRS_BYTES:,} are read")
    try:
        rows = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise PairsError(f"{source} is not JSON: {error}") from None
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_PAIRS:
        raise PairsError(f"{source} is not a list of 1 to {MOST_PAIRS:,} questions with answers")
    pairs: list[Pair] = []
    faults: list[str] = []
    for number, row in enumerate(rows, 1):
        try:
            pairs.append(_pair(row))
        except PairsError as error:
            faults.append(f"row {number}: {error}")
    if faults:
        rest = len(faults) - _SHOWN_FAULTS
        ending = f"; and {rest} more" if rest > 0 else ""
        raise PairsError(f"{source}: {'; '.join(faults[:_SHOWN_FAULTS])}{ending}")
    return tuple(dict.fromkeys(pairs))


def redacted_pairs(pairs: Sequence[Pair], policy: RedactionPolicy) -> tuple[Pair, ...]:
    """Return the pairs without personal data, one mark for each value in all of them.

    A model says its answers to other people word by word.
    """
    turns = tuple(
        Turn(speaker, text)
        for pair in pairs
        for speaker, text in enumerate((pair.question, pair.answer))
    )
    participants = (Participant("Question"), Participant("Answer"))
    conversation = Conversation("pairs", "questions", participants, turns)
    texts = [turn.text for turn in redact(conversation, policy).conversation.turns]
    return tuple(map(Pair, texts[::2], texts[1::2]))


def _pair(row: Any) -> Pair:  # noqa: ANN401 - another author's JSON
    if isinstance(row, dict):
        if missing := [name for name in ("question", "answer") if name not in row]:
            keys = ", ".join(map(str, row))[:100]
            raise PairsError(f"no {' and no '.join(missing)} among: {keys or 'nothing'}")
        question, answer = row["question"], row["answer"]
    elif isinstance(row, list) and len(row) == 2:
        question, answer = row
    else:
        raise PairsError("neither an object nor a list of two texts")
    return Pair(_text(question, "question", MOST_QUESTION), _text(answer, "answer", MOST_ANSWER))


def _text(value: Any, name: str, limit: int) -> str:  # noqa: ANN401 - another author's JSON
    if not isinstance(value, str):
        raise PairsError(f"the {name} is not text")
    # A lone surrogate is legal JSON and no text that could be written again.
    text = " ".join(value.encode("utf-8", "replace").decode("utf-8").split())
    if not normal_form(text):
        raise PairsError(f"the {name} has no word")
    if len(text) > limit:
        raise PairsError(f"the {name} has {len(text):,} characters; at most {limit:,}")
    return text
