"""Filters of a search: which conversations may be found at all."""

from __future__ import annotations

import json
from dataclasses import dataclass

from cgp.search.languages import LANGUAGE_IS, language_value
from cgp.text import normal_form


@dataclass(frozen=True, slots=True)
class Filters:
    """Only conversations that fit all that is set.

    ``source`` is a source's whole name, ``participant`` and ``tag`` are compared in normal form,
    ``after`` (included) and ``before`` (excluded) are seconds since the epoch and leave out
    conversations whose time is not known. ``sources`` and ``conversations`` are sets of whole names
    and of ids: an empty set leaves nothing. ``language`` is a language tag (see ``languages``).
    """

    source: str | None = None
    participant: str | None = None
    tag: str | None = None
    after: float | None = None
    before: float | None = None
    sources: frozenset[str] | None = None
    conversations: frozenset[str] | None = None
    language: str | None = None

    @property
    def is_dated(self) -> bool:
        """Tell whether a date is set, so that conversations without one are left out."""
        return self.after is not None or self.before is not None

    def __bool__(self) -> bool:
        """Tell whether anything is filtered."""
        return any(
            value is not None
            for value in (
                self.source,
                self.participant,
                self.tag,
                self.after,
                self.before,
                self.sources,
                self.conversations,
                self.language,
            )
        )

    def condition(self) -> tuple[str, list[object]]:
        """Return SQL on ``conversations`` (as ``c``) and the values of its question marks."""
        parts: list[tuple[str, object]] = []
        if self.source is not None:
            parts.append(("c.source = ?", self.source))
        if self.participant is not None:
            name = normal_form(self.participant)
            parts.append(
                ("c.number IN (SELECT conversation FROM participants WHERE name = ?)", name)
            )
        if self.tag is not None:
            parts.append(
                (
                    "c.number IN (SELECT t.conversation FROM conversation_tags t "
                    "JOIN tags ON tags.number = t.tag WHERE tags.name = ?)",
                    normal_form(self.tag),
                )
            )
        if self.after is not None:
            parts.append(("c.started_at >= ?", self.after))
        if self.before is not None:
            parts.append(("c.started_at < ?", self.before))
        if self.language is not None:
            parts.append((LANGUAGE_IS, language_value(self.language)))
        # One value for a set of any size: SQLite limits the number of question marks.
        if self.sources is not None:
            among = json.dumps(sorted(self.sources))
            parts.append(("c.source IN (SELECT value FROM json_each(?))", among))
        if self.conversations is not None:
            among = json.dumps(sorted(self.conversations))
            parts.append(("c.id IN (SELECT value FROM json_each(?))", among))
        return " AND ".join(sql for sql, _ in parts) or "1", [value for _, value in parts]
