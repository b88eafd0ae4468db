"""Windows as numbers for the benchmarks of learning together, with a teacher's or a reader's labels.

A teacher, the released head, takes of each window the eight candidates that it likes best, and nodes begin from the
base's score alone: so it can be seen at many nodes what they learn. With ``--labelled`` labels are those of annotated
windows, which count as one kind of talk, and nodes begin from the released head, as they do in use.
"""

import argparse
import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np

from cgp import samples
from cgp.annotators.embedded.labels import shipped_labels
from cgp.annotators.embedded.reading import read_window, reading_of
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.encoders import default_encoder
from cgp.experts.examples import table_of
from cgp.experts.window_table import LabelledWindow, WindowTable
from cgp.gold import read_gold
from cgp.tagmodel import CandidateTable, Head, shipped_model
from cgp.tagmodel.head import INPUTS
from cgp.windows import WindowPlan, cut

TAUGHT = 8
ROWS = 16


def add_table_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which windows are read."""
    parser.add_argument("--dialogues", type=Path)
    parser.add_argument("--meetings", type=Path)
    parser.add_argument("--cache", type=Path, help="folder that keeps the table between runs")
    parser.add_argument("--most", type=int, default=900, help="most windows that are read")
    parser.add_argument("--characters", type=int, default=1800, help="size of a window")
    parser.add_argument(
        "--of-one",
        type=int,
        default=12,
        help="most windows of one conversation: no meeting outweighs the rest",
    )
    parser.add_argument(
        "--labelled", type=Path, nargs="*", default=[], help="annotated windows, in place of talk"
    )


def kinds_of(table: WindowTable) -> dict[str, int]:
    """Return the number of windows of each kind."""
    return {kind: table.slices.count(kind) for kind in sorted(set(table.slices))}


def start_head() -> Head:
    """Return a head that knows the base's score alone."""
    weights = np.zeros(INPUTS + 1, dtype=np.float32)
    weights[0] = 1.0
    return Head(weights)


def begin_of(arguments: argparse.Namespace) -> Head:
    """Return the head that all nodes begin from."""
    return shipped_model().head if arguments.labelled else start_head()


def labelled_table(paths: list[Path]) -> WindowTable:
    """Return the annotated windows of some files, all as one kind of talk."""
    windows = [window for path in paths for window in read_gold(path)]
    table = table_of(windows, shipped_model(), default_embedder(), default_encoder())
    return replace(table, slices=("annotated",) * len(table))


def read_table(arguments: argparse.Namespace) -> WindowTable:
    """Return the windows as numbers, from the cache where it has them."""
    if arguments.labelled:
        return labelled_table(arguments.labelled)
    name = f"gain-{arguments.characters}-{arguments.of_one}-{arguments.most}.table"
    file = arguments.cache / name if arguments.cache else None
    if file and file.exists():
        return WindowTable.read(file)
    talks = conversations(arguments)
    plan = WindowPlan(arguments.characters, overlap=0)
    windows = [part for talk in talks for part in parts_of(talk, plan, arguments.of_one)]
    random.Random(0).shuffle(windows)
    model, embedder, encoder = shipped_model(), default_embedder(), default_encoder()
    labels = shipped_labels(embedder)
    rows = []
    for kind, origin, window in windows[: arguments.most]:
        words = read_window(window)
        reading = reading_of(words, window, labels, embedder, lambda: encoder)
        rows.append(taught(model.tabulate(reading, embedder), kind, origin))
    table = WindowTable.of(rows)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(table.to_bytes())
    return table


def taught(table: CandidateTable, kind: str, origin: str) -> LabelledWindow:
    """Return a window with the teacher's choice among its best candidates by the base."""
    inputs = table.inputs
    inputs = inputs[np.sort(np.argsort(-inputs[:, 0], kind="stable")[:ROWS])]
    liked = np.argsort(-shipped_model().head.log_odds(inputs), kind="stable")[:TAUGHT]
    credit = np.zeros(len(inputs))
    credit[liked] = 1.0
    return LabelledWindow.of(
        inputs, credit, np.ones(len(inputs)), language="en", kind=kind, origin=origin
    )


def conversations(arguments: argparse.Namespace) -> list[tuple[str, Conversation]]:
    """Return conversations with their kinds."""
    result = []
    if arguments.dialogues:
        for line in arguments.dialogues.read_text(encoding="utf-8").splitlines():
            document = json.loads(line)
            lines = [t.split(":", 1) for t in document["dialogue"].splitlines() if ":" in t]
            talk = conversation(document["fname"], [(a.strip("# "), b) for a, b in lines])
            result.append(("dialogue", talk))
    if arguments.meetings:
        for line in arguments.meetings.read_text(encoding="utf-8").splitlines():
            document = json.loads(line)
            turns = [(turn["speaker"], turn["content"]) for turn in document["transcript"]]
            prefix = document["id"][:2]
            kind = "academic" if prefix.startswith("B") else "product"
            kind = "committee" if prefix.islower() else kind
            result.append((kind, conversation(document["id"], turns)))
    return result or [(talk.source, talk) for talk in samples.load()]


def conversation(name: str, turns: list[tuple[str, str]]) -> Conversation:
    """Return turns as a conversation."""
    spoken = [(speaker, text.strip()) for speaker, text in turns if text.strip()]
    names = list(dict.fromkeys(speaker for speaker, _ in spoken))
    return Conversation(
        name,
        "benchmark",
        tuple(Participant(n) for n in names),
        tuple(Turn(names.index(speaker), text) for speaker, text in spoken),
        language="en",
    )


def parts_of(
    talk: tuple[str, Conversation], plan: WindowPlan, most: int
) -> list[tuple[str, str, Conversation]]:
    """Return the first windows of a conversation."""
    kind, whole = talk
    leaves = list(cut(whole, plan).leaves())[:most]
    return [
        (kind, whole.id, replace(leaf.of(whole), id=f"{whole.id}#{n}"))
        for n, leaf in enumerate(leaves)
    ]
