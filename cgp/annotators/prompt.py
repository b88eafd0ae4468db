"""The prompts: files beside this module, versioned by a hash of their content.

The hash is part of an annotator's name and of the key of every cached answer, so changing a word in a
prompt, or the schema of the answer, never mixes old answers with new ones.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cgp.annotators.answer import ANSWER_SCHEMA, MAX_CLAIMS
from cgp.annotators.quotation import quote
from cgp.conversation import Conversation

_FILES = ("annotate.md", "conversation.md", "repair.md")
_FIELD = re.compile(r"\{([a-z_]+)\}")
MAX_NAME_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked: fixed instructions, and one user message that quotes a conversation."""

    system: str
    user: str

    def repair(self, problem: str) -> Question:
        """Return the same question with a request to answer properly.

        ``problem`` must be words of our own: the earlier answer, which a conversation can influence,
        is not repeated.
        """
        return Question(self.system, f"{self.user}\n{_fill('repair.md', {'problem': problem})}")


def annotation_question(conversation: Conversation, max_tags: int) -> Question:
    """Return the question for one part of a conversation, small enough for one request."""
    user = _fill(
        "conversation.md",
        {
            "max_tags": str(max_tags),
            "max_claims": str(MAX_CLAIMS),
            "turns": str(len(conversation.turns)),
            "quotation": quote_conversation(conversation),
        },
    )
    return Question(_prompt("annotate.md").strip(), user.strip())


def quote_conversation(conversation: Conversation) -> str:
    """Return the quotation of a conversation: a line of speakers, then a line for each turn."""
    speakers = [
        [i, conversation.participants[i].name[:MAX_NAME_CHARACTERS]] for i in conversation.speakers
    ]
    turns = [[i, turn.speaker, turn.text] for i, turn in enumerate(conversation.turns)]
    return quote([speakers, *turns])


@cache
def prompt_hash() -> str:
    """Return the first 12 hex digits of the SHA-256 of all prompts and of the answer's schema."""
    digest = hashlib.sha256(json.dumps(ANSWER_SCHEMA, sort_keys=True).encode())
    for name in _FILES:
        digest.update(f"\0{name}\0{_prompt(name)}".encode())
    return digest.hexdigest()[:12]


@cache
def _prompt(name: str) -> str:
    return (files("cgp.annotators") / "prompts" / name).read_text(encoding="utf-8")


def _fill(name: str, fields: Mapping[str, str]) -> str:
    """Fill a prompt's fields in one pass, so that nothing in a filled-in text is a field."""
    return _FIELD.sub(lambda match: fields[match.group(1)], _prompt(name))
