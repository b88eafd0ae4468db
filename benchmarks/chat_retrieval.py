"""Retrieval for questions: does it find the passage, cite the right turns, and know when to say nothing?

Data: a folder with ``qmsum_val.jsonl`` (35 meetings), ``qmsum_val_questions.jsonl`` (237 questions with the
turns that answer them) and ``dialogsum_dev.jsonl`` (questions of another corpus are made of its
summaries). The questions of ``sample_questions.jsonl``, written by the project about its sample
conversations, are the other foreign ones; those of ``sample_unanswerable.txt`` are near to the samples
and answered by none. Without the folder only the samples are measured.

Each question is asked within its meeting and over all 35. A passage is relevant if it overlaps a gold
span. R@5, Success@5 and RR are those of ir-measures. Compared in the same run: BM25 of the same windows,
and DAI's chunks (sentences up to 800 characters; shorter than 100 characters or 10 words are dropped) by
the same BM25. The threshold of abstention is calibrated on four fifths of the meetings and measured on the
rest, five times.

    python benchmarks/chat_retrieval.py DATA --plain      without tags: 1 minute
    python benchmarks/chat_retrieval.py DATA              windows annotated as by cgp index
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import ir_measures
from chat_abstention import fit_of, foreign_fit, report_abstention
from chat_citations import report_citations, report_limits, report_surest
from chat_questions import Asked, questions, summaries
from ir_measures import RR, R, Success

from cgp import samples
from cgp.annotators.choose import open_annotator
from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.conversation_json import read_conversations
from cgp.embedders import default_embedder
from cgp.indexing.rows import make_row
from cgp.retrieval import Passage, Retriever, ranking
from cgp.retrieval.answering import is_answerable
from cgp.retrieval.records import plain_record
from cgp.search import Filters, GenomeIndex, IndexedConversation, IndexedWindow
from cgp.windows import WindowPlan

HERE = Path(__file__).parent
MEASURES = [R @ 5, Success @ 5, Success @ 1, RR]
DEPTH = 50

Run = dict[str, dict[str, float]]


def dai_chunks(conversation: Conversation) -> list[tuple[int, int, str]]:
    """Return DAI's chunks with their first turn and the turn behind their last."""
    text, owners = "", list[int]()
    for number, turn in enumerate(conversation.turns):
        name = conversation.participants[turn.speaker].name
        line = f"{name}: {' '.join(turn.text.split())} "
        text += line
        owners += [number] * len(line)
    ends = [match.end() for match in re.finditer(r"[.!?]+\s+", text)] + [len(text)]
    cuts, begin, last = list[tuple[int, int]](), 0, 0
    for end in ends:
        if end - begin > 800 and last > begin:
            cuts.append((begin, last))
            begin = last
        last = end
    cuts.append((begin, len(text)))
    chunks = [(owners[a], owners[b - 1] + 1, text[a:b].strip()) for a, b in cuts if b > a]
    return [c for c in chunks if len(c[2]) >= 100 and len(c[2].split()) >= 10]


def dai_record(conversation: Conversation) -> IndexedConversation:
    """Return a conversation in DAI's chunks."""
    record = plain_record(conversation, default_embedder(), WindowPlan())
    windows = tuple(IndexedWindow(a, b, text) for a, b, text in dai_chunks(conversation))
    return replace(record, windows=windows)


async def annotated(conversations: Iterable[Conversation]) -> list[IndexedConversation]:
    """Return conversations as ``cgp index`` makes them."""
    async with open_annotator(Settings()) as annotator:
        return [
            await make_row(one, annotator, default_embedder(), WindowPlan(), None)
            for one in conversations
        ]


def make_index(folder: Path, records: Iterable[IndexedConversation]) -> Path:
    """Index records in a folder."""
    with GenomeIndex.open(folder, default_embedder()) as index:
        index.add(records)
    return folder


def bm25(
    folder: Path, asked: Sequence[Asked], *, within: bool
) -> dict[str, list[tuple[str, int, int]]]:
    """Return the places that BM25 of the texts gives, the best first, by the question's id."""
    places = {}
    with GenomeIndex.open(folder, default_embedder(), read_only=True) as index:
        for one in asked:
            filters = Filters(conversations=frozenset({one.conversation}) if within else None)
            scores = index.windows_by_words(one.text, filters, (1.0, 0.0))
            hits = index.windows_of(scores, DEPTH)
            places[one.id] = [(hit.conversation_id, hit.start, hit.stop - 1) for hit in hits]
    return places


def retrieved(
    retriever: Retriever, asked: Sequence[Asked], *, within: bool
) -> dict[str, list[Passage]]:
    """Return the passages of each question, the best first, by its id."""
    return {
        one.id: retriever.search(
            one.text, limit=DEPTH, conversations=[one.conversation] if within else None
        )
        for one in asked
    }


def measured(
    places: dict[str, list[tuple[str, int, int]]],
    asked: Sequence[Asked],
    units: dict[str, list[tuple[int, int]]],
) -> str:
    """Return the measures of an order; ``units`` are all passages (both ends included) by conversation."""
    qrels: dict[str, dict[str, int]] = {
        one.id: {
            str((one.conversation, first, last)): 1
            for first, last in units[one.conversation]
            if one.is_answered_by(one.conversation, first, last)
        }
        for one in asked
    }
    run: Run = {
        one.id: {str(place): 1.0 / rank for rank, place in enumerate(places[one.id], 1)}
        for one in asked
    }
    found = ir_measures.calc_aggregate(MEASURES, qrels, run)
    return "   ".join(f"{found[measure]:.3f}" for measure in MEASURES)


def places_of(passages: dict[str, list[Passage]]) -> dict[str, list[tuple[str, int, int]]]:
    """Return the places of passages."""
    return {name: [passage.place for passage in found] for name, found in passages.items()}


def units_of(folder: Path) -> dict[str, list[tuple[int, int]]]:
    """Return first and last turn of every window of an index, by conversation."""
    units: dict[str, list[tuple[int, int]]] = {}
    with GenomeIndex.open(folder, default_embedder(), read_only=True) as index:
        for entry in index.entries():
            filters = Filters(conversations=frozenset({entry.id}))
            count = index.count_windows(filters)
            numbers = dict.fromkeys(index.windows_by_meaning("any", filters), 0.0)
            hits = index.windows_of(numbers, count)
            units[entry.id] = [(hit.start, hit.stop - 1) for hit in hits]
    return units


def meetings_report(folder: Path, *, plain: bool, table: bool) -> None:
    """Print everything about the meetings."""
    began = time.process_time()
    meetings = list(read_conversations(folder / "qmsum_val.jsonl"))
    asked = questions(folder / "qmsum_val_questions.jsonl")
    own = questions(HERE / "sample_questions.jsonl")
    foreign = {
        "samples": [one.text for one in own],
        "summaries": summaries(folder / "dialogsum_dev.jsonl"),
    }
    embedder = default_embedder()
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        records = (
            [plain_record(one, embedder, WindowPlan()) for one in meetings]
            if plain
            else asyncio.run(annotated(meetings))
        )
        windows = make_index(place / "windows", records)
        chunks = make_index(place / "chunks", map(dai_record, meetings))
        units, chunk_units = units_of(windows), units_of(chunks)
        print(
            f"{len(meetings)} meetings, {sum(map(len, units.values()))} windows, "
            f"{sum(map(len, chunk_units.values()))} chunks of DAI's, {len(asked)} questions; "
            f"windows {'without' if plain else 'with'} tags; {time.process_time() - began:.0f} s"
        )
        retriever = Retriever(windows, place / "library", embedder)
        scopes = {"in meeting": True, "in all 35": False}
        fits: dict[str, dict[str, float]] = {}
        sizes: dict[str, dict[str, int]] = {}
        others: dict[str, dict[str, list[float]]] = {}
        answers: dict[str, dict[str, list[Passage]]] = {}
        everything = sum(map(len, units.values()))
        print(
            f"\n{'':34s}{'   '.join(f'{m!s:>5.5s}' for m in MEASURES)}   ({', '.join(map(str, MEASURES))})"
        )
        for scope, within in scopes.items():
            print_orders(
                scope, bm25(chunks, asked, within=within), asked, chunk_units, "DAI's chunks, BM25"
            )
            print_orders(scope, bm25(windows, asked, within=within), asked, units, "windows, BM25")
            began = time.process_time()
            answers[scope] = retrieved(retriever, asked, within=within)
            milliseconds = 1000 * (time.process_time() - began) / len(asked)
            print_orders(scope, places_of(answers[scope]), asked, units, "retriever")
            print(f"{'':12s}{milliseconds:.1f} ms of processor a question")
            sizes[scope] = {
                one.id: len(units[one.conversation]) if within else everything for one in asked
            }
            fits[scope] = {
                one.id: fit_of(answers[scope][one.id], sizes[scope][one.id]) for one in asked
            }
            others[scope] = {
                name: [
                    foreign_fit(
                        retriever, text, meetings[n % len(meetings)].id if within else None, units
                    )
                    for n, text in enumerate(texts)
                ]
                for name, texts in foreign.items()
            }
            if table:
                shares_table(scope, retriever, asked, units, within=within)
        texts = {m.id: [" ".join(turn.text.split()) for turn in m.turns] for m in meetings}
        for count in (3, 2, 1):
            print(f"\ncitations of the answer without a model, sentences: {count}")
            for scope in scopes:
                report_citations(scope, answers[scope], asked, texts, sentences=count)
        print("\nwhat a choice among the six passages could reach, and what more silence would")
        for scope in scopes:
            report_limits(scope, answers[scope], asked)
            report_surest(scope, answers[scope], asked)
        print("\nabstention, thresholds from other meetings")
        report_abstention(asked, fits, others, sizes)
        retriever.close()


def print_orders(
    scope: str,
    places: dict[str, list[tuple[str, int, int]]],
    asked: Sequence[Asked],
    units: dict[str, list[tuple[int, int]]],
    name: str,
) -> None:
    """Print a line of the table of orders."""
    print(f"{scope:12s}{name:22s}{measured(places, asked, units)}")


def shares_table(
    scope: str,
    retriever: Retriever,
    asked: Sequence[Asked],
    units: dict[str, list[tuple[int, int]]],
    *,
    within: bool,
) -> None:
    """Print other shares of the ranking."""
    kept = ranking.NEIGHBOUR_SHARE, ranking.VECTOR_SHARE
    for neighbours in (0.0, 0.1, 0.2, 0.3):
        for vectors in (0.0, 0.15, 0.3, 0.5):
            ranking.NEIGHBOUR_SHARE, ranking.VECTOR_SHARE = neighbours, vectors  # type: ignore[misc]
            found = places_of(retrieved(retriever, asked, within=within))
            print_orders(scope, found, asked, units, f"{neighbours} / {vectors}")
    ranking.NEIGHBOUR_SHARE, ranking.VECTOR_SHARE = kept  # type: ignore[misc]


def samples_report() -> None:
    """Print the measures on the sample conversations."""
    asked = questions(HERE / "sample_questions.jsonl")
    embedder = default_embedder()
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        records = [plain_record(one, embedder, WindowPlan()) for one in samples.load()]
        windows = make_index(place / "windows", records)
        units = units_of(windows)
        retriever = Retriever(windows, place / "library", embedder)
        found = retrieved(retriever, asked, within=False)
        print(f"\n{len(asked)} questions about the {len(records)} samples")
        print_orders("samples", bm25(windows, asked, within=False), asked, units, "windows, BM25")
        print_orders("samples", places_of(found), asked, units, "retriever")
        texts = {s.id: [" ".join(turn.text.split()) for turn in s.turns] for s in samples.load()}
        report_citations("samples", found, asked, texts)
        nothing = (HERE / "sample_unanswerable.txt").read_text(encoding="utf-8").splitlines()
        refused = sum(not is_answerable(text, retriever.search(text)) for text in nothing)
        print(f"{len(nothing)} questions that no sample answers: {refused} refused")
        retriever.close()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="folder of the three files")
    parser.add_argument("--plain", action="store_true", help="index windows without tags")
    parser.add_argument("--table", action="store_true", help="show other shares of the ranking")
    options = parser.parse_args()
    if options.data is None or not (options.data / "qmsum_val_questions.jsonl").exists():
        print(
            "skipped: no folder with qmsum_val_questions.jsonl; the samples alone", file=sys.stderr
        )
    else:
        meetings_report(options.data, plain=options.plain, table=options.table)
    samples_report()


if __name__ == "__main__":
    main()
