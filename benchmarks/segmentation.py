"""Topic shifts against TextTiling and equal lengths, judged by the topics that people marked.

    python benchmarks/segmentation.py PATH

``PATH`` is a file of meetings in QMSum's form, ``{"id", "transcript", "topics": [{"spans": [[first,
last]]}]}`` a line; a reference boundary is the first turn of each span. Pk (Beeferman, Berger and
Lafferty 1999) and WindowDiff (Pevzner and Hearst 2002) are NLTK's, over turns, with half the mean
reference segment as window, as both papers advise; lower is better. TextTiling (Hearst 1997) is NLTK's with
its defaults, a turn as a paragraph, a meeting's 100 most frequent words as stop words. Equal lengths get the
true number of segments, which nothing else is told.

The constants of ``cgp.segmentation`` were chosen on the meetings with an even number (from 0); the odd
ones are held out. Needs the extra ``benchmark``.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from nltk.metrics.segmentation import pk, windowdiff
from nltk.tokenize.texttiling import TextTilingTokenizer

from cgp.conversation import Conversation
from cgp.conversation_json import conversation_from_json
from cgp.embedders import default_embedder
from cgp.windows import Window, cut

STOP_WORDS = 100


@dataclass(frozen=True)
class Meeting:
    """A conversation and the turns at which its marked topics begin."""

    conversation: Conversation
    starts: frozenset[int]

    @property
    def texts(self) -> list[str]:
        """What is said, turn by turn."""
        return [turn.text for turn in self.conversation.turns]


def read(path: Path) -> list[Meeting]:
    """Return the meetings of a file."""
    meetings = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            document = json.loads(line)
            spans = [span for topic in document["topics"] for span in topic["spans"]]
            starts = frozenset(int(first) for first, _ in spans if int(first) > 0)
            meetings.append(Meeting(conversation_from_json(document), starts))
    return meetings


def errors(meeting: Meeting, found: set[int]) -> tuple[float, float]:
    """Return (Pk, WindowDiff) of the boundaries that were found."""
    turns = len(meeting.conversation.turns)
    reference = "".join("1" if turn in meeting.starts else "0" for turn in range(turns))
    hypothesis = "".join("1" if turn in found else "0" for turn in range(turns))
    window = max(2, round(turns / (reference.count("1") + 1) / 2))
    return pk(reference, hypothesis, k=window), windowdiff(reference, hypothesis, window)


def tree(meeting: Meeting) -> Window:
    """Return the tree of windows that miners and the dataset get."""
    return cut(meeting.conversation, None, default_embedder())


def shifts(meeting: Meeting) -> set[int]:
    """Return where the topics of the tree's first level begin: new turns, without the overlap."""
    whole = tree(meeting)
    return {child.stop for child in whole.children[:-1]} if whole.by_topic else set()


def nowhere(_: Meeting) -> set[int]:
    """Return no boundary."""
    return set()


def equal_turns(meeting: Meeting) -> set[int]:
    """Return the true number of boundaries, evenly spaced in turns."""
    count, turns = len(meeting.starts) + 1, len(meeting.conversation.turns)
    return {round(turns * i / count) for i in range(1, count)}


def equal_words(meeting: Meeting) -> set[int]:
    """Return the true number of boundaries, evenly spaced in words."""
    count = len(meeting.starts) + 1
    words = np.cumsum([len(text.split()) for text in meeting.texts])
    return {int(np.searchsorted(words, words[-1] * i / count)) for i in range(1, count)}


def equal_windows(meeting: Meeting) -> set[int]:
    """Return the boundaries of miners' windows where they are cut by size alone."""
    return {leaf.stop for leaf in list(cut(meeting.conversation).leaves())[:-1]}


def text_tiling(meeting: Meeting) -> set[int]:
    """Return the boundaries of NLTK's TextTiling."""
    texts = [" ".join(text.split()) for text in meeting.texts]
    words = Counter(re.findall(r"[a-z]+", " ".join(texts).lower()))
    stop_words = [word for word, _ in words.most_common(STOP_WORDS)]
    tiles = TextTilingTokenizer(stopwords=stop_words).tokenize("\n\n".join(texts))
    ends = np.cumsum([len(text) + 2 for text in texts])
    reached, found = 0, set()
    for tile in tiles[:-1]:
        reached += len(tile)
        found.add(int(np.searchsorted(ends, reached - 1)) + 1)
    return {turn for turn in found if 0 < turn < len(texts)}


METHODS: dict[str, Callable[[Meeting], set[int]]] = {
    "topic shifts (cgp.windows)": shifts,
    "TextTiling (NLTK)": text_tiling,
    "equal turns, true number": equal_turns,
    "equal words, true number": equal_words,
    "equal windows (by size)": equal_windows,
    "no boundary": nowhere,
}


def uncovered(meeting: Meeting) -> int:
    """Return how many turns are in no leaf."""
    covered = {turn for leaf in tree(meeting).leaves() for turn in range(leaf.start, leaf.stop)}
    return len(meeting.conversation.turns) - len(covered)


def row(results: Sequence[tuple[float, float]]) -> str:
    """Return mean Pk and WindowDiff as text."""
    return "  ".join(f"{statistics.fmean(values):.3f}" for values in zip(*results, strict=True))


def main() -> int:
    """Print the table; return 1 where topic shifts are not the best of those compared."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path, help="meetings with marked topics, JSON Lines")
    meetings = read(parser.parse_args().path)
    default_embedder()
    print(f"{len(meetings)} meetings; Pk and WindowDiff, lower is better\n")
    print(f"{'':28} {'all':>12}   {'even':>12}   {'odd':>12}  segments  ms/meeting")
    means = {}
    for name, method in METHODS.items():
        started = time.perf_counter()
        found = [method(meeting) for meeting in meetings]
        spent = (time.perf_counter() - started) / len(meetings) * 1000
        results = [errors(m, f) for m, f in zip(meetings, found, strict=True)]
        means[name] = [statistics.fmean(values) for values in zip(*results, strict=True)]
        count = statistics.fmean(len(f) + 1 for f in found)
        parts = "   ".join(row(part) for part in (results, results[::2], results[1::2]))
        print(f"{name:28} {parts}  {count:8.1f}  {spent:10.1f}")
    true_count = statistics.fmean(len(meeting.starts) + 1 for meeting in meetings)
    print(f"{'marked by people':28} {'':42}  {true_count:8.1f}")
    missing = sum(uncovered(meeting) for meeting in meetings)
    leaves = sum(len(list(tree(meeting).leaves())) for meeting in meetings)
    by_size = sum(len(equal_windows(meeting)) + 1 for meeting in meetings)
    print(
        f"\nturns in no leaf: {missing}; leaves: {leaves} ({leaves / by_size:.2f} of those by size)"
    )
    ours, *others = means.values()
    better = all(a < b for other in others for a, b in zip(ours, other, strict=True))
    return 0 if better and missing == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
