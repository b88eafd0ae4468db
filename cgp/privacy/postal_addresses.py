"""Where somebody lives or is: postal addresses that words announce, and coordinates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from cgp.privacy.context import Context, said_before
from cgp.privacy.late_pattern import LatePattern
from cgp.privacy.personal_data import Find, Kind

_ORDINAL = r"(?:[NSEW]{1,2}\.? )?(?:\d{1,3}(?:st|nd|rd|th))"
_NAME = r"[A-ZÀ-ÞŁŚŻŹĆА-ЯЁİŞÇĞÖÜ][\w'’.-]{0,24}"
_NAMES = rf"(?:(?:de|la|le|les|du|des|del|della|delle|dei|degli|dello|da|do|dos|das|di|van|der|den|el|los|las|l'|d'|the) ?){{0,3}}{_NAME}(?: (?:(?:de|la|le|du|des|del|di|da|do|dos|das|van|der|den|y|e|et) ?){{0,2}}{_NAME}){{0,3}}"
_STREET_ENDS = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Close|Crescent|Cres|Way|Place|Pl|Boulevard|Blvd|Terrace|Ter"
    r"|Square|Sq|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Trail|Trl|Grove|Gardens|Gdns|Hill|Row|Walk|Mews|Park|Green|Loop|Run|Pike)\.?"
)
_STREET_STARTS = (
    r"(?i:rue|avenue|av\.?|boulevard|bd|place|impasse|all[ée]e|chemin|quai|route|cours|calle|c/|avenida|avda\.?|plaza|paseo|camino"
    r"|carrer|rua|travessa|pra[çc]a|alameda|estrada|largo|via|viale|piazza|corso|vicolo|strada|ul\.?|ulica|al\.|улиц[аыу]|ул\.?|проспект|пр\.?|пр-т"
    r"|переулок|пер\.?|вулиц[яі]|вул\.?)"
)
_UNIT = r"(?:,? ?(?:Apt|Apartment|Unit|Suite|Ste|Flat|Floor|Fl|#|App|Wohnung|Whg|piso|puerta|portal|bloco|apto|int|scala|кв|квартира|дом|д|m|bis|ter|[Dd]aire)\.? ?[\w-]{1,6}(?:[ºª°])?|,? ?\d{1,2}[ºª°oa](?!\w)(?: ?(?:[A-Z](?!\w)|izq\w*|dch?a\w*|esq\w*|dto\w*))?){0,3}"
_TOWN = r"[A-ZÀ-ÞŁŚŻŹĆА-ЯЁİŞÇĞÖÜ](?:[^\W\d]|['’.-]){0,24}(?!\w)"
"""Without digits: the post code behind a town is not a part of its name."""
_PLACE = rf"(?:,? (?:\d{{4,6}}(?:-\d{{3,4}})?|[A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{{4}} ?[A-Z]{{2}}|\d\d-\d{{3}}|[A-Z]{{2}} \d{{5}}(?:-\d{{4}})?|\d{{3}} \d\d(?!\d)|{_TOWN}(?:[ -]{_TOWN}){{0,2}})){{0,4}}"
_ADDRESSES = (
    rf"(?:(?:Flat|Apt\.?|Apartment|Unit|Suite|Room|Block|House) [\w-]{{1,6}},? )?\d{{1,5}}[a-zA-Z]?(?:[-/]\d{{1,4}})? (?:(?:[NSEW]{{1,2}}\.? )?{_NAMES}|{_ORDINAL}) {_STREET_ENDS}(?!\w){_UNIT}{_PLACE}",
    rf"\d{{1,4}}(?: ?(?:bis|ter|quater|[a-dA-D]))?,? {_STREET_STARTS} {_NAMES}{_UNIT}{_PLACE}",
    rf"(?:г\. ?{_TOWN},? )?{_STREET_STARTS} {_NAMES},? ?(?:n[º°.]?|num\.?|д\.?|дом|nr\.?|número|numero)? ?\d{{1,5}}(?: ?[a-zA-Z](?![\w.]))?(?:[-/]\d{{1,4}})?{_UNIT}{_PLACE}",
    rf"(?:{_NAME}[- ]){{0,3}}{_NAME}?(?:stra(?:ß|ss)e|str\.|weg|gasse|platz|allee|ring|ufer|damm|straat|laan|gracht|plein|kade|gatan|v[äa]gen|gata|vej|veien|gade|katu|tie) ?\d{{1,4}} ?(?:[a-zA-Z](?!\w))?(?:[-/]\d{{1,4}})?{_UNIT}{_PLACE}",
    rf"{_NAMES} (?:Str(?:aße|asse|\.)|Weg|Allee|Platz|Ring|Sokak|Sok\.?|Sk\.?|Caddesi|Cad\.?|Cd\.?|Mahallesi|Mah\.?) ?,?(?: ?No ?[:.]?)? ?\d{{1,4}}(?:[-/]\d{{1,4}})?{_UNIT}{_PLACE}",
    rf"{_NAMES} \d{{1,4}}(?: ?[a-zA-Z](?!\w))?(?:[-/]\d{{1,4}})?,? (?:[A-Z]{{1,2}}-)?\d{{4,5}} {_TOWN}{_PLACE}",
)
POST_CODE = LatePattern(r"(?<![\w.])\d{4,5} [A-ZÀ-Þ][^\W\d_]")
"""A post code before a town: the street needs no word for one."""
_ADDRESS = LatePattern(r"(?<![\w.,/-])(?:" + "|".join(_ADDRESSES) + ")")
_ARTICLES = LatePattern(r"(?:(?:de[rnm]|die|das|the|l[ae]s?|el|los|il|lo|de|do|da|van) )+")
_EAST_ASIAN = LatePattern(
    r"(?:〒? ?\d{3}-?\d{4} ?)?(?:東京都|北海道|京都府|大阪府|[\u4e00-\u9fff]{2,3}県)[^\s、。,\x1e]{1,40}?\d{1,4}(?:[-丁目番地号の]{1,3}\d{1,4}){0,3}(?:[番地号]{1,2})?(?: ?\d{1,4}号室?)?"
    r"|(?:(?:(?![住在址寄到是于於搬])[\u4e00-\u9fff]){2,8}[省])?(?:(?![住在址寄到是于於搬])[\u4e00-\u9fff]){2,8}[市县縣](?:[\u4e00-\u9fff]{1,8}[区區县镇乡])?[\u4e00-\u9fff\d]{1,20}[路街道巷弄村里](?:[\u4e00-\u9fff\d-]{0,12}\d{1,5}(?:号|號|弄|栋|室|单元|楼|樓|之\d+|-\d+){1,3}){1,4}"
    r"|(?<=[住在于於到是址家:： ，,])[\u4e00-\u9fff]{2,4}[区區县][\u4e00-\u9fff]{2,12}[路街道巷弄][\u4e00-\u9fff]{0,4}\d{1,5}(?:号|號|弄)(?:[\u4e00-\u9fff\d-]{0,6}\d{1,5}(?:室|单元|楼|樓|号|號)){0,3}"
    r"|[\uac00-\ud7af]{2,8}(?:특별시|광역시|도|시) [\uac00-\ud7af ]{2,30}(?:로|길|동)[\uac00-\ud7af\d ]{0,6} ?\d{1,5}(?:-\d{1,4})?(?:번지|번길 \d{1,4})?(?:,? \d{1,4}동)?(?: \d{1,5}호)?"
)
_NO_STREET = r"(?!(?:the|a|an|this|that|our|down|up|from|off|of|on|in|and|per|minutes?|mins?|blocks?|miles?|houses?|doors?|hours?|days?|times?|years?|people|km)\b)"
_IN_LOWER_CASE = LatePattern(
    rf"(?<![\w.,/-])\d{{1,5}}[a-z]? (?:{_NO_STREET}[a-z'’]{{2,16}} ){{1,3}}"
    rf"(?:street|road|rd|avenue|ave|lane|drive|court|crescent|terrace|boulevard|blvd|close|gardens)(?![\w']){_UNIT}"
    rf"|(?<![\w.,/-])[a-zäöü-]{{2,20}}(?:stra(?:ß|ss)e|str\.|gasse|allee|gracht|straat|gatan|v[äa]gen) ?\d{{1,4}}(?: ?[a-z](?![\w.]))?{_UNIT}"
    rf"|(?<![\w.,/-])(?:calle|avenida|rue|boulevard|rua|travessa|viale|piazza|corso|улиц[аеуы]|вулиц[яію])(?: [^\W\d_][\w'’]{{1,16}}){{1,4}},? ?(?:n[º°.]?|д\.?|дом)? ?\d{{1,4}}(?: ?[a-z](?![\w.]))?{_UNIT}"
    rf"|(?<![\w.,/-])\d{{1,4}}(?: bis| ter)?,? (?:rue|avenue|boulevard|chemin|all[ée]e|impasse|place|quai)(?: [^\W\d_][\w'’]{{1,16}}){{1,4}}",
    re.IGNORECASE,
)
"""Addresses as chats have them, without capital letters."""

STREET_STEMS = frozenset(
    {
        "^street", "^road", "^rd", "^avenue", "^ave", "^lane", "^drive", "^court", "^crescent", "^terrace", "^boulevard",
        "^blvd", "^square", "^gardens", "straße", "strasse", "str.", "^weg", "gasse", "platz", "allee", "ufer", "straat", "laan", "gracht", "plein",
        "gatan", "vägen", "^rue", "^chemin", "^allée", "^impasse", "^quai", "^calle", "^avenida", "^avda", "^plaza", "^paseo", "^rua", "^travessa",
        "^praça", "^alameda", "^via", "^viale", "^piazza", "^corso", "^ul", "^улиц", "^ул", "^проспект", "^пр", "^переул", "^вулиц", "^вул",
        "sokak", "^sok", "caddesi", "^cad", "mahalle", "^mah", "路", "街", "道", "番地", "丁目", "길",
    }
)  # fmt: skip
"""Pieces of the words for a street, of which an address with a small number has one."""

MORE_STREET_STEMS = frozenset(
    {
        "^st", "^ln", "^dr", "^close", "^cres", "^way", "^place", "^pl", "^ct", "^ter", "^sq", "^park", "^pkwy", "^highway", "^hwy",
        "^circle", "^cir", "^trail", "^trl", "^grove", "^gdns", "^hill", "^row", "^walk", "^mews", "^green", "^loop", "^run", "^pike",
        "^av", "^bd", "^route", "^cours", "^c/", "^camino", "^carrer", "^estrada", "^largo", "^vicolo", "^strada", "^al", "^пер", "weg",
        "ring", "damm", "kade", "vagen", "gata", "vej", "veien", "gade", "katu", "tie", "allé", "str", "^sk", "^cd", "县", "縣", "区",
        "區", "市", "県", "省", "東京都", "北海道", "京都府", "大阪府", "巷", "弄", "村", "里", "시", "도", "로", "동",
    }
)  # fmt: skip
"""Further pieces, which many other words have too: one of both is near every address."""

STEMS = frozenset(
    {
        "^live", "^living", "^move", "^moving", "address", "^home", "^house", "^ship", "^deliver", "^send", "^mail", "^come",
        "^reside", "^stay", "^located", "^drop", "^pick", "^flat", "^based", "^meet", "^wohn", "adress", "anschrift", "^umgezogen",
        "^liefer", "^schick", "^zuhause", "habit", "^domicil", "^viv", "^direcc", "^casa", "^env", "^morad", "^mora", "^moro", "^resid",
        "^endere", "^abit", "^indirizzo", "^woon", "^adres", "^mieszka", "^жив", "^прожив", "^адрес", "^мешка", "^перее", "^переї", "^déménag", "^emménag", "^mudam", "^mudei", "^mudé", "^trasfer", "^verhuis", "^przeprowadz", "^flytta", "^taşın", "^wohnhaft",
        "搬", "引っ越", "引越", "이사", "^otur", "^bor ", "^bor:", "^bor,",
        "عنوان", "أسكن", "पता", "住", "地址", "家", "寄", "주소", "살", "집",
    }
)  # fmt: skip
"""Beginnings of the words that announce a postal address."""

GAP = 40
"""Most characters between such a word and the address."""

REACH = GAP + 40
"""Characters before a house's number in which such a word may be, before the street's name."""

ADDRESS = said_before(
    r"(?:live|lives|living|moved?|moving|address|home|house|ship|deliver|send|mail|come|reside|stay|located|drop|pick\w*|flat|based|meet)\b",
    r"wohn\w*", r"перее\w*", r"переї\w*", r"d[ée]m[ée]nag\w*", r"emm[ée]nag\w*", r"mudam\w*", r"mude[i]\b", r"mud[ée]\b", r"trasfer\w*", r"verhuis\w*",
    r"przeprowadz\w*", r"flytta\w*", r"ta[şs][ıi]n\w*", "搬", "引っ越", "引越", "이사", r"adress\w*", r"anschrift\b", r"umgezogen\b", r"liefer\w*", r"schick\w*", r"zuhause\b", r"j'?habit\w*", r"habit\w*",
    r"domicile\b", r"domicilio\b", r"viv[oe]\w*", r"direcci[óo]n\b", r"casa\b", r"env[íi]\w*", r"morad[ao]\b", r"mor[oa]\b", r"resid\w*",
    r"endere[çc]o\b", r"abit\w*", r"indirizzo\b", r"woon\w*", r"adres\w*", r"mieszka\w*", r"жив\w*", r"прожив\w*", r"адрес\w*", r"мешка\w*",
    r"otur\w*", r"bor\b", r"عنوان\w*", r"أسكن", r"पता", "住", "地址", "住所", "家", "寄", "주소", "살", "집", gap=GAP,
)  # fmt: skip
"""Words that announce a postal address."""

_COORDINATES = LatePattern(
    r"(?<![\w.,-])[-+]?(?:[1-8]?\d|90)\.\d{3,8} ?°? ?[NS]?,? ?[,/;]? ?[-+]?(?:1[0-8]\d|[1-9]?\d)\.\d{3,8} ?°?(?: ?[EWO](?!\w))?(?![\w]|\.\d)"
    r"|(?<![\w.,-])\d{1,2}° ?\d{1,2}['′] ?(?:\d{1,2}(?:\.\d+)?(?:\"|''|″) ?)?[NS],? ?\d{1,3}° ?\d{1,2}['′] ?(?:\d{1,2}(?:\.\d+)?(?:\"|''|″) ?)?[EWO](?!\w)"
    r"|(?<![\w.,])[23456789CFGHJMPQRVWX]{8}\+[23456789CFGHJMPQRVWX]{2,3}(?!\w)"
)
_SIGN_OF_COORDINATES = LatePattern(r"[.°+](?:(?<!\.)|(?=\d{3}))")
"""One of these is in every form: decimals, degrees, or the plus of a code for a place."""

_THREE_WORDS = LatePattern(r"///[^\W\d_]{2,24}(?:\.[^\W\d_]{2,24}){2}(?!\w)")


def find_postal_addresses(text: str, start: int, stop: int) -> Iterator[Find]:
    """Yield the postal addresses in ``text[start:stop]`` (plain text)."""
    for pattern in (_ADDRESS, _EAST_ASIAN, _IN_LOWER_CASE):
        for match in pattern.finditer(text, start, stop):
            # "42 Long Street" is also a film and a shop: only a word about living or sending makes
            # it somebody's address.
            if ADDRESS.is_said(text, match.start()):
                # Without the article, as it is said again.
                articles = _ARTICLES.match(text, *match.span())
                begin = articles.end() if articles else match.start()
                yield Find(begin, match.end(), Kind.ADDRESS)


def find_coordinates(text: str, start: int, stop: int, _: AbstractSet[Context]) -> Iterator[Find]:
    """Yield the coordinates in ``text[start:stop]`` (plain text)."""
    # The patterns of coordinates are slow, and most numbers have none of their signs.
    if _SIGN_OF_COORDINATES.search(text, start, stop) is None:
        return
    for match in _COORDINATES.finditer(text, start, stop):
        yield Find(match.start(), match.start() + len(match.group().rstrip()), Kind.ADDRESS)


def find_three_words(text: str) -> Iterator[Find]:
    """Yield places in three words (``///filled.count.soap``) in a plain text."""
    if "///" in text:
        yield from (Find(*match.span(), Kind.ADDRESS) for match in _THREE_WORDS.finditer(text))
