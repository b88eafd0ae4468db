"""Worth of the first tags of a whole conversation: two orders of the same tags.

    python benchmarks/whole_tags.py [--data whole_conversations.jsonl] [--json]

``whole_conversations.jsonl`` holds 50 conversations in nine languages that a language model wrote for this project,
with more asides than real talk has. Each has the first 24 tags that a validator with three embedded miners (``embedded/7``) stored
of the whole, with confidence and support by the ground truth, and a grade from 0 to 3 by another reader, who
knew neither: 2 and 3 are worth keeping. Compared are the order by confidence, in which the tags are stored there,
and the order of ``cgp.recurrence``, in which they are published.

Printed is the share of the first three and of the first six tags that are worth keeping, and the mean difference of
the two with its standard error over conversations. Then, of the tags that the writers of the conversations wanted, the
share of each weight (3: what it is about) among those of which no word is said, some words, or all of them in one turn.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cgp.conversation import Conversation, Participant, Turn
from cgp.metadata import Metadata, Tag
from cgp.mining import MinedWindow
from cgp.recurrence import SaidWords, by_recurrence

KEPT = 2
FIRST = (3, 6)


@dataclass(frozen=True)
class Graded:
    """A conversation, its tags by confidence, by text the grade and the truth's support, and the
    wanted tags with their weights.
    """

    conversation: Conversation
    tags: tuple[Tag, ...]
    grades: dict[str, int]
    support: dict[str, float]
    wanted_tags: tuple[tuple[str, int], ...]

    def kept(self, tags: Sequence[Tag], first: int) -> float:
        """Return the share of the first tags that a reader keeps."""
        return float(np.mean([self.grades[tag.text] >= KEPT for tag in tags[:first]]))

    def by_recurrence(self) -> tuple[Tag, ...]:
        """Return the tags as they are published."""
        whole = MinedWindow(0, None, 0, 0, len(self.conversation.turns), Metadata(self.tags))
        leaf = MinedWindow(1, 0, 1, 0, len(self.conversation.turns), Metadata())
        windows = by_recurrence(
            [whole, leaf], self.conversation, lambda tag: self.support[tag.text]
        )
        return windows[0].metadata.tags


def read(path: Path) -> Iterator[Graded]:
    """Read the conversations of a file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        names = list(dict.fromkeys(turn["speaker"] for turn in record["turns"]))
        conversation = Conversation(
            record["id"],
            "written",
            tuple(map(Participant, names)),
            tuple(Turn(names.index(turn["speaker"]), turn["text"]) for turn in record["turns"]),
            language=record["language"],
        )
        graded = record["graded"]
        yield Graded(
            conversation,
            tuple(Tag(tag["text"], confidence=tag["confidence"]) for tag in graded),
            {tag["text"]: tag["grade"] for tag in graded},
            {tag["text"]: tag["support"] for tag in graded},
            tuple((tag["text"], tag["weight"]) for tag in record["tags"]),
        )


def weights_by_words(talks: Sequence[Graded]) -> dict[str, dict[str, float]]:
    """Return the share of each weight among wanted tags, by how much of a tag is said."""
    counts: dict[str, Counter[int]] = {"no word": Counter(), "some": Counter(), "all": Counter()}
    for talk in talks:
        said = SaidWords.of(talk.conversation)
        for text, weight in talk.wanted_tags:
            places = said.places(text, 0, len(talk.conversation.turns))
            name = "all" if set.intersection(*places) else "some" if any(places) else "no word"
            counts[name][weight] += 1
    return {
        name: {
            "tags": count.total(),
            **{f"weight {weight}": round(count[weight] / count.total(), 2) for weight in (3, 2, 1)},
        }
        for name, count in counts.items()
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).parent / "whole_conversations.jsonl"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    talks = list(read(options.data))
    english = np.array([talk.conversation.language == "en" for talk in talks])
    groups = {"all": english | True, "English": english, "others": ~english}
    rows = {}
    for first in FIRST:
        before = np.array([talk.kept(talk.tags, first) for talk in talks])
        after = np.array([talk.kept(talk.by_recurrence(), first) for talk in talks])
        for name, mask in groups.items():
            gain = (after - before)[mask]
            error = float(gain.std(ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else 0.0
            rows[f"first {first}, {name}"] = {
                "conversations": int(mask.sum()),
                "confidence": round(float(before[mask].mean()), 3),
                "recurrence": round(float(after[mask].mean()), 3),
                "gain": round(float(gain.mean()), 3),
                "error": round(error, 3),
            }
    weights = weights_by_words(talks)
    if options.json:
        print(json.dumps({"kept": rows, "wanted": weights}))
        return
    print(f"{'kept of the':18s} talks  by confidence  by recurrence  difference")
    for name, row in rows.items():
        print(
            f"{name:18s} {row['conversations']:5d}  {row['confidence']:13.3f}  {row['recurrence']:13.3f}"
            f"  {row['gain']:+.3f} ± {row['error']:.3f}"
        )
    print("words that are said of a wanted tag: tags, and the share of each weight")
    for name, shares in weights.items():
        print(f"  {name:8s}", *(f"{key} {value}" for key, value in shares.items()), sep="  ")


if __name__ == "__main__":
    main()
