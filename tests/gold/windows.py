"""Annotated windows made by tests."""

from cgp.gold import gold_from_json

TURNS = [
    {"speaker": "Ada", "text": "The night bus is late again, and the fare went up."},
    {"speaker": "Ben", "text": "We should write to the council about student fares."},
]


def annotated(tags, reject=(), identifier="w"):
    """Return a window with wanted tags, given as ``(text, weight, *also)``, and bad ones."""
    return gold_from_json(
        {
            "id": identifier,
            "turns": TURNS,
            "tags": [{"text": t, "weight": w, "also": list(also)} for t, w, *also in tags],
            "reject": [{"text": text, "why": "aside"} for text in reject],
        }
    )
