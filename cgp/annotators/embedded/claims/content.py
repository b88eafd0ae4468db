"""Content of a clause: a test of its sense without its context.

A claim that says "thinks it's a good idea" is true and worthless: what "it" is was said
elsewhere. So a clause needs words of content, a subject that is not a bare pronoun (or much
content besides), and no sign of having been broken off.
"""

from __future__ import annotations

import re
from functools import cache

from cgp.annotators.embedded.claims.lexicon import word_list
from cgp.annotators.embedded.stop_words import stop_words

_WORD = re.compile(r"\w[\w'’\-.]*")
_VAGUE = word_list("vague")
# A pronoun that begins a clause, unless it stands for what follows ("it is hard to ...").
_BARE = re.compile(
    r"(?:it|that|this|these|those|they|he|she|them|him|her|one|some|all|both|which|who|what|there)\b(?:['’]\w+)?",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"(?:it(?:['’]s|['’]d be| is| was| would be| will be| might be| may be) (?:\w+ ){1,3}(?:to|that|for|if|when)\b"
    r"|it takes\b|it makes sense to\b"
    r"|there(?:['’]s| is| are| was| were| will be| should be| has been| have been| would be)\b"
    r"|(?:this|that|these|those) (?!is\b|was\b|are\b|were\b|would\b|will\b|can\b|could\b|should\b|might\b|may\b|has\b|had\b|one\b|does\b|means\b)[a-z]{3,}"
    r"|(?:all|some|both|one) (?:of )?(?:the|our|my|your|their)? ?[a-z]{3,}|what (?:we|you|I|they)\b)",
    re.IGNORECASE,
)
_BREAK = re.compile(
    r"\b(?:the|an|my|your|our|their|its|every) (?:the|an?|my|your|our|their|and|or|but|of|in|on|at|to|for|with"
    r"|is|are|was|were|that|so|if|because)(?![-\w'’])"
    r"|\b(?:the|an?|my|your|our|their|its|every) (?:[Ii]t|[Ww]e|[Tt]hey|[Yy]ou|[Hh]e|[Ss]he|I)(?![-\w])|\bnot (?:We|we|I|they)\b"
    r"|\b(?:there|it|that) (?:is|was) (?:there|it) |\bis (?:why|what|how) (?:do|does|is|are)\b"
    r"|\b(?:of|in|at|for|with|from|to) (?:is|are|was|were|and|but|of|because|so)(?![-\w'’])"
    r"|\b(?:I|we|they|he|she) (?:I|we|they|he|she|it|the|a|an|of|to|and|but|that|in|for)(?![-\w'’])"
    r"|\b(?:is|are|was|were) (?:is|are|was|were|do|did|does|has|have)\b|\b(?:a) (?:the|a|is|are|of|to|and|we|you|they|it)(?![-\w'’])"
    r"|\b(?:can|will|would|could|should|may|might|must) (?:can|will|would|could|should|may|might|must|is|are|was|the|a)(?![-\w'’])"
    r"|\bdo (?:we|you|they|I) do (?:we|you|they|I)\b|\bthat's what's\b|\bI'm I\b|[,;] [,;]"
    r"|\b(?:the|an?|of|my|your|our|with|for|into|than|very|is|are|was), (?=\w)"
    r"|\b(?:the|an?|my|your|our|their) (?:Is|Are|Was|Were|Do|Does|Did)(?![-\w])",
)
# A sentence begun anew in its middle: "all these things are they think there's".
_RESTART = re.compile(
    r"\b(?:are|is|was|were|has|have|had|does) (?:they|we|I|he|she|you|there|it)(?![\w])|\b(?:that|which|and) (?:the|an?) (?:that|which)\b"
    r"|\b(?:we|they|he|she|it) (?:should|could|would|will|can|must)(?:n't)? (?:we|they|he|she|it|I)\b"
    r"|[a-z,] (?:See|Well|So|But|And|Yeah|Oh|You|It|We|That|There|What|If|They|No|Because|The|This)\b(?!['’]?s? [A-Z])"
    r"|\bwhich (?:is|are|was|were|has|have|had) (?:\w+ )?which\b"
    # The subject said again: "the plan that we follow, that has three parts".
    r"|, (?:that|this|these|those) (?:is|are|was|were|has|have|had|will|would|can|could)\b"
)
_DANGLING = re.compile(
    r"(?:\b(?:the|an?|my|your|our|their|and|or|but|because|of|if|when|as|than|very|into|i|which|whose|every|"
    r"is|are|was|were|be|been|will|would|can|could|should|has|have|gonna|to|from|with|in|said|says|say|just|like|so|a lot of)"
    r"|[,:;–—-]|\.\.)$",
    re.IGNORECASE,
)
# What no claim quotes: addresses and long numbers, markup, smileys, words that stand for others.
UNFIT = re.compile(
    r"https?:|www\.|\w@\w|\d(?:[ ().-]{0,2}\d){8}|[\"“”«»→{}|<>\\^~=]|\w_\w|\.\.\.|--|\b(?:blah|whatever|their another)\b|\bnot (?:just|only|so much)\b(?!.*\bbut\b)|:[-)(DP/]|(?<!\w)[;:][)(]"
)


# A verb that makes a clause of the words after "that".
_FINITE = re.compile(
    r"\b(?:is|are|was|were|am|has|have|had|do|does|did|will|would|can|could|should|may|might|must|need|needs"
    r"|cannot|gets?|got|makes?|made|goes|went|comes?|came|gives?|gave|takes?|took|wants?|works?|helps?|means?|seems?"
    r"|looks?|feels?|knows?|thinks?|says|said|shows?|requires?|depends?|deserves?|exists?|happens?|became|becomes?"
    r"|ought|used|lost|won|uses?|runs?|tend|tends|lies|lacks?|matters?|costs?|supports?|prefers?)\b|['’](?:re|ll|ve|d)\b|\b(?:it|that|there|he|she|what|who|this|here)['’]s\b|n['’]t\b|\b\w{3,}ed\b",
)


@cache
def _edges() -> frozenset[str]:
    return stop_words("en").edges | _VAGUE


def content_words(words: str) -> list[str]:
    """Return the English words of a text that mean something by themselves, case-folded."""
    words_found = (match.group().casefold().rstrip(".-'’") for match in _WORD.finditer(words))
    return [
        word
        for word in words_found
        if (len(word) > 2 or word.isdigit())
        and (plain := word.replace("’", "'").removesuffix("'s")) not in _edges()
        and plain not in _VAGUE
    ]


def is_broken(words: str) -> bool:
    """Tell whether words cannot be quoted: broken off, ungrammatical at a seam, or
    with an address.
    """
    return (
        UNFIT.search(words) is not None
        or _BREAK.search(words) is not None
        or _DANGLING.search(words) is not None
        or words.count("(") != words.count(")")
    )


def is_restarted(words: str) -> bool:
    """Tell whether a statement (no question) begins anew in its middle, as
    spontaneous speech does.
    """
    return _RESTART.search(words) is not None


def has_verb(clause: str) -> bool:
    """Tell whether a clause has a verb of its own, as one after "I think" needs it."""
    return _FINITE.search(clause) is not None


def has_bare_subject(clause: str) -> bool:
    """Tell whether a clause begins with a pronoun whose noun stands elsewhere."""
    return _BARE.match(clause) is not None and _EXPLETIVE.match(clause) is None


def tells(clause: str, minimum: int = 2) -> bool:
    """Tell whether a clause says something alone: at least so many different words of content.

    A bare pronoun as the subject asks for two more.
    """
    if has_bare_subject(clause):
        minimum += 2
    return len(set(content_words(clause))) >= minimum
