"""Claims of a clause about the group that its speaker speaks for, and requests to others.

"We decided ...", "let's ...", "let me ...", "please book ...". The group stays "we", as in minutes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from cgp.annotators.embedded.claims.composition import compose
from cgp.annotators.embedded.claims.lexicon import word_list
from cgp.annotators.embedded.claims.plans import has_time
from cgp.annotators.embedded.claims.promises import doing_first, let_me
from cgp.annotators.embedded.claims.reading import Pattern, Reading
from cgp.annotators.embedded.claims.verbs import EMPTY, NO_COMMITMENT, PRESENT, is_past

_WE = re.compile(
    r"we(?:['’](?P<short>ve|ll|re|d))? (?:(?:also|just|really|actually|then|already|finally|all|now) )*"
    r"(?P<have>have )?(?:(?:also|just|already|finally|now) )*(?P<verb>[\w'’]+)(?: (?P<rest>.+))?",
    re.IGNORECASE,
)
_LETS = re.compile(
    r"let(?:['’]s| us) (?:just |all |maybe |also )?(?P<not>not )?(?P<verb>(?!just\b|all\b|maybe\b|also\b)[a-z]+) (?P<rest>.+)",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"(?:please |kindly |just )*(?P<verb>book|reserve|order|schedule|cancel|rent|make|find|add|set|change|send|play|show|recommend|remind|transfer|check)"
    r" (?P<rest>(?!sure\b|sense\b|it\b|that\b|them\b|up\b|to\b|out\b|in\b|you\b|your\b).+)",
    re.IGNORECASE,
)
_BOOKING = frozenset({"book", "reserve", "order", "schedule", "cancel", "rent"})
# Without a "please" these are mostly advice: "check the lease before you sign".
_ADVISING = frozenset({"check", "add", "set", "change"})
_PLEASE = re.compile(r"\b(?:please|pls|plz|kindly)\b", re.IGNORECASE)
_BY_THE_WAY = re.compile(r"\b(?:btw|by the way)\b", re.IGNORECASE)
# "Let's see", "let's move on": nothing is proposed.
_NO_PROPOSAL = word_list("no_proposal")
_TO_DO = frozenset(["keep", "take", "make", "start", "do", "have", "put"])
# With a day or an hour behind them, these are plans too: "let's wait until Monday".
_TIMED = frozenset(["wait", "start", "begin", "go", "get", "come", "stop", "call", "leave"])
_DECIDING = frozenset(
    ["decided", "agreed", "chose", "opted", "settled", "concluded", "resolved", "voted"]
)
_MUST = frozenset(["should", "must", "shouldn't", "need", "ought"])
_NO_GROUP_DOING = word_list("no_group_doing")
# "We will be presenting petitions" only goes on with the meeting.
_NO_GOING_ON = word_list("no_going_on")
_NO_GROUP_PAST = frozenset(
    ["talked", "discussed", "said", "heard", "got", "mentioned", "touched", "used"]
)
_NO_GROUP_HAVING = re.compile(r"(?:to|no|a question|questions?|the|it|that)\b")
# "We're waiting for the report until Friday" plans nothing.
_NO_PLAN = frozenset(["waiting", "hoping", "expecting", "having"])
_GROUP_ADVERBS = re.compile(
    r"(?:(?:now|also|then|just|again|probably|definitely|still|next|\w+ly|first|all|both) )+",
    re.IGNORECASE,
)
# "Let's go for the three presentations" only goes on with the meeting.
_NEXT_ITEM = re.compile(
    r"\b(?:presentations?|slides?|agenda|items?|issues?|matters?|subjects?|speakers?|questions?|topics?)\b"
)
_BEING = re.compile(r"be (?!going|able|doing)\w+ing\b")


@dataclass(frozen=True, slots=True)
class _We:
    """A clause of "we": the clitic ("ll", "re"), whether "have" follows, the verb and the rest."""

    short: str
    have: bool
    verb: str
    rest: str


def group_claim(clause: str) -> Reading | None:
    """Return the claim of a clause of "we", "let's", "let me" or a request, if it is one."""
    if match := _LETS.match(clause):
        return _proposal(match)
    if reading := let_me(clause) or doing_first(clause):
        return reading
    if match := _WE.match(clause):
        have, rest = bool(match["have"]), match["rest"] or ""
        return _we(_We((match["short"] or "").lower(), have, match["verb"].lower(), rest))
    if match := _REQUEST.match(clause):
        return _request(match)
    return None


def _proposal(match: re.Match[str]) -> Reading | None:
    """Read "let's use ..."."""
    verb, rest = match["verb"].lower(), match["rest"]
    if verb == "go" and rest.startswith(("with ", "for ", "to ")):
        if _NEXT_ITEM.search(rest):
            return None
        return compose(Pattern.PROPOSED, "proposes to go", rest, 1)
    is_timed = has_time(rest)
    if verb in _NO_PROPOSAL and verb not in _TO_DO and not (is_timed and verb in _TIMED):
        return None
    negation = "not " if match["not"] else ""
    # A telling verb and a time say as much as a word of content each.
    minimum = max(0, 2 - is_timed - (verb not in _TO_DO | _TIMED))
    return compose(Pattern.PROPOSED, f"proposes {negation}to {verb}", rest, minimum)


def _request(match: re.Match[str]) -> Reading | None:
    """Read "please book a table for two"."""
    verb, rest = match["verb"].lower(), match["rest"]
    if verb == "make" and not rest.startswith(("a reservation", "an appointment", "a booking")):
        return None
    if _BY_THE_WAY.search(rest) or (verb in _ADVISING and not _PLEASE.search(match.group())):
        return None  # advice, and no request
    pattern = Pattern.BOOKED if verb in _BOOKING else Pattern.REQUEST
    return compose(pattern, f"asks to {verb}", rest, 2)


def _we(words: _We) -> Reading | None:
    """Read "we decided ...", "we'll ...", "we should ...", "we opened ..."."""
    verb = words.verb
    for holds, rule in _RULES:
        if holds(words):
            return rule(words)
    if is_past(verb) and verb not in _NO_GROUP_PAST:
        perfect = words.short == "ve" or words.have
        if perfect or verb not in EMPTY or verb in {"found", "tried", "made"}:
            have = "have " if perfect else ""
            return compose(Pattern.GROUP_FACT, f"says we {have}{verb}", words.rest, 3)
    return None


def _decision(words: _We) -> Reading | None:
    have = "have " if words.have or words.short == "ve" else ""
    minimum = 1 if has_time(words.rest) or words.rest.startswith(("on ", "to ")) else 2
    return compose(Pattern.DECIDED, f"says we {have}{words.verb}", words.rest, minimum)


def _going_with(words: _We) -> Reading | None:
    """Read "we're going with the red one"; of "we're going" alone nothing is told."""
    if words.rest.startswith(("with ", "for ")):
        return compose(Pattern.DECIDED, "says we are going", words.rest, 1)
    return _will(words) if words.verb == "gonna" or words.rest.startswith("to ") else None


def _will(words: _We) -> Reading | None:
    if words.have:
        return None  # "we'll have ..." commits to nothing
    action = words.rest if words.verb in {"will", "shall"} else f"{words.verb} {words.rest}"
    action = re.sub(r"^(?:going to|gonna) ", "", action)
    first = _GROUP_ADVERBS.sub("", action).split(" ", 1)[0].lower()
    being = _BEING.match(action)
    activity = being.group().partition(" ")[2].lower() if being else ""
    if not being and (first in NO_COMMITMENT or not first.isalpha()):
        return None
    if activity in _NO_GOING_ON:
        return None
    minimum = 1 if has_time(action) else 2
    return compose(Pattern.GROUP_WILL, "says we will", action, minimum)


def _must(words: _We) -> Reading | None:
    if words.rest.split(" ", 1)[0] in EMPTY | {"have"}:
        return None
    return compose(Pattern.NORM, f"says we {words.verb}", words.rest, 2)


def _are_doing(words: _We) -> Reading | None:
    doing = f"{words.verb} {words.rest}" if words.short == "re" else words.rest
    verb = doing.split(" ", 1)[0].lower()
    if not verb.endswith("ing") or verb in _NO_GROUP_DOING:
        return None
    be = "were" if words.verb == "were" else "are"
    if be == "are" and has_time(doing) and verb not in _NO_PLAN:
        return compose(Pattern.GROUP_WILL, "says we are", doing, 1)
    return compose(Pattern.GROUP_FACT, f"says we {be}", doing, 3)


def _do(words: _We) -> Reading | None:
    if _NO_GROUP_HAVING.match(words.rest):
        return None
    return compose(Pattern.GROUP_FACT, f"says we {words.verb}", words.rest, 3)


def _have(words: _We) -> Reading | None:
    """Read "we have eight transcribers": what follows "have" is not a participle."""
    rest = f"{words.verb} {words.rest}"
    if _NO_GROUP_HAVING.match(rest):
        return None
    return compose(Pattern.GROUP_FACT, "says we have", rest, 3)


_Rule = tuple[Callable[[_We], bool], Callable[[_We], Reading | None]]
_RULES: tuple[_Rule, ...] = (
    (lambda we: we.verb in _DECIDING, _decision),
    (lambda we: we.short == "ll" or we.verb in {"will", "shall"}, _will),
    (lambda we: we.short == "re" and we.verb in {"going", "gonna"}, _going_with),
    (lambda we: we.verb in _MUST, _must),
    (lambda we: we.short == "re" or we.verb in {"are", "were"}, _are_doing),
    (lambda we: we.have and not is_past(we.verb) and not we.verb.endswith("en"), _have),
    (lambda we: we.verb == "use" or (we.verb in PRESENT and we.verb not in EMPTY), _do),
)
