"""English: which claims a sentence makes about its speaker, told in the third person.

A sentence is read clause by clause, each by the rules of its subject: "I" (``first_person``), the
group (``group``), the speaker's own and the world (``statements``). A question is told as it was
asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from cgp.annotators.embedded.claims.clauses import clauses, is_of_another, without_opener
from cgp.annotators.embedded.claims.first_person import first_person_claim
from cgp.annotators.embedded.claims.group import group_claim
from cgp.annotators.embedded.claims.plans import settled, without_tag
from cgp.annotators.embedded.claims.promises import (
    promise_of_it,
    time_last,
    without_subject,
)
from cgp.annotators.embedded.claims.questions import question, unmarked_question
from cgp.annotators.embedded.claims.reading import REQUESTS, Pattern, Reading
from cgp.annotators.embedded.claims.roles import as_role
from cgp.annotators.embedded.claims.sentences import Sentence
from cgp.annotators.embedded.claims.spoken import with_apostrophes
from cgp.annotators.embedded.claims.statements import judgement, own_claim, statement

_SHORTEST_SENTENCE = 12  # characters: shorter ones say nothing alone
_SHORTEST_CLAUSE = 8
_I = re.compile(r"[Ii](?:['’](?:m|ve|ll|d))?\s")


def english_claims(sentence: Sentence, before: str = "") -> Iterator[Reading]:
    """Yield the claims that one sentence makes about its speaker.

    ``before`` is what the speaker said just before in the same turn.
    """
    if len(sentence.text) < _SHORTEST_SENTENCE:
        return
    sentence = replace(sentence, text=with_apostrophes(sentence.text))
    text = sentence.text
    if is_of_another(text):
        return
    if sentence.asks:
        readings = [_decision_asked_for(text) or question(text)]
    elif decision := settled(without_opener(text)) or settled(text):
        readings = [decision]
    else:
        readings = [as_role(without_opener(text)), *_of_clauses(sentence, before)]
        if sentence.complete and not any(readings):
            readings = [
                _decision_asked_for(text)
                or unmarked_question(text)
                or statement(without_opener(text))
            ]
    yield from filter(None, readings)


def _decision_asked_for(text: str) -> Reading | None:
    """Return the decision that a speaker wants confirmed: "we decided on tea, right?"."""
    stem = without_opener(without_tag(text))
    reading = group_claim(stem) if stem else None
    return reading if reading and reading.pattern is Pattern.DECIDED else None


def _of_clauses(sentence: Sentence, before: str) -> Iterator[Reading]:
    """Yield the claims of the clauses that nothing conditions and that came to their end."""
    parts = list(clauses(time_last(without_opener(sentence.text))))
    for number, clause in enumerate(parts if sentence.complete else parts[:-1]):
        if clause.free and len(clause.text) >= _SHORTEST_CLAUSE:
            text = time_last(clause.text)
            reading = (
                _of_clause(text)
                or promise_of_it(text, parts[number - 1].text if number else before)
                or (without_subject(text) if number == 0 else None)
            )
            # A request opens its sentence: "please confirm: book two tickets" asks for no booking.
            if reading and (number == 0 or reading.pattern not in REQUESTS):
                yield reading


def _of_clause(text: str) -> Reading | None:
    if _I.match(text):
        return first_person_claim(text)
    return group_claim(text) or own_claim(text) or judgement(text)
