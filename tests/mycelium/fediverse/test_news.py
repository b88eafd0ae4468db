"""News of a node: models that beat all before by enough, and no loss under a budget of privacy."""

import numpy as np
import pytest

from cgp.mycelium.fediverse.news import best_models
from cgp.mycelium.memory import ClosedRound, NodeMemory
from cgp.mycelium.node_plan import NodePlan
from cgp.mycelium.privacy import PrivacyPlan
from cgp.tagmodel.head import INPUTS, Head

HEAD = Head(np.zeros(INPUTS + 1, dtype=np.float32))


@pytest.fixture
async def memory(tmp_path):
    memory = NodeMemory(tmp_path / "node.sqlite")
    yield memory
    await memory.close()


async def close_rounds(memory, *losses):
    """Close a round for each loss; a loss in a tuple was not accepted."""
    for number, loss in enumerate(losses, 1):
        is_accepted = not isinstance(loss, tuple)
        value = loss if is_accepted else loss[0]
        outcome = ClosedRound(
            "harbour", number, f"{number:02x}" * 32, value, 0.5, 3, is_accepted, number
        )
        await memory.close_round(outcome, HEAD, HEAD, {})


async def test_only_a_model_that_beats_all_before_is_news(memory, tmp_path):
    file = tmp_path / "node.sqlite"
    assert best_models(file) == []
    await close_rounds(memory, 0.40, 0.399, (0.1,), None, 0.38, 0.39, 0.30)
    models = best_models(file)
    assert [model.round for model in models] == [1, 5, 7]
    assert "0.3000" in models[-1].text
    assert len({model.key for model in models}) == 3


async def test_under_a_budget_no_loss_is_told(memory, tmp_path):
    await close_rounds(memory, 0.40)
    await memory.keep_update(
        "harbour", 1, b"message", PrivacyPlan(epsilon=8.0, releases=10, clip=1.0)
    )
    (model,) = best_models(tmp_path / "node.sqlite")
    assert model.loss is None
    assert "0.4" not in model.text


async def test_under_a_budget_of_which_nothing_is_spent_no_loss_is_told(memory, tmp_path):
    NodePlan("ada", "", epsilon=8.0).write(tmp_path)
    await close_rounds(memory, 0.40)
    (model,) = best_models(tmp_path / "node.sqlite")
    assert model.loss is None
