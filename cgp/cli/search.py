"""``cgp search``: windows, conversations and tags of this machine's index."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.text import Text

from cgp.cli.console import fail, messages, output, write_json
from cgp.cli.errors import fail_by
from cgp.config import Settings
from cgp.counts import counted, turn_range
from cgp.embedders.choose import make_embedder
from cgp.search import Filters, GenomeIndex, Hit, Kind, SearchError
from cgp.search.advice import Advice, advice_on
from cgp.search.excerpts import excerpt
from cgp.search.genome_index import MAX_RESULTS
from cgp.search.options import DEFAULT_COUNT, DEFAULT_KIND, OPTION_HELP

logger = logging.getLogger(__name__)

_SHOWN_CHARACTERS = 240
_WINDOWS_SHOWN = 3
_TAGS_SHOWN = 6


def moment(text: str) -> datetime:
    """Return the time that an option names, in UTC where it names no zone.

    Raises:
        typer.BadParameter: if it is none.
    """
    try:
        time = datetime.fromisoformat(text)
        return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not a date, such as 2026-05-01, or a time, such as 2026-05-01T18:30"
        ) from None


def search(
    query: Annotated[str, typer.Argument(help=OPTION_HELP["query"])],
    kind: Annotated[Kind, typer.Option(help=OPTION_HELP["kind"])] = DEFAULT_KIND,
    source: Annotated[str | None, typer.Option(help=OPTION_HELP["source"])] = None,
    participant: Annotated[str | None, typer.Option(help=OPTION_HELP["participant"])] = None,
    tag: Annotated[str | None, typer.Option(help=OPTION_HELP["tag"])] = None,
    after: Annotated[
        datetime | None, typer.Option(parser=moment, help=OPTION_HELP["after"])
    ] = None,
    before: Annotated[
        datetime | None, typer.Option(parser=moment, help=OPTION_HELP["before"])
    ] = None,
    language: Annotated[str | None, typer.Option(help=OPTION_HELP["language"])] = None,
    count: Annotated[
        int, typer.Option(min=1, max=MAX_RESULTS, help=OPTION_HELP["count"])
    ] = DEFAULT_COUNT,
    weak: Annotated[bool, typer.Option("--weak", help=OPTION_HELP["weak"])] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Search the index that `cgp index` makes: by words and by meaning at once.

    The figure before a window is its relevance, 0 to 1: how likely the query is about it (a cosine
    for tags). Windows stand under their conversation. Turns are counted from 1, with --json
    from 0.

    Exit status: 0, also where nothing is found; 2 if there is no index or the question is wrong.
    """
    settings = Settings()
    times = (_seconds(after), _seconds(before))
    filters = Filters(source, participant, tag, *times, language=language)
    try:
        embedder = make_embedder(settings)
        with GenomeIndex.open(settings.index_dir, embedder, read_only=True) as index:
            hits = index.search(query, kind=kind, filters=filters, count=count, weak=weak)
            advice = Advice() if hits else advice_on(index, query, kind, filters)
            newer = 0 if hits or as_json else _newer(settings, index)
            extent = index.extent()
            without_date = index.overview().undated() if filters.is_dated else 0
    except SearchError as error:
        fail(str(error), hint="cgp index (or cgp index FILE...) makes the index")
    except ValueError as error:
        fail_by(error)
    if as_json:
        write_json([asdict(hit) for hit in hits])
    else:
        _show(hits, query, kind, advice, weak=weak)
        if newer:
            many = f"{counted(newer, 'newer conversation')} {'is' if newer == 1 else 'are'}"
            messages.print(f"{many} not indexed yet: cgp index", highlight=False, soft_wrap=True)
        if without_date:
            messages.print(f"[dim]{_omission(without_date)}[/]", highlight=False, soft_wrap=True)
        # On standard error: a program that reads the results gets no line that is none.
        messages.print(
            f"[dim]searched {escape(extent.in_words)}[/]", highlight=False, soft_wrap=True
        )


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _newer(settings: Settings, index: GenomeIndex) -> int:
    """Return how many conversations were finished after the index's last change and are not in it.

    0 where no store can be read: the search does not depend on one.
    """
    from cgp.store import Store, StoreError

    # Opening one that is not there would make it.
    file = settings.store_url.removeprefix("sqlite:///")
    if "://" not in file and not Path(file).exists():
        return 0
    try:
        with contextlib.closing(Store(settings.store_url, upgrades=False)) as store:
            ids = store.finished_since(index.extent().changed_at.timestamp())
    except StoreError as error:
        logger.debug("Newer conversations are not counted: %s", error)
        return 0
    return len(set(ids) - index.has(ids))


def _omission(count: int) -> str:
    """Return how many conversations a search by date leaves out, in the words of the pages."""
    from cgp.explorer.preferences import Language
    from cgp.explorer.shell import phrase_in

    return f"{phrase_in(Language.ENGLISH)('left_out_undated')} {counted(count, 'conversation')}."


def _show(hits: Sequence[Hit], query: str, kind: Kind, advice: Advice, *, weak: bool) -> None:
    if not hits:
        output.print("nothing relevant" if not weak else "nothing found")
        for sentence in advice.sentences:
            messages.print(escape(sentence), highlight=False, soft_wrap=True)
        if not weak:
            messages.print("[dim]--weak shows what comes nearest[/]")
    elif kind == "tags":
        _show_tags(hits)
    else:
        _show_conversations(hits, query)


def _show_tags(hits: Sequence[Hit]) -> None:
    for hit in hits:
        count = counted(hit.conversations, "conversation")
        output.print(
            f"{hit.score:.2f}  [bold]{escape(hit.text)}[/]  [dim]{count}[/]", highlight=False
        )


def _show_conversations(hits: Sequence[Hit], query: str) -> None:
    """Show hits under their conversations, in the order of each conversation's best one."""
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.conversation_id, []).append(hit)
    for number, group in enumerate(groups.values(), 1):
        best = group[0]
        output.print(
            f"{number:3d}  [bold]{escape(best.title or best.conversation_id)}[/]  "
            f"[dim]{escape(best.conversation_id)}, {escape(best.source)}[/]",
            highlight=False,
        )
        for hit in group[:_WINDOWS_SHOWN]:
            output.print(
                f"     {hit.score:.2f}  {turn_range(hit.start, hit.stop)}  "
                f"[green]{escape(', '.join(hit.tags[:_TAGS_SHOWN]))}[/]{_repeats(hit)}",
                highlight=False,
            )
            output.print(_marked(hit.text, query))
        if (rest := len(group) - _WINDOWS_SHOWN) > 0:
            windows = counted(rest, "more window")
            output.print(f"     [dim]and {windows} of it[/]", highlight=False)


def _repeats(hit: Hit) -> str:
    """Return the count of windows left out that show the same passage; empty without any."""
    return (
        f"  [dim]{counted(hit.repeats, 'further window')} of this passage[/]" if hit.repeats else ""
    )


def _marked(text: str, query: str) -> Text:
    line = Text("           ")
    for piece in excerpt(text, query, _SHOWN_CHARACTERS):
        line.append(piece.text, style="bold yellow" if piece.marked else "")
    return line
