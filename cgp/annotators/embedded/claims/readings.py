"""Every claim that the sentences of a conversation make, in the languages that are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from cgp.annotators.embedded.claims.addressees import names_of_addressees, with_addressee
from cgp.annotators.embedded.claims.english import english_claims
from cgp.annotators.embedded.claims.quotations import quoted_claim
from cgp.annotators.embedded.claims.reading import QUOTED, Reading
from cgp.annotators.embedded.claims.sentences import Sentence, sentences
from cgp.annotators.embedded.claims.unmeant import SentenceClaims, meant_claims
from cgp.annotators.embedded.language import recognise_language
from cgp.annotators.embedded.stop_words import detect, stop_words
from cgp.conversation import Conversation


def read_claims(conversation: Conversation) -> Iterator[tuple[int, Reading]]:
    """Yield each speaker's claims with their turns, in the order in which they are said."""
    languages = _languages(conversation)
    addressees = names_of_addressees(conversation)
    # What is a word of one of the languages is not a filler there: German "er", Portuguese "um".
    words = stop_words(*languages).function
    speech, last = list[SentenceClaims](), None
    for sentence in sentences(conversation, words):
        before = last.text if last and _follows(sentence, last) else ""
        readings = (_read(language, sentence, before) for language in languages)
        speech.append(SentenceClaims(sentence, tuple(chain.from_iterable(readings))))
        last = sentence
    for sentence, reading in meant_claims(speech):
        name = addressees.get(sentence.speaker)
        # Other languages are quoted as they are said.
        is_retold = reading.pattern not in QUOTED
        claim = with_addressee(reading, name) if name and is_retold else reading
        yield sentence.speaker, replace(claim, turns=sentence.turns)


def _follows(sentence: Sentence, last: Sentence) -> bool:
    """Tell whether a sentence follows a statement within one turn."""
    return last.complete and not last.asks and last.turns[-1] == sentence.turns[0]


def _read(language: str, sentence: Sentence, before: str) -> Iterator[Reading]:
    if language == "en":
        yield from english_claims(sentence, before)
    elif reading := quoted_claim(language, sentence):
        yield reading


def _languages(conversation: Conversation) -> tuple[str, ...]:
    words = (
        word.strip(".,!?") for turn in conversation.turns for word in turn.text.casefold().split()
    )
    texts = (turn.text for turn in conversation.turns)
    return detect(words, conversation.language or recognise_language(texts)).languages
