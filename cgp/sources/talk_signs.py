"""Signs that lines with a name and a colon are talk: usual names, and words that people say to
one another.

A list of goods, a form, a glossary or a song has the same shape as a talk (``Milk: fresh``), and
may repeat its labels. Names that people have, and greetings, questions and words for I and you,
tell them apart. The lists are of the most frequent words of some twenty languages: a sign that is
missing proves nothing, so that a talk needs either kind and not both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import pairwise

from cgp.sources.speakers import ROLES

MOSTLY = 0.5
_OFTEN = 0.2
"""Share of turns with a sign, from which they are talk where the names come back as in talk."""
_WORDS_OF_A_KEY = 2
_TWO, _SEVERAL = 2, 3
"""Turns from which a list is told from a talk that has just begun."""
_TURNS_OF_A_NAME = 1.5
"""Turns for each name, on average. In a glossary hardly a term comes back."""
_NAMES = """
aaron abdul abdullah abigail adam adriana agnes ahmed aiko aino aisha akira alan albert alejandro
alessandra alessandro alex alexander alexandra alexandre ali alice alicia alina amal amanda amelia
amina amir amit amy an ana anas anastasia andre andrea andreas andrei andres andrew andy angela
anika anita anja ann anna anne annika antoine anton antonio anya ara arjun arthur asha ashley astrid
aya ayla ayse ayşe barbara bart ben benjamin bernd beth betty bianca bill björn bo bob boris bram
brian bruno camila camille carl carla carlos carmen carol caroline catherine cathy cecilia celine
charles charlie charlotte chen chiara chidi chloe chris christian christina christine christoph
cindy claire clara claudia claudio colin cristina cy daisuke dan dana daniel daniela danny daria
dario dave david deborah denis dennis devi diana diego dimitri dina dirk dmitri dominik don donna
dora doris dorothy eero elena eli elias elif elisa elizabeth ella ellen elsa emil emily emma emre
enrico eric erik erika erin esther eva evan eve evelyn ewa farah fatima fatma felipe felix fernando
fiona florian francesca francesco francois frank franz fred frida fumiko gabriel gabriela george
gerd gina giorgio giovanni giulia gita gloria goro greg greta grace guido gunnar gustav hana hannah
hans harald harry hasan hassan hugo ibrahim ida igor ines inga ingrid ioana ira irene irina isabel
isabella ivan jack jacob jake jakob james jamie jan jana jane janet jason javier jean jeff jelena
jens jenny jeremy jesse jessica jill jim jin jing jo joan joana joao joe johan johanna johannes john
jonas jonathan jordan jorge jose josef joseph josh joshua josé juan judith julia julian juliette
julie jun jürgen kai karen karin karl kate katarina katharina katherine kathy katja kavita keiko
kelly ken kenji kevin khaled kim kiran klaus kofi kris kumar kurt laila lara lars laura lea lee
leila lena leo leon leonardo leyla li lina linda ling lisa liu liz lorenzo louis louise luc luca
lucas lucia lucy luis luisa luka lukas maarten magda mai maja malik manfred manuel mara marc marcel
marco marek margaret maria mariam marie marina mario marion mark marko markus marta martha martin
martina mary mateo matt matthew matthias max maya meera megan mehmet mei melissa mia michael
michaela michelle miguel mihai mika mike mila milan mina ming mira miriam mohamed mohammed molly
monica monika muhammad mustafa nadia naoko nancy naomi natalia natalie nathan neha nia nicholas
nick nicola nicolas nicole nikita nikolai nils nina noah noor nora norbert olaf ole oleg olga
oliver olivia omar oscar otto pablo paola paolo patricia patrick paul paula pavel pedro peter petra
phil philip philipp piet pierre piotr priya rachel rafael rahul raj rajesh ralf ram ramon rana rashid raul
ravi raymond rebecca regina renata rene ricardo richard rita robert roberto robin roger rohan roland
roman ron rosa rosie ross ruben rudi ruth ryan sabine sally salma sam samir samuel sana sandra sanjay
sara sarah saskia sean sebastian selin selma sergei sergio seyma shaun sharon sigrid simon simone
sita sofia sophia sophie stefan stefanie stella stephanie stephen steve steven sue sunita susan
susanne suzanne sven svetlana takeshi tanja tanya tara tariq tatiana ted teresa theo theresa thomas
tim tina tobias todd tom tomas tony tove tracy ulrich ursula uwe valentina vanessa vera veronica
victor victoria vikram vincent viktor walter wang wei wendy werner wilhelm will william wolfgang
xavier yan yara yasmin yuki yuri yusuf yuto zeynep zhang zoe zoey zoltan zoë åsa örjan анна борис
иван ира олег ольга мария елена наталья сергей дмитрий андрей алексей саша маша катя юля николай
михаил владимир таня света ирина оксана тарас سارة علي محمد أحمد فاطمة مريم عمر يوسف ليلى חנה דוד
משה שרה יוסי דנה राम सीता राहुल अमित रवि आशा नेहा प्रिया 小明 小红 小李 小王 小張 太郎 花子 田中 鈴木 佐藤
高橋 민수 지영 철수 영희 민지 김 이 박
"""
_NAME_WORDS = frozenset(_NAMES.split())
_SPEAKER_WORDS = """
speaker participant guest host moderator interviewer interviewee agent
customer client caller operator doctor patient nurse therapist teacher student narrator witness
judge counsel clerk reporter chair chairman chairwoman mr mrs ms dr prof professor herr frau sir
sprecher sprecherin teilnehmer kunde berater moderatorin locuteur intervenant hablante orador
participante entrevistador cliente utente spreker говорящий ведущий mom mum dad mama papa grandma
mother father teacher boss
"""
_SPEAKERS = frozenset(_SPEAKER_WORDS.split()) | ROLES
_MERE_SPEAKER_WORDS = """
speaker participant moderator moderatorin interviewer interviewee narrator witness entrevistador
sprecher sprecherin teilnehmer locuteur intervenant hablante orador participante spreker говорящий
ведущий mr mrs ms assistant chatgpt gpt claude gemini copilot mom mum dad mama papa
"""
_MERE_SPEAKERS = frozenset(_MERE_SPEAKER_WORDS.split())
"""Words for sides that are nothing else: a host, a user, a doctor may as well be a key of settings,
an entry of a glossary or a job.
"""
_ONE_WORD = 1.5
"""Words of a turn, on average, of lists of chores (``Ann: slides``)."""
_WORDS_OF_TALK = """
i i'm i'll i've i'd me my mine we we're we'll our us you you're you'll your yes yeah yep no nope ok
okay sure hi hello hey hiya bye goodbye thanks thank please sorry lol haha hmm oh ah wow welcome
morning let's maybe tomorrow tonight what's how's who's don't can't won't didn't
ich mir mich mein meine wir uns du dir dich dein ihr euch ja nein doch hallo tschüss danke bitte
je j'ai moi toi tu nous vous mon ma oui non salut bonjour merci d'accord
yo tú mi nosotros usted sí hola gracias vale adiós vamos quiero
io tu noi voi sì ciao grazie prego mio mia
eu você nós meu minha sim não oi olá obrigado obrigada tchau
ik jij je wij ons jullie nee hoi bedankt dank
jag du vi ni hej tack nej jeg ikke nei takk minä sinä moi kiitos kyllä hei
ja ty my wy tak nie cześć dzięki proszę mám jsem ano ahoj díky
ben sen biz siz evet hayır merhaba selam teşekkürler tamam
saya aku kamu anda kita ya tidak halo terima kasih
tôi bạn chúng vâng không chào cảm
я ты мы вы мне меня тебе мой да нет привет спасибо пока здравствуйте ні так дякую
εγώ εσύ ναι όχι γεια ευχαριστώ
أنا أنت نحن نعم لا مرحبا أهلا شكرا וְ אני אתה את אנחנו כן לא שלום תודה
मैं आप तुम हम हाँ नहीं नमस्ते धन्यवाद ठीक क्या कैसे
"""
_TALK = frozenset(_WORDS_OF_TALK.split())
_STATES = frozenset({"ok", "okay", "no", "yes", "nein", "ja", "oui", "non", "sí", "sì"})
"""Words that a log writes after a thing ("login ok"); people begin with them."""
_TALK_AFTER_A_WORD = _TALK - _STATES
_WITHOUT_SPACES = re.compile(
    r"[我你您吗呢吧]|你好|谢谢|謝謝|好的|です|ます|ですか|でしょ|だよ|だね|ありがとう|こんにちは|はい|いいえ|おはよう|"
    r"나는|저는|안녕|네\b|예\b|요\b|니다\b|습니까"
)
OF_MINUTES = frozenset(
    {"present", "attendees", "absent", "apologies", "agenda", "minutes", "decision", "decisions"}
)
"""Labels of minutes, in which a name begins the report of a deed and not speech."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_ASKED = re.compile(r"[?？؟!！…]")
_LOOKED_AT = 2000  # characters of a turn that are enough


def is_usual_name(name: str) -> bool:
    """Tell if words begin with a usual first name of a person, or are a telephone number."""
    first = re.split(r"[\s_]+", name)[0].strip(".,()@~'’\"-").rstrip("0123456789").casefold()
    return first in _NAME_WORDS or (name.startswith("+") and sum(c.isdigit() for c in name) >= 7)


def is_side(name: str) -> bool:
    """Tell if words name a side of a talk by its role: ``Speaker 1``, ``Dr. Ode``, ``User``."""
    return name.casefold() in ROLES or not _SPEAKERS.isdisjoint(_words_of_name(name))


def is_mere_speaker(name: str) -> bool:
    """Tell if words name a side of a talk, and can hardly mean anything else."""
    return not _MERE_SPEAKERS.isdisjoint(_words_of_name(name))


def _words_of_name(name: str) -> Iterator[str]:
    """Yield the words of a name in small letters, without marks and numbers around them."""
    for word in re.split(r"[\s_]+", name.casefold()):
        yield word.strip('.,()@~"-').rstrip("0123456789")


def has_sign(text: str) -> bool:
    """Tell if words read as said to somebody: a question, a greeting, a word for I or you."""
    start = text[:_LOOKED_AT]
    words = [word.casefold().replace("’", "'") for word in _WORD.findall(start)]
    first_word, further_words = words[:1], words[1:]
    return (
        _ASKED.search(start) is not None
        or not _TALK.isdisjoint(first_word)
        or not _TALK_AFTER_A_WORD.isdisjoint(further_words)
        or _WITHOUT_SPACES.search(start) is not None
    )


class Telling(Enum):
    """The names that suffice to show a talk."""

    NAMES_AND_SIDES = "usual names, and words for the sides of a talk"
    NAMES = "usual names: a word such as user or host may as well be a key of settings"
    NONE = "none: in the minutes of a meeting they begin what somebody did"


def _are_people(names: Sequence[str], telling: Telling) -> bool:
    """Tell if most names are usual ones, or words for nothing but a side of a talk."""
    sides = telling is Telling.NAMES_AND_SIDES
    return _most(is_usual_name(name) or (sides and is_mere_speaker(name)) for name in names)


def _most(truths: Iterable[bool]) -> bool:
    values = list(truths)
    return sum(values) >= MOSTLY * len(values)


def _are_chores(turns: Sequence[tuple[str, str]]) -> bool:
    """Tell if turns have a word each, and two names do not take turns."""
    words = sum(len(words.split()) for _, words in turns)
    names = [name for name, _ in turns]
    take_turns = len(set(names)) == _TWO and all(a != b for a, b in pairwise(names))
    return words < _ONE_WORD * len(turns) and not take_turns


def are_talk(turns: Sequence[tuple[str, str]], telling: Telling = Telling.NAMES_AND_SIDES) -> bool:
    """Tell if turns, each a name and its words, are talk: by their names or by their words."""
    if not turns:
        return False
    share = sum(has_sign(words) for _, words in turns) / len(turns)
    if telling is not Telling.NONE and _are_people([name for name, _ in turns], telling):
        return share > 0 or len(turns) < _SEVERAL or not _are_chores(turns)
    if telling is Telling.NAMES_AND_SIDES and _most(map(is_side, (name for name, _ in turns))):
        return share >= _OFTEN
    # Keys of settings and logs have a word each ("client: connected", "client: bye").
    words = sum(len(words.split()) for _, words in turns)
    if telling is Telling.NAMES and words < _WORDS_OF_A_KEY * len(turns):
        return share > MOSTLY
    comes_back = len(turns) >= _TURNS_OF_A_NAME * len({name for name, _ in turns})
    return share >= MOSTLY or (share >= _OFTEN and comes_back)
