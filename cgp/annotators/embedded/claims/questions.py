"""Questions that ask for something, as they were asked; courtesies and backchannels are none."""

from __future__ import annotations

import re

from cgp.annotators.embedded.claims.clauses import without_opener
from cgp.annotators.embedded.claims.composition import MOST_CHARACTERS
from cgp.annotators.embedded.claims.content import content_words, is_broken
from cgp.annotators.embedded.claims.reading import Pattern, Reading

_LEAST_WORDS = 4
_WHAT_ABOUT = re.compile(r"(?:what|how) (?:about|if)\b", re.IGNORECASE)
# "Have a ..." lost its subject: a question with "have" names one next.
_NO_QUESTION = re.compile(r"(?:have|has|had|do|does|did) (?:an?|the|to|not|it)\b", re.IGNORECASE)
_QUESTION_OPENER = re.compile(
    r"(?:(?:what|where|when|why|how|which|who|whose|whom)(?:['’](?:s|re|d|ll))?\b|(?:is|are|was|were|do|does|did|can|could|would|will"
    r"|should|shall|has|have|had|may|might|must|isn['’]t|aren['’]t|wasn['’]t|don['’]t|doesn['’]t|didn['’]t|can['’]t"
    r"|couldn['’]t|won['’]t|wouldn['’]t|shouldn['’]t|haven['’]t|hasn['’]t)\s+(?:\w))",
    re.IGNORECASE,
)
# The subject of the question was said before: more words of content are needed.
_ASKS_OF_IT = re.compile(
    r"(?:wh\w+ |how )?(?:is|are|was|were|does|do|did|has|have|can|could|would|will|should)(?:n['’]t)? (?:this|that|it|these|those|they|he|she)\b",
    re.IGNORECASE,
)
_PARTS = re.compile(r"(?:[,;]| [-—–]+| and| but| so) ")
# A part that begins so after a comma only describes ("..., who is joining us").
_RELATIVE = re.compile(
    r"(?:who|whose|which|where|when)\b(?! (?:do|does|did|should|can|could|would|will)\b)",
    re.IGNORECASE,
)
# A question typed without its mark, as in chats.
_INVERSION = re.compile(
    r"(?:how|where|what|why|when|which \w+|who) (?:do|does|did|can|could|is|are|should|would|will) (?:i|we|you|the|it|there|one|my)\b"
    r"|(?:does|do|has|can|is|are) (?:any(?:one|body)|there|i|somebody|someone)\b",
    re.IGNORECASE,
)
_MODAL = re.compile(
    r"^(?:(?:what|where|when|why|how|which|who) )?(?:can|will|would|could|should|may|might|must) (?=the |an? )",
    re.IGNORECASE,
)
# Its object was said before: "Can you finish that by Friday?", "Why not paint it?".
_OBJECT_SAID_BEFORE = re.compile(
    r"\b(?!(?:is|was|does|did|do|has|had|can|could|would|will|should|that|if)\b)[a-z]{3,} (?:that|this|it|them|those|these)(?:$| (?:by|in|on|at|for|with|from|too|again|before|after|now|yet|so)\b)",
    re.IGNORECASE,
)
# A subordinate clause alone: "When you are using your own tool?".
_SUBORDINATE = re.compile(
    r"(?:when|where|which|who|how|what|why) (?:you|I|we|they|he|she|it|the|your|my|our)\b(?!.*[,;])",
    re.IGNORECASE,
)
# An utterance quoted or imagined: "so you go 'would this be wise?'".
_IN_QUOTES = re.compile(r"[\"“«]|(?<!\w)['‘](?=[A-Z])")
# A statement with a question at its end ("..., right?") asks for nothing new.
_TAG_QUESTION = re.compile(
    r",? (?:right|okay|ok|yeah|yes|no|huh|eh|you know|correct|see|(?:is|are|was|were|do|does|did|can|could|would|will|should|have|has)"
    r"(?:n['’]t)? (?:it|that|they|you|he|she|we|there|I|this))$",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"(?:how (?:are|is|was|were) (?:you|your|things|everything|it)\b(?!.{40})|how do you do|how(?:['’]s| is| has) (?:it|everything|your day|the day)|what['’]s up"
    r"|(?:how )?(?:can|could|may|might) I (?:be |put |remind|help|assist|thank|welcome|invite|bring|just|ask|have your|get your|do for|be of|take your|say|add|come|make a|finish|check)"
    r"|what can I do|how can (?:I|we) help|is there anything|anything else|would you (?:like|mind) (?:me|to (?:add|say|start|comment|respond|go))"
    r"|do you (?:have|need) (?:any(?:thing)?|another|a) (?:\w+ )?(?:questions?|else|comments?|help|thoughts|preference)"
    r"|are you (?:there|ready|ok|okay|sure|serious|kidding|still there|done|finished|with me)|can you (?:hear|see) (?:me|us|my)|you know what|do you know what"
    r"|(?:do|does|did|don['’]t) (?:you|that|it|this) (?:understand|know what i mean|make sense|see what|work|help|mean|sound)"
    r"|who (?:knows|cares)|why not|what (?:do|did) you (?:think|mean|say)|what about (?:you|that|it)\b|how (?:about|come) (?:you|that|it)$|what(?:['’]s| is) (?:that|it|this|the matter|wrong|going on|next)$"
    r"|(?:does|do) any(?:one|body) (?:have|want|else)\b.{0,20}$|have a good|see you|(?:can|could|shall|should) we (?:start|begin|move|continue|go on|stop|go)\b|who(?:['’]s| is) next|is (?:that|this|it) (?:okay|ok|right|correct|all|it|fine|true|so|what|a|everybody)\b(?!.{40})"
    r"|what(?:['’]s| is) the point|what (?:else|happened|was that|then|if)$|how do you spell|shall I|should I (?:go|start|continue))",
    re.IGNORECASE,
)
_OFFER = re.compile(
    r"^would you like (?:to (?:order|search|hear|know|book|reserve|buy|purchase|look at|proceed|continue|leave|pay|add|change|start|speak)\b|(?:some|any|another|anything|something|more|it|that|me)\b)|^would you care to\b|"
    r"\b(?:any|other|another|more|further) (?:other |more |further |specific )?(?:questions?|requests?|comments?|concerns?|thoughts)\b|\b(?:help|assist) you\b",
    re.IGNORECASE,
)


def question(text: str) -> Reading | None:
    """Return the question that a sentence asks, in full, without its question mark in ``text``."""
    clause = "" if _TAG_QUESTION.search(text) else _asking_part(text)
    if (
        not clause
        or len(clause) > MOST_CHARACTERS
        or _OFFER.search(clause)
        or _POLITE.match(clause)
    ):
        return None
    before = text[: text.rindex(clause)]
    if _NO_QUESTION.match(clause) or _SUBORDINATE.match(clause) or _IN_QUOTES.search(before):
        return None
    said_before = _ASKS_OF_IT.match(clause) or _OBJECT_SAID_BEFORE.search(clause)
    minimum = 3 if _WHAT_ABOUT.match(clause) or said_before else 2
    if len(set(content_words(clause))) < minimum or clause.count(" ") + 1 < _LEAST_WORDS:
        return None
    # "Will the ..." opens a question; in the middle of words it is a seam.
    if is_broken(f"{_MODAL.sub('', clause, count=1)}?"):
        return None
    return Reading(Pattern.QUESTION, f'asks "{clause[0].upper()}{clause[1:]}?"')


def unmarked_question(text: str) -> Reading | None:
    """Return the question of a sentence without a question mark, None where it states something."""
    text = without_opener(text)
    return question(text) if _INVERSION.match(text) else None


def _asking_part(text: str) -> str:
    """Return the part of a sentence that asks: from its last clause that opens as a question."""
    text = without_opener(text)
    if _QUESTION_OPENER.match(text):
        return text
    for piece in reversed(_PARTS.split(text)):
        part = without_opener(piece)
        if _QUESTION_OPENER.match(part) and not _RELATIVE.match(part):
            return text[text.rindex(part) :]
    return ""
