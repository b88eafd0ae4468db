"""A store in which a validator has scored two miners."""

import pytest

from cgp import samples
from cgp.metadata import Metadata, Tag
from cgp.scoring import NoAnswer, Score, observe, seal, update
from cgp.store import (
    GroundTruthRecord,
    ScoredAnswer,
    StandingChanges,
    StandingRecord,
    Store,
    WindowResult,
)
from cgp.windows import WindowPlan


@pytest.fixture
def store_with_standings(tmp_path):
    path = tmp_path / "store.sqlite"
    store = Store(f"sqlite:///{path}")
    conversation = samples.load()[0]
    store.add_conversations([conversation])
    lease = store.reserve("validator", 60)
    sealed = seal(
        Metadata((Tag("x"),)),
        conversation=conversation.content_hash,
        model="m",
        plan=WindowPlan(),
        version="1",
        seed=0,
    )
    truth = GroundTruthRecord(sealed.digest, sealed.document, "m", "e", "1", 0)
    store.seal(lease, truth, [(0, len(conversation.turns))])
    scores = {"good": Score(0.5, valid=True), "bad": Score(0.1, valid=True)}
    standings = [update(None, observe(name, 1, score, 0.5, 1)) for name, score in scores.items()]
    result = WindowResult(
        index=0,
        seed=0,
        background=[],
        answers=[
            ScoredAnswer(n, i, NoAnswer("timeout"), s) for i, (n, s) in enumerate(scores.items())
        ],
        changes=StandingChanges(
            "1", [StandingRecord(s.hotkey, s.registered_at, s.to_json()) for s in standings]
        ),
    )
    assert store.commit_window(lease, result)
    store.close()
    return path
