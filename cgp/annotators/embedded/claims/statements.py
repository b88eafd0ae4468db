"""Claims about the world: obligations, judgements, possessions, plain facts."""

from __future__ import annotations

import re

from cgp.annotators.embedded.claims.composition import compose_statement
from cgp.annotators.embedded.claims.content import has_bare_subject, tells
from cgp.annotators.embedded.claims.reading import Pattern, Reading
from cgp.annotators.embedded.claims.telling import shorten
from cgp.annotators.embedded.claims.verbs import PRESENT

_WORDS = range(6, 31)  # of a plain sentence: fewer tell little, more ramble
_SHORT_WORDS = range(4, 19)  # of a statement that is told beside another
_NO_STATEMENT = re.compile(
    r"(?:if|when|unless|once|whether|who|what|which|where|how|why|let|please|can|could|would|will|do|does|did|is|are|don['’]t|never|no|yes)\b",
    re.IGNORECASE,
)
_LATEST_VERB = 8  # words that may stand before a plain sentence's verb
_MY = re.compile(
    r"(?:my|our) (?!god\b|goodness\b|point\b|question\b|bad\b|guess\b|understanding\b|apologies\b|other\b|next\b|friends?,|dear\b)",
    re.IGNORECASE,
)
_NORM = re.compile(
    r"\b(?:should|shouldn't|ought to|must|mustn't|needs? to|has to|have to|needs? (?:a|more|better))\b"
)
_OUGHT_SUBJECT = re.compile(
    r"(?:you|I|he|she|they|it|that|this|these|those|there|who|what|which|where|how|why|maybe|so)\b",
    re.IGNORECASE,
)
_PRAISE = (
    r"(?:good|great|bad|terrible|awful|important|crucial|essential|vital|useful|useless|helpful|dangerous|risky|unfair"
    r"|fair|wrong|wonderful|excellent|amazing|awesome|expensive|cheap|hard|difficult|easy|impossible|interesting|boring|beautiful|ugly|reasonable"
    r"|unacceptable|necessary|unnecessary|problematic|better|worse|best|worst|significant|critical|powerful|nice|fun|clear|confusing|slow|fast"
    r"|complicated|complex|too (?:much|many|high|low|big|small|early|late|long|short|expensive|hard)|likely|unlikely|disappointing|strong|weak|safe|unsafe)"
)
_ASSESSMENT = re.compile(
    rf"\b(?:is|are|was|were|looks|seems|sounds|would be|will be|has been|have been)(?: not|n't)?(?: an?| the)?(?: \w+){{0,2}}? {_PRAISE}\b",
    re.IGNORECASE,
)
# A verb that makes a plain sentence.
_STATEMENT = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|can|cannot|does|do|did|costs?|leaves?|arrives?|starts?|opens?|closes?|offers?"
    r"|serves?|runs?|takes?|includes?|provides?|supports?|uses?|works?|contains?|shows?|gives?|makes?|became|went|came|made"
    r"|got|took|gave|said|sold|built|grew|fell|rose|won|lost|wrote|released|announced|needs?|requires?|means?|comes?|depends?|helps?|allows?|looks?|seems?)\b"
)
# A first word that is not a subject of its own.
_NO_SUBJECT = re.compile(
    r"(?:I|you|he|she|his|her|its|their|it|they|we|that|this|these|those|there|here|who|what|which|where|how|why|when|if|and|but|or|so|because|not|no|yes"
    r"|let|please|thank|thanks|maybe|just|like|one|some|any|then|also|well|okay|sorry|good|great|sure|as|to|for|with|in|on|at|by|from|of"
    r"|do|does|did|is|are|was|were|can|could|would|should|will|have|has|had|don't|go|get|make|take|see|say|look|think|ask"
    r"|wait|come|put|give|try|use|than|more|most|very|too|even|only|really|actually|oh|mr|mrs|ms|your|my|sounds?|seems?|looks|feels|glad|hope|whereas|perhaps|rather|whether|while|must|whenever|first|two of|everybody|everyone|both|all)\b",
    re.IGNORECASE,
)
_VOCATIVE = re.compile(r"[\w-]+[,:] ")
_NAME_OR_NUMBER = re.compile(
    r"(?<=\s)[A-Z][\w-]+|\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty"
    r"|sixty|hundred|thousand|million|percent|half|dozen)\b"
)
# A verb after one of these is not a verb of the sentence's own subject.
_RELATIVE = re.compile(r"\b(?:whose|which|who|where)\b")


def own_claim(clause: str) -> Reading | None:
    """Return the claims of a clause about the speaker's own: "my daughter plays ...", "our system
    is ...".
    """
    cut = shorten(clause)
    if not _MY.match(cut) or not _STATEMENT.search(cut) or not tells(cut, 3):
        return None
    return compose_statement(Pattern.POSSESSION, cut)


def judgement(clause: str) -> Reading | None:
    """Return the judgement of a clause: "the report should be shorter", "testing is important"."""
    cut = shorten(clause)
    if not cut or _VOCATIVE.match(cut) or _NO_SUBJECT.match(cut) or has_bare_subject(cut):
        return None
    if (norm := _NORM.search(cut)) and norm.start() > 0:
        fits = tells(cut, 3) and not _OUGHT_SUBJECT.match(cut)
        return compose_statement(Pattern.NORM, cut) if fits else None
    if _ASSESSMENT.search(cut) and tells(cut, 3):
        return compose_statement(Pattern.ASSESSMENT, cut)
    return None


def states(clause: str) -> bool:
    """Tell whether a short clause states something by itself: no condition, question or order."""
    words = clause.split()
    if len(words) not in _SHORT_WORDS or _NO_STATEMENT.match(clause) or words[0].lower() in PRESENT:
        return False
    return _STATEMENT.search(clause) is not None and tells(clause, 1)


def statement(sentence: str) -> Reading | None:
    """Return a plain sentence that names something, counts something or tells much."""
    words = sentence.split()
    if len(words) not in _WORDS or _NO_SUBJECT.match(sentence) or words[0] in PRESENT:
        return None
    cut = shorten(sentence)
    verb = _STATEMENT.search(cut)
    if verb is None or _VOCATIVE.match(cut) or ": " in cut:
        return None
    before = cut[: verb.start()]
    early = before.count(" ") <= _LATEST_VERB and not _RELATIVE.search(before)
    if early and tells(cut, 4 if _NAME_OR_NUMBER.search(cut) else 6):
        return compose_statement(Pattern.STATEMENT, cut)
    return None
