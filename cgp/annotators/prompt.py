"""The prompts: files beside this module, versioned by a hash of their content.

There are two profiles. The *full* prompt asks for tags and profiles and quotes the conversation
as JSON that nothing can leave. The *small* one is for models of a few hundred million parameters,
which get lost in that: tags only, two examples, plain lines, a short answer that ends at a stop
sequence. Of a conversation in another language than English the prompt names the language and shows
no example, since small models answer in the language of the examples.

The hash is part of an annotator's name and of the key of every cached answer, so changing a word
in a prompt, or the schema of the answer, never mixes old answers with new ones.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files

from cgp.annotators.answer import MAX_CLAIMS, AnswerForm, answer_schema
from cgp.annotators.embedded.reading import read_window
from cgp.annotators.language_names import ENGLISH, language_name
from cgp.annotators.quotation import quote, quote_plainly
from cgp.conversation import Conversation

_FIELD = re.compile(r"\{([a-z_]+)\}")
# The size in a model's name: "llama3.2:1b", "SmolLM2-135M-Instruct", "qwen3-0.6b-q4".
_SIZE = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?) ?([bm])(?![a-z])", re.IGNORECASE)
MAX_NAME_CHARACTERS = 100
_HASHED_FORM = AnswerForm(max_tags=8, speakers=2)

SMALL_MODEL_PARAMETERS = 2e9
"""Parameters up to which a model gets the small prompt, where its name tells them."""


class PromptProfile(StrEnum):
    """The prompt that a model gets."""

    FULL = "full"
    SMALL = "small"

    @classmethod
    def for_model(cls, name: str) -> PromptProfile:
        """Return the profile for a model by the size in its name; full where it tells none."""
        sizes = [
            float(number) * (1e9 if unit in "bB" else 1e6) for number, unit in _SIZE.findall(name)
        ]
        return cls.SMALL if sizes and max(sizes) <= SMALL_MODEL_PARAMETERS else cls.FULL

    @property
    def window_characters(self) -> int | None:
        """Most text that a model of this profile can make sense of in a request; None: no limit."""
        return 4000 if self is PromptProfile.SMALL else None

    @property
    def strict(self) -> bool:
        """True if tags must be grounded by their words; see ``cgp.annotators.grounding``."""
        return self is PromptProfile.SMALL


_FILES = {
    PromptProfile.FULL: ("annotate.md", "conversation.md", "repair.md"),
    PromptProfile.SMALL: (
        "small.md",
        "small_other_language.md",
        "small_conversation.md",
        "small_examples.json",
        "repair.md",
    ),
}


@dataclass(frozen=True, slots=True)
class Example:
    """A question and its answer, shown before the real question."""

    user: str
    answer: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a model: fixed instructions, and one user message that quotes a conversation.

    ``max_tokens`` is the longest answer that can be of use, None where only the settings limit it.
    The answer ends before the first of the ``stop`` sequences.
    """

    system: str
    user: str
    form: AnswerForm
    examples: tuple[Example, ...] = ()
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()

    def repair(self, problem: str) -> Question:
        """Return the same question with a request to answer properly.

        ``problem`` must be words of our own: the earlier answer, which a conversation can
        influence, is not repeated.
        """
        request = _fill("repair.md", {"problem": problem})
        return replace(self, user=f"{self.user}\n{request}")

    @property
    def messages(self) -> list[dict[str, str]]:
        """The messages after the instructions; examples are an earlier part of the talk."""
        example_messages = [
            message
            for example in self.examples
            for message in (
                {"role": "user", "content": example.user},
                {"role": "assistant", "content": example.answer},
            )
        ]
        return [*example_messages, {"role": "user", "content": self.user}]

    @property
    def text(self) -> str:
        """Everything that is sent, one piece after the other."""
        return "\n".join([self.system, *(message["content"] for message in self.messages)])


def annotation_question(
    conversation: Conversation, max_tags: int, profile: PromptProfile = PromptProfile.FULL
) -> Question:
    """Return the question for one part of a conversation, small enough for one request."""
    form = AnswerForm(max_tags, len(conversation.speakers))
    if profile is PromptProfile.SMALL:
        return _small_question(conversation, replace(form, profiles=False))
    user = _fill(
        "conversation.md",
        {
            "max_tags": str(max_tags),
            "max_claims": str(MAX_CLAIMS),
            "turns": str(len(conversation.turns)),
            "quotation": quote_conversation(conversation),
        },
    )
    return Question(_prompt("annotate.md").strip(), user.strip(), form)


def quote_conversation(conversation: Conversation) -> str:
    """Return the quotation of a conversation: a line of speakers, then a line for each turn."""
    speakers = [
        [i, conversation.participants[i].name[:MAX_NAME_CHARACTERS]] for i in conversation.speakers
    ]
    turns = [[i, turn.speaker, turn.text] for i, turn in enumerate(conversation.turns)]
    return quote([speakers, *turns])


@cache
def prompt_hash(profile: PromptProfile = PromptProfile.FULL) -> str:
    """Return the first 12 hex digits of the SHA-256 of a profile's prompts and answer schema."""
    form = replace(_HASHED_FORM, profiles=profile is PromptProfile.FULL)
    digest = hashlib.sha256(json.dumps(answer_schema(form), sort_keys=True).encode())
    for name in _FILES[profile]:
        digest.update(f"\0{name}\0{_prompt(name)}".encode())
    return digest.hexdigest()[:12]


def _small_question(conversation: Conversation, form: AnswerForm) -> Question:
    lines = [
        (conversation.participants[turn.speaker].name, turn.text) for turn in conversation.turns
    ]
    language = language_name(read_window(conversation).language)
    english = language == ENGLISH
    return Question(
        system=_prompt("small.md" if english else "small_other_language.md").strip(),
        user=_small_user(lines, form.max_tags, language),
        form=form,
        examples=_small_examples() if english else (),
        # A tag of three words takes some six tokens with its quotes; the rest is for other
        # languages.
        max_tokens=32 + 16 * form.max_tags,
        stop=("\n\n",),
    )


def _small_user(lines: list[tuple[str, str]], max_tags: int, language: str = ENGLISH) -> str:
    quotation = quote_plainly((name[:MAX_NAME_CHARACTERS], text) for name, text in lines)
    # English goes without saying: it is the language of the question.
    in_language = "" if language == ENGLISH else f", in {language}"
    fields = {"quotation": quotation, "max_tags": str(max_tags), "in_language": in_language}
    return _fill("small_conversation.md", fields).strip()


@cache
def _small_examples() -> tuple[Example, ...]:
    return tuple(
        Example(
            _small_user([(name, text) for name, text in example["turns"]], len(example["tags"])),
            json.dumps({"tags": example["tags"]}, ensure_ascii=False),
        )
        for example in json.loads(_prompt("small_examples.json"))
    )


@cache
def _prompt(name: str) -> str:
    return (files("cgp.annotators") / "prompts" / name).read_text(encoding="utf-8")


def _fill(name: str, fields: Mapping[str, str]) -> str:
    """Fill a prompt's fields in one pass, so that nothing in a filled-in text is a field."""
    return _FIELD.sub(lambda match: fields[match.group(1)], _prompt(name))
