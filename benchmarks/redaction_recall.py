"""How much planted personal data redaction finds, by kind and by language, on a set by another hand.

Data: one JSON object a line, ``{"text", "spans": [[start, stop, kind], ...], "lang"}``; a line
without spans is a look-alike in which nothing may be found. An item counts as found where nothing of
it that is a letter or digit is left. The line ends of a text are ends of turns where an item of the
kind ``turns`` is planted in it.

Run::

    python benchmarks/redaction_recall.py planted.jsonl negatives.jsonl --missed
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cgp.conversation import Conversation, Participant, Turn
from cgp.privacy import find_personal_data, redact
from cgp.privacy.plain_text import BREAK

NOT_NAMED = frozenset(
    {"name", "handle", "handle_url", "plate", "dob", "mrn", "crypto", "gps", "address", "device"}
)
"""Kinds that README does not name: counted apart."""


@dataclass(frozen=True)
class Planted:
    """One planted item, what stands around it, and whether it was found."""

    kind: str
    language: str
    text: str
    value: str
    is_found: bool


def planted(documents: list[dict[str, object]]) -> Iterator[Planted]:
    """Yield every planted item of the documents."""
    for document in documents:
        spans = document["spans"]
        assert isinstance(spans, list)
        text = searched_text(document)
        hidden = {i for find in find_personal_data(text) for i in range(find.start, find.stop)}
        for start, stop, kind in spans:
            letters = [i for i in range(start, stop) if text[i].isalnum()]
            yield Planted(
                kind, str(document["lang"]), text, text[start:stop], hidden.issuperset(letters)
            )


def searched_text(document: dict[str, object]) -> str:
    """Return the text of a document with its turns apart."""
    text, spans = str(document["text"]), document["spans"]
    assert isinstance(spans, list)
    return text.replace("\n", BREAK) if any(kind == "turns" for *_, kind in spans) else text


def leaks(items: list[Planted]) -> list[str]:
    """Return the values that stay readable where they are repeated, bare, in a later turn.

    Values that are not found at all are left out: they are counted by the tables.
    """
    leaked = []
    for item in items:
        if item.is_found and item.kind != "turns":
            turns = (Turn(0, item.text), Turn(1, "Let me see"), Turn(0, f"again: {item.value}"))
            conversation = Conversation("c", "test", (Participant("A"), Participant("B")), turns)
            if item.value in redact(conversation).conversation.turns[2].text:
                leaked.append(item.value)
    return leaked


def table(title: str, found: Counter[str], total: Counter[str]) -> None:
    """Print the share found for each kind or language."""
    print(f"\n{title:<12} found  planted  share")
    for name, count in sorted(total.items(), key=lambda pair: (-pair[1], pair[0])):
        print(f"{name:<12} {found[name]:>5}  {count:>7}  {found[name] / count:>5.0%}")
    print(
        f"{'all':<12} {found.total():>5}  {total.total():>7}  {found.total() / total.total():>5.0%}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, nargs="+", help="JSON lines files")
    parser.add_argument("--missed", action="store_true", help="print what was not found")
    given = parser.parse_args()
    documents = [
        json.loads(line)
        for path in given.data
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    items = list(planted(documents))
    named = [item for item in items if item.kind not in NOT_NAMED]
    for title, chosen in (
        ("named kind", named),
        ("other kind", [item for item in items if item.kind in NOT_NAMED]),
    ):
        if chosen:
            total = Counter(item.kind for item in chosen)
            table(title, Counter(item.kind for item in chosen if item.is_found), total)
    for title, chosen in (("language", named), ("all kinds", items)):
        total = Counter(item.language for item in chosen)
        table(title, Counter(item.language for item in chosen if item.is_found), total)
    alike = [str(document["text"]) for document in documents if not document["spans"]]
    wrong = [text for text in alike if find_personal_data(text)]
    print(f"\nfalse finds: {len(wrong)} of {len(alike)} look-alikes")
    leaked = leaks(items)
    print(f"repeated bare in a later turn and readable: {len(leaked)}")
    if given.missed:
        for item in items:
            if not item.is_found:
                print(f"missed {item.kind:10} {item.language} {item.text!r} -> {item.value!r}")
        for text in wrong:
            for find in find_personal_data(text):
                print(f"false {find.kind:10} {text!r} -> {text[find.start : find.stop]!r}")
        for value in leaked:
            print(f"leaked {value!r}")


if __name__ == "__main__":
    main()
