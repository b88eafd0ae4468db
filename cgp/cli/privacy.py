"""``cgp privacy FILE``: the personal data that redaction takes out, and the suspects that stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.text import Text

from cgp.cli.console import input_errors, output, write_json
from cgp.cli.conversations import FormatName, GivenConversations, Paths
from cgp.cli.errors import fail_by
from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.counts import counted
from cgp.privacy import Find, Kind, redact
from cgp.privacy.choose import policy_of
from cgp.privacy.names import PrivacyExtraError
from cgp.privacy.plain_text import BREAK
from cgp.privacy.redaction import Search, in_each_text, search
from cgp.privacy.suspicion import suspected

_SUSPICION_STYLE = "black on yellow"
_FIND_STYLE = "bold white on red"
_ID = "id"


def privacy(
    paths: Paths,
    format_name: FormatName = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Finds as JSON, a conversation a line.")
    ] = False,
) -> None:
    """Show the text that redaction would take out of conversations, in red, with the rule that
    finds it.

    A mere suspect (a long number, a long word with digits) is yellow: it stays. Nothing is
    stored. Exit status: 1 if a record could not be read.
    """
    try:
        policy = policy_of(Settings())
    except (PrivacyExtraError, ValueError) as error:
        fail_by(error)
    counts: Counter[Kind] = Counter()
    doubts = 0
    with input_errors():
        inputs = GivenConversations(paths, format_name, original=True)
        for conversation in inputs:
            result = search(conversation, policy)
            redaction = redact(conversation, policy, searched=result)
            counts.update(redaction.counts)
            # Found in the marked text only: there it has no place that could be shown.
            later = sum(redaction.counts.values()) - len(result.finds)
            if as_json:
                write_json(_document(conversation, result, later), indent=None)
            else:
                doubts += _show(conversation, result, later)
    if not as_json and inputs.read:
        totals = ", ".join(f"{count} {kind.value}" for kind, count in sorted(counts.items()))
        stays = f"; only suspected, and stays: {doubts}" if doubts else ""
        line = f"Would be redacted: {totals or 'nothing'}{stays}"
        output.print(line, markup=False, highlight=False)
    inputs.end()


def _places(conversation: Conversation, first_turn: int) -> list[str]:
    """Return the names of the places whose texts are searched, in the order of ``Search.texts``.

    Turns are counted from ``first_turn``: 1 for people, 0 for programs.
    """
    names = [participant.name for participant in conversation.participants]
    turns = enumerate(conversation.turns, first_turn)
    places = [f"{number} {names[turn.speaker]}" for number, turn in turns]
    places += ("title", "source", "language", _ID)
    for number in range(len(names)):
        places += (f"name of participant {number}", f"{_ID} of participant {number}")
    return places


def _find_places(
    conversation: Conversation, result: Search, first_turn: int
) -> Iterator[tuple[str, str, list[Find], list[tuple[int, int]]]]:
    """Yield each text with its place, and its finds and suspicions counted from its start."""
    texts, finds = result.texts, result.finds
    suspicions = sorted(suspected(BREAK.join(texts), finds))
    find_spans = in_each_text(texts, [(find.start, find.stop) for find in finds])
    suspicion_spans = in_each_text(texts, suspicions)
    # A policy that renames participants searches no names: all of them are replaced.
    for place, text, here, doubts in zip(
        _places(conversation, first_turn)[: len(texts)],
        texts,
        find_spans,
        suspicion_spans,
        strict=True,
    ):
        # An id is often a hash: nothing to look at.
        shown_doubts = [] if place.startswith(_ID) else [(a, b) for _, a, b in doubts]
        yield place, text, [Find(a, b, finds[i].kind) for i, a, b in here], shown_doubts


def _show(conversation: Conversation, result: Search, later: int) -> int:
    """Print a conversation's finds and suspects; return the number of suspects."""
    suspects = 0
    output.print(
        Text(f"{conversation.id} ({counted(len(conversation.turns), 'turn')})", style="bold")
    )
    for place, text, finds, doubts in _find_places(conversation, result, first_turn=1):
        suspects += len(doubts)
        if finds or doubts:
            line = Text(text)
            for find in finds:
                line.stylize(_FIND_STYLE, find.start, find.stop)
            for start, stop in doubts:
                line.stylize(_SUSPICION_STYLE, start, stop)
            # In words too: colours do not go through a pipe.
            rules = [f"{f.kind.value} “{text[f.start : f.stop]}”" for f in finds]
            rules += [f"suspected “{text[start:stop]}”" for start, stop in doubts]
            output.print(
                Text(f"  {place}: ", style="dim"),
                line,
                Text(f"  [{', '.join(rules)}]", style="cyan"),
            )
    if later:
        output.print(Text(f"  and {later} more, which show once these are marked", style="cyan"))
    return suspects


def _document(conversation: Conversation, result: Search, later: int) -> dict[str, Any]:
    entries: list[dict[str, Any]] = []
    for place, _, finds, doubts in _find_places(conversation, result, first_turn=0):
        entries += (
            {"place": place, "start": f.start, "stop": f.stop, "rule": f.kind.value} for f in finds
        )
        entries += ({"place": place, "start": a, "stop": b, "rule": "suspected"} for a, b in doubts)
    return {"id": conversation.id, "finds": entries, "found_later": later}
