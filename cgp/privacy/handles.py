"""Names of accounts that words announce ("my discord: …"), and addresses of profiles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cgp.privacy.context import alternatives
from cgp.privacy.late_pattern import LatePattern
from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.plain_text import UNSPACED
from cgp.privacy.word_places import WordPlaces

_SERVICES = (
    r"discord\b", r"telegram\b", r"tg\b", r"twitter\b", r"insta(?:gram)?\b", r"ig\b", r"snap(?:chat)?\b", r"tik ?tok\b",
    r"mastodon\b", r"bluesky\b", r"bsky\b", r"skype\b", r"signal\b", r"steam\b", r"xbox\b", r"psn\b", r"twitch\b", r"threads\b",
    r"venmo\b", r"cash ?app\b", r"paypal\b", r"reddit\b", r"github\b", r"gitlab\b", r"kik\b", r"line id\b", r"we ?chat(?: id)?\b",
    r"телеграм\w*", r"тг\b", r"инстаграм\w*", r"дискорд\w*", "微信号?", "ライン", "インスタ", "ツイッター", "카톡", "카카오톡", "인스타", r"انستقرام", r"تلغرام",
)  # fmt: skip
_NAMES = (
    r"user ?names?\b", r"(?:screen|account|login|gamer ?tag|nick) ?names?\b", r"gamer ?tag\b", r"nick\b", r"handle\b",
    r"handle is\b", r"benutzername\b", r"nutzername\b", r"nom d'utilisateur\b", r"pseudo\b", r"identifiant\b",
    r"(?:nombre de )?usuario\b", r"nome de usu[áa]rio\b", r"usu[áa]rio\b", r"utilizador\b", r"nome utente\b", r"gebruikersnaam\b",
    r"nazwa u[żz]ytkownika\b", r"login\b(?= ?(?:to|is|:))", r"ник\b", r"логин\b", r"kullan[ıi]c[ıi] ad[ıi]\w*", r"anv[äa]ndarnamn\b",
    r"اسم المستخدم", "यूज़रनेम", "用户名", "用戶名", "ユーザー名", "ユーザーID", "아이디", "사용자 이름", r"tên đăng nhập\b", "ชื่อผู้ใช้",
)  # fmt: skip
_IS = (
    r"(?:'s)?(?: (?:name|id|user|handle|account|tag|is|soy|est|ist|es|ich bin|bin|sono|ben|jestem|was|at|as|under|me|on|here|now)){0,3}"
    r"(?:[ ]?[:=：][ ]?| |是|は|는|은)"
)
_VALUE = rf"(?P<value>@?[^\W{UNSPACED}](?:[\w.-]{{1,40}}\w|\w)(?:#\d{{4}})?)"
_AFTER_SERVICE = LatePattern(rf"(?:{alternatives(_SERVICES)}){_IS}{_VALUE}", re.IGNORECASE)
_AFTER_NAME = LatePattern(rf"(?:{alternatives(_NAMES)}){_IS}{_VALUE}", re.IGNORECASE)
STEMS = frozenset({
    "^discord", "^telegram", "^tg", "^twitter", "^insta", "^ig", "^snap", "^tiktok", "^tik", "^mastodon", "^bluesky", "^bsky", "^skype",
    "^signal", "^steam", "^xbox", "^psn", "^twitch", "^threads", "^venmo", "^cash", "^paypal", "^reddit", "^github", "^gitlab", "^kik", "^line",
    "^wechat", "телеграм", "^тг", "инстаграм", "дискорд", "微信", "ライン", "インスタ", "ツイッター", "카톡", "카카오톡", "인스타", "انستقرام", "تلغرام",
    "^user", "^screen", "^account", "^login", "^nick", "^gamer", "^handle", "^benutzer", "^nutzer", "^nom", "^pseudo", "^identifiant",
    "^usuario", "^nombre", "^nome", "usuário", "^utilizador", "^gebruikers", "^nazwa", "ник", "логин", "^kullan", "^användar", "اسم",
    "यूज़रनेम", "用户名", "用戶名", "ユーザー", "아이디", "사용자", "^tên", "ชื่อผู้ใช้",
})  # fmt: skip
"""Pieces of the words that announce an account."""

_HANDLE_SIGN = LatePattern(r"[\d_#@.](?:(?<!\.)|(?=\w))")
"""One of these is in every name of an account that is told from a word."""

_REACH = 160  # characters from the announcing word to the end of a name

_REDDIT = LatePattern(r"(?<![\w/.])/?u/[\w-]{3,20}(?![\w/])", re.ASCII)
_FEDIVERSE = LatePattern(
    r"(?<![\w@.])@[\w.-]{1,64}@(?:[\w-]{1,63}\.){1,4}[a-z]{2,24}(?![\w@])", re.ASCII
)
_TAG = LatePattern(r"#\d{4}(?!\w)", re.ASCII)
_BEFORE_TAG = LatePattern(r"(?<![\w#@])[\w.]{2,32}\Z", re.ASCII)
_PROFILE = LatePattern(
    r"(?:https?://)?(?<![\w.-])(?:[\w-]{1,12}\.)?(?:linkedin\.com/(?:in|pub)/|instagram\.com/(?!p/|reel|explore)|facebook\.com/(?!groups|events|watch|pages|share)"
    r"|tiktok\.com/@|snapchat\.com/add/|t\.me/(?!joinchat|\+)|reddit\.com/u(?:ser)?/|vk\.com/|(?:twitter|x)\.com/(?!i/|search|hashtag|home)"
    r"|xing\.com/profile/|github\.com/(?=[\w-]+/?(?![\w/-]))|bsky\.app/profile/|threads\.(?:net|com)/@|paypal\.me/|cash\.app/\$|venmo\.com/u?/?)"
    r"[\w.@%$-]{2,64}(?![\w/-])/?",
    re.ASCII | re.IGNORECASE,
)
PROFILE_STEMS = frozenset({
    "linkedin.com/", "instagram.com/", "facebook.com/", "tiktok.com/", "snapchat.com/", "t.me/", "reddit.com/", "vk.com/",
    "twitter.com/", "x.com/", "xing.com/", "github.com/", "bsky.app/", "threads.net/", "threads.com/", "paypal.me/", "cash.app/",
    "venmo.com/",
})  # fmt: skip
"""Domains of profiles."""


def find_handles(text: str, places: WordPlaces) -> Iterator[Find]:
    """Yield the names of accounts in a plain text that words or their form announce."""
    for place in places.of(STEMS):
        # Cheap, and it rules most places out: "my telegram is broken".
        if _HANDLE_SIGN.search(text, place, place + _REACH) is None:
            continue
        match = _AFTER_NAME.match(text, place) or _AFTER_SERVICE.match(text, place)
        if match is not None and _is_handle(match):
            yield Find(*match.span("value"), Kind.HANDLE)
    for sign, pattern in (("u/", _REDDIT), ("@", _FEDIVERSE)):
        if sign in text:
            yield from (Find(*match.span(), Kind.HANDLE) for match in pattern.finditer(text))
    for place in places.of(PROFILE_STEMS):
        for match in _PROFILE.finditer(text, max(0, place - 24), min(len(text), place + 120)):
            yield Find(*match.span(), Kind.HANDLE)


def find_tags(text: str) -> Iterator[Find]:
    """Yield the names of accounts in a plain text that end in a sign and four digits."""
    # From the number backwards: a pattern that began with the name would try every word.
    for tag in _TAG.finditer(text):
        if name := _BEFORE_TAG.search(text, max(0, tag.start() - 33), tag.start()):
            yield Find(name.start(), tag.end(), Kind.HANDLE)


def _is_handle(match: re.Match[str]) -> bool:
    """Tell if a word that is announced looks like an account's name and not like a word."""
    value = match.group("value")
    has_sign = any(c in "_#@" for c in value) or "." in value.strip(".")
    return has_sign or (any(map(str.isdigit, value)) and any(map(str.isalpha, value)))
