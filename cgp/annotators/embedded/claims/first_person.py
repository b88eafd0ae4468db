"""Claims of a clause with the subject "I" about its speaker.

One rule for each auxiliary, and without one for each family of verbs; a rule returns one claim or
none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from cgp.annotators.embedded.claims.composition import compose, sound
from cgp.annotators.embedded.claims.content import has_bare_subject, tells
from cgp.annotators.embedded.claims.lexicon import word_list
from cgp.annotators.embedded.claims.opinions import opinion, opinion_of
from cgp.annotators.embedded.claims.plans import is_promise
from cgp.annotators.embedded.claims.predicate import Predicate, predicate
from cgp.annotators.embedded.claims.promises import (
    is_place,
    is_plan,
    offer_in_time,
    promise,
)
from cgp.annotators.embedded.claims.reading import Pattern, Reading
from cgp.annotators.embedded.claims.roles import role_claim
from cgp.annotators.embedded.claims.telling import retell, shorten
from cgp.annotators.embedded.claims.verbs import (
    EMPTY,
    PRESENT,
    TELLING,
    is_past,
)

Rule = Callable[[Predicate], Reading | None]

_FEELINGS = word_list("feelings")
_FEELING_LINKS = word_list("feeling_links")
_STATES = word_list("states")
# "I'm saying", "I'm getting": nothing that one does.
_NO_DOING = word_list("no_doing")
_ASKING = frozenset(["if", "whether", "how", "what", "why", "who", "when", "where", "which"])
# "I find printing slow", not "I found a shop".
_JUDGEMENT = re.compile(
    r".{3,120}\b(?:to be|very|quite|really|too|hard|difficult|useful|helpful|interesting|valuable|slow|strange|annoying)\b"
)
# "I think I'd like ..." is a wish and no opinion.
_OWN_WISH = re.compile(
    r"I(?:['’]d (?:like|rather)|['’]m (?:going to|gonna)|['’]ll| would like| will| need| want)\b"
)
# What one wants or has to do only to go on talking.
_TO_SAY = re.compile(
    r"(?:to|just to|also to) (?:say|tell|thank|ask|add|talk|start|begin|welcome|go|see|point|make|mention|move|come|congratulate|remind|note|be|do|think"
    r"|admit|stress|emphasi[sz]e|return|turn|speak|discuss|know if you|stop|interrupt|cut|hear|clarify|touch|echo|pick|follow|get)\b"
)
_TO_ASK_FOR = re.compile(r"to (?:ask|see|make|go|get)\b")
_NO_HAVING = re.compile(
    r"(?:no|a|an|any|one|another|some|the|two|three|few|my) ?(?:quick |few |other |more |same |little |couple of )*"
    r"(?:questions?|ideas?|points?|comments?|doubts?|feeling|problems?|issues?|thing|suggestion|slides?"
    r"|follow-?ups?|(?:\w+ )?opinions?|remarks?|observations?|thoughts?|quer(?:y|ies)|announcements?|confession)\b"
)
_KIN = re.compile(
    r"\b(?:wife|husband|son|sons|daughters?|kids?|child|children|sisters?|brothers?|cats?|dogs?|twins|girlfriend|boyfriend|partner"
    r"|asthma|diabetes|allergy|allergies|fever|cough|headaches?|rash)\b"
)
_OBJECT_SAID_BEFORE = re.compile(
    r"(?:with|to) (?:you|that|what|this|him|her|it|them)", re.IGNORECASE
)
_BEING = re.compile(r"(?!going|doing|able|talking|saying)\w{3,}ing\b")


def first_person_claim(clause: str) -> Reading | None:
    """Return the claim that a clause with the subject "I" makes, if any."""
    words = predicate(clause)
    return None if words is None else _AUXILIARY_RULES[words.auxiliary](words)


def _plain(words: Predicate) -> Reading | None:
    """Read "I prefer ...", "I bought ...", "I don't like ...", "I book the ..."."""
    if words.auxiliary != "did" and (rule := _VERB_RULES.get(words.verb)) is not None:
        return rule(words)
    if not (words.auxiliary or words.adverbs) and is_promise(words.verb, words.rest):
        return compose(Pattern.WILL, f"will {words.verb}", words.rest, 1)
    if words.auxiliary == "did" or is_past(words.verb):
        if words.verb not in EMPTY:
            return compose(Pattern.PAST, words.third_person, words.rest, 2)
        if words.verb in TELLING or (words.verb == "have" and words.negative):
            return compose(Pattern.PAST, words.third_person, words.rest, 3)
    elif words.verb in PRESENT and words.verb not in EMPTY:
        return compose(Pattern.PRESENT, words.third_person, words.rest, 2)
    return None


def _opinion(words: Predicate) -> Reading | None:
    """Read "I think that ..." where a whole sentence follows."""
    if words.verb == "believe" and words.first == "in":
        return compose(Pattern.PREFERENCE, words.third_person, words.rest, 1)
    if words.verb in {"hope", "expect"} and words.first == "to":
        return compose(Pattern.OPINION, words.third_person, words.rest, 2)
    sentence = opinion_of(words)
    # "I doubt I'll come" and "I hope I'll win" promise nothing.
    is_sure = not words.negative and words.verb not in {"doubt", "hope"}
    if is_sure and _OWN_WISH.match(sentence):
        return first_person_claim(sentence)
    return opinion(words, sentence)


def _preference(words: Predicate) -> Reading | None:
    """Read "I prefer ...", "I don't like ...", "I support ..."."""
    # "I like put it there", and "I uh like to show you" for "I'd like to".
    filler = words.first in PRESENT or is_past(words.first) or _TO_SAY.match(words.rest)
    if (
        filler
        or re.match(r"to \w+ you\b", words.rest)
        or words.first in {"like", "you", "your", "that", "when", "if"}
    ):
        return None
    return compose(
        Pattern.PREFERENCE, words.third_person, words.rest, _least_of_object(words.rest, 1)
    )


def _agreement(words: Predicate) -> Reading | None:
    """Read "I agree with ...", "I disagree that ...", with an object of its own."""
    if words.first not in {"with", "that", "to"} or _OBJECT_SAID_BEFORE.match(words.rest):
        return None
    return compose(
        Pattern.PREFERENCE, words.third_person, words.rest, _least_of_object(words.rest, 3)
    )


def _advice(words: Predicate) -> Reading | None:
    """Read "I suggest ...", "I appreciate ...", with an object that tells much."""
    if words.first in {"you", "your", "that", "if", "it"}:
        return None
    return compose(
        Pattern.PREFERENCE, words.third_person, words.rest, _least_of_object(words.rest, 3)
    )


def _least_of_object(rest: str, minimum: int) -> int:
    return max(minimum, 3) if has_bare_subject(rest) else minimum


def _wish(words: Predicate) -> Reading | None:
    """Read "I need ...", "I want to ..."."""
    return (
        None
        if _TO_SAY.match(words.rest)
        else compose(Pattern.WISH, words.third_person, words.rest, 2)
    )


def _wonder(words: Predicate) -> Reading | None:
    """Read "I wonder whether ..."."""
    return compose(Pattern.WONDERED, "wonders", words.rest, 2) if words.first in _ASKING else None


def _pledge(words: Predicate) -> Reading | None:
    """Read "I promise ..."."""
    return None if words.negative else compose(Pattern.WILL, words.third_person, words.rest, 2)


def _decision(words: Predicate) -> Reading | None:
    """Read "I decided to ..."."""
    if words.first in {"to", "on", "that", "for", "against", "not", "the", "a"}:
        return compose(Pattern.DECIDED, words.third_person, words.rest, 2)
    return None


def _find(words: Predicate) -> Reading | None:
    """Read "I find ... difficult", and "I found ..."."""
    if _JUDGEMENT.match(words.rest):
        return compose(Pattern.OPINION, words.third_person, words.rest, 2)
    if words.verb == "found":
        return compose(Pattern.PAST, words.third_person, words.rest, 3)
    return None


def _have(words: Predicate) -> Reading | None:
    """Read "I have two dogs" and "I have to ..."; not "I have a question", "I have no idea"."""
    if _NO_HAVING.match(words.rest):
        return None
    if words.first == "to":
        return _wish(words)
    minimum = 1 if _KIN.search(words.rest) else 2
    return compose(Pattern.POSSESSION, words.third_person, words.rest, minimum)


def _had(words: Predicate) -> Reading | None:
    """Read "I had a big storm in sight"; not "I had to go", "I had a question"."""
    if words.first == "to" or _NO_HAVING.match(words.rest):
        return None
    return compose(Pattern.PAST, words.third_person, words.rest, 3)


def _work(words: Predicate) -> Reading | None:
    """Read "I work for ...", "I chair ..."."""
    if words.verb.startswith("work") and words.first not in {"as", "for", "at", "in", "with", "on"}:
        return None
    busy = words.verb == "own" or words.auxiliary or words.first in {"with", "on", "into", "out"}
    return compose(Pattern.PRESENT if busy else Pattern.WORK, words.third_person, words.rest, 1)


def _am(words: Predicate) -> Reading | None:
    """Read "I'm a nurse", "I'm looking for ...", "I'm worried about ...", "I'm going to ..."."""
    verb, rest = words.verb, words.rest
    if (rule := _BEING_RULES.get(verb)) is not None:
        return rule(words)
    if verb in _FEELINGS:
        return _feeling(words)
    if verb.endswith("ing") and len(verb) > 4 and verb not in _NO_DOING:
        return _activity(words)
    if verb in _STATES:
        return compose(Pattern.PRESENT, words.third_person, rest, 1)
    if verb.isdigit() and rest.startswith(("year old", "years old")):
        return sound(Pattern.PRESENT, f"is {verb} years old")
    return None


def _activity(words: Predicate) -> Reading | None:
    """Read "I'm looking for ...", and "I'm meeting ... on Friday", which is a plan."""
    if not words.negative and is_plan(words.verb, words.rest):
        return compose(Pattern.PLAN, words.third_person, words.rest, 1)
    return compose(Pattern.PRESENT, words.third_person, words.rest, 2)


def _feeling(words: Predicate) -> Reading | None:
    """Read "I'm worried about ..."; "I'm happy to ..." is a courtesy."""
    if words.first not in _FEELING_LINKS or (
        words.verb == "happy" and words.first in {"to", "for"}
    ):
        return None
    return compose(Pattern.FEELING, words.third_person, words.rest, 2)


def _unsure(words: Predicate) -> Reading | None:
    """Read "I'm not sure whether ..."."""
    if words.negative and words.first in _ASKING | {"that", "about"}:
        return compose(Pattern.FEELING, words.third_person, words.rest, 2)
    return None


def _favour(words: Predicate) -> Reading | None:
    """Read "I'm in favour of ..."."""
    object_ = re.sub(r"favou?r of ", "", words.rest, count=1)
    if object_ == words.rest or not tells(object_, 1):
        return None
    return compose(Pattern.PREFERENCE, words.third_person, words.rest, 1)


def _going(words: Predicate) -> Reading | None:
    """Read "I'm going to ..." and "I'm going with ..."."""
    if words.verb == "gonna" or words.first == "to":
        action = words.rest.removeprefix("to ") if words.verb == "going" else words.rest
        if words.verb == "going" and is_place(action):
            return compose(Pattern.PRESENT, words.third_person, words.rest, 1)
        return promise(action, words.adverbs)
    if words.first in {"with", "for"} and not words.negative:
        return compose(Pattern.CHOSEN, "is going", words.rest, 1)
    return None


def _origin(words: Predicate) -> Reading | None:
    """Read "I'm from Lyon"."""
    place = shorten(words.rest)
    is_name = re.match(r"(?:the )?[A-Z]", place) is not None
    return sound(Pattern.PRESENT, f"is from {retell(place)}") if is_name else None


def _role(words: Predicate) -> Reading | None:
    return role_claim(words.third_person, f"{words.verb} {words.rest}")


def _was(words: Predicate) -> Reading | None:
    """Read "I was born in ..." and "I was working on ..."; not "I was thinking"."""
    verb = words.verb
    if verb in {"wondering", "curious"}:
        return _wonder(words)
    if verb in {"a", "an", "the"}:
        return _role(words)
    if verb in _FEELINGS:
        return _feeling(words)
    doing = verb.endswith("ing") and (verb not in _NO_DOING or verb == "having")
    if doing or is_past(verb) or verb == "born":
        return compose(Pattern.PAST, words.third_person, words.rest, 2)
    return None


def _have_done(words: Predicate) -> Reading | None:
    """Read "I've been working ...", "I've never owned ...", "I've got ..."."""
    verb, rest = words.verb, words.rest
    if verb == "got" and words.auxiliary == "have":
        return _have(replace(words, auxiliary="", verb="have"))
    if verb == "been":
        return _present_perfect(words)
    if verb in {"decided", "chosen", "agreed"}:
        return compose(Pattern.DECIDED, words.third_person, rest, 2)
    if verb in EMPTY and verb not in {"tried", "noticed", "heard", "found"}:
        return None
    if is_past(verb) or verb.endswith("en") or verb in {"done", "begun", "grown", "known"}:
        return compose(Pattern.PAST, words.third_person, rest, 2)
    return None


def _present_perfect(words: Predicate) -> Reading | None:
    """Read "I've been working on ..." and "I've been in ..."."""
    doing, _, after = words.rest.partition(" ")
    if doing.endswith("ing") and len(doing) > 4 and doing not in _NO_DOING | {"trying"}:
        return compose(Pattern.PAST, f"{words.third_person} {doing}", after, 2)
    if words.first in {"in", "at", "with", "on", "a", "an", "to"}:
        return compose(Pattern.PAST, words.third_person, words.rest, 2)
    return None


def _will(words: Predicate) -> Reading | None:
    """Read "I'll send ...", "I'll be posting ...", "I won't ..."."""
    if words.verb == "be" and (doing := _BEING.match(words.rest)):
        if doing.group() in _NO_DOING | word_list("no_going_on"):
            return None
        head = f"{words.third_person} {doing.group()}"
        return compose(Pattern.WILL, head, words.rest[doing.end() + 1 :], 1)
    return promise(f"{words.verb} {words.rest}", words.adverbs)


def _would(words: Predicate) -> Reading | None:
    """Read "I'd like to ...", "I'd rather ...", "I would recommend ..."; no other "would"."""
    if words.verb in {"like", "love"} and not words.negative:
        if _TO_SAY.match(words.rest) and not _TO_ASK_FOR.match(words.rest):
            return None
        return compose(Pattern.WISH, words.third_person, words.rest, 2)
    if words.verb in _ADVISING:
        return compose(Pattern.PREFERENCE, words.third_person, words.rest, 1)
    return None


def _can(words: Predicate) -> Reading | None:
    """Read an inability, and an offer with its time; "I can help" says nothing of the speaker."""
    empty = words.verb in EMPTY or words.verb in {"wait", "help", "even", "afford", "imagine"}
    if words.auxiliary == "can" and not words.negative:
        return offer_in_time(words.verb, words.rest)
    if not words.negative or empty:
        return None
    return compose(Pattern.PRESENT, words.third_person, words.rest, 2)


_ADVISING = frozenset(
    ["prefer", "rather", "recommend", "suggest", "propose", "support", "oppose", "welcome"]
)
_BEING_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("a", "an", "the", "your", "one", "currently"), _role),
    **dict.fromkeys(("going", "gonna"), _going),
    **dict.fromkeys(("wondering", "curious"), _wonder),
    "sure": _unsure,
    "in": _favour,
    "from": _origin,
}
_VERB_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(word_list("opinion"), _opinion),
    **dict.fromkeys(word_list("preference"), _preference),
    **dict.fromkeys(("agree", "disagree", "object"), _agreement),
    **dict.fromkeys(word_list("advice"), _advice),
    **dict.fromkeys(("want", "need"), _wish),
    **dict.fromkeys(("wonder", "wondered"), _wonder),
    **dict.fromkeys(("promise", "undertake", "guarantee", "commit"), _pledge),
    **dict.fromkeys(("decided", "chose", "opted", "agreed", "resolved"), _decision),
    **dict.fromkeys(("find", "found"), _find),
    **dict.fromkeys(("had", "got"), _had),
    **dict.fromkeys(word_list("working"), _work),
    "have": _have,
}
_AUXILIARY_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("", "do", "did"), _plain),
    **dict.fromkeys(("have", "had"), _have_done),
    **dict.fromkeys(("can", "could"), _can),
    "am": _am,
    "was": _was,
    "will": _will,
    "would": _would,
}
