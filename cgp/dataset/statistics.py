"""Figures of a dataset for its card and its manifest."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any


def statistics_of(facts: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return figures about the conversations, from the facts of the parts.

    They are conversations by split, source, language (those that name none by the one recognised)
    and maker of their annotation (with the annotators where no miner took part), redacted items by
    kind, and repetitions: ``exact`` counts
    conversations with the text of an earlier one, ``near`` counts conversations that nearly repeat
    an earlier one, ``near_across_splits`` counts near ones in another split.
    """
    by_split: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    recognised_languages: Counter[str] = Counter()
    makers: Counter[str] = Counter()
    annotators: set[str] = set()
    redactions: Counter[str] = Counter()
    sources: dict[str, dict[str, Any]] = {}
    conversations_redacted = exact = 0
    texts: set[bytes] = set()
    splits: dict[str, str] = {}
    pairs: defaultdict[str, list[str]] = defaultdict(list)
    for split, line in facts:
        fact = json.loads(line)
        by_split[split] += 1
        languages[fact["language"] or "unknown"] += 1
        if not fact["language"]:
            recognised_languages[fact["language_recognised"] or "unknown"] += 1
        makers[fact["made_by"]] += 1
        if fact["made_by"] == "annotator":
            annotators.add(fact["annotator"])
        about = sources.setdefault(fact["source"], _source(fact))
        about["conversations"] += 1
        conversations_redacted += bool(fact["redactions"])
        for redaction in fact["redactions"]:
            redactions[redaction["kind"]] += redaction["count"]
        # Half of the hash tells all texts apart, in half of the memory.
        text = bytes.fromhex(fact["text_hash"])[:16]
        exact += text in texts
        texts.add(text)
        splits[fact["conversation_id"]] = split
        # Kept until the end: the original may be in a later part than its copy.
        if fact["near_duplicate_of"] is not None:
            pairs[fact["near_duplicate_of"]].append(split)
    across = sum(
        split != splits[original] for original, copies in pairs.items() for split in copies
    )
    return {
        "conversations": sum(by_split.values()),
        "by_split": dict(sorted(by_split.items())),
        "made_by": dict(sorted(makers.items())),
        "annotators": sorted(annotators),
        "by_language": dict(sorted(languages.items())),
        "by_language_recognised": dict(sorted(recognised_languages.items())),
        "sources": dict(sorted(sources.items())),
        "redaction": {
            "conversations": conversations_redacted,
            "by_kind": dict(sorted(redactions.items())),
        },
        "duplicates": {
            "exact": exact,
            "near": sum(map(len, pairs.values())),
            "near_across_splits": across,
        },
    }


def _source(fact: dict[str, Any]) -> dict[str, Any]:
    return {
        "conversations": 0,
        "licence": fact["licence"],
        "attribution": fact["attribution"],
        "url": fact["source_url"],
    }
