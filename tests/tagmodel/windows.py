"""Made-up windows for the tag model: a wanted candidate is said often, an unwanted one once."""

import numpy as np

from cgp.encoders import default_encoder
from cgp.tagmodel import Candidate, Grammar, WindowReading, context_vectors, places_of
from cgp.tagmodel.training import Example

TOPICS = [
    "harbour",
    "ferry",
    "timetable",
    "budget",
    "garden",
    "school",
    "library",
    "museum",
    "bridge",
    "river",
    "market",
]
ASIDES = [
    "gecko",
    "plum",
    "banjo",
    "yodel",
    "kettle",
    "sock",
    "pebble",
    "cactus",
    "teapot",
    "wig",
    "lantern",
]
GRAMMAR = Grammar(
    head_is_name=False,
    head_is_gerund=False,
    begins_with_adjective=False,
    begins_with_gerund=False,
    begins_with_participle=False,
    has_name=False,
    has_number=False,
    links=0,
    whole=1.0,
)


def candidate(word, turns, size=8):
    return Candidate(
        word, (word,), len(turns), tuple(turns), turns[0] / size, turns[-1] / size, GRAMMAR
    )


def vectors_of(wordings, pieces):
    """Return wordings as they are said in pieces that are read whole."""
    said = places_of(wordings, dict(enumerate(pieces)))
    return context_vectors(said, dict(enumerate(default_encoder().read(pieces))))


def example(seed):
    random = np.random.default_rng(seed)
    topics = random.choice(TOPICS, 4, replace=False).tolist()
    asides = random.choice(ASIDES, 6, replace=False).tolist()
    turns = {word: sorted(random.choice(8, 4, replace=False).tolist()) for word in topics}
    turns |= {word: [int(random.integers(8))] for word in asides}
    pieces = [
        *(f"We have to decide on the {word} before the next meeting." for word in topics),
        *(f"Ha, like that time with your {word}!" for word in asides),
    ]
    reading = WindowReading(
        tuple(candidate(word, places) for word, places in turns.items()),
        turns,
        tuple(n % 2 for n in range(8)),
        120,
        " ".join(word for word, places in turns.items() for _ in places),
        "en",
        f"origin-{seed}",
        context=vectors_of(list(turns), pieces),
    )
    wanted = np.array([word in topics for word in turns])
    return Example(reading, wanted.astype(np.float64), np.ones(len(wanted)))
