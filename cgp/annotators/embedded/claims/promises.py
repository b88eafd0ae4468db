"""Promises of a speaker: "I'll send ...", "let me scan ...", "I can finish ... by Friday".

Whatever stands behind "I'll" is a promise only where it names what is to be done: a verb that acts
on the world, and an object of its own. "I'll tell you", "let me see" and "I'll give you an example"
only go on talking.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cgp.annotators.embedded.claims.composition import compose, sound
from cgp.annotators.embedded.claims.content import content_words, tells
from cgp.annotators.embedded.claims.lexicon import word_list
from cgp.annotators.embedded.claims.plans import has_coming_time, has_time, is_errand, looks_at
from cgp.annotators.embedded.claims.reading import Pattern, Reading
from cgp.annotators.embedded.claims.statements import states
from cgp.annotators.embedded.claims.telling import COURTESY, lower_first, retell, shorten
from cgp.annotators.embedded.claims.verbs import NO_COMMITMENT, PRESENT

_CHOOSING = frozenset(["take", "have", "go", "book", "order", "choose", "pick", "buy"])
_NO_CHOICE = re.compile(
    r"(?:a (?:closer |quick )?look|a moment|a break|care|time|no|to|it|them|that|you|over|back|through|on|off|up|part|limited|little|more|less|enough|access|trouble|(?:some|an?) (?:kind|sort|sense|idea|bit)|(?:this|the|every|any|an?) (?:opportunity|chance|time|point|view|step|responsibility|position|vote|question))\b"
)
# "I'll take the car to the garage" and "I'll have the draft ready" choose nothing.
_MOVE = re.compile(
    r"(?:an?|some|more|two|three|few|\d+) (?:pictures?|photos?|measurements?|samples?)\b|(?:the|my|our|your|his|her|their|this|that|these|those) .*\b(?:to|back|home|out|down|away|with|ready|done|finished|up)\b"
)
# "I'm going to the museum": nothing that one does follows "to".
_PLACE = re.compile(r"(?:the|an?|my|our|your|his|her|their|this|that)\b|[A-Z]")
# "I'll go and find ...", "I'm going to come over and give ...".
_ADVERB_BEFORE = re.compile(r"^(?:(?:again|gladly|happily|sadly|\w{3,}(?<!p)(?<!re)ly) )(?=[a-z])")
_AND_DO = re.compile(
    r"(?P<way>(?:(?:over|back|home|out|in|down|up|and|to|try|just) ){0,4})(?P<action>(?P<verb>[a-z]+) .+)"
)
# What is only said, whatever the verb: "I'll give you an example", "I'll put the question".
_OF_TALK = re.compile(
    r"\b(?:"
    + "|".join(sorted(word_list("talk_nouns")))
    + r")s?\b|\b(?:it|that|this) (?:this|that|another) way\b"
    r"|\ba hand\b|\b(?:an?|one|few|couple of|two|three|five|ten) (?:more )?(?:minute|second|moment)s?\b"
)
_INDIRECT = r"(?:(?:you|him|her|them|us|both of you|everybody|everyone) )?"
_OBJECT = re.compile(
    rf"(?P<object>you (?:through|in touch|in contact) (?:to|with) .+)|{_INDIRECT}(?P<thing>(?:the|an?|my|our|your|his|her|their|some|another|all (?!that|this|those|of)|both|this|these|two|three|four|five|six|ten|\d+)\b .+"
    r"|sure (?:that )?.+|(?:how|where) to .+|in an? (?:order|request|ticket|claim|bid|application)\b.*"
    r"|(?!(?:it|that|them|in|to|up|on|out|for|with|by|you|him|her|of|so|as|everything|my|all|what|how|back|off|away|through|over"
    r"|down|into|from|at|about|around|after|again|along|forward|sure|and|or|but|one|something|anything|this|not)\b)"
    r"[a-z]{3,}(?: \w+)?(?: (?:on|in|to|for|into|at|tomorrow|tonight|today|this|next|first|later|with)\b.*)?$)"
)
# What one may do only in talk: with a time to come it is done in the world.
_WITH_TIME = frozenset(["go", "come", "read", "wait"])
_AT_PLACE = re.compile(r"(?:back|there|here|home|away|out|off|in|at|on|with)\b")
_LET_ME = re.compile(
    r"(?:please )?(?:let|allow) me (?:just |quickly |also |first |then |go and |try and )?(?:to )?(?P<action>(?P<verb>[a-z]+) .+)",
    re.IGNORECASE,
)
_DOING_FIRST = re.compile(
    r"what I(?:['’](?:m going to|m gonna|ll)| am going to| will) do(?: then| now| first)?,? is,? "
    r"(?:I(?:['’](?:m going to|m gonna|ll)| am going to| will) |to )?(?P<action>[a-z]+ .+)",
    re.IGNORECASE,
)
_I_WILL = r"I(?:['’]ll| will| shall|['’]m (?:going to|gonna)| am (?:going to|gonna))\b"
# A time that stands before the promise: "on Friday I'll ...", "after lunch, I'm going to ...".
_TIME_BEFORE = re.compile(
    r"(?P<time>(?:(?:on|by|until|in|at|this|next|later|after|before|over|tomorrow|tonight|today|first|right|then|soon|for now)\b)(?: [\w'’]+){0,3}?)"
    rf",? (?={_I_WILL})",
    re.IGNORECASE,
)
_LOOSE_TIME = re.compile(
    r"(?:later|soon|then|today|at the same time|in the meantime|for now|first thing|right away|(?:after|before) (?:that|this|lunch|dinner|work|school|breakfast|the \w+))$",
    re.IGNORECASE,
)
_SEVERAL_CLAUSES = re.compile(
    r"[,;:]| [-–—]|\b(?:and|but|so|because|if|when|which|who|that|where|until)\b"
)
_NO_SUBJECT = re.compile(r"(?:will|gonna|going to) (?P<action>(?P<verb>[a-z]+) .+)", re.IGNORECASE)
# What is to be done to a thing that was named just before.
_WITH_IT = re.compile(
    rf"(?:{_I_WILL}|let me) (?:(?:just|also|then|now|probably) )?(?P<action>(?P<verb>[a-z]+) (?:(?:you|him|her|them) )?(?:it|that|them|this|these|those|one)\b(?P<rest>.*))",
    re.IGNORECASE,
)
_A_THING_BEFORE = re.compile(
    r"\b(?:the|an?|my|our|your|his|her|their|this|that|two|three|\d+) (?!one\b|thing\b)[a-z]{3,}",
    re.IGNORECASE,
)
_IF = re.compile(r"\b(?:if|whether|unless)\b")
_DEEDS = word_list("deeds")
_LIGHT_VERBS = word_list("light_verbs")
_NOT_WITH_IT = frozenset(["open", "ask", "try", "add", "look", "change", "make", "get", "leave"])
_LONG = 14  # words of such a promise that are told beside another clause
_MUCH = 2  # words of content beside an "it" that tell enough
_DEEDS_OR_TALK = _LIGHT_VERBS | word_list("deeds_or_talk") | {"ask", "get"}
_DELIVERIES = word_list("deliveries")


def promise(action: str, adverbs: Sequence[str] = ()) -> Reading | None:
    """Return the promise or choice of a future action: ``send you the report``.

    ``adverbs`` are those that stand before it, with "not" among them.
    """
    verb, _, rest = _ADVERB_BEFORE.sub("", action).partition(" ")
    verb = verb.casefold()
    head = " ".join(("will", *adverbs, verb))
    if len(verb) < 2 or not verb.isalpha():
        return None
    if "not" in adverbs or "never" in adverbs:
        is_empty = verb in NO_COMMITMENT and not is_errand(verb, rest)
        minimum = 1 if _names_a_thing(rest) else 2
        return None if is_empty else compose(Pattern.WILL, head, rest, minimum)
    also = _AND_DO.match(rest) if verb in {"go", "come"} else None
    if also and also["verb"] in PRESENT | _DEEDS and promise(also["action"]):
        return compose(Pattern.WILL, head, rest, 1)
    if verb in _CHOOSING and _chooses(verb, rest):
        return compose(Pattern.CHOSEN, head, rest, 1)
    return compose(Pattern.WILL, head, rest, 1) if _acts(verb, rest) else None


def _chooses(verb: str, rest: str) -> bool:
    if verb in {"take", "have"} and _MOVE.match(rest):
        return False
    return (verb != "go" or rest.startswith(("with ", "for "))) and not (
        _NO_CHOICE.match(rest) or _OF_TALK.search(rest)
    )


def is_place(action: str) -> bool:
    """Tell whether a place follows "I'm going to", and nothing that one does."""
    return _PLACE.match(action) is not None


def _acts(verb: str, rest: str) -> bool:
    """Tell whether a verb and what follows do something that is named."""
    if verb == "be":
        return _AT_PLACE.match(rest) is not None and has_time(rest)
    if verb in _WITH_TIME:
        return has_coming_time(rest)
    if verb in {"take", "have"}:
        return looks_at(rest) or (_MOVE.match(rest) is not None and _names_a_thing(rest))
    if verb in _LIGHT_VERBS:
        return _is_errand(verb, rest) or _names_a_thing(rest)
    if verb == "look" and rest.startswith("forward"):
        return False
    return verb not in NO_COMMITMENT or _is_errand(verb, rest)


def _is_errand(verb: str, rest: str) -> bool:
    return is_errand(verb, rest) and not _OF_TALK.search(rest)


def _names_a_thing(rest: str) -> bool:
    """Tell whether an object follows that is neither said before nor a thing of talk."""
    match = _OBJECT.match(rest)
    return (
        match is not None
        and not _OF_TALK.search(rest)
        and tells(match["object"] or match["thing"], 1)
    )


def let_me(clause: str) -> Reading | None:
    """Read "let me scan the lease"; not "let me see", "let me use your phone"."""
    match = _LET_ME.match(clause)
    if match is None:
        return None
    verb, action = match["verb"].lower(), match["action"]
    rest = action.partition(" ")[2]
    if verb not in _DEEDS or (
        verb in _DEEDS_OR_TALK and not (_is_errand(verb, rest) or _names_a_thing(rest))
    ):
        return None
    return compose(Pattern.LET_ME, f"will {verb}", rest, 1)


def doing_first(clause: str) -> Reading | None:
    """Read "what I'm going to do is ask my colleague"."""
    match = _DOING_FIRST.match(clause)
    return promise(match["action"]) if match else None


def time_last(clause: str) -> str:
    """Return a promise with the time that stands before it at its end, where its clause is one."""
    match = _TIME_BEFORE.match(clause)
    if match is None or not (has_time(match["time"]) or _LOOSE_TIME.match(match["time"])):
        return clause
    rest = clause[match.end() :]
    time = match["time"][0].lower() + match["time"][1:]
    return rest if time == "then" or _SEVERAL_CLAUSES.search(rest) else f"{rest} {time}"


def without_subject(clause: str) -> Reading | None:
    """Read "will send the report tonight", as chats leave out the subject."""
    match = _NO_SUBJECT.match(clause)
    return promise(match["action"]) if match and match["verb"].lower() in _DEEDS else None


def promise_of_it(clause: str, before: str) -> Reading | None:
    """Read "I'll send it tonight": with the clause before, which may name what "it" is, or where
    its time or much else is said.

    With the clause before, the claim tells both and does not say that "it" is the other's noun.
    """
    match = _WITH_IT.match(clause)
    if match is None or match["verb"].lower() not in _DEEDS - _NOT_WITH_IT:
        return None
    if _OF_TALK.search(match["action"]):
        return None
    action = COURTESY.sub("", shorten(match["action"])).rstrip(" ,")
    if action.count(" ") < _LONG and states(before) and _A_THING_BEFORE.search(before):
        return sound(
            Pattern.OF_IT, f"says {retell(lower_first(before))}, and will {retell(action)}"
        )
    is_timed = has_coming_time(match["rest"]) or match["rest"].endswith(" first")
    if not is_timed and len(set(content_words(match["rest"]))) < _MUCH:
        return None
    return sound(Pattern.OF_IT, f"will {retell(action)}")


def offer_in_time(verb: str, rest: str) -> Reading | None:
    """Read "I can finish one review tonight": of "I can" only what has its time is a promise."""
    if verb not in _DELIVERIES | _DEEDS or not has_coming_time(rest) or _IF.search(rest):
        return None
    return compose(Pattern.CAN, f"can {verb}", rest, 1)


def is_plan(verb: str, rest: str) -> bool:
    """Tell whether "I'm meeting the landlord on Friday" is a plan: its day is to come."""
    return has_coming_time(rest) and bool(content_words(rest)) and verb not in word_list("no_plan")
