"""Where somebody lives or is: postal addresses that words announce, and coordinates."""

from __future__ import annotations

from collections.abc import Iterator

from cgp.privacy.context import said_before
from cgp.privacy.late_pattern import LatePattern
from cgp.privacy.personal_data import Find, Kind

_NAME = r"[A-ZÀ-ÞŁŚŻŹĆА-ЯЁİŞÇĞÖÜ][\w'’.-]{0,24}"
_NAMES = rf"(?:(?:de|la|le|les|du|des|del|della|da|do|dos|di|van|der|den|el|los|las|l'|d'|the) ?){{0,3}}{_NAME}(?: (?:(?:de|la|le|du|des|del|di|da|do|dos|van|der|den|y|e|et) ?){{0,2}}{_NAME}){{0,3}}"
_STREET_ENDS = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Close|Crescent|Cres|Way|Place|Pl|Boulevard|Blvd|Terrace|Ter"
    r"|Square|Sq|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Trail|Trl|Grove|Gardens|Gdns|Hill|Row|Walk|Mews|Park|Green|Loop|Run|Pike)\.?"
)
_STREET_STARTS = (
    r"(?:rue|avenue|av\.?|boulevard|bd|place|impasse|all[ée]e|chemin|quai|route|cours|calle|c/|avenida|avda\.?|plaza|paseo|camino"
    r"|carrer|rua|travessa|pra[çc]a|alameda|estrada|largo|via|viale|piazza|corso|vicolo|strada|ul\.?|ulica|al\.|улиц[аы]|ул\.?|проспект|пр\.?|пр-т"
    r"|переулок|пер\.?|вулиц[яі]|вул\.?|Calle|Rua|Via|Viale|Piazza|Rue|Avenue|Avenida|Plaza|Ul\.)"
)
_UNIT = r"(?:,? ?(?:Apt|Apartment|Unit|Suite|Ste|Flat|Floor|Fl|#|App|Wohnung|Whg|piso|puerta|portal|bloco|apto|int|scala|кв|квартира|дом|д|m|bis|ter|daire)\.? ?[\w-]{1,6}(?:[ºª°])?){0,3}"
_PLACE = rf"(?:,? (?:\d{{4,6}}(?:-\d{{3,4}})?|[A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{{4}} ?[A-Z]{{2}}|\d\d-\d{{3}}|[A-Z]{{2}} \d{{5}}(?:-\d{{4}})?|{_NAME}(?:[ -]{_NAME}){{0,2}})){{0,4}}"
_ADDRESSES = (
    rf"\d{{1,5}}[a-zA-Z]?(?:[-/]\d{{1,4}})? {_NAMES} {_STREET_ENDS}(?!\w){_UNIT}{_PLACE}",
    rf"\d{{1,4}}(?: ?(?:bis|ter|quater|[a-dA-D]))?,? {_STREET_STARTS} {_NAMES}{_UNIT}{_PLACE}",
    rf"{_STREET_STARTS} {_NAMES},? ?(?:n[º°.]?|num\.?|д\.?|дом|nr\.?)? ?\d{{1,5}}(?: ?[a-zA-Z](?!\w))?(?:[-/]\d{{1,4}})?{_UNIT}{_PLACE}",
    rf"(?:{_NAME}[- ]){{0,3}}{_NAME}?(?:stra(?:ß|ss)e|str\.|weg|gasse|platz|allee|ring|ufer|damm|straat|laan|gracht|plein|kade|gatan|v[äa]gen|gata|vej|veien|gade|katu|tie) ?\d{{1,4}} ?(?:[a-zA-Z](?!\w))?(?:[-/]\d{{1,4}})?{_UNIT}{_PLACE}",
    rf"{_NAMES} (?:Str(?:aße|asse|\.)|Weg|Allee|Platz|Ring|Sokak|Sok\.?|Sk\.?|Caddesi|Cad\.?|Cd\.?|Mahallesi|Mah\.?) ?,?(?: ?No ?[:.]?)? ?\d{{1,4}}(?:[-/]\d{{1,4}})?{_UNIT}{_PLACE}",
)
_ADDRESS = LatePattern(r"(?<![\w.,/-])(?:" + "|".join(_ADDRESSES) + ")")
_EAST_ASIAN = LatePattern(
    r"(?:〒? ?\d{3}-?\d{4} ?)?(?:東京都|北海道|京都府|大阪府|[\u4e00-\u9fff]{2,3}県)[^\s、。,\x1e]{1,40}?\d{1,4}(?:[-丁目番地号の]{1,3}\d{1,4}){0,3}(?:[番地号]{1,2})?(?: ?\d{1,4}号室?)?"
    r"|(?:[\u4e00-\u9fff]{2,8}[省])?[\u4e00-\u9fff]{2,8}[市县縣](?:[\u4e00-\u9fff]{1,8}[区區县镇乡])?[\u4e00-\u9fff\d]{1,20}[路街道巷弄村里](?:[\u4e00-\u9fff\d-]{0,12}\d{1,5}(?:号|號|弄|栋|室|单元|楼|樓|之\d+|-\d+){1,3}){1,4}"
    r"|[\uac00-\ud7af]{2,8}(?:특별시|광역시|도|시) [\uac00-\ud7af ]{2,30}(?:로|길|동)[\uac00-\ud7af\d ]{0,6} ?\d{1,5}(?:-\d{1,4})?(?:번지|번길 \d{1,4})?(?:,? \d{1,4}동)?(?: \d{1,5}호)?"
)
STEMS = frozenset(
    {
        "^live", "^living", "^move", "^moving", "address", "^home", "^house", "^ship", "^deliver", "^send", "^mail", "^come",
        "^reside", "^stay", "^located", "^drop", "^pick", "^flat", "^based", "^meet", "^wohn", "adress", "anschrift", "^umgezogen",
        "^liefer", "^schick", "^zuhause", "habit", "^domicil", "^viv", "^direcc", "^casa", "^env", "^morad", "^mora", "^moro", "^resid",
        "^endere", "^abit", "^indirizzo", "^woon", "^adres", "^mieszka", "^жив", "^прожив", "^адрес", "^мешка", "^otur", "^bor ", "^bor:", "^bor,",
        "عنوان", "أسكن", "पता", "住", "地址", "家", "寄", "주소", "살", "집",
    }
)  # fmt: skip
"""Beginnings of the words that announce a postal address."""

GAP = 40
"""Most characters between such a word and the address."""

_ADDRESS_SAID = said_before(
    r"(?:live|lives|living|moved?|moving|address|home|house|ship|deliver|send|mail|come|reside|stay|located|drop|pick\w*|flat|based|meet)\b",
    r"wohn\w*", r"adress\w*", r"anschrift\b", r"umgezogen\b", r"liefer\w*", r"schick\w*", r"zuhause\b", r"j'?habit\w*", r"habit\w*",
    r"domicile\b", r"domicilio\b", r"viv[oe]\w*", r"direcci[óo]n\b", r"casa\b", r"env[íi]\w*", r"morad[ao]\b", r"mor[oa]\b", r"resid\w*",
    r"endere[çc]o\b", r"abit\w*", r"indirizzo\b", r"woon\w*", r"adres\w*", r"mieszka\w*", r"жив\w*", r"прожив\w*", r"адрес\w*", r"мешка\w*",
    r"otur\w*", r"bor\b", r"عنوان\w*", r"أسكن", r"पता", "住", "地址", "住所", "家", "寄", "주소", "살", "집", gap=GAP,
)  # fmt: skip
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
    for pattern in (_ADDRESS, _EAST_ASIAN):
        for match in pattern.finditer(text, start, stop):
            if _ADDRESS_SAID.is_said(text, match.start()):
                yield Find(match.start(), match.end(), Kind.ADDRESS)


def find_coordinates(text: str, start: int, stop: int) -> Iterator[Find]:
    """Yield the coordinates in ``text[start:stop]`` (plain text)."""
    if _SIGN_OF_COORDINATES.search(text, start, stop) is None:
        return
    for match in _COORDINATES.finditer(text, start, stop):
        yield Find(match.start(), match.start() + len(match.group().rstrip()), Kind.ADDRESS)


def find_three_words(text: str) -> Iterator[Find]:
    """Yield places in three words (``///filled.count.soap``) in a plain text."""
    if "///" in text:
        yield from (Find(*match.span(), Kind.ADDRESS) for match in _THREE_WORDS.finditer(text))
