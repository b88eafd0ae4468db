"""A sentence as clauses, each of which says something by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PRONOUN = r"(?:I|we|you|he|she|they|it|there|this|that|let)(?:['’]\w+)?\b"
_SEAM = re.compile(
    rf"(?:;|:|,? -{{1,2}}|,? [—–])\s+"
    rf"|,? (?:and|but|so|yet)(?:,| then| also| so| now| yes| yeah| actually)*,? (?={_PRONOUN})"
    rf"|,? (?:and|but|so),? (?=my\b|maybe\b|personally\b)"
    rf"|,? (?:because|'cause|cause|since|although|though|whereas) (?={_PRONOUN}|my\b|our\b|the\b)"
    rf"|, (?:and|but|so|yet|although|though|whereas)\b(?:,)? "
    rf"|, (?={_PRONOUN})"
)
_OPENER = re.compile(
    r"(?:(?:and|but|so|well|then|because|cause|now|also|plus|okay|ok|yeah|yes|yep|oh|right|anyway|still"
    r"|though|or|see|look|hey|hi|hello|personally|certainly|definitely|I guess(?= I\b| we\b| the\b))(?:,|\b(?! ?['’-]))\s*"
    r"|(?:no|sure|great|good|thanks|thank you|sorry|exactly|absolutely|definitely|honestly|actually"
    r"|basically|like|I mean|you know|in fact|to be honest|of course|alright|all right|certainly|perfect"
    r"|personally|frankly|first of all|first|second|secondly|firstly|finally|again|unfortunately|hopefully|interesting|true|fair enough"
    r"|obviously|clearly|lastly|for me|as I said|indeed|nice|cool|wow|fine|hmm|ah|I guess|I suppose|however|therefore|thus|moreover)\b,\s+)+",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"(?:if|when|whenever|unless|once|until|while|before|after|as soon as|even if|suppose|supposing|imagine|say"
    r"|let's say|where|had|were|should|assuming|whether|had I|as long as)\b",
    re.IGNORECASE,
)
# "A trip for me and my wife" is one clause, and so is "my aunt and my uncle live in Oslo".
_PERSON_AT_END = re.compile(r"\b(?:me|you|him|her|us|them|my [\w'’-]+)$", re.IGNORECASE)
_CONDITION_WITHIN = re.compile(
    r"(?:^|, )(?:and |but |so )?(?:if|unless|as long as|provided)\b", re.IGNORECASE
)
# "He told me, I'll come", "my boss wrote: ...", and not "as I told you, I'll come".
_REPORTING = re.compile(
    r"(?!(?:as |like )?I\b).*\b(?:(?:told|tells|promised|promises|wrote|writes|shouted|replied|answered|announced|insisted|swore)"
    r"(?: (?:to )?(?:me|us|him|her|them|you|everybody|everyone))?(?: (?:yesterday|today|again|once))?|according to \w+(?: \w+){0,2}),?",
    re.IGNORECASE,
)
# Words of somebody else, as told: "..., he said", "..., said the man".
_OF_ANOTHER = re.compile(
    r",[\"”]? (?:(?:he|she|they) (?:said|says|told|tells|wrote|writes|shouted|shouts|replied|replies|answered|added|begged|promised"
    r"|announced|insisted)(?: (?:to )?(?:me|us|him|her|them|you|everybody|everyone))?|(?:said|says|wrote|shouted|replied|answered)"
    r" (?!(?:I|we|it|that|this|so)\b)\w+(?: \w+){0,3})(?:[.!]*$|, )"
)
# "Give me the land and I'll build a mill": what is given is the condition.
_BARGAIN = re.compile(
    r"(?:just )?(?:give|lend|get|find|pay|buy|show|tell|send|bring|promise|let) (?:me|us)\b",
    re.IGNORECASE,
)
_OPEN_QUOTE = re.compile(r"(?<!\w)['‘](?=[A-Z])")
_QUOTING = re.compile(
    r"\b(?:say|says|said|saying|like|tell|tells|told|telling|ask|asks|asked|asking|thought|thinks?|thinking|goes|go|went"
    r"|meaning|means|that|if|when|unless|whether|is|was)[,:]?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause without its opening words ("and", "well").

    ``free`` tells that nothing before it conditions or reports it.
    """

    text: str
    free: bool


def clauses(sentence: str) -> Iterator[Clause]:
    """Yield the clauses of a sentence. Only a sentence that begins with a condition has unfree
    ones.
    """
    text = without_opener(sentence)
    is_conditional = _CONDITION.match(text) is not None
    begin, free = 0, not is_conditional
    for match in _SEAM.finditer(text):
        head = text[begin : match.start()]
        if _joins_people(head, match.group(), text[match.end() :]):
            continue
        if head.strip():
            yield Clause(without_opener(head), free)
        is_report = (
            _QUOTING.search(head[-24:]) is not None or _REPORTING.fullmatch(head) is not None
        ) and not match.group().strip().startswith((",and", "and"))
        # "Listen, if you come, I'll cook": the condition may stand in the middle.
        is_condition = "," in match.group() and _CONDITION_WITHIN.search(head) is not None
        is_price = "and" in match.group() and _BARGAIN.match(without_opener(head)) is not None
        is_free = not (is_conditional or is_report or is_condition or is_price)
        begin, free = match.end(), is_free
        if _OPEN_QUOTE.search(text, 0, begin):
            return  # from here on somebody else may speak
    yield Clause(without_opener(text[begin:]), free)


def is_of_another(sentence: str) -> bool:
    """Tell whether a sentence names somebody else as its speaker: "..., she said"."""
    return _OF_ANOTHER.search(sentence) is not None


def _joins_people(head: str, seam: str, rest: str) -> bool:
    return (
        seam == " and " and rest[:3].casefold() == "my " and _PERSON_AT_END.search(head) is not None
    )


def without_opener(text: str) -> str:
    """Return a clause without the words that only open it."""
    text = text.strip(" ,")
    opener = _OPENER.match(text)
    return text[opener.end() :] if opener and opener.end() < len(text) else text
