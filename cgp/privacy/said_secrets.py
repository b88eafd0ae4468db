"""Passwords, keys and codes that are said: "the wifi password is …", and the answer in the next
turn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cgp.privacy.first_words import Beginnings
from cgp.privacy.late_pattern import LatePattern
from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.plain_text import BREAK, UNSPACED
from cgp.privacy.secret_announcements import (
    ANNOUNCEMENT,
    CODE,
    CODE_ANSWER,
    KEY,
    MIN_LETTERS,
    PASSWORD,
    TRAILING,
    is_odd,
    phrase_starts,
)
from cgp.privacy.secret_answers import find_answers
from cgp.privacy.secret_words import (
    AMBIGUOUS,
    ARTICLES,
    BETWEEN,
    COPULAS,
    GLUED_COPULAS,
    HESITATIONS,
    IT_IS,
    OF_NONE,
    PLURAL_COPULAS,
    STILL,
    VERBS,
)
from cgp.privacy.word_places import WordPlaces
from cgp.privacy.words_not_secret import COMMON_ANSWERS, IN_SENTENCES, NOT_SECRET

_MIN_SAID_CHARACTERS = 3

_WORD = r"[\w\u0900-\u0dff]{1,16}"
"""A word between: vowel signs of Indian scripts are not letters to a regular expression."""

_LINK = (
    rf"(?P<link>[\"']?(?:(?: {_WORD}){{0,3}}[ \t]*(?::=|=>|->|→|[:=])[ \t]*"
    rf"|[ ]?(?:{GLUED_COPULAS})[:, ]{{0,2}}"
    rf"|(?:'s)?(?: (?:{BETWEEN}|\w{{1,16}})){{0,3}}[ ](?:{COPULAS})(?:[ ]*:)?[ ]+(?:(?:{STILL})[ ]+)?(?:(?:{ARTICLES})[ ]+(?=\S{{0,16}}\d))?"
    rf"|(?: \w{{1,16}}){{0,3}}'s[ ]+(?:(?:{STILL})[ ]+)?|(?P<question>(?: \w{{1,8}})?[ ]?[?？][ ]+)(?=[^\s{BREAK}]{{4,64}}(?:\Z|[{BREAK}\n]))|[ ](?=[!-~]{{4,64}}[ ](?:है|हैं|था))|,[ ](?:{IT_IS})[ ]+(?:(?:{STILL})[ ]+)?))(?:(?:{HESITATIONS})[,. …-]{{1,4}}){{0,2}}"
)
_SIZE = r"(?:(?:capital|big|small|upper ?case|lower ?case|gro(?:ß|ss)es?|kleines?|majuscule|may[úu]scula|mai[úu]scul[ao]) )?"
_VALUE = (
    rf"(?:(?P<spelled>{_SIZE}[A-Za-z\d](?!\w)(?:[, -]{{1,2}}{_SIZE}[A-Za-z\d](?!\w)){{3,24}})"
    rf"|[\"'](?P<quoted>[^\"'{BREAK}\n]{{3,100}})[\"']"
    rf"|[\"']?(?P<value>[^\s\"'{BREAK}{UNSPACED}，。；！？、（）]{{3,256}}))"
)
_ANNOUNCING = LatePattern(f"{PASSWORD}|{KEY}|{CODE}")
"""The words alone, for a text in lower case: quicker, and seldom there."""

_ANNOUNCING_BEGINS = Beginnings(f"{PASSWORD}|{KEY}|{CODE}")

_SAID_SECRET = LatePattern(
    rf"(?:(?P<password>{PASSWORD})|(?P<key>{KEY})|(?P<code>{CODE})){_LINK}{_VALUE}",
    re.IGNORECASE,
)
_DIRECT = LatePattern(
    rf"(?:(?P<password>{PASSWORD})|(?P<code>{CODE}))(?:(?:[ ,]{{1,2}}(?:{HESITATIONS})){{0,2}}(?: (?:{BETWEEN})(?: \w{{1,16}}){{1,2}})?"
    rf"(?:[ ]?[?？])?[ ,…]{{1,2}}(?:(?:{VERBS}|{STILL})[ ]+){{0,2}}(?:'|\")?|(?<=[{UNSPACED}])(?=[A-Za-z\d]))"
    rf"(?P<value>[^\s\"'{BREAK}{UNSPACED}，。；！？、（）\[]{{3,64}})",
    re.IGNORECASE,
)
_PLACEHOLDER_START = "["
_MASK = LatePattern(r"[*•xX.#_-]+")
_SENTENCE_END = LatePattern(
    r"[.!?\"'»]*(?:[ \t]*(?:[\n\x1e]|\Z)|[,;.!?]|[ ]+(?:and|all|with|no|but|ok|for|on|und|et|y|e|en|i|и|ve|och)\b|[ ](?:है|हैं|था)|[" + UNSPACED + "])"
)  # fmt: skip


_PASSPHRASE = LatePattern(
    rf"[^\W\d_]{{3,16}}(?:[ ][^\W\d_]{{3,16}}){{2,5}}(?=[.!?\"']{{0,2}}(?:\s|\Z|[{BREAK}]))"
)
"""Three to six words up to the end of a sentence."""
_OPENS = LatePattern(r"unlock|ent|d[ée]v|desb|sbl", re.IGNORECASE)
_OF_NONE = LatePattern(rf"\A[ ](?:{OF_NONE})(?![^\W_])", re.IGNORECASE)
_WIFI = LatePattern(r"wi-?fi|router|wlan", re.IGNORECASE)
_PURPOSE = LatePattern(r"(?:is|was|are|were)[ ](?:\w+[ ]){1,2}to[ ]*\Z", re.IGNORECASE)
"""The password is too long to …: a verb follows."""
_CHANGED = LatePattern(
    rf"(?P<password>{PASSWORD})(?: [\w']{{1,16}}){{1,7}},? (?:it'?s )?(?:{STILL}) {_VALUE}",
    re.IGNORECASE,
)
_LOOK = r"(?:all )?(?:lower ?case|upper ?case|caps|in caps|one word|no caps|no spaces|no capitals)"
_DESCRIBED = LatePattern(
    rf"(?P<password>{PASSWORD})(?P<link>(?:,?[ ](?:it'?s|that'?s)|'s|[ ]is|:)[ ]{_LOOK}(?:,?[ ](?:and[ ])?{_LOOK}){{0,2}}[,:][ ])"
    rf"(?P<value>[^\s,.;:!?{BREAK}]{{3,32}}(?:[ ][^\s,.;:!?{BREAK}]{{2,32}}){{0,5}})",
    re.IGNORECASE,
)
"""A password that is said to be in small letters, before it is told."""
_AFTER_ASIDE = LatePattern(
    rf"(?P<code>{CODE})(?P<link>(?:'s|[ ](?:is|was|ist|war|est|es|è|é))(?:[ ][\w']{{1,16}}){{1,6}},)[ ]"
    rf"(?P<value>\d{{4,8}})(?=[.!?]?(?:[ ]?\Z|[{BREAK}\n]))",
    re.IGNORECASE,
)
"""A code of which something is said before it: "my PIN is my birth year backwards, 8791"."""
_GROUPED_KEY = LatePattern(r"(?=[A-Z \d-]{0,80}\d)[A-Z2-7]{4}(?:[ -][A-Z2-7]{4}){3,15}(?!\w)")
"""A key in groups of four, as pages show it that set up a second factor (base32, RFC 4648)."""
_WHEN_ASKED = LatePattern(
    rf"(?<![^\W_])(?:type|enter|use|put in) [\"']?(?P<value>[^\s\"'{BREAK}{UNSPACED}]{{6,64}})[\"']? (?:when|if|once) \w{{2,8}} (?:wants?|asks?(?: you)?(?: for)?|prompts?(?: you)?(?: for)?)(?: the| a| your)? \Z",
    re.IGNORECASE,
)
"""Somebody is told to type a secret when its word is asked for."""
_PLURAL = LatePattern(rf"[ ](?:{PLURAL_COPULAS})[ :]*\Z", re.IGNORECASE)

STEMS = frozenset(
    {
        "passw", "^pass", "passe", "phrase", "^pwd", "_pwd", "^pw", "^contrase", "^contra", "^clave", "^mdp", "kennw", "^losung", "^senha",
        "wachtw", "^wachtz", "^parola", "^palabra", "^palavra", "^hasł", "^haslo", "^hasla", "^парол", "^şifre", "^sifre",
        "^lösen", "^losen", "^adgangs", "^kodeord", "^salasana", "^hesl", "κωδικ", "^jelsz", "mật", "khau", "^sandi", "كلمة",
        "باس", "گذرواژه", "پسورد", "^کد", "סיסמ", "पासवर्ड", "कूट", "密码", "密碼", "口令", "通行码", "パス", "暗証", "合言葉", "비밀", "비번", "패스", "암호", "รหัส", "พาส",
        "^key", "_key", "apikey", "^token", "_token", "^secret", "_secret", "^authoriz", "schlüssel", "schlussel", "^chave",
        "^clé", "^cle ", "^clés", "^cles", "^chiave", "^llave", "sleutel", "^klucz", "^ключ", "^токен", "^jeton", "^anahtar", "密钥",
        "私钥", "密鑰", "令牌", "秘密鍵", "キー", "トークン", "키", "토큰", "مفتاح", "कुंजी", "टोकन", "^dsn", "^connection_", "^string",
        "^pin", "^otp", "^cvv", "^cvc", "^cid", "^csc", "code", "^combination", "^combo", "^código", "^codigo",
        "^codice", "geheim", "^punch", "^login", "^log-in", "^credential", "^creds", "^prüf", "^pruf", "kartenpr", "^tan", "^cryptogramme", "^número", "^numero", "^nip", "^kod", "kod", "^пин",
        "^пін", "^код", "^mã", "^kode", "رمز", "السري", "سري", "קוד", "पिन", "ओटीपी", "सत्यापन", "验证码", "驗證碼", "动态码", "校验码",
        "安全码", "取件码", "認証", "確認", "セキュリティ", "ワンタイム", "인증", "보안", "확인", "핀", "^security", "^hash", "^pound", "^raute", "^dièse", "^étoile", "^alarme", "^almohadilla", "^asterisco",
        "^cardinal", "^cancelletto", "^jogo", "^unlock", "^maiden", "^codew", "^wifi", "^wi-fi", "^mädchenn", "^entsperr", "^jeune",
        "^déverr", "^deverr", "^soltera", "^solteira", "^nubile", "^desbloq", "^sblocc", "^opens", "^log", "^session", "^ouvrir", "^entrer", "^entrar", "^acceder", "^wlan", "^backup", "^recovery", "^rescue", "^verification",
        "^confirmation", "^девич", "^chiffres", "^ziffern", "^zahlen", "^dígitos", "^digitos", "^cifre", "^cijfers",
        "^2fa", "^mfa", "^sms", "^authenticator", "^crypto",
    }
)  # fmt: skip
"""Pieces of which each announcement of a password, a key or a code has one, except ``_PHRASES``."""

_PHRASES_END = " the back"
_PHRASES = (" on the back", " at the back")
"""Ends of announcements whose words are too frequent to be looked for one by one."""

_FURTHER_CODE = LatePattern(
    r"[ ,;/]{1,3}(?:and |und |et |y )?(?P<code>\d(?:[ -]?\d){2,9})(?![\w:/]|[.,]\d)", re.ASCII
)
_BEFORE = LatePattern(
    rf"(?<!\S)[\"']?(?P<value>[^\s\"'{BREAK}{UNSPACED}]{{4,64}})[\"']?,?[ ](?:is|was|as|for|ist|war|als|est|comme|es|como|é|è|come|to|jako|это|как|är|som|er)"
    rf"(?:[ ](?!not|no|kein|nicht|pas)[\w'-]{{1,14}}){{0,4}}[ ]?\Z",
    re.IGNORECASE,
)
_WORD_END = LatePattern(
    r"[ ]?(?:\Z|[.!?,;)\n。，、！？"
    + BREAK
    + UNSPACED
    + r"])|[ ](?:for|to|of|on|and|but|now|f[üu]r|und|pour|et|para|y|per|e|voor|en|do|i|для|от|и|f[öo]r|och)\b",
    re.IGNORECASE,
)
_MOST_BEFORE = 110
_MIN_JOINED_WORDS = 12  # letters of several words that are written as one

_FORMS = (_SAID_SECRET, _DIRECT, _CHANGED, _DESCRIBED, _AFTER_ASIDE)


def find_said_secrets(text: str, places: WordPlaces) -> Iterator[Find]:
    """Yield the secrets that words in a plain text announce."""
    position = 0
    places_of_words = places.of(STEMS)
    if _PHRASES_END in places.lower:
        places_of_words = sorted({*places_of_words, *_phrases_in(places.lower)})
    for place in places_of_words:
        # Within what was found already: "password: passphrase7" is one secret, not two.
        if place < position:
            continue
        position = place + 1
        for begin in _announcing_starts(text, places.lower, place):
            matches = [match for p in _FORMS if (match := p.match(text, begin))]
            if not matches:
                # Nothing follows the word, so the secret may stand before it: "R7kq is the
                # password".
                before = ANNOUNCEMENT.match(text, begin)
                yield from _told_before(text, before) if before else ()
                continue
            # "digita 3190 e cancelletto": what reads as "is" may be "and", after the code itself.
            span = next(filter(None, (_value(text, match) for match in matches)), None)
            if span is None and _is_end_of_clear_word(places.lower, matches[0], text):
                continue
            position = max(position, _word_end(matches[0]))
            if span is not None:
                yield Find(*span, Kind.SECRET)
                position = span[1]
                if (matches[0].groupdict().get("code") or "")[-1:] in {"s", "S"}:
                    yield from _more_codes(text, position)
            else:
                yield from _told_before(text, matches[0])
            break
    if places_of_words and BREAK in text:
        yield from find_answers(places, places_of_words)


def _announcing_starts(text: str, lower: str, place: int) -> Iterator[int]:
    """Yield where the words around ``place`` announce a secret, the shortest first."""
    for begin in phrase_starts(text, place):
        # The first look is the quick one, and says no nearly always.
        may_be = _ANNOUNCING_BEGINS.may_be_at(lower, begin)
        if may_be and _ANNOUNCING.match(lower, begin) is not None:
            yield begin


def _is_end_of_clear_word(lower: str, match: re.Match[str], text: str) -> bool:
    """Tell if an everyday word ends a clear one: "passe" in "mot de passe"."""
    if (match.groupdict().get("password") or "").casefold() not in AMBIGUOUS:
        return False
    begins = [begin for begin in phrase_starts(text, match.start()) if begin < match.start()]
    return any(
        (longer := ANNOUNCEMENT.match(lower, begin)) is not None
        and longer.end() >= _word_end(match)
        for begin in begins
        if _ANNOUNCING_BEGINS.may_be_at(lower, begin)
    )


def _word_end(match: re.Match[str]) -> int:
    """Return where the word for a password or a code ends, -1 where it is one for a key."""
    # Not every form has a group for each of them.
    return max(match.end(name) for name in ("password", "code") if name in match.re.groupindex)


def _more_codes(text: str, stop: int) -> Iterator[Find]:
    """Yield the codes of a list, after its first, which ends at ``stop``."""
    while further := _FURTHER_CODE.match(text, stop):
        yield Find(*further.span("code"), Kind.SECRET)
        stop = further.end()


def _told_before(text: str, match: re.Match[str]) -> Iterator[Find]:
    """Yield the secret before a word for one: "R7kq-w2Lp is the new password"."""
    begin = match.start()
    if asked := _WHEN_ASKED.search(text, max(0, begin - _MOST_BEFORE), begin):
        # "type slowly when it asks for the password": one word of a language is no longer than
        # this.
        if is_odd(asked.group("value")) or len(asked.group("value")) >= _MIN_JOINED_WORDS:
            yield Find(*asked.span("value"), Kind.SECRET)
        return
    if _word_end(match) < 0:  # a word for a key: it is told behind its word only
        return
    told_match = _BEFORE.search(text, max(0, begin - _MOST_BEFORE), begin)
    if told_match is None or _WORD_END.match(text, _word_end(match)) is None:
        return
    value = told_match.group("value").rstrip(TRAILING)
    # Stricter than behind the word: here any word of a sentence could stand.
    has_letters = any(c.isalpha() for c in value)
    is_secret = is_odd(value) and has_letters and any(c.isdigit() for c in value)
    if match.groupdict().get("code") is not None:
        is_secret = _is_code(value)
    if is_secret and "[" not in value and "://" not in value:
        yield Find(told_match.start("value"), told_match.start("value") + len(value), Kind.SECRET)


def _phrases_in(lower: str) -> Iterator[int]:
    for phrase in _PHRASES:
        place = lower.find(phrase)
        while place >= 0:
            yield place + 1
            place = lower.find(phrase, place + 1)


def _value(text: str, match: re.Match[str]) -> tuple[int, int] | None:
    """Return where the secret is that ``match`` announces, None if it is a word about one."""
    groups = match.groupdict()
    link = groups.get("link")
    if groups.get("spelled") is not None:
        return None if groups.get("key") else match.span("spelled")
    if (
        groups.get("password")
        and groups["value"] is not None
        and (grouped_match := _GROUPED_KEY.match(text, match.start("value")))
    ):
        return grouped_match.span()
    if groups.get("quoted") is not None:
        quotation = match.group("quoted")
        is_code = groups.get("code") and not _is_code(quotation)
        return None if is_code or not _is_quoted_secret(quotation) else match.span("quoted")
    # Keypads have # and *: part of what is typed, and no part of a code's form.
    value = match.group("value").rstrip(TRAILING)
    stop = match.start("value") + len(value)
    # An exclamation mark ends a sentence, but many passwords as well; a digit before it decides.
    if match.group("value")[len(value) :].startswith("!") and any(c.isdigit() for c in value):
        stop, value = stop + 1, value + "!"
    if groups.get("code") and (spaced_match := CODE_ANSWER.match(text, match.start("value"))):
        # Six digits are too many for a count or a year, so they need no verb before them.
        is_long = sum(map(str.isdigit, spaced_match.group())) >= 6
        # "Pin" and "combo" alone mean other things too; "2fa says" and "door code" do not.
        is_clear = " " in groups["code"] or _SENTENCE_END.match(text, spaced_match.end())
        if link is not None or (is_long and is_clear):
            return spaced_match.span()
    if value and _is_secret(groups, value, link, text, stop):
        return match.start("value"), stop
    is_told = groups.get("password") is not None and link is not None
    return _passphrase(groups, link or "", text, match.start("value")) if is_told else None


def _passphrase(
    groups: dict[str, str | None], link: str, text: str, start: int
) -> tuple[int, int] | None:
    """Return where an announced password of several plain words is, None if it is a sentence.

    Sentences about a password have small words and words that are said of one; a passphrase has
    neither. One of two words is not told from "the password is case sensitive".
    """
    told_match = _PASSPHRASE.match(text, start)
    if told_match is None or groups.get("question") is not None or not _is_of_one(groups, link):
        return None
    words = told_match.group().split(" ")
    is_phrase = all(word.islower() and word not in IN_SENTENCES for word in words)
    return told_match.span() if is_phrase else None


def _is_quoted_secret(value: str) -> bool:
    return (
        not _MASK.fullmatch(value)
        and value.casefold().strip() not in NOT_SECRET
        and "[" not in value[:1]
    )


def _is_code(value: str) -> bool:
    return re.fullmatch(
        r"[#*]?(?:(?:[A-Z]-)?\d{3,8}(?:-\d{3,4})?|[A-ZА-Я0-9]{5,8})[#*]?", value
    ) is not None and any(c.isdigit() for c in value)


def _is_secret(
    groups: dict[str, str | None], value: str, link: str | None, text: str, stop: int
) -> bool:
    """Tell if the announced text is a password, key or code, and not a word about it."""
    is_too_short = len(value) < _MIN_SAID_CHARACTERS or value.startswith(_PLACEHOLDER_START)
    if is_too_short or _MASK.fullmatch(value) or "://" in value:
        return False
    if groups.get("code"):
        # CVV, CVC, CID, cryptogramme, Kartenprüfnummer announce a number even without a verb.
        is_card_code = (groups["code"] or "")[:2].lower() in {"cv", "ci", "cs", "cr", "ka", "pr"}
        return _is_code(value) and (link is not None or is_card_code or len(value) >= MIN_LETTERS)
    if groups.get("key"):
        is_mixed = any(c.isdigit() for c in value) and any(not c.isdigit() for c in value)
        return is_mixed and len(value) >= 8 and value[0] not in "$<({"
    # "level 40 unlocks with 2500 coins": a number counts there only as the last word (see locks).
    is_number = value.isdigit() and len(value) >= 4 and not _OPENS.match(groups["password"] or "")
    # "the password that Ann changed, now X": after words of any kind it must look like one.
    is_far = "link" not in groups and "code" not in groups
    if is_odd(value) or is_number:
        is_like_one = is_odd(value) or not is_far
        return is_like_one and (link is not None or not value.endswith("?"))
    return link is not None and _is_told_word(groups, value, link, text, stop)


def _is_told_word(
    groups: dict[str, str | None], value: str, link: str, text: str, stop: int
) -> bool:
    """Tell if a plain word is the announced password, and not said of one."""
    if groups.get("question") is not None and value.casefold() in COMMON_ANSWERS:
        return False
    return _is_of_one(groups, link) and _is_only_word(value, text, stop)


def _is_of_one(groups: dict[str, str | None], link: str) -> bool:
    """Tell if the words before a plain word announce one password, there and then."""
    if any(pattern.search(link) for pattern in (_PLURAL, _OF_NONE, _PURPOSE)):
        return False
    word = (groups.get("password") or "").casefold()
    # "Pass" and "parola" are everyday words; beside "wifi" they mean a password.
    return word not in AMBIGUOUS or _WIFI.search(link) is not None


def _is_only_word(value: str, text: str, stop: int) -> bool:
    """Tell if a plain word ends the announced text and is not one that is said of passwords."""
    word = value.casefold()
    is_said_of_one = word in NOT_SECRET or word.removesuffix("'s") in NOT_SECRET
    return (
        len(value) >= MIN_LETTERS
        and not is_said_of_one
        and _SENTENCE_END.match(text, stop) is not None
    )
