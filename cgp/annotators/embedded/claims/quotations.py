"""Languages other than English: whole sentences in which a speaker speaks of themselves, quoted.

Turning a sentence into the third person needs a grammar of each language. A quotation needs none
and says nothing that was not said, so here a claim is the sentence itself after "says" or "asks"
in its own language. Only languages are read whose claims were checked on training windows or
bundled samples.
"""

from __future__ import annotations

import re

from cgp.annotators.embedded.claims.content import UNFIT
from cgp.annotators.embedded.claims.languages import LANGUAGES, Language
from cgp.annotators.embedded.claims.reading import Pattern, Reading
from cgp.annotators.embedded.claims.sentences import Sentence
from cgp.annotators.embedded.stop_words import stop_words

# What had to be done if somebody else were right, often said to refute it: "dans ce cas, il faut
# tout fermer".
_CONCLUSION = re.compile(
    r"(?:in dem fall|dann|dans ce cas|à ce moment-là|en (?:ese|este|tal) caso|n?es[ts]e caso|se é assim|wenn das so ist|si c'est (?:ça|comme ça))\b",
    re.IGNORECASE,
)
# Words of somebody else, as told: "…, disse o moço", "…, sagte er".
_OF_ANOTHER = re.compile(
    r",[»\"”]? (?:m')?(?:disse|falou|dijo|dice|sagte|sagt|meinte|meint|a dit|dit|m'a dit|disait|ha detto|diceva)(?:-(?:il|elle|on))?(?: (?!ich\b|eu\b|yo\b)\w+){0,3}$|(?:と言って(?:い)?(?:た|ました)|と言われ(?:た|ました)|って言って(?:た|ました))$",
    re.IGNORECASE,
)
# "Sie sagte, ich ...": what stands behind is another's, or said before.
_REPORT = re.compile(
    r"\b(?:sagte|meinte|hieß es|a dit|disait|me dit|dijo|decía|me dice|disse|ha detto|diceva|gesagt|dicho|dito)\b(?=[^.]*[:,«„])|\b(?:als ob|comme si|como si|como se|come se)\b"
    r"|\b(?:dachte|glaubte|hoffte|träumte)(?: \w+){1,3},|\bje (?:pensais|croyais) (?:que|qu['’])|\b(?:creía|pensaba|achava|pensava|pensavo|credevo) (?:que|che)\b"
    r"|\b(?:sagt|meint|behauptet|glaubt|glaubst|denkt|denkst)\b(?: \w+)?,"
    r"|\b(?:prétend|prétendent|disent|croit|croient|cree|creen|dice|dicen|diz|dizem|acham|crede|credono|dicono) (?:que|qu['’]|che)\b"
    r"|\b(?:selon (?:lui|elles?|eux)|según (?:él|ell[ao]s?)|segundo el[ae]s?|secondo (?:lui|lei|loro)|laut (?:ihm|ihr|ihnen)|angeblich)\b",
    re.IGNORECASE,
)
# A recollection, and no question: 「…とか言いませんでしたっけ」.
_RECOLLECTION = re.compile(r"ませんでしたっけ$")
# A reason without what it is the reason of.
_REASON = re.compile(
    r"(?:weil|denn|da|parce que|car|puisque|porque|pues|ya que|pois|já que|perché|poiché|because)\b|なぜなら|因为|क्योंकि",
    re.IGNORECASE,
)
# Clauses of a sentence, and the words by which one denies what it says. In Romance languages "no"
# stands before its verb; behind it, it may deny something else.
_SEAM = re.compile(
    r"[,;:–—]\s*| (?=(?:und|aber|sondern|oder|et|mais|ou|donc|y|pero|sino|e|mas|ma|però|perché|porque|pois|weil|denn|dass|que|qui|che|si|se|wenn)\b)",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"\b(?:nicht(?! nur\b)|kein(?:e[nmrs]?)?|nie(?:mals)?|nimmer|keinesfalls|pas(?! de (?:souci|problème))|jamais|nunca|jamás|mai)\b"
    r"|\b(?:ne |n['’])\w+(?: \w+)? (?:plus|rien|personne|aucune?)\b",
    re.IGNORECASE,
)
_DENIAL_BEFORE = re.compile(
    r"\b(?:no(?! (?:solo|sólo)\b)|tampoco|não(?! (?:só|apenas)\b)|nem|tampouco|non(?! (?:solo|soltanto)\b)|nemmeno|neanche|neppure)\b",
    re.IGNORECASE,
)
_AROUND = ' ,"“”«»„「」¿¡—–-'
_QUESTION_WORDS = 5
_MAX_CHARACTERS = 170  # characters of a sentence that is quoted
_WORD = re.compile(r"[^\W\d_][\w'’-]{3,}|\d[\d.,:]*")
_OPENER = re.compile(
    r"(?:(?:ja|nein|und|aber|also|nun|gut|oui|non|et|mais|alors|donc|bon|sí|si|no|y|pero|bueno|entonces|sim|não|e|mas|então|allora|ecco|beh|quindi|però|ma|sì|nee|doch|na ja|ach|ben|enfin|moi|ok|okay|pues|mire|mira|vale|olhe|olha|bem|pois"
    r"|はい|ええ|うん|あの|えー|でも|そうですね|嗯|好的|好|对|行|那|但是|हाँ|तो|और|लेकिन)[,、，]\s*)+",
    re.IGNORECASE,
)
_DANGLING = re.compile(
    r"(?:[,:;、，-]|\b(?:und|oder|dass|die|der|et|que|de|la|le|y|o|e|ou))$", re.IGNORECASE
)


def quoted_claim(code: str, sentence: Sentence) -> Reading | None:
    """Return the claim that a sentence of another language than English makes, quoted, if any."""
    language = LANGUAGES.get(code)
    if language is None or not sentence.complete:
        return None
    text = _without_opener(sentence.text)
    if (
        len(text) > _MAX_CHARACTERS
        or UNFIT.search(text)
        or _DANGLING.search(text)
        or _REASON.match(text)
        or _OF_ANOTHER.search(text)
        or _RECOLLECTION.search(text)
    ):
        return None
    content = _content(code, language, text)
    if language.bare.match(text):
        content //= 2
    if code == "hi" and text.isascii():
        return None  # Hindi in Latin letters reads badly in a Hindi quotation
    if not (sentence.asks or (code == "ja" and text.endswith("か"))):
        return _statement(language, text, content)
    is_short = not language.unspaced and text.count(" ") + 1 < _QUESTION_WORDS
    if content < language.content - 1 or is_short:
        return None
    opening = "¿" if code == "es" and "¿" not in text else ""
    return Reading(Pattern.QUOTED_QUESTION, language.asks.format(opening + text))


def _statement(language: Language, text: str, content: int) -> Reading | None:
    """Return the claim of the first form of the language that the sentence has."""
    for form in language.forms:
        match = form.words.search(text) if content >= form.content else None
        if match is None or (form.but is not None and form.but.search(text)):
            continue
        if _REPORT.search(text, 0, match.start()):
            continue
        if form.pattern is Pattern.QUOTED_PROMISE and _is_denied(text, match):
            continue
        if form.pattern is Pattern.QUOTED_NORM and _CONCLUSION.match(text):
            return None
        return Reading(form.pattern, language.says.format(text))
    return None


def _is_denied(text: str, promise: re.Match[str]) -> bool:
    """Tell whether the clause of a promise denies it: "non porto io la torta"."""
    place = len(promise.group().rstrip(" ,;")) + promise.start() - 1
    begin = max((seam.end() for seam in _SEAM.finditer(text, 0, place)), default=0)
    seam = _SEAM.search(text, place)
    clause = text[begin : seam.start() if seam else len(text)]
    return _DENIAL.search(clause) is not None or (
        _DENIAL_BEFORE.search(text, begin, place) is not None
    )


def _without_opener(text: str) -> str:
    text = text.strip(_AROUND)
    opener = _OPENER.match(text)
    return text[opener.end() :].strip(_AROUND) if opener else text


def _content(code: str, language: Language, text: str) -> int:
    """Return how much of a text has a meaning of its own: words, or characters without spaces."""
    if language.unspaced:
        return len(text)
    edges = stop_words(code).edges
    words = {match.group().casefold() for match in _WORD.finditer(text)}
    return sum(1 for word in words if word not in edges)
