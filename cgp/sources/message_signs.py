"""Signs that entries with a name and a text, in JSON or in a table, are the messages of a talk.

Products, reviews, labels, pages and contacts have names and texts as well. A talk is shown by keys
that only messages have (``speaker``, ``sender``), by the sides of a chat with a machine, or by
names that come back and answer one another.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cgp.sources.speakers import ROLES
from cgp.sources.talk_signs import MOSTLY, Telling, are_talk, is_side, is_usual_name

MOST_ENTRIES = 200
"""Entries that are looked at: more show nothing new."""
_UNSPOKEN_ROLES = """
system developer tool function ipython tool_response tool_call tool_calls tool_result function_call
function_response function-call function-response observation
"""
UNSPOKEN = frozenset(_UNSPOKEN_ROLES.split())
"""Roles of messages that are not speech: instructions, calls of tools and their results."""
_NEARLY_ALL = 0.9
"""Share of names that are sides of a talk; a few others are a tool's."""
_ONE_EACH = 3
"""So many entries of so many names are a list; two may be a talk that has just begun."""
_A_PAIR = 2
_ALTERNATING = 4
"""Entries from which two names that take turns are not a coincidence; three often are."""
_QUESTION = re.compile(r"[?？؟]")
_SHOWN = 3
_MOST_SHOWN_CHARACTERS = 40
_KEYS_OF_SPEAKERS = """
speaker speakername speakerid sender sendername participant from fromname sprecher absender
expéditeur remitente hablante mittente
"""
_OF_SPEAKERS = frozenset(_KEYS_OF_SPEAKERS.split())
_TIMES = frozenset({"timestamp", "time", "ts", "at", "createdat"})
_OF_TURNS = frozenset({"utterance"})
_KEYS_OF_THINGS = """
rating ratings stars score verdict helpful verified review reviewid price currency product productid
productname sku asin brand category stock quantity title headline slug description abstract
lat lon lng latitude longitude geometry coordinates population severity level ruleid sentiment label
target polarity retweets retweetcount favoritecount birthday birthdate
bewertung sterne preis produkt titel kategorie beschreibung prix produit titre étoiles precio
producto título titulo estrellas prezzo prodotto titolo preço produto
"""
_OF_THINGS = frozenset(_KEYS_OF_THINGS.split())


@dataclass(frozen=True, slots=True)
class Entry:
    """A name and a text with their keys, and the entry's other keys that have a value."""

    name: str
    text: str
    name_key: str
    text_key: str
    keys: Collection[str] = ()


def missing_in(entries: Sequence[Entry], *, linked: bool = False) -> str | None:
    """Return the missing evidence of a talk, None where there is enough, or no entry at all.

    ``linked`` says that the entries themselves tell which of them belong together.
    """
    if not entries:
        return None
    things = _things(entries)
    counts = Counter(entry.name for entry in entries)
    one_each = len(entries) >= _ONE_EACH and len(counts) == len(entries)
    if (_has_keys_of_talk(entries) or _are_sides(entries, counts)) and not (things and one_each):
        return None
    if things:
        return (
            f"its entries have {_shown(things)}, as lists of things have, and no key such as "
            "'speaker' or 'sender'"
            if not _has_keys_of_talk(entries)
            else f"its entries have {_shown(things)}, as lists of things have, and no speaker comes back"
        )
    return None if linked else _missing_of_people(entries, counts, one_each=one_each)


def _missing_of_people(
    entries: Sequence[Entry], counts: Counter[str], *, one_each: bool
) -> str | None:
    """Return the missing evidence where nothing but names and words can show a talk."""
    key = entries[0].name_key
    under = f"under {key!r}" if key else "in its list"
    if one_each:
        return f"no speaker comes back: each name {under} stands once ({_shown(counts)})"
    if len(entries) > 1 and len(counts) == 1:
        return f"nobody answers: {_shown(counts)} is the only name {under}"
    comes_back = len(counts) < len(entries)
    # Programs that log a chat with a model write just these three keys.
    timed_roles = comes_back and all(_is_timed_role(entry) for entry in entries)
    if timed_roles or _take_turns(entries, counts):
        return None
    usual = sum(is_usual_name(name) or is_side(name) for name in counts) >= MOSTLY * len(counts)
    if not comes_back and not usual:
        return f"no speaker comes back {under}, and {_shown(counts)} are not usual names"
    if not are_talk([(entry.name, entry.text) for entry in entries], Telling.NONE):
        return (
            f"nothing shows that {_shown(counts)} {under} speak: their texts greet nobody, ask "
            "nothing and have no I or you, or hardly ever"
        )
    return None


def _take_turns(entries: Sequence[Entry], counts: Counter[str]) -> bool:
    """Tell if two take turns, over several entries or as a question and its answer."""
    pairs = pairwise(entry.name for entry in entries)
    if not entries[0].name_key or len(counts) != _A_PAIR:
        return False  # of mere strings it is assumed that two say them in turn
    if any(name == following for name, following in pairs):
        return False
    if len(entries) == _A_PAIR:
        asked, answered = (bool(_QUESTION.search(entry.text)) for entry in entries)
        return asked and not answered
    return len(entries) >= _ALTERNATING


def _is_timed_role(entry: Entry) -> bool:
    """Tell if an entry has the three keys of messages of a model: role, content and their time."""
    keys = {plain(key) for key in entry.keys}
    return plain(entry.name_key) == "role" and entry.text_key == "content" and bool(keys & _TIMES)


def _has_keys_of_talk(entries: Sequence[Entry]) -> bool:
    """Tell if most entries have a key that only messages have."""
    of_talk = sum(
        plain(entry.name_key) in _OF_SPEAKERS or plain(entry.text_key) in _OF_TURNS
        for entry in entries
    )
    return of_talk > MOSTLY * len(entries)


def _are_sides(entries: Sequence[Entry], counts: Counter[str]) -> bool:
    """Tell if the names are sides of a talk, such as user and assistant."""
    is_role = plain(entries[0].name_key) == "role"
    sides = sum(
        number
        for name, number in counts.items()
        if name.casefold() in ROLES | UNSPOKEN or (is_role and is_side(name))
    )
    return sides >= _NEARLY_ALL * len(entries) and (is_role or len(counts) > 1)


def _things(entries: Sequence[Entry]) -> list[str]:
    """Return the keys of things that at least half of the entries have."""
    counts = Counter(key for entry in entries for key in entry.keys if plain(key) in _OF_THINGS)
    return [key for key, number in counts.items() if number >= MOSTLY * len(entries)]


def plain(key: str) -> str:
    """Return a key without the marks by which programs set its words apart."""
    return key.replace("_", "").replace("-", "").replace(" ", "").casefold()


def _shown(names: Collection[str]) -> str:
    """Return the first names, in quotes."""
    first = [repr(name[:_MOST_SHOWN_CHARACTERS]) for name in list(names)[:_SHOWN]]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(first) + more
