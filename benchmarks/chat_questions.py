"""The questions of ``chat_retrieval.py``: those with gold turns, and those of another corpus."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Asked:
    """A question about a conversation, with the spans of turns (both ends included) that answer it."""

    id: str
    text: str
    conversation: str
    spans: tuple[tuple[int, int], ...]

    def is_answered_by(self, conversation: str, first: int, last: int) -> bool:
        """Tell whether turns ``first`` to ``last`` overlap a gold span."""
        return conversation == self.conversation and any(
            first <= end and start <= last for start, end in self.spans
        )


def questions(path: Path) -> list[Asked]:
    """Read questions, one JSON object a line."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Asked(
            f"{path.stem}-{number}",
            line["question"],
            line.get("meeting") or line["conversation"],
            tuple((start, stop) for start, stop in line["spans"]),
        )
        for number, line in enumerate(lines)
    ]


def summaries(path: Path, most: int = 250) -> list[str]:
    """Return questions of another corpus, made of the first sentences of its summaries."""
    lines = path.read_text(encoding="utf-8").splitlines()[::2][:most]
    names = {"#Person1#": "the first speaker", "#Person2#": "the second speaker"}
    firsts = [json.loads(line)["summary"].split(". ")[0].rstrip(".") for line in lines]
    for mark, name in names.items():
        firsts = [text.replace(mark, name) for text in firsts]
    return [f"What was said about this: {text}?" for text in firsts]
