"""How often redaction takes something for personal data that is not, and how fast it is.

Data: one JSON object a line, a meeting transcript (``transcript``: ``[{speaker, content}]``, as in
QMSum) or a dialogue (``dialogue``, as in DialogSum). Every find is counted as if it were a false one;
``--show`` prints them, so that they can be judged one by one (DialogSum holds invented telephone
numbers, which are found rightly).

Run::

    python benchmarks/redaction.py --data qmsum_val.jsonl --show 20
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Conversation
from cgp.conversation_json import conversation_from_json
from cgp.privacy import find_personal_data, redact


def conversations(path: Path) -> Iterator[Conversation]:
    """Yield the conversations of a file."""
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file):
            yield conversation_from_json(_transcript(json.loads(line)), default_id=str(number))


def _transcript(document: dict[str, Any]) -> dict[str, Any]:
    if "dialogue" not in document:
        return document
    lines = (line.partition(":") for line in document["dialogue"].splitlines() if line.strip())
    return {"turns": [[speaker, text] for speaker, _, text in lines]}


def finds(conversation: Conversation) -> Iterator[tuple[str, str]]:
    """Yield the kind of each find and the find with what is around it."""
    text = "\x1e".join(turn.text for turn in conversation.turns)
    for find in find_personal_data(text):
        around = f"{text[max(0, find.start - 40) : find.start]}>>>{text[find.start : find.stop]}<<<"
        yield find.kind, around + text[find.stop : find.stop + 20]


def beside(checkout: Path, data: Path, repeats: int) -> float:
    """Return the best processor time, in seconds, that this benchmark takes with another checkout's code."""
    command = [
        sys.executable,
        Path(__file__).resolve(),
        "--data",
        data.resolve(),
        "--repeats",
        str(repeats),
    ]
    done = subprocess.run(
        command, cwd=checkout, env=os.environ | {"PYTHONPATH": str(checkout.resolve())},
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    said = re.search(r"processor time: ([\d.]+) s", done.stdout)
    assert said is not None, done.stdout
    return float(said[1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="JSON lines file")
    parser.add_argument("--show", type=int, default=0, help="finds to print")
    parser.add_argument("--repeats", type=int, default=3, help="timed rounds; the best counts")
    parser.add_argument("--beside", type=Path, help="another checkout, to be timed in turn")
    given = parser.parse_args()
    corpus = list(conversations(given.data))
    characters = sum(len(turn.text) for item in corpus for turn in item.turns)
    words = sum(len(turn.text.split()) for item in corpus for turn in item.turns)
    rounds = []
    counts: Counter[str] = Counter()
    others: list[float] = []
    for _ in range(given.repeats):
        if given.beside is not None:
            others.append(beside(given.beside, given.data, 1))
        counts.clear()
        start = time.process_time()
        for item in corpus:
            counts.update(redact(item).counts)
        rounds.append(time.process_time() - start)
    total = counts.total()
    print(f"{given.data.name}: {len(corpus)} conversations, {words} words, {characters} characters")
    print(f"finds: {total} ({dict(counts)}), {10_000 * total / words:.3f} in 10,000 words")
    print(
        f"processor time: {min(rounds):.3f} s, {characters / min(rounds) / 1e6:.2f} million characters/s"
    )
    if others:
        print(
            f"the other checkout: {min(others):.3f} s, {min(others) / min(rounds):.2f} times this one's"
        )
    shown = [found for item in corpus for found in finds(item)][: given.show]
    for kind, around in shown:
        print(f"{kind:8} {around!r}")


if __name__ == "__main__":
    main()
