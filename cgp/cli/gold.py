"""``cgp gold``: a validator's hidden gold windows, for the eyes of its operator only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cgp.cli.console import fail, input_errors, messages, output, write_json
from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.conversation_json import conversation_to_json
from cgp.counts import counted
from cgp.gold import GoldWindow, read_gold, truth_for
from cgp.metadata import Metadata, Tag
from cgp.privacy import policy_of, redact
from cgp.scoring import Answer
from cgp.store import GoldUse, ScoredAnswer, Store, StoreError
from cgp.windows import WindowPlan
from validator.gold import fits
from validator.mirror import open_store

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Add, list and remove hidden gold windows, and look at what came back (docs/gold.md).",
)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A gold file (docs/gold.md).")],
    uses: Annotated[
        int, typer.Option(min=1, max=1000, help="How often each window is sent out at most.")
    ] = 3,
) -> None:
    """Add the windows of a gold file; known ones take the new annotations."""
    settings = Settings()
    with input_errors():
        windows = read_gold(file)
    plan = WindowPlan.of(settings.window)
    # A window larger than any other would tell miners that it is a gold one.
    fitting = [gold for gold in windows if fits(gold, plan) and gold.tags]
    _say_what_does_not_fit(windows, plan)
    with _open(settings) as store:
        try:
            counts = store.add_gold(fitting, uses)
        except StoreError as error:
            fail(f"{file}: {error}", status=1)
    messages.print(
        f"{counts.added} gold windows added, {counts.changed} brought up to date",
        highlight=False,
    )
    if not fitting:
        raise typer.Exit(1)


@app.command("list")
def list_windows(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the gold windows: how often each was sent out, and how its answers scored."""
    with _open(Settings()) as store:
        records, uses = store.gold(), store.gold_uses()
    scores: dict[str, list[float]] = {}
    for use in uses:
        scores.setdefault(use.gold.id, []).extend(a.score.value for a in use.answers)
    rows = [
        {
            "id": record.gold.id,
            "language": record.gold.window.language or "",
            "tags": len(record.gold.tags),
            "uses": record.uses,
            "most_uses": record.most_uses,
            "answers": len(window_scores := scores.get(record.gold.id, [])),
            "mean_score": sum(window_scores) / len(window_scores) if window_scores else None,
            "removed": record.removed,
        }
        for record in records
    ]
    if as_json:
        write_json(rows)
    elif rows:
        output.print(_table(rows))
    else:
        messages.print("there are no gold windows; add some: cgp gold add FILE", highlight=False)


@app.command()
def remove(
    identifier: Annotated[list[str], typer.Argument(metavar="ID…", help="Ids of windows.")],
) -> None:
    """Take windows out of use. Their past is kept, so that no miner gets one twice."""
    with _open(Settings()) as store:
        missing = [gold_id for gold_id in identifier if not store.remove_gold(gold_id)]
    if missing:
        fail(f"no gold window in use has the id {missing[0]!r}", hint="cgp gold list", status=1)


@app.command()
def replay(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="The id of a gold window.")],
    hotkey: Annotated[str, typer.Argument(help="The miner whose answer to score again.")],
) -> None:
    """Print an answer to a gold window as a file for `cgp score`, with all that its score is made
    from.
    """
    settings = Settings()
    with _open(settings) as store:
        for use in store.gold_uses(identifier):
            # The first answer that was one: a miner is asked for a gold window once.
            for scored_answer in use.answers:
                if scored_answer.hotkey == hotkey and isinstance(scored_answer.answer, Answer):
                    document = _score_file(store, settings, use, scored_answer)
                    write_json(document)
                    return
    fail(f"{hotkey} has given no answer to {identifier!r}", hint="cgp gold list", status=1)


@contextmanager
def _open(settings: Settings) -> Iterator[Store]:
    """Open the store that the validator of these settings works with."""
    try:
        store = open_store(settings)
    except StoreError as error:
        fail(str(error), status=1)
    with closing(store):
        yield store


def _say_what_does_not_fit(windows: Sequence[GoldWindow], plan: WindowPlan) -> None:
    for gold in windows:
        characters, turns = sum(len(t.text) for t in gold.window.turns), len(gold.window.turns)
        if not fits(gold, plan):
            reason = (
                f"{characters} characters in {counted(turns, 'turn')}, and miners get windows of at most "
                f"{plan.characters} in {plan.turns}, so they would know it"
            )
        elif not gold.tags:
            reason = "it has no tags to score by"
        else:
            continue
        messages.print(f"[yellow]left out {escape(gold.id)}:[/] {reason}", highlight=False)


def _score_file(
    store: Store, settings: Settings, use: GoldUse, scored_answer: ScoredAnswer
) -> dict[str, Any]:
    assert isinstance(scored_answer.answer, Answer)
    answer = Metadata(
        tuple(Tag(text) for text in scored_answer.answer.tags), scored_answer.answer.profiles
    )
    return {
        "conversation": conversation_to_json(use.gold.window),
        "ground_truth": truth_for(use.gold, scored_answer.answer.tags).to_json(),
        "background": [conversation_to_json(w) for w in _background(store, settings, use)],
        "answers": [{"miner": scored_answer.hotkey, **answer.to_json()}],
    }


def _background(store: Store, settings: Settings, use: GoldUse) -> list[Conversation]:
    policy = policy_of(settings)
    windows = []
    for reference in use.background:
        original = store.conversation(reference.conversation_id)
        if original is None:
            fail(f"conversation {reference.conversation_id!r} is no longer in the store", status=1)
        safe = redact(original, policy).conversation
        windows.append(safe.excerpt(reference.start, reference.stop))
    # Excerpts of one conversation have one id; a file of conversations has one for each.
    return [replace(w, id=f"{w.id}/{number}") for number, w in enumerate(windows)]


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("id", overflow="fold")
    table.add_column("language")
    for heading in ("tags", "uses", "answers", "mean score"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for row in rows:
        mean = "" if row["mean_score"] is None else f"{row['mean_score']:.3f}"
        table.add_row(
            escape(row["id"]),
            escape(row["language"]),
            str(row["tags"]),
            f"{row['uses']} of {row['most_uses']}",
            str(row["answers"]),
            mean,
            "removed" if row["removed"] else "",
        )
    return table
