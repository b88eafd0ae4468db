"""Advice on a search that found nothing: the part that its words or its filters have in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cgp.search.filters import Filters
from cgp.search.full_text import has_only_function_words
from cgp.search.genome_index import GenomeIndex, Kind
from cgp.search.languages import language_value

SOURCES_NAMED = 12
"""Most names of sources or languages in a sentence."""

NO_CONTENT = "every word of the query is a function word, such as the or of: add what it is about"


@dataclass(frozen=True, slots=True)
class Advice:
    """Reasons why nothing was found, and ways to find something.

    ``did_you_mean`` is the query with near words in place of unsaid ones, where that
    finds something. ``sources`` are those of the index, the largest first, where it has none of the
    name ``unknown_source``, by which the search was filtered; ``languages`` and
    ``unknown_language`` likewise.
    """

    has_only_function_words: bool = False
    did_you_mean: str | None = None
    unknown_source: str | None = None
    sources: tuple[str, ...] = ()
    unknown_language: str | None = None
    languages: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """The same in words, a sentence for each."""
        parts = []
        if self.has_only_function_words:
            parts.append(NO_CONTENT)
        if self.unknown_source is not None:
            parts.append(
                f"there is no source {self.unknown_source}; the index has {self.named_sources}"
            )
        if self.unknown_language is not None:
            parts.append(
                f"no conversation is in the language {self.unknown_language} (a tag, such as de); the "
                f"index has {_list_of(self.languages)}"
            )
        if self.did_you_mean is not None:
            parts.append(f"did you mean {self.did_you_mean}?")
        return tuple(parts)

    @property
    def named_sources(self) -> str:
        """The sources as a list of names, cut where there are many."""
        return _list_of(self.sources)


def _list_of(values: tuple[str, ...]) -> str:
    """Return names as a list in a sentence, cut where there are many."""
    names = ", ".join(values[:SOURCES_NAMED])
    rest = len(values) - SOURCES_NAMED
    return f"{names} and {rest:,} more" if rest > 0 else names


def advice_on(
    index: GenomeIndex,
    query: str,
    kind: Kind,
    filters: Filters,
    *,
    is_readable: Callable[[str], bool] = lambda _conversation: True,
) -> Advice:
    """Return advice on a search that found nothing.

    ``is_readable`` tells of a conversation's id whether the asker may read its words: only those of
    such conversations are proposed.
    """
    if has_only_function_words(query):
        return Advice(has_only_function_words=True)
    if filters.source is not None:
        sources = tuple(source.name for source in index.overview().sources())
        if sources and filters.source not in sources:
            return Advice(unknown_source=filters.source, sources=sources)
    if filters.language is not None:
        languages = tuple(index.overview().languages())
        wish = language_value(filters.language)
        if languages and not any(language_value(name).startswith(wish) for name in languages):
            return Advice(unknown_language=filters.language, languages=languages)
    proposal = index.respelled(query, filters, is_readable)
    if proposal is None or not index.search(proposal, kind=kind, filters=filters, count=1):
        return Advice()
    return Advice(did_you_mean=proposal)
