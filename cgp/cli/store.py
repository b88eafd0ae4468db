"""``cgp store``: the conversations of the store: list, show, stats, delete, forget, replace."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cgp.cli.console import fail, input_errors, messages, output, write_json
from cgp.cli.conversations import FormatName, GivenConversations, Paths
from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.conversation_json import conversation_to_json
from cgp.counts import counted
from cgp.durable_files import private_folder
from cgp.embedders.choose import make_embedder
from cgp.indexing.batches import BatchFiles
from cgp.privacy import Gate, policy_of
from cgp.search import GenomeIndex
from cgp.store import ConversationStatus, State, Store

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="List, show, delete, forget and replace the store's conversations.",
)

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids, as `cgp store list` shows.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without a question.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


@app.command("list")
def list_conversations(
    contains: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="Only ids that contain this.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only conversations from this source.")] = None,
    state: Annotated[State | None, typer.Option(help="Only conversations in this state.")] = None,
    count: Annotated[int, typer.Option(min=1, help="Most conversations to list.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List conversations in order of arrival: id, source, turns and state."""
    with _open_store() as store:
        matching = [
            status
            for status in store.conversation_statuses()
            if (contains is None or contains.casefold() in status.id.casefold())
            and source in {None, status.source}
            and state in {None, status.state}
        ]
    if as_json:
        write_json([asdict(status) for status in matching[:count]])
        return
    output.print(_table(matching[:count]))
    if (remainder := len(matching) - count) > 0:
        output.print(f"and {remainder:,} more (--count {len(matching)} lists all)", highlight=False)


@app.command()
def show(
    conversation_id: Annotated[str, typer.Argument(metavar="ID")],
    original: Annotated[
        bool,
        typer.Option("--original", help="Leave personal data in: the text as it was imported."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show one conversation, redacted, with its tags, profiles and quality."""
    with _open_store() as store:
        conversation = store.conversation(conversation_id)
        if conversation is None:
            fail(f"no conversation has the id {conversation_id!r}", hint="cgp store list shows ids")
        document = _document(store, conversation, original=original)
    if as_json:
        write_json(document)
    else:
        _print(document)


@app.command()
def stats(as_json: AsJson = False) -> None:
    """Show the size of the store: conversations, turns, sources and states."""
    with _open_store() as store:
        statuses = list(store.conversation_statuses())
        document: dict[str, Any] = {
            "store": store.url,
            "conversations": len(statuses),
            "turns": sum(status.turns for status in statuses),
            "states": dict(Counter(status.state for status in statuses)),
            "sources": dict(Counter(status.source for status in statuses).most_common()),
            "forgotten": store.count_forgotten(),
        }
    if as_json:
        write_json(document)
        return
    for name, value in document.items():
        text = (
            ", ".join(f"{k} {v:,}" for k, v in value.items()) if isinstance(value, dict) else value
        )
        value_text = f"{text:,}" if isinstance(text, int) else text
        output.print(f"{name}: {escape(value_text)}", highlight=False, soft_wrap=True)


@app.command()
def delete(ids: Ids, yes: Yes = False) -> None:
    """Delete conversations with all that is known of them, here and in the index.

    The same import brings them back; `cgp store forget` does not let it. Exit status: 1 if an id is
    unknown.
    """
    _take_out(ids, "Delete", forget=False, yes=yes)


@app.command()
def forget(ids: Ids, yes: Yes = False) -> None:
    """Delete conversations for good: no later import brings them back.

    Two hashes stay, of the content and of the id; nothing else. The next `cgp export` is without
    them, and so is the next `--push`. Copies that others have made, and backups, are not reached.
    Exit status: 1 if an id is unknown.
    """
    _take_out(ids, "Forget", forget=True, yes=yes)


@app.command()
def replace(paths: Paths, format_name: FormatName = None) -> None:
    """Put conversations of files in place of the stored ones of their ids, to be mined anew.

    For an export that has grown: an import leaves a known id alone. Exit status: 1 if a record
    could not be read.
    """
    inputs, replacements, leftovers = GivenConversations(paths, format_name), 0, 0
    with _open_store() as store:
        ids: list[str] = []
        with input_errors():
            for conversation in inputs:
                if store.replace_conversation(conversation):
                    replacements += 1
                    ids.append(conversation.id)
                else:
                    leftovers += 1
    # The index still holds the words of the former export, which the new one may have taken back.
    _forget_in_index(ids)
    output.print(
        f"{counted(replacements, 'conversation')} replaced; {leftovers:,} left alone (unchanged, or of no known id)",
        highlight=False,
    )
    inputs.end()


@contextlib.contextmanager
def _open_store() -> Iterator[Store]:
    """Open the store of the settings for the length of a block."""
    settings = Settings()
    # The first command on a machine makes the folder; the store in it holds personal data.
    private_folder(settings.data_dir)
    with contextlib.closing(Store(settings.store_url)) as store:
        yield store


def _take_out(ids: Sequence[str], verb: str, *, forget: bool, yes: bool) -> None:
    identifiers = list(dict.fromkeys(ids))
    with _open_store() as store:
        ids_in_store = [
            identifier for identifier in identifiers if store.state_of(identifier) is not None
        ]
        if ids_in_store and not yes:
            _ask(f"{verb} {counted(len(ids_in_store), 'conversation')} of the store?", verb.lower())
        removals = store.forget(ids_in_store) if forget else store.delete(ids_in_store)
    # After the store, so that a crash in between leaves words in the index that the same command
    # takes out again, and never the other way round.
    _forget_in_index(removals)
    participle = "forgotten" if forget else "deleted"
    output.print(f"{counted(len(removals), 'conversation')} {participle}", highlight=False)
    if missing := [identifier for identifier in identifiers if identifier not in set(ids_in_store)]:
        fail(
            f"no conversation has the id {', '.join(missing[:5])}",
            hint="cgp store list shows ids",
            status=1,
        )


def _ask(question: str, command: str) -> None:
    """Have a person confirm; end the command where there is none to ask."""
    # A script that waited for an answer would hang.
    if not (sys.stdin.isatty() and messages.is_terminal):
        fail(
            "this cannot be undone, and nobody is here to ask", hint=f"cgp store {command} --yes …"
        )
    if not typer.confirm(question, err=True):
        fail("nothing was changed", status=1)


def _forget_in_index(ids: Sequence[str]) -> None:
    """Take conversations out of this machine's index, and of the rows that it is made from."""
    settings = Settings()
    if not ids or not settings.index_dir.exists():
        return
    # The batches first: the index is made anew from them, and would bring the words back.
    BatchFiles(settings.index_dir / "batches").forget(set(ids))
    if (settings.index_dir / "catalogue.sqlite").exists():
        with GenomeIndex.open(settings.index_dir, make_embedder(settings)) as index:
            index.remove(ids)


def _table(statuses: Sequence[ConversationStatus]) -> Table:
    table = Table("id", "source", box=None, pad_edge=False)
    table.add_column("turns", justify="right")
    table.add_column("state")
    for status in statuses:
        state = f"{status.state}: {status.reason}" if status.reason else status.state
        row = (escape(status.id), escape(status.source), f"{status.turns:,}", escape(state))
        table.add_row(*row)
    return table


def _document(store: Store, conversation: Conversation, *, original: bool) -> dict[str, Any]:
    metadata = store.metadata_of(conversation.id)
    quality = store.quality_of(conversation.id)
    # The gate learns the names of this conversation, so its metadata is redacted alike.
    if not original:
        gate = Gate.of(conversation, policy_of(Settings()))
        metadata = None if metadata is None else gate.metadata(metadata)
    conversation_to_show = conversation if original else gate.conversation
    annotator = store.annotator_of(conversation.id)
    return conversation_to_json(conversation_to_show) | {
        "state": store.state_of(conversation.id),
        "made_by": None if metadata is None else ("annotator" if annotator else "miners"),
        "annotator": annotator,
        "metadata": None if metadata is None else metadata.to_json(),
        "quality": None if quality is None else quality.quality.to_json(),
    }


def _print(document: dict[str, Any]) -> None:
    names = [
        participant["name"] if isinstance(participant, dict) else participant
        for participant in document["participants"]
    ]
    head = document.get("title") or document["id"]
    facts = [
        document["id"],
        document["source"],
        counted(len(document["turns"]), "turn"),
        document["state"],
    ]
    output.print(f"[bold]{escape(head)}[/]  [dim]{escape(', '.join(facts))}[/]", highlight=False)
    if metadata := document["metadata"]:
        tags = ", ".join(tag["text"] for tag in metadata["tags"])
        output.print(f"[green]{escape(tags)}[/]", highlight=False)
        for profile in metadata["profiles"]:
            claims = "; ".join(f"{c['attribute']}: {c['value']}" for c in profile["claims"])
            output.print(f"[cyan]{escape(names[profile['participant']])}[/] {escape(claims)}")
    if quality := document["quality"]:
        output.print(f"quality {quality['summary']:.2f}", highlight=False)
    output.print()
    for number, turn in enumerate(document["turns"], 1):
        line = (
            f"[dim]{number:4}[/] [bold]{escape(names[turn['speaker']])}[/]: {escape(turn['text'])}"
        )
        output.print(line, highlight=False)
