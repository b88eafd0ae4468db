"""Checks of a model's answer: the tags and claims that count, and the faults of the others.

Models, small ones above all, list the speakers, count ("person1 ... person12"), answer in whole
sentences, invent addresses and name subjects that are not in the talk. Each of these is junk to
scoring and to a reader, so it is dropped here, before it costs anything.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from cgp.annotators.grounding import Grounding
from cgp.conversation import Conversation
from cgp.metadata import Claim
from cgp.privacy import find_personal_data
from cgp.tag_limits import MAX_TAG_CHARACTERS, MAX_TAG_WORDS
from cgp.text import normal_form

# Tags that differ only in a number ("step 1", "step 2", "step 3") from which they are a count.
_SEQUENCE = 3

# Length in words from which a piece of the turns is an utterance, as in scoring.
_VERBATIM_WORDS = 5

# Words from which a text that ends like a sentence, or begins like one, is one.
_SENTENCE_WORDS = 4

_DIGITS = re.compile(r"\d+")
_ENDS = re.compile(r"[.!?。！？।…]$|[.!?]\s+\S")
_CLAUSE = re.compile(
    r"(?:i|we|you|they|he|she|it|there|this is|that is|the (?:speaker|participant|conversation|user)s?)\b"
)
# What models call people whom nobody named, and the marks that stand for redacted data.
_ANYBODY = re.compile(
    r"(?:the )?(?:person|speaker|participant|user|assistant|human|name|email|phone|url)[ #]?\d*"
)
# An address names nothing; a company may be called by its domain ("booking.com").
_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,15}://|\bwww\.|\w\.[a-z]{2,10}/", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\[[A-Z]+_\d+\]|^[A-Z]+_\d+$")


class AnswerFault(StrEnum):
    """Why a tag or a claim does not count; the words are for logs, the screen and the repair
    request.
    """

    EMPTY = "empty"
    LONG = "too long"
    NUMERAL = "a number"
    ADDRESS = "an address or an identifier"
    SPEAKER = "a speaker's name"
    SENTENCE = "a sentence"
    SEQUENCE = "part of a count"
    REPEATED = "repeated"
    UNGROUNDED = "not in the conversation"


class AnswerChecks:
    """Checks answers about one conversation. Blocks: grounding embeds.

    ``strict`` is for small models: their tags and claims must be grounded by words.
    """

    def __init__(self, conversation: Conversation, *, strict: bool = False) -> None:
        self._strict = strict
        self._turns = conversation.turns
        self._grounding = Grounding([turn.text for turn in conversation.turns])
        self._spoken = "\n".join(f" {normal_form(turn.text)} " for turn in conversation.turns)
        # The words that are said in lower case, which names are not.
        self._plain_words = frozenset(
            word
            for turn in conversation.turns
            for word in re.findall(r"\w+", turn.text)
            if word.islower()
        )
        names = [normal_form(conversation.participants[i].name) for i in conversation.speakers]
        self._names = frozenset(names)
        self._name_words = frozenset(word for name in names for word in name.split())
        self.dropped: Counter[AnswerFault] = Counter()

    def tags(self, texts: Iterable[str], max_tags: int) -> tuple[str, ...]:
        """Return the tags that count, in order, at most ``max_tags``; count the others' faults."""
        texts = list(texts)
        sequence_forms = _counted_forms(texts)
        tags: list[str] = []
        words: list[frozenset[str]] = []
        for text in texts:
            fault = (
                AnswerFault.SEQUENCE
                if _DIGITS.sub("#", normal_form(text)) in sequence_forms
                else None
            )
            fault = fault or self.fault_of(text)
            form = frozenset(map(_singular, normal_form(text).split()))
            if fault is None and any(form <= earlier for earlier in words):
                fault = AnswerFault.REPEATED
            if fault is None and not self._grounding.supports(text, strict=self._strict):
                fault = AnswerFault.UNGROUNDED
            if fault is not None:
                self.dropped[fault] += 1
                continue
            tags.append(text)
            words.append(form)
            if len(tags) == max_tags:
                break
        return tuple(tags)

    def fault_of(self, text: str) -> AnswerFault | None:
        """Return the fault in the form of a tag, None without one."""
        name = normal_form(text)
        words = name.split()
        if not name:
            return AnswerFault.EMPTY
        checks: tuple[tuple[AnswerFault, Callable[[], bool]], ...] = (
            (AnswerFault.LONG, lambda: max(len(text), len(name)) > MAX_TAG_CHARACTERS),
            (AnswerFault.NUMERAL, lambda: _is_letter(name) or not any(map(str.isalpha, name))),
            (AnswerFault.ADDRESS, lambda: _is_address(text)),
            (AnswerFault.SPEAKER, lambda: self._is_speaker(name)),
            (AnswerFault.SENTENCE, lambda: self._is_sentence(text, name, len(words))),
            (AnswerFault.LONG, lambda: len(words) > MAX_TAG_WORDS),
            (AnswerFault.REPEATED, lambda: 1 < len(words) < 2 * max(Counter(words).values())),
        )
        return next((fault for fault, holds in checks if holds()), None)

    def counts(self, participant: int, claim: Claim) -> bool:
        """Tell whether a claim counts: it is grounded in the turns that it cites, and in a sound
        form.

        A person's opinions, questions and facts must rest on a turn of that person.
        """
        fault = self._claim_fault(participant, claim)
        if fault is not None:
            self.dropped[fault] += 1
        return fault is None

    def _claim_fault(self, participant: int, claim: Claim) -> AnswerFault | None:
        turns = [self._turns[turn] for turn in claim.turns]
        may_be_told_by_others = claim.attribute not in {"question", "stance", "fact", "commitment"}
        if not may_be_told_by_others and all(turn.speaker != participant for turn in turns):
            return AnswerFault.UNGROUNDED
        if _is_address(claim.value):
            return AnswerFault.ADDRESS
        if not Grounding([turn.text for turn in turns]).supports(claim.value, strict=self._strict):
            return AnswerFault.UNGROUNDED
        return None

    def _is_speaker(self, name: str) -> bool:
        if name in self._names or _ANYBODY.fullmatch(name):
            return True
        words = [word for word in name.split() if word not in {"and", "&"}]
        # A word of a name may be said as a word too ("nurse", "manager"): then it may be a topic.
        return self._name_words.issuperset(words) and not self._plain_words.issuperset(words)

    def _is_sentence(self, text: str, name: str, words: int) -> bool:
        if words >= _SENTENCE_WORDS and (_ENDS.search(text.strip()) or _CLAUSE.match(name)):
            return True
        return words >= _VERBATIM_WORDS and f" {name} " in self._spoken


def summary_of(faults: Counter[AnswerFault]) -> str:
    """Return faults in words, the most frequent first, e.g. ``3 a sentence, 1 too long``."""
    return ", ".join(f"{count} {fault}" for fault, count in faults.most_common())


def _counted_forms(texts: Sequence[str]) -> frozenset[str]:
    """Return the forms, numbers aside, of tags that only count."""
    names = {normal_form(text) for text in texts}
    forms = Counter(_DIGITS.sub("#", name) for name in names if _DIGITS.search(name))
    return frozenset(form for form, count in forms.items() if count >= _SEQUENCE)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _is_address(text: str) -> bool:
    return bool(_URL.search(text) or _PLACEHOLDER.search(text) or find_personal_data(text))


def _is_letter(name: str) -> bool:
    return len(name) == 1 and name.isascii()
