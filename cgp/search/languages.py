"""Languages of a catalogue's conversations: as their sources name them, and as recognised.

The recognised one is a column that catalogues of earlier versions lack: a writer adds it, a reader
does without.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from cgp.annotators.embedded.language import recognise_language

LANGUAGE_IS = (
    "instr(replace(lower(coalesce(nullif(c.language, ''), c.language_recognised, '')), '_', '-') "
    "|| '-', ?) = 1"
)
"""SQL on ``conversations`` (as ``c``) with one value, that of ``language_value``: what the source
names goes before what is recognised.
"""


def language_value(tag: str) -> str:
    """Return the value of ``LANGUAGE_IS`` for a language tag: ``pt`` stands for ``pt-BR`` too."""
    return tag.strip().lower().replace("_", "-") + "-"


def language_of_windows(texts: Iterable[str]) -> str | None:
    """Return the language of windows' texts (lines of ``name: words``), None in doubt."""
    lines = (line for text in texts for line in text.split("\n"))
    return recognise_language(line.partition(": ")[2] or line for line in lines)


def has_recognised(connection: sqlite3.Connection) -> bool:
    """Tell whether a catalogue holds the recognised languages."""
    columns = connection.execute("SELECT name FROM pragma_table_info('conversations')")
    return ("language_recognised",) in columns.fetchall()


def add_recognised(connection: sqlite3.Connection) -> None:
    """Recognise the languages of a catalogue that does not hold them yet."""
    if has_recognised(connection):
        return
    connection.execute("ALTER TABLE conversations ADD COLUMN language_recognised TEXT")
    numbers = connection.execute("SELECT number FROM conversations").fetchall()
    for (number,) in numbers:
        texts = connection.execute(
            "SELECT text FROM windows WHERE conversation = ? ORDER BY start", (number,)
        )
        connection.execute(
            "UPDATE conversations SET language_recognised = ? WHERE number = ?",
            (language_of_windows(text for (text,) in texts), number),
        )
