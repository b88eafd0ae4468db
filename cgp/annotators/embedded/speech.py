"""What a turn says of its speaker: questions asked, stances taken, roles named.

Only what is said outright is read: a role needs "I am a nurse" or "as a nurse", a stance needs one's
own verb ("I prefer", "me encanta"). Stances and roles are read in seven languages, questions in all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import takewhile

from cgp.annotators.embedded.stop_words import StopWords

_QUESTION = re.compile(r"[^.!?…。！？؟;\n]*[^.!?…。！？؟;\s][?？؟]+")
_CLAUSE = r"[^.!?…,;:。！？，、؟\n\"()]"
_WORD_LIMIT = 5

# English verbs of stance, and how they are told of somebody else.
_TELLING = {
    "love": "loves",
    "like": "likes",
    "enjoy": "enjoys",
    "prefer": "prefers",
    "hate": "hates",
    "dislike": "dislikes",
    "support": "supports",
    "oppose": "opposes",
    "recommend": "recommends",
    "appreciate": "appreciates",
    "miss": "misses",
    "regret": "regrets",
    "doubt": "doubts",
    "fear": "fears",
    "trust": "trusts",
    "worry about": "worries about",
    "agree with": "agrees with",
    "disagree with": "disagrees with",
    "believe in": "believes in",
    "care about": "cares about",
    "look forward to": "looks forward to",
}
_ENGLISH_STANCE = re.compile(
    r"\bI(?:\s+(?:really|also|just|always|still|quite|do|absolutely|actually|truly|totally))*"
    r"(?P<not>\s+(?:don't|do not|didn't|never)(?:\s+(?:really|even|much))?)?"
    rf"\s+(?P<verb>{'|'.join(_TELLING)})\s+(?P<what>{_CLAUSE}{{3,120}})"
)
_OTHER_STANCES = {
    "es": r"(?:no\s+)?(?:me\s+(?:gustan?|encantan?|preocupan?|molestan?|interesan?)|prefiero|odio"
    r"|apoyo|recomiendo|adoro|detesto)",
    "fr": r"(?:j'aime|j'adore|je\s+(?:préfère|déteste|soutiens|recommande|crains|n'aime\s+pas))",
    "de": r"ich\s+(?:mag|liebe|hasse|bevorzuge|genieße|empfehle|unterstütze|vermisse)",
    "pt": r"(?:não\s+)?(?:(?:eu\s+)?(?:gosto|adoro|prefiro|odeio|detesto|amo|recomendo|apoio))",
    "it": r"(?:non\s+)?(?:mi\s+(?:piace|piacciono|preoccupa|interessa)|adoro|preferisco|odio"
    r"|detesto|amo|consiglio)",
    "nl": r"ik\s+(?:hou|haat|verkies|geniet|mis|steun|vrees)",
}

_ROLES = {
    "en": r"\b(?:I\s+am|I['’]m|I\s+was|I\s+work(?:ed)?\s+as|speaking\s+as|as)\s+(?:an?|the)\s+",
    "es": r"\b(?:soy|trabajo\s+(?:como|de)|como)\s+(?:una?\s+|el\s+|la\s+)?",
    "fr": r"\b(?:je\s+suis|je\s+travaille\s+comme|en\s+tant\s+que)\s+(?:une?\s+|le\s+|la\s+)?",
    "de": r"\b(?:ich\s+bin|ich\s+arbeite\s+als|als)\s+(?:eine?\s+|der\s+|die\s+)?",
    "pt": r"\b(?:sou|trabalho\s+como|como)\s+(?:uma?\s+|o\s+|a\s+)?",
    "it": r"\b(?:sono|lavoro\s+come|come)\s+(?:un[ao']?\s*|il\s+|la\s+)?",
    "nl": r"\b(?:ik\s+ben|ik\s+werk\s+als|als)\s+(?:een\s+|de\s+)?",
}
# Without one of these there is no role: a search for them is much the quickest.
_ROLE_SIGNS = {"en": ("I am ", "I'm ", "I’m ", "I was ", "I work", "as a", "As a")}
# A role is believed only when its last word names people by what they do.
_AGENT_ENDINGS = {
    "en": "ologist ician grapher keeper maker worker driver teacher manager engineer officer "
    "designer developer writer farmer trainer player singer dancer lawyer broker banker planner "
    "researcher programmer reporter photographer editor director instructor doctor actor tutor "
    "investor inspector professor contractor counsellor counselor ator itor iologist ientist artist "
    "dentist pianist journalist economist therapist pharmacist scientist activist novelist cyclist "
    "receptionist specialist librarian musician consultant accountant assistant attendant "
    "sergeant president resident student agent superintendent woman man person eer",
    "es": "ero era or ora ista ólogo óloga ante ente",
    "fr": "eur euse ier ière iste logue ien ienne ant ante",
    "de": "er erin ist istin ologe ologin ent entin ant antin arzt ärztin mann frau",
    "pt": "eiro eira or ora ista ólogo óloga ante ente",
    "it": "iere iera ore rice ista ologo ologa aio aia",
    "nl": "er ster ist oloog ent ant kundige man vrouw",
}
_AGENT_WORDS = {
    "en": "nurse chef cook boss ceo cto host guest parent mother father mum mom dad grandmother "
    "grandfather teenager pilot judge coach captain lead chair founder owner landlord tenant "
    "customer patient volunteer beginner retiree pensioner vet surgeon paramedic midwife baker "
    "butcher waiter waitress plumber electrician carpenter runner biologist member veteran poet "
    "neighbor neighbour intern freelancer citizen immigrant vegetarian vegan gardener",
    "es": "médico médica chef jefe jefa madre padre abuela abuelo piloto juez estudiante guía",
    "fr": "médecin chef cheffe mère père pilote juge élève prof guide avocat avocate",
    "de": "arzt koch chef chefin mutter vater oma opa pilot richter student studentin",
    "pt": "médico médica chefe mãe pai avó avô piloto juiz estudante guia",
    "it": "medico chef capo madre padre nonna nonno pilota giudice studente guida",
    "nl": "arts kok baas moeder vader oma opa piloot rechter student",
}
_AMBIGUOUS = (
    "better other another matter never ever over under after number letter former minor major "
    "poor door floor favor favour error color colour rather bitter winner-take-all human woman's "
    "pero para mejor mayor menor peor favor error sabor color nur aber oder immer wieder besser "
    "hier der er sehr mehr super sicher lieber peu leur heure coeur ancien bien rien"
)
_AMBIGUOUS_ROLE_WORDS = frozenset(_AMBIGUOUS.split())


def questions(text: str) -> list[str]:
    """Return the questions in a scrubbed text, without their marks."""
    if "?" not in text and "？" not in text and "؟" not in text:
        return []
    found = (match.group().strip(" ?？؟-–—\"'“”«»¿") for match in _QUESTION.finditer(text))
    return [question for question in found if question]


def stances(text: str, stops: StopWords) -> Iterator[str]:
    """Yield the stances that a scrubbed text takes outright and about something, told briefly."""
    language = stops.languages[0]
    if language == "en":
        for match in _ENGLISH_STANCE.finditer(text):
            verb = " ".join(match["verb"].lower().split())
            told = f"does not {verb}" if match["not"] else _TELLING[verb]
            if what := _brief(match["what"], stops):
                yield f"{told} {what}"
    elif pattern := _stance_pattern(language):
        for match in pattern.finditer(text):
            if what := _brief(match["what"], stops):
                yield f"{match['verb']} {what}"


def roles(text: str, stops: StopWords) -> Iterator[str]:
    """Yield the roles that a speaker claims outright."""
    language = stops.languages[0]
    pattern = _role_pattern(language)
    if pattern is None or not any(sign in text for sign in _ROLE_SIGNS.get(language, ("",))):
        return
    for match in pattern.finditer(text):
        words = list(
            takewhile(lambda word: word.casefold() not in stops.function, match["role"].split())
        )
        for size in range(min(len(words), 3), 0, -1):
            if _names_people(words[size - 1].casefold(), language):
                yield " ".join(words[:size])
                break


def _brief(text: str, stops: StopWords) -> str:
    """Return the first words of ``text`` up to a content word; empty if there is none."""
    words = text.split()[:_WORD_LIMIT]
    while words and words[-1].casefold() in stops.edges:
        words.pop()
    return " ".join(words)


def _names_people(word: str, language: str) -> bool:
    if word in _AGENT_WORDS[language].split():
        return True
    return (
        len(word) >= 5
        and word not in _AMBIGUOUS_ROLE_WORDS
        and word.endswith(tuple(_AGENT_ENDINGS[language].split()))
    )


@cache
def _stance_pattern(language: str) -> re.Pattern[str] | None:
    if language not in _OTHER_STANCES:
        return None
    return re.compile(
        rf"\b(?P<verb>{_OTHER_STANCES[language]})\s+(?P<what>{_CLAUSE}{{3,120}})", re.IGNORECASE
    )


@cache
def _role_pattern(language: str) -> re.Pattern[str] | None:
    if language not in _ROLES:
        return None
    opening = _ROLES[language]
    return re.compile(rf"{opening}(?P<role>[\w'\-]+(?:[ ][\w'\-]+){{0,2}})", re.IGNORECASE)
