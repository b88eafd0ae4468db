"""A conversation as sentences, each of one speaker, each with the turns that it is said in.

A speaker who goes on after a listener's "mm-hmm" has not begun a new sentence: such turns are
joined.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from cgp.annotators.embedded.claims.lexicon import word_list
from cgp.annotators.embedded.claims.spoken import clean_text, is_tokenized
from cgp.conversation import Conversation

# Endless rows of marks are bounded: a pattern that may begin at each mark reads them all each time.
_END = re.compile(
    r"(?P<mark>(?:\.\.\.|…|-(?: ?-){1,100}|—|–(?=\s)|[.!?؟।](?![\w.])|[。！？])[.!?…。！？؟।\"'”’»)]{0,100})"
    r"(?:\s+|$|(?<=[。！？])|(?<=[。！？][」』”]))|(?P<line>\s*\n\s*)"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|Sr|Jr|Hon|etc|approx|z\.B|bzw|Nr|Abs|Sra?|Dra|Exm[oa]|Mme|Sig|Dott)|\b[A-Z]"
    r"|\b[a-z]\.[a-z])$"
)
_ORDINAL = re.compile(r"\b[1-3]?\d$")
_AFTER_ORDINAL = re.compile(
    r"Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|Jahrhundert"
)
_BACKCHANNEL_WORDS = word_list("backchannel_words")
_MOST_BACKCHANNEL = 24  # characters of a turn that may only signal listening
_MOST_SKIPPED = 3  # listeners' turns that a sentence may run across
_GOES_ON = re.compile(
    r"(?:,|-|–|—|\b(?:and|but|or|so|because|that|the|an?|of|to|with|for|in|on|at|if|when|which|who"
    r"|my|your|our|their|is|are|was|were))$",
    re.IGNORECASE,
)
_MOST_NAMES = 200  # participants whose names are known as forms of address
_TAIL = 24  # characters at the end of a text that tell how it ends
_ENDS = re.compile(r"[.!?…。！？؟।][\"'”’»)]*$")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a speaker.

    ``text`` has no end mark; ``asks`` tells a question mark, ``complete`` whether the speaker
    came to its end. ``turns`` are the turns that it is said in.
    """

    speaker: int
    text: str
    turns: tuple[int, ...]
    asks: bool
    complete: bool


def sentences(
    conversation: Conversation, words: frozenset[str] = frozenset()
) -> Iterator[Sentence]:
    """Yield the sentences of a conversation that say something, in the order of
    their first turns. ``words`` stay, though they sound like fillers.
    """
    texts = [turn.text for turn in conversation.turns]
    is_tokenizer_text = is_tokenized(texts)
    sounds = {number for number, text in enumerate(texts) if _is_backchannel(text)}
    clean = [
        text if number in sounds else _clean_turn(text, words, is_tokenizer_text=is_tokenizer_text)
        for number, text in enumerate(texts)
    ]
    speakers = [turn.speaker for turn in conversation.turns]
    address = _address(conversation)
    for group in _utterances(speakers, clean, is_tokenizer_text=is_tokenizer_text):
        if sounds.issuperset(group):
            continue  # a sound of listening says nothing
        utterance = _utterance(speakers[group[0]], group, clean)
        for sentence in _cut(utterance, is_tokenizer_text=is_tokenizer_text):
            match = address.match(sentence.text) if address else None
            text = sentence.text[match.end() :] if match else sentence.text
            if text:
                yield replace(sentence, text=text) if match else sentence


def _clean_turn(text: str, words: frozenset[str], *, is_tokenizer_text: bool) -> str:
    return "\n".join(
        clean_text(line, is_tokenizer_text=is_tokenizer_text, words=words)
        for line in text.split("\n")
    )


def _address(conversation: Conversation) -> re.Pattern[str] | None:
    """Return a pattern of a participant's name as a form of address: "willow: ...",
    "Frank, ...".
    """
    participants = conversation.participants[:_MOST_NAMES]
    names = {name for participant in participants for name in _names(participant.name)}
    if not names:
        return None
    any_name = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.compile(
        rf"(?:(?:hi|hello|hey|thanks|thank you|yes|no|so|well|and|ok|okay),? )?@?(?:{any_name})"
        r"(?:\s?[,:]\s*|\s[-–]\s| (?=(?:the|I|you|we|it|there|if|this|that|do|can|what|how|is|are)\b))",
        re.IGNORECASE,
    )


def _names(name: str) -> list[str]:
    """Return the forms in which a participant may be addressed: the name and its words."""
    words = [word.strip(".,()") for word in name.split()]
    return [form for form in (name, *words) if len(form) > 2 and form[0].isalpha()]


def _utterances(
    speakers: Sequence[int], texts: Sequence[str], *, is_tokenizer_text: bool
) -> Iterator[tuple[int, ...]]:
    """Yield the turns that belong together, each turn with words once."""
    turns_in_groups: set[int] = set()
    for first, text in enumerate(texts):
        if first in turns_in_groups or not text:
            continue
        group = [first]
        while (
            following := _continuation(speakers, texts, group[-1], is_tokenizer_text)
        ) is not None:
            group.append(following)
        turns_in_groups.update(group)
        yield tuple(group)


def _continuation(
    speakers: Sequence[int], texts: Sequence[str], turn: int, is_tokenizer_text: bool
) -> int | None:
    """Return the turn in which a speaker goes on with the sentence that ``turn`` breaks off."""
    text = texts[turn]
    tail = text[-_TAIL:]
    if _ENDS.search(tail) or not (is_tokenizer_text or _GOES_ON.search(tail)):
        return None
    for number in range(turn + 1, min(turn + 2 + _MOST_SKIPPED, len(texts))):
        if speakers[number] == speakers[turn]:
            return None if not texts[number] else number
        if not _is_backchannel(texts[number]):
            return None
    return None


def _is_backchannel(text: str) -> bool:
    if len(text) > _MOST_BACKCHANNEL:
        return False
    words = re.split(r"[\s,.!?;。、-]+", text.casefold())
    return all(not word or word in _BACKCHANNEL_WORDS for word in words)


@dataclass(frozen=True, slots=True)
class _Utterance:
    """Turns of one speaker that belong together: their text as one, and where each turn starts in
    it.
    """

    speaker: int
    turns: tuple[int, ...]
    starts: tuple[int, ...]
    text: str

    def sentence(self, begin: int, end: int, mark: str) -> Sentence | None:
        """Return the sentence between two places, which ``mark`` ends; None where
        there is no word.
        """
        inner = self.text[begin:end].strip()
        if not inner:
            return None
        begin = self.text.index(inner, begin)
        first = bisect_right(self.starts, begin) - 1
        last = bisect_right(self.starts, begin + len(inner) - 1) - 1
        return Sentence(
            self.speaker,
            inner,
            self.turns[first : last + 1],
            asks=any(sign in mark for sign in "?？؟"),
            complete=not mark.startswith(("--", "- -", "—", "–", "...", "…")),
        )


def _utterance(speaker: int, turns: tuple[int, ...], texts: Sequence[str]) -> _Utterance:
    lengths = [len(texts[turn]) + 1 for turn in turns[:-1]]
    text = " ".join(texts[turn] for turn in turns)
    return _Utterance(speaker, turns, tuple(accumulate(lengths, initial=0)), text)


def _cut(utterance: _Utterance, *, is_tokenizer_text: bool) -> Iterator[Sentence]:
    """Yield the sentences of an utterance."""
    text, begin = utterance.text, 0
    for match in _END.finditer(text):
        mark = match["mark"] or ""
        if mark == "." and _is_within(text, match):
            continue
        if sentence := utterance.sentence(begin, match.start(), mark):
            yield sentence
        begin = match.end()
    # Without an end mark a transcript of speech was interrupted; a chat message is just typed so. A
    # comma ends a clause at least.
    tail = text[-_TAIL:]
    is_interruption = _GOES_ON.search(tail.rstrip(" ,")) or (
        is_tokenizer_text and not tail.endswith(",")
    )
    if sentence := utterance.sentence(begin, len(text), "--" if is_interruption else ""):
        yield sentence


def _is_within(text: str, match: re.Match[str]) -> bool:
    """Tell whether a full stop belongs to an abbreviation or an ordinal number."""
    before = text[max(0, match.start() - 8) : match.start()]
    if _ABBREVIATION.search(before):
        return True
    return bool(_ORDINAL.search(before) and _AFTER_ORDINAL.match(text, match.end()))
