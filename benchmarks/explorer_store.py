"""Store and index that ``explorer.py`` serves: small conversations, filled as by a validator."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from cgp.config import Settings
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.mining import MinedWindow
from cgp.quality import QUALITY_VERSION, Quality
from cgp.scoring import seal
from cgp.scoring.standings import observe, update
from cgp.scoring.task import Answer, Score, TagVerdict
from cgp.search import GenomeIndex, IndexedConversation, IndexedWindow
from cgp.store import (
    ConversationResult,
    GroundTruthRecord,
    QualityRecord,
    ScoredAnswer,
    StandingChanges,
    StandingRecord,
    Store,
    WeightsRecord,
    WindowResult,
)
from cgp.windows import WindowPlan

WORDS = [
    first + second
    for first in (
        "har",
        "mon",
        "tel",
        "vor",
        "kes",
        "lun",
        "pra",
        "dil",
        "sen",
        "tor",
        "wim",
        "zan",
    )
    for second in (
        "bour",
        "ta",
        "ric",
        "dem",
        "lo",
        "ning",
        "sta",
        "vek",
        "ra",
        "mund",
        "fi",
        "gon",
    )
]
_QUALITY = QualityRecord(QUALITY_VERSION, "e", Quality(0.5, 0.6, 0.7, 0.4, 0.8))
_VALIDATOR = "5F3sa2TJAWMqDhXG6jhV4N8ko9SxwGy8TpaNS1repo5EYjQX"


def small_talk(number: int, generator: np.random.Generator) -> Conversation:
    """Return a conversation of two people in eight short turns."""
    words = generator.choice(WORDS, 40)
    turns = tuple(Turn(n % 2, " ".join(words[5 * n : 5 * n + 5])) for n in range(8))
    people = (Participant(f"Person {number % 997}"), Participant(f"Person {number % 1009}"))
    return Conversation(
        f"talk-{number}",
        f"source-{number % 12}",
        people,
        turns,
        title=f"Talk {number}",
        language="en",
    )


def fill_store(
    folder: Path, count: int, hotkeys: Sequence[str], generator: np.random.Generator
) -> None:
    """Fill a store and an index with finished conversations."""
    settings = Settings(data_dir=folder)
    records = []
    with closing(Store(settings.store_url)) as store:
        talks = [small_talk(number, generator) for number in range(count)]
        store.add_conversations(talks)
        validator = StoreValidator(store, hotkeys)
        for number, talk in enumerate(talks):
            # Three words of 144: nearly all tags differ, so that the map has 100,000 and more.
            tags = tuple(Tag(" ".join(generator.choice(WORDS, 3)), 2.0) for _ in range(12))
            # One claim about each participant, so that their pages have some to show.
            claims = (
                Claim("topic", tags[0].text, (0,), 0.8),
                Claim("fact", tags[1].text, (1,), 0.8),
            )
            profiles = tuple(ParticipantProfile(n, (one,)) for n, one in enumerate(claims))
            metadata = Metadata(tags, profiles)
            validator.finish(metadata)
            window = IndexedWindow(0, 8, talk.transcript, tags[:6])
            names = tuple(person.name for person in talk.participants)
            records.append(
                IndexedConversation(
                    talk.id,
                    talk.source,
                    talk.title,
                    "en",
                    1.6e9 + 86_400.0 * number,
                    names,
                    8,
                    tags,
                    (window,),
                )
            )
        for block in range(200):
            shares = generator.dirichlet(np.ones(len(hotkeys))).tolist()
            rewards = dict(zip(hotkeys, shares, strict=True))
            store.log_weights(_VALIDATOR, WeightsRecord(block, rewards, {1: 1.0}, True))
    with GenomeIndex.open(settings.index_dir, default_embedder()) as index:
        index.add(records)


class StoreValidator:
    """Takes conversations through a store as a validator does."""

    def __init__(self, store: Store, hotkeys: Sequence[str]) -> None:
        self._store = store
        self._hotkeys = hotkeys
        self._number = 0

    def finish(self, metadata: Metadata) -> None:
        """Take the next waiting conversation to its end, with three answers."""
        lease = self._store.reserve(_VALIDATOR, 600)
        assert lease is not None
        self._number += 1
        sealed = seal(metadata, conversation="h", model="m", plan=WindowPlan(), version="1", seed=1)
        truth = GroundTruthRecord(sealed.digest, sealed.document, "m", "e", "1", 1)
        self._store.seal(lease, truth, [(0, 8)])
        asked = [self._hotkeys[(self._number + n) % len(self._hotkeys)] for n in range(3)]
        verdict = TagVerdict(metadata.tags[0].text, 1.0, "ground_truth", "equal")
        score = Score(0.4, True, "", {"tags": 0.4}, (verdict,))
        answer = Answer(tuple(tag.text for tag in metadata.tags[:6]))
        answers = [ScoredAnswer(h, n, answer, score, 0.5) for n, h in enumerate(asked)]
        standings = [update(None, observe(h, 1, score, 0.5, self._number)) for h in asked]
        changes = [StandingRecord(s.hotkey, 1, s.to_json()) for s in standings]
        self._store.commit_window(
            lease, WindowResult(0, 1, [], answers, StandingChanges("1", changes))
        )
        result = ConversationResult(metadata, [MinedWindow(0, None, 0, 0, 8, metadata)], _QUALITY)
        self._store.finish(lease, result)
