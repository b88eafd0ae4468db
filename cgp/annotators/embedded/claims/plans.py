"""Plans in short talk: the time that makes one, and words by which a group settles something.

"Let's meet tomorrow" names nothing but a time, and is a plan all the same. "It's settled: the early
ferry", "agreed, we ship on Monday" and "lemon cake it is" decide without any verb of deciding.
"""

from __future__ import annotations

import re

from cgp.annotators.embedded.claims.composition import sound
from cgp.annotators.embedded.claims.content import content_words, has_bare_subject, tells
from cgp.annotators.embedded.claims.lexicon import word_list
from cgp.annotators.embedded.claims.reading import Pattern, Reading
from cgp.annotators.embedded.claims.telling import retell, shorten

_NUMBER = r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_TIME = re.compile(
    rf"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|tomorrow|tonight|noon|midnight|this (?:evening|afternoon|weekend)"
    rf"|next (?:week|month|year|time|weekend)|(?:at|until|by|before|after|around) {_NUMBER}(?=$|[.,;]| (?:at|on|in|near|by|with|then|sharp|instead|and|for)\b)"
    rf"|{_NUMBER} ?(?:am|pm|o['’]?clock)|\d{{1,2}}[:.]\d\d|half past {_NUMBER})\b",
    re.IGNORECASE,
)
_SETTLED = re.compile(
    r"(?:(?:so|ok|okay|great|right|then|good|and),? )*"
    r"(?:(?:it|that)(?:['’]?s| is)(?: all)? (?:settled|decided|agreed|a deal|a plan|fixed)(?: then)?"
    r"|(?:the |our )?(?:final )?decision(?: is| was)?|decided|agreed|resolved|settled)"
    r"(?P<mark>\s*[:,]| [-–—]| that)\s+(?P<rest>.{4,})",
    re.IGNORECASE,
)
# "Let's decide: we take the early ferry", and no question that is left open.
_TO_DECIDE = re.compile(
    r"(?:(?:so|ok|okay|right|then|and|well),? )*let(?:['’]?s| us) (?:just |now )?(?:decide|settle it|agree)(?: now)?"
    r"(?:\s*:| [-–—]) (?P<rest>(?!(?:do|does|is|are|was|were|can|shall|should|will|would|which|what|who|when|where|how|why|if|whether)\b)"
    r"(?!.* or ).{4,})",
    re.IGNORECASE,
)
# Behind a comma, "agreed" may only answer: there a clause of the group must follow.
_GROUP = re.compile(r"(?:so |then |and )?we(?:['’]\w+)? (?!are all|all agree)", re.IGNORECASE)
_CHOSEN = re.compile(
    r"(?P<choice>(?!(?:what|how|as|that|so|which|where|why|who|like|because|if|when|there|this|here|whatever|all|think"
    r"|know|is|was)\b)(?:[\w'’-]+ ){1,4})it is(?: then)?",
    re.IGNORECASE,
)
# "The way it is", "true that it is": said of a thing, chosen by nobody.
_NO_CHOICE = re.compile(
    r"\b(?:way|think|know|sure|say|said|says|believe|guess|hope|what|how|that|as|because|where|thing|yes|yeah|no|of course"
    r"|correct|right|indeed|course|and|but|i|you|we|they|reason|fact)\b",
    re.IGNORECASE,
)
# "I'll take a look at the test" is a promise, not a choice.
_LOOK_AT = re.compile(r"a (?:closer |quick )?look at ", re.IGNORECASE)
# Verbs of talk that promise something where they name somebody else: "I'll ask Marta about the
# tent".
_MESSAGES = frozenset(["ask", "tell", "remind", "talk", "speak"])
_PERSON = (
    r"(?:the|my|our) (?!questions?\b|truth|story|audience|panel|whole|same|next|first|second|[Cc]ourt|[Hh]ouse|[Cc]ommittee"
    r"|[Mm]inister|[Mm]ember|[Ww]itness)\w+"
)
_SOMEBODY = re.compile(
    r"(?:to |with )?(?!I\b|I['’]|Mr\b|Mrs\b|Ms\b|Dr\b|Minister\b|God\b|Professor\b)"
    rf"(?:(?:[A-Z]\w+|{_PERSON}) (?:about|to|that|if|whether|for|again|on|when|tomorrow|tonight)\b|{_PERSON}(?: [a-z]+){{0,2}}$)"
)
_A_THING = re.compile(
    r"(?:[A-Z]\w+['’]s \w+|(?:(?:you|him|her|them|us) )?(?:the|a|an|some|more|her|his|their|my|two|three|four|five|six) (?!idea|feeling|sense|point|chance|impression|hang|message|question|sleep|rest\b)(?:\w+ ){0,2}\w{3,})"
)
# "I book the hall", "I buy the bread tomorrow" promise without "will"; "I buy bread on Mondays"
# does not.
_BOOKING = frozenset(["book", "reserve"])
_ERRANDS = word_list("errands")
_SOMETHING = re.compile(r"(?:the|a|an|our|us|you|two|three|four) \w", re.IGNORECASE)
_COMING_DAY = re.compile(
    r"\b(?:tomorrow|tonight|today|this (?:morning|evening|afternoon|weekend|week)|next (?:week|month|weekend)"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_COMING_TIME = re.compile(
    rf"{_COMING_DAY.pattern}|\b(?:(?:by|until|before|after|from|around) (?:the )?(?:{_NUMBER}|noon|midnight|lunch|dinner|then|{_MONTH}|\w+teenth|\w+tieth"
    r"|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|end of|weekend|week|month)"
    rf"|in (?:an?|one|two|three|five|ten|\d+|a few|a couple of) (?:minute|hour|day|week|month)s?|(?:in|on) (?:the )?(?:{_MONTH}|morning|evening|afternoon|weekend)"
    rf"|at (?:about |around )?{_NUMBER}(?=$|[.,;:]| (?:at|on|in|near|by|with|then|sharp|and|for)\b)|(?:right|straight) away|first thing|later(?: today| on)?$|as soon as possible|asap|end of (?:the )?(?:day|week|month))\b",
    re.IGNORECASE,
)
_HABIT = re.compile(r"\b(?:every|each|always|usually|often|when|whenever|if)\b", re.IGNORECASE)
_TAG = re.compile(
    r",? (?:right|correct|yes|ok|okay|no|didn['’]?t we|haven['’]?t we|aren['’]?t we)$",
    re.IGNORECASE,
)


def has_time(words: str) -> bool:
    """Tell whether words name a day or an hour, as plans do."""
    return _TIME.search(words) is not None


def settled(sentence: str) -> Reading | None:
    """Return the decision of a whole sentence that says that something is settled, if it is one."""
    if match := _SETTLED.fullmatch(sentence):
        return _settlement(match)
    if (match := _CHOSEN.fullmatch(sentence)) and not _NO_CHOICE.search(match["choice"]):
        choice = match["choice"].strip()
        if content_words(choice) or has_time(choice):
            return sound(Pattern.DECIDED, f"decides on {retell(choice)}")
    if (match := _TO_DECIDE.fullmatch(sentence)) and not has_bare_subject(match["rest"]):
        rest = shorten(match["rest"])
        if rest and len(set(content_words(rest))) + has_time(rest) >= 1:
            return sound(Pattern.PROPOSED, f"proposes: {retell(rest)}")
    return None


def _settlement(match: re.Match[str]) -> Reading | None:
    rest = shorten(match["rest"])
    is_answer = match["mark"].strip() in {",", "that"}
    if not rest or (is_answer and not _GROUP.match(rest)) or has_bare_subject(rest):
        return None
    if len(set(content_words(rest))) + has_time(rest) < 1 + is_answer:
        return None
    return sound(Pattern.DECIDED, f"says it is decided: {retell(rest)}")


def without_tag(question: str) -> str:
    """Return a question without "right?" or "didn't we?" at its end; empty where there is none."""
    match = _TAG.search(question)
    return question[: match.start()] if match else ""


def has_coming_time(words: str) -> bool:
    """Tell whether words name a time to come: "by Friday", "tonight", "in two weeks"."""
    return _COMING_TIME.search(words) is not None and not _HABIT.search(words)


def is_errand(verb: str, rest: str) -> bool:
    """Tell whether "I'll" with a verb of no commitment names somebody, or a thing to get."""
    if verb in _MESSAGES:
        return _SOMEBODY.match(rest) is not None
    return verb == "get" and _A_THING.match(rest) is not None


def is_promise(verb: str, rest: str) -> bool:
    """Tell whether "I" with a verb in the present promises: "I book the hall"."""
    if _HABIT.search(rest):
        return False
    booked = verb in _BOOKING and _SOMETHING.match(rest) is not None
    return booked or (verb in _ERRANDS and _COMING_DAY.search(rest) is not None)


def looks_at(rest: str) -> bool:
    """Tell whether what follows "I'll take" is a look at something that is named."""
    look = _LOOK_AT.match(rest)
    return look is not None and tells(rest[look.end() :], 1)
