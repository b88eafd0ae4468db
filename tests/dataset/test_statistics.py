"""Figures of a dataset: languages that no source names are counted as they are recognised."""

import json

from cgp.dataset.statistics import statistics_of


def fact(number, language, recognised):
    facts = {
        "conversation_id": f"c{number}",
        "made_by": "annotator",
        "annotator": "embedded/7",
        "source": "s",
        "language": language,
        "language_recognised": recognised,
        "licence": None,
        "attribution": None,
        "source_url": None,
        "text_hash": f"{number:064x}",
        "near_duplicate_of": None,
        "redactions": [],
    }
    return "train", json.dumps(facts)


def test_a_recognised_language_is_counted_where_none_is_named():
    figures = statistics_of(
        [fact(1, "pt-BR", "pt"), fact(2, None, "ja"), fact(3, None, None), fact(4, "en", None)]
    )
    assert figures["by_language"] == {"en": 1, "pt-BR": 1, "unknown": 2}
    assert figures["by_language_recognised"] == {"ja": 1, "unknown": 1}
