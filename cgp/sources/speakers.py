"""Names before a colon: which of them are speakers, and which are headers, labels or prose.

A talk's evidence is that a name comes back. ``Milk: 2`` and ``Install: pip`` come once each,
``ERROR:`` and ``Subject:`` name no speaker however often they come. Once a file is known to name
its speakers, a name that comes once is one too if it is written as names are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from enum import Enum

MAX_NAME_CHARACTERS = 60
# A file of prose has as many words before colons as lines; the memory for them is bounded.
MAX_CANDIDATES = 50_000
_MOST_WORDS = 5
_MOST_LOWER = 3
# A name comes back; words before a colon in prose seldom come three times.
_OFTEN = 3
"""Number of times that words in lower case come back before a colon until they are a name."""

_HEADERS = """
from to cc bcc subject date sent received reply-to in-reply-to message-id return-path sender
mime-version content-type content-transfer-encoding content-length content-disposition
references delivered-to list-id user-agent accept cookie location von an betreff
datum gesendet de para asunto fecha objet envoyé à oggetto assunto
"""
HEADERS = frozenset(_HEADERS.split())
"""Headers of mail and of the web."""
_LEVELS = """
debug info notice warn warning error critical fatal trace exception traceback stacktrace
"""
"""Levels of logs."""
_PROSE = """
note notes hint tip tips todo fixme example examples usage install installation license licence
requirements summary keywords title name description version author authors copyright step
agenda attendees participants present absent apologies topic minutes action actions decision result
results output input update updates edit ps p.s remember important attention caution see also
link links source sources website url email e-mail phone tel fax address total time
location duration recorded recorder episode chapter transcript keyword tags tag category id key
value type status guild channel exported saved file path size created modified language hinweis
achtung beispiel titel thema zusammenfassung fazit merke nota ejemplo título resumen remarque
exemple titre résumé nb n.b fyi tldr tl;dr rules conclusion
question questions page pages option options pro con pros cons goal goals task tasks reason reasons problem
problems solution solutions idea ideas item items list budget price cost deadline city country street address
year month day place venue background context purpose scope definition warning reminder update todos done
frage fragen seite seiten vorteil vorteile nachteil nachteile ziel ziele aufgabe aufgaben grund gründe problem
lösung idee ideen preis kosten ort stadt pregunta preguntas página ventajas desventajas objetivo objetivos
tarea tareas motivo solución precio ciudad lugar avantages inconvénients objectif objectifs tâche raison
problème prix ville lieu pergunta perguntas vantagens desvantagens tarefa cidade domanda domande pagina vantaggi
fixed added changed removed deprecated security colour color size weight port
ingredients ingredient method preparation serves servings yield groceries shopping
verse chorus refrain intro outro pre-chorus hook coda
rating review reviews verdict stars answer answers quiz
surname firstname lastname birthday born age gender nationality zip
postcode state company occupation mobile fn org adr
synonyms synonym etymology pronunciation plural meaning translation
publisher isbn genre artist album track director cast volume issue doi journal
warm-up workout sets reps
hostname server username password database env image ports volumes command services
run uses with on jobs steps build test deploy stage script branches needs permissions
priority owner project invoice amount
quantity qty tax subtotal balance account iban bic reference due
zutaten zubereitung strophe antwort anschrift adresse telefon geburtstag straße plz
einkaufsliste menge autor jahr verlag definición respuesta dirección teléfono
ingredientes preparación receta ingrédients préparation couplet réponse
ingredienti preparazione strofa ritornello risposta prezzo indirizzo telefono
modo endereço resposta
состав приготовление куплет припев вопрос ответ адрес телефон цена 材料 作り方 住所 電話 名前 价格 地址 电话 姓名 做法
winter spring mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday
"""
"""Words that begin a line of prose, of notes, of documentation."""
_LABELS = frozenset(f"{_HEADERS} {_LEVELS} {_PROSE}".split())
_FIRST_WORDS = """
debug info notice warn warning error critical fatal trace content step figure table chapter
http https file the this that there these those and but or so if when while because then one two
first second third finally also what why how where my your his her our their its for with some
many most all no not here let in on at of by as to from der die das ein eine und aber wenn le la
les un une et mais los las una y pero to-do
"""
"""First words of a line that is not a name."""
_LABEL_STARTS = frozenset(_FIRST_WORDS.split())
_AGAIN = 2
"""Number of times that a name comes where it comes back."""
_ROLE_WORDS = """
user human you me assistant ai bot system agent chatgpt gpt claude gemini copilot model
interviewer interviewee q a
"""
ROLES = frozenset(_ROLE_WORDS.split())
"""Words that name a speaker of a chat with a machine, or of an interview."""
_ARTICLES = frozenset({"THE", "DER", "DIE", "LE", "LA", "EL"})
_SENTENCE_WORDS = """
this that these those is are was were be has have had do does did say says said ask asks asked tell tells
told think thinks thought mean means meant i you he she it we they me him us them my your his its our their
not now then here there so just only also very if when what which who how
ist sind war waren hat haben sagt sagte sagen fragt fragte dachte meint meinte ich du er sie es wir ihr mir
mich dir dich sich mein dein sein nicht jetzt dann hier so nur auch dass
est sont était dit disait demande je tu il elle nous vous ils elles mon ton son ce cette ne pas ici
es son era dijo dice pregunta yo él ella nosotros mi tu su este esta esto no aquí
è sono era disse dice io lui lei noi mio tuo suo questo questa non qui
é são disse eu ele ela nós meu seu isto não aqui
is zijn was zei zegt ik jij hij zij wij mijn dit dat niet
"""
_OF_SENTENCES = frozenset(_SENTENCE_WORDS.split())
"""Words of sentences that are part of no name."""
_PARTICLE_WORDS = """
van von zu de da das do dos del den der di le la el al bin ibn ter ten
"""
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
_NUMBER = re.compile(r"^(?=.*\d)\+?[\d\s()./‑*•-]{5,}$")
"""A telephone number; meetings mask some of its digits."""
_ADDRESS = re.compile(r"^[\w.+-]{1,60}@[\w-]{1,60}(?:\.[\w-]{1,60}){0,5}(?:/\S{1,60})?$")
"""An address, of Jabber with the device behind it."""
_COUNTED = re.compile(r"(?<=\w)\s*#?\d{1,3}$")
_RECOGNISED = re.compile(
    r"^(?:speaker|spk|sprecher(?:in)?|locuteur|intervenant|hablante|orador|falante|parlante|spreker|"
    r"talare|taler|mówca|спикер|говорящий|说话人|發言者|話者|화자)[ _-]?\d{1,3}$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\d,?\s(?:19|20)\d\d,?$")
_DATE = re.compile(r"^(?:\d{1,4}([./-])\d{1,2}\1\d{1,4}|\d{1,2}[./]\d{1,2})\.?$")
_HANDLE = re.compile(r"^[@~]?[\w.'’-]*[^\W\d_][\w.'’-]*$")
_PRONOUNS = re.compile(r"\s*\((?:[^()]{1,30})\)$")


class Look(Enum):
    """Form of the words before a colon."""

    NAME = "a name"
    HANDLE = "one word or number that may be a name"
    LOWER = "few words in small letters, which may be a name or prose"
    TITLE = "an article and the title of a person, or of anything"
    PROSE = "prose"
    LABEL = "a label"


def look(name: str) -> Look:
    """Return the form of words before a colon."""
    plain_name = name.casefold().rstrip(".")
    plain_name = _COUNTED.sub("", plain_name)  # "Verse 2" is a label as "Verse" is
    words = _PRONOUNS.sub("", name).split()
    if plain_name in ROLES or (len(words) > 1 and name.isupper() and words[0] in _ARTICLES):
        return Look.NAME  # "THE WITNESS" stands so in a court's record
    if _is_title(words):
        return Look.TITLE
    if _is_label(words, plain_name) or _DATE.match(name):
        return Look.LABEL
    if _NUMBER.match(name) or _ADDRESS.match(name):
        return Look.HANDLE
    if _YEAR.search(name) or not any(character.isalpha() for character in name):
        return Look.LABEL
    return _written_as(words, name)


def _is_label(words: list[str], plain_name: str) -> bool:
    return not words or plain_name in _LABELS or words[0].casefold() in _LABEL_STARTS


def _is_title(words: list[str]) -> bool:
    """Tell if words are an article and a title, as ``The Witness`` is and ``The answer`` is not."""
    rest = [word.casefold().rstrip(".") for word in words[1:]]
    return (
        0 < len(rest) <= _MOST_LOWER
        and words[0].upper() in _ARTICLES
        and not any(word in _LABELS or word in _LABEL_STARTS for word in rest[:1])
        and all(word.isalpha() for word in rest)
    )


def _written_as(words: list[str], name: str) -> Look:
    if len(words) > _MOST_WORDS or len(name) > MAX_NAME_CHARACTERS:
        return Look.PROSE
    if all(_is_capital(word) for word in words):
        return Look.NAME
    if len(words) == 1 and _HANDLE.match(words[0]):
        return Look.HANDLE
    return Look.LOWER if len(words) <= _MOST_LOWER and not _are_a_sentence(words) else Look.PROSE


def _are_a_sentence(words: list[str]) -> bool:
    """Tell if words hold one that names do not: ``He said``, ``Here's the thing``, ``Merk dir
    das``.
    """
    plain_words = [word.casefold().replace("’", "'") for word in words]
    return any(word in _OF_SENTENCES or word.endswith(("'s", "'re")) for word in plain_words)


def _is_capital(word: str) -> bool:
    """Tell if a word begins as names do: with a capital, a digit, or a letter without case."""
    first = next((character for character in word if character.isalnum()), "")
    return not first.islower() or word in _PARTICLES


class Candidates:
    """The words that stand before a colon at the beginning of a line, counted over a file."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.counts: Counter[str] = Counter()
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Count a name; a file that has endless different ones has none."""
        if name in self.counts or len(self.counts) < MAX_CANDIDATES:
            self.counts[name] += 1

    def coming_back(self, often: int = _OFTEN) -> frozenset[str]:
        """Return the names that come more than once; ones in small letters come ``often``."""
        fewest = {Look.NAME: 2, Look.HANDLE: 2, Look.LOWER: often}
        looks = ((name, count, fewest.get(look(name))) for name, count in self.counts.items())
        return frozenset(name for name, count, minimum in looks if minimum and count >= minimum)

    def speakers(self, *, every_line: bool = False) -> frozenset[str]:
        """Return the names of a file's speakers, none where none comes back.

        ``every_line`` says that all lines begin with such words: then one word in lower case that
        comes once is a name as well, and two or three that come twice.
        """
        again = self.coming_back()
        if not again:
            return again
        # "The Witness" is a speaker beside another one who comes back; alone it may be any thing.
        titles = self.looking({Look.TITLE})
        titles_again = frozenset(name for name in titles if self.counts[name] >= _AGAIN)
        again |= titles_again
        if every_line:
            again |= titles if titles_again else frozenset()
            return again | self.coming_back(_AGAIN) | self.looking({Look.NAME, Look.HANDLE})
        return again | self.looking({Look.NAME})

    def looking(self, looks: AbstractSet[Look]) -> frozenset[str]:
        """Return the names that look so, however often they come."""
        return frozenset(name for name in self.counts if look(name) in looks)

    def numbered(self) -> frozenset[str]:
        """Return names that recognisers give, such as ``Speaker 1``, however often they come."""
        return frozenset(name for name in self.counts if _RECOGNISED.match(name))

    def take_turns(self) -> AbstractSet[str]:
        """Return the two names of the shortest talk, one turn each; none for anything else."""
        names = self.counts
        if len(names) == 2 and all(look(n) is Look.NAME and names[n] == 1 for n in names):
            return names.keys()
        return frozenset()
