"""Words that are not meant: a case that is only supposed, and a joke that its speaker takes back.

"Suppose the ferry is late. I'll row" promises nothing, nor does "I'll row you home. Just kidding".
What stands beside such a sentence is left out: in the languages whose promises are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cgp.annotators.embedded.claims.plans import has_time
from cgp.annotators.embedded.claims.reading import Reading
from cgp.annotators.embedded.claims.sentences import Sentence
from cgp.profiles import ClaimKind

_REACH = 3  # sentences before a joke, and after a supposition, that it may be about
_MOST_CHARACTERS = 80  # of words that take a joke back
_NEAR = 4  # turns after which a joke is about something else
_DEEDS = frozenset([ClaimKind.COMMITMENT, ClaimKind.DECISION])
_OPENER = (
    r"(?:(?:so|ok|okay|well|now|and|but|right|oh|ah|no|nah|hey|sorry|lol|(?:ha){2,}\w*|also|und|na ja|nein|ach|nee|alors|et|non"
    r"|bon|pues|y|no|bueno|e|não|bem|ma|dai),\s*|(?:so|ok|well|and|but|und|et|y|e|ma)\s+){0,3}"
)
_SUPPOSITION = re.compile(
    _OPENER + r"(?:"
    r"(?:just )?(?:suppose|supposing|imagine|assume|assuming|pretend|picture this)\b(?: that| for a (?:moment|second|minute))*,? "
    r"(?!so$|that$|my surprise|the look)\w+ \w"
    r"|let['’]?s (?:say|suppose|imagine|assume|pretend) (?:that )?\w+ \w+ \w|what if \w+ \w|hypothetically\b"
    r"|(?:mal )?angenommen,? \w+ \w|nehmen wir (?:mal )?an|(?:stell dir|stellt euch|stellen sie sich) (?:mal |nur )?vor|was (?:wäre|ist),? wenn"
    r"|(?:supposons|imaginons|imagine|imaginez|admettons|mettons)(?: que)? \w+ \w|et si \w+ \w"
    r"|(?:supongamos|supón|suponga|imagina|imagínate|imaginemos|digamos|pongamos) que \w|y si \w+ \w"
    r"|(?:suponha|suponhamos|imagina|imagine|imaginemos|digamos) que \w|e se \w+ \w"
    r"|(?:supponiamo|mettiamo|immagina|immaginiamo|diciamo|poniamo) che \w"
    r")",
    re.IGNORECASE,
)
_JOKE_WORDS = (
    r"(?:i(?:['’]?m| am| was) )?(?:(?:just|only|totally|obviously|of course) )*(?:kidding|joking|messing with you|pulling your leg|teasing(?: you)?)"
    r"|(?:(?:that|it|this)(?:['’]?s| is| was) )?(?:(?:just|only) )?a joke|jk|april fools?"
    r"|(?:(?:das |es )?(?:war|ist) )?(?:(?:doch|nur|bloß|natürlich) )*(?:ein (?:kleiner )?(?:scherz|witz)|spaß)|kleiner scherz|(?:ich mach|mach) nur spaß|scherz beiseite"
    r"|je (?:plaisante|rigole|blague|déconne)|(?:c['’]est|c['’]était) (?:juste |seulement )?(?:une blague|pour rire)"
    r"|(?:es|era|fue) (?:una )?(?:broma|chiste)|(?:solo |sólo )?(?:estoy |estaba )?(?:bromeando|de broma)"
    r"|(?:é|era|foi) (?:só )?(?:uma )?(?:brincadeira|zoeira|piada)|(?:só )?(?:tô|estou|estava|tava) (?:só )?brincando|brincadeira"
    r"|(?:sto |stavo )?scherza(?:ndo|vo)|scherzo|(?:era|è) (?:solo )?uno scherzo"
)
_ADDITION = r"(?:,? (?:of course|obviously|sorry|guys|everyone|everybody|natürlich|bien sûr|claro|né|eh|lol|(?:ha){2,}\w*|about \w+(?: \w+){0,3}))*"
_JOKE = re.compile(rf"{_OPENER}(?:{_JOKE_WORDS}){_ADDITION}", re.IGNORECASE)
_JOKE_AT_END = re.compile(rf"(?:,| [-–—]|\.\.\.|…) ?(?:{_JOKE_WORDS}){_ADDITION}$", re.IGNORECASE)
_JOKE_UNSPACED = re.compile(
    r"冗談(?:です|だよ|だって|でした)|(?<!不是)(?<!别)开(?:个)?玩笑(?:的|啦|而已)"
)


@dataclass(frozen=True, slots=True)
class SentenceClaims:
    """A sentence with the claims that it makes, taken by itself."""

    sentence: Sentence
    readings: tuple[Reading, ...]


def meant_claims(speech: Sequence[SentenceClaims]) -> Iterator[tuple[Sentence, Reading]]:
    """Yield the claims of all sentences, in their order, without what is not meant."""
    exclusions: set[tuple[int, Reading]] = set()
    for place, item in enumerate(speech):
        text = item.sentence.text
        if _is_joke(text):
            exclusions.update(_claims_of_joke(speech, place))
        elif _JOKE_AT_END.search(text[-_MOST_CHARACTERS:]):
            exclusions.update((place, reading) for reading in item.readings)
        elif _supposes(text):
            exclusions.update(_claims_of_supposition(speech, place))
    for place, item in enumerate(speech):
        for reading in item.readings:
            if (place, reading) not in exclusions:
                yield item.sentence, reading


def _is_joke(text: str) -> bool:
    return len(text) <= _MOST_CHARACTERS and (
        _JOKE.fullmatch(text) is not None or _JOKE_UNSPACED.search(text) is not None
    )


def _supposes(text: str) -> bool:
    # "Let's say the ferry leaves at nine" proposes it.
    is_proposal = text[:4].casefold() in {"let'", "let’", "lets"} and has_time(text)
    return _SUPPOSITION.match(text) is not None and not is_proposal


def _claims_of_joke(speech: Sequence[SentenceClaims], place: int) -> Iterator[tuple[int, Reading]]:
    """Yield all claims of the speaker's sentence before a joke's end, and deeds of those before."""
    joke, turn = speech[place].sentence, None
    yield from ((place, reading) for reading in speech[place].readings)
    count = 0
    for earlier in range(place - 1, -1, -1):
        sentence = speech[earlier].sentence
        if joke.turns[0] - sentence.turns[-1] > _NEAR or count == _REACH:
            return
        if sentence.speaker != joke.speaker:
            continue
        if turn is not None and sentence.turns[-1] != turn:
            return
        turn = sentence.turns[-1]
        for reading in speech[earlier].readings:
            if count == 0 or reading.pattern.kind in _DEEDS:
                yield earlier, reading
        count += 1


def _claims_of_supposition(
    speech: Sequence[SentenceClaims], place: int
) -> Iterator[tuple[int, Reading]]:
    """Yield the deeds of the sentences behind a supposition, in its turn."""
    turn = speech[place].sentence.turns[-1]
    for later in range(place, min(place + 1 + _REACH, len(speech))):
        if speech[later].sentence.turns[0] == turn or later == place:
            for reading in speech[later].readings:
                if reading.pattern.kind in _DEEDS:
                    yield later, reading
