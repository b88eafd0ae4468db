"""Search on meetings with topics written by people: windows are documents, topics are queries.

Data: one JSON object a line with ``id``, ``transcript`` and ``topics`` (``topic`` and ``spans`` of turns,
both ends included). Every window of every meeting is in one index, made by the same code as
``cgp index``; a window is relevant to a topic of its meeting that overlaps it. The queries are the
topics as they are, also those that fit many meetings ("Meeting close-up").

recall@5 is the share of the relevant windows among the first five, of at most five; MRR the mean of
1 / rank of the first relevant window. Both count a passage as often as windows that overlap repeat it, so
they measure the ranking; the last line is what a search shows, where each passage stands once. The two shares of the ranking were chosen on the meetings of even
number; both halves are printed.

    python benchmarks/search_quality.py qmsum_val.jsonl
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cgp.annotators.choose import open_annotator
from cgp.config import Settings
from cgp.conversation_json import read_conversations
from cgp.embedders import default_embedder
from cgp.indexing.rows import make_row
from cgp.search import Filters, GenomeIndex, IndexedConversation, ranking
from cgp.search.genome_index import MAX_RESULTS
from cgp.windows import WindowPlan

Ranker = Callable[[str], Sequence[int]]


@dataclass(frozen=True)
class Query:
    """A topic, its meeting's number and the catalogue numbers of its relevant windows."""

    text: str
    meeting: int
    relevant: frozenset[int]


async def records(path: Path) -> list[IndexedConversation]:
    """Return the meetings as ``cgp index`` makes them."""
    async with open_annotator(Settings()) as annotator:
        return [
            await make_row(meeting, annotator, default_embedder(), WindowPlan(), None)
            for meeting in read_conversations(path)
        ]


def queries(path: Path, meetings: Sequence[IndexedConversation]) -> list[Query]:
    """Return the topics; catalogue numbers count windows from 1 in the order of the file."""
    found: list[Query] = []
    before = 1
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, (line, meeting) in enumerate(zip(lines, meetings, strict=True)):
        for topic in json.loads(line)["topics"]:
            relevant = frozenset(
                before + place
                for place, window in enumerate(meeting.windows)
                if any(
                    window.start <= last and first < window.stop for first, last in topic["spans"]
                )
            )
            if relevant:
                found.append(Query(topic["topic"], number, relevant))
        before += len(meeting.windows)
    return found


def measured(rank: Ranker, asked: Sequence[Query]) -> str:
    """Return recall@5 and MRR: of all, of even and of odd meetings."""
    recall, reciprocal = [], []
    for query in asked:
        order = list(rank(query.text))
        hit = next((n for n, number in enumerate(order, 1) if number in query.relevant), 0)
        recall.append(len(query.relevant.intersection(order[:5])) / min(5, len(query.relevant)))
        reciprocal.append(1 / hit if hit else 0.0)
    even = np.array([query.meeting % 2 == 0 for query in asked])
    parts = [
        f"{np.mean(np.array(recall)[mask]):.3f} / {np.mean(np.array(reciprocal)[mask]):.3f}"
        for mask in (np.ones(len(asked), bool), even, ~even)
    ]
    return "   ".join(parts)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--table", action="store_true", help="show other shares of the vectors too")
    options = parser.parse_args()
    embedder = default_embedder()
    meetings = asyncio.run(records(options.data))
    asked = queries(options.data, meetings)
    with (
        tempfile.TemporaryDirectory() as folder,
        GenomeIndex.open(Path(folder), embedder) as index,
    ):
        index.add(meetings)
        stats = index.stats()
        print(f"{stats.conversations} meetings, {stats.windows} windows, {len(asked)} topics")
        print(f"{'recall@5 / MRR':24s}all             even meetings   odd meetings")

        every = Filters()
        systems: dict[str, Ranker] = {
            "BM25 of the text": lambda text: list(index.windows_by_words(text, every, (1.0, 0.0))),
            "BM25 of text and tags": lambda text: list(index.windows_by_words(text, every)),
            "vectors": lambda text: list(index.windows_by_meaning(text, every)),
            "the shipped default": lambda text: list(index.ranked_windows(text, every)),
            "each passage once": _as_shown(index, meetings),
        }
        for name, system in systems.items():
            print(f"{name:24s}{measured(system, asked)}")
        if options.table:
            for share in (0.0, 0.1, 0.3, 0.65, 1.0, 1.5, 2.0):
                line = measured(_with_share(index, share), asked)
                print(f"vectors' share {share:<9}{line}")
        began = time.perf_counter()
        for query in asked:
            index.search(query.text)
        print(f"{1000 * (time.perf_counter() - began) / len(asked):.1f} ms a search")


def _as_shown(index: GenomeIndex, meetings: Sequence[IndexedConversation]) -> Ranker:
    places = [(meeting.id, w.start, w.stop) for meeting in meetings for w in meeting.windows]
    numbers = {place: number for number, place in enumerate(places, 1)}

    def rank(text: str) -> list[int]:
        hits = index.search(text, count=MAX_RESULTS, weak=True)
        return [numbers[hit.conversation_id, hit.start, hit.stop] for hit in hits]

    return rank


def _with_share(index: GenomeIndex, share: float) -> Ranker:
    def rank(text: str) -> list[int]:
        kept, ranking.VECTOR_SHARE = ranking.VECTOR_SHARE, share
        try:
            return list(index.ranked_windows(text, Filters()))
        finally:
            ranking.VECTOR_SHARE = kept

    return rank


if __name__ == "__main__":
    main()
