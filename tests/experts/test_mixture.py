"""The mixture: additive terms, gates that are learned, and only routed experts in memory."""

import numpy as np
import pytest

from cgp.experts.gate import GATE_INPUTS, Gate, gate_inputs, language_gate, openings
from cgp.experts.mixture import Layer, Member, Mixture
from cgp.experts.network import LinearNetwork, MlpNetwork
from cgp.experts.standing import Networks, standing_mixture
from cgp.experts.training import (
    Pupil,
    TrainingError,
    TrainingPlan,
    gates_by_windows,
    open_gate,
    train,
)
from cgp.experts.window_table import WindowTable, added_log_odds, base_log_odds
from cgp.tagmodel.head import INPUTS
from tests.experts.world import (
    COLUMNS,
    Clock,
    good,
    hand_in,
    head,
    judge,
    ledger,
    table,
)


def four_clusters(seed, windows=400, inputs=16, rows=10):
    """Return windows of four clusters, each with a truth of its own."""
    random = np.random.default_rng(seed)
    cluster = random.integers(4, size=windows)
    gates = np.random.default_rng(1).normal(size=(4, 8))[cluster] * 2
    gates = gates + random.normal(size=(windows, 8)) * 0.3
    truth = np.random.default_rng(2).normal(size=(4, inputs))
    values = random.normal(size=(windows * rows, inputs))
    log_odds = (values * truth[np.repeat(cluster, rows)]).sum(axis=1)
    credit = random.random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))
    names = tuple(str(number) for number in range(windows))
    ones = np.ones(len(credit), dtype=np.float32)
    starts = np.arange(windows + 1) * rows
    return WindowTable(
        values.astype(np.float32), gates.astype(np.float32), starts,
        credit.astype(np.float32), ones, names, names,
    )  # fmt: skip


def measured(test, pupils, top_k):
    layer = Layer(
        "layer",
        top_k,
        tuple(
            Member(f"e{n}", str(n), pupil.frozen_gate(), lambda pupil=pupil: pupil.network)
            for n, pupil in enumerate(pupils)
        ),
    )
    loss = test.losses(added_log_odds([layer], test)).mean()
    return loss, (layer.openings(test.windows) > 0).sum(axis=0)


@pytest.mark.parametrize("seed", range(3))
def test_a_routed_mixture_beats_a_dense_network_of_equal_size(seed):
    # Prepare: four clusters; two linear experts are open for a window, against two hidden units.
    learn, test = four_clusters(seed), four_clusters(100 + seed)
    offset = np.zeros(len(learn.inputs))
    gates = gates_by_windows(learn.windows, 4, seed)
    plan = TrainingPlan(steps=400, rate=0.03, pull=1e-4, gate_pull=1e-4)

    # Execute
    routed = train(learn, offset, [Pupil(LinearNetwork.start(16), g) for g in gates], 2, plan)
    dense = train(
        learn, offset, [Pupil(MlpNetwork.start(16, seed, width=2), open_gate(8))], 1, plan
    )

    # Assert
    loss, load = measured(test, routed.pupils, 2)
    dense_loss, _ = measured(test, dense.pupils, 1)
    assert loss <= 0.8 * dense_loss
    assert load.max() / load.min() <= 3


def test_one_expert_learns_and_the_rest_stay():
    learn = table(1, 200)
    base = base_log_odds(head(), learn)
    frozen = Pupil(good(0.2), open_gate(GATE_INPUTS), learns=False)
    fresh = Pupil(LinearNetwork.start(INPUTS), open_gate(GATE_INPUTS))

    result = train(learn, base, [frozen, fresh], 2, TrainingPlan(steps=60))

    assert result.pupils[0] is frozen
    assert result.loss_after < result.loss_before
    assert np.linalg.norm(result.pupils[1].network.parameters["w"]) > 0


def test_a_gate_by_languages_is_open_for_their_windows_and_shut_for_all_others():
    gate = language_gate(["de", "fr"])
    languages = ["de", "fr", "en", "es", "xx"]
    windows = np.stack([gate_inputs(np.zeros((2, INPUTS)), name) for name in languages])

    opening = openings(gate.score(windows)[:, None], 1)[:, 0]

    assert (opening[:2] > 0.9).all()
    # Not nearly 0: such windows never load the expert, and keep their tags to the letter.
    assert (opening[2:] == 0.0).all()
    for languages in ([], ["german"]):
        with pytest.raises(ValueError, match="de, fr"):
            language_gate(languages)


def test_without_windows_held_out_all_steps_are_taken_and_a_given_gate_stays():
    learn = table(1, 60)
    base = base_log_odds(head(), learn)
    gate = language_gate(["de"]).weights.astype(np.float64)
    plan = TrainingPlan(steps=37, held_out=0.0, learns_gate=False, patience=1)

    result = train(learn, base, [Pupil(LinearNetwork.start(INPUTS), gate)], 1, plan)

    assert result.steps == 37
    assert result.loss_after < result.loss_before
    assert np.array_equal(result.pupils[0].gate, gate)


def test_the_same_seed_gives_the_same_expert():
    learn = table(1, 60)
    base = base_log_odds(head(), learn)
    runs = [
        train(
            learn,
            base,
            [Pupil(MlpNetwork.start(INPUTS, 5), open_gate(GATE_INPUTS))],
            1,
            TrainingPlan(20),
        )
        for _ in range(2)
    ]

    for name, tensor in runs[0].pupils[0].network.parameters.items():
        assert np.array_equal(tensor, runs[1].pupils[0].network.parameters[name])


def test_numbers_that_are_not_finite_end_training_with_an_error():
    learn = table(1, 60)
    base = base_log_odds(head(), learn)
    pupil = Pupil(LinearNetwork.start(INPUTS), open_gate(GATE_INPUTS))

    with pytest.raises(ValueError, match="finite"):
        train(learn, np.where(np.arange(len(base)) == 0, np.nan, base), [pupil], 1)
    with pytest.raises(TrainingError), np.errstate(all="ignore"):
        train(learn, base, [pupil], 1, TrainingPlan(rate=1e308))
    assert not pupil.network.parameters["w"].any()


@pytest.mark.parametrize("network", [MlpNetwork.start(7, 3, width=4), LinearNetwork.start(7)])
def test_gradients_are_those_of_finite_differences(network):
    random = np.random.default_rng(0)
    rows, slopes = random.normal(size=(9, 7)), random.normal(size=9)
    values = {name: random.normal(size=t.shape) for name, t in network.parameters.items()}
    network = network.with_parameters(values)
    gradient = network.gradient(rows, slopes)
    for name, tensor in values.items():
        for place in np.ndindex(tensor.shape):
            step = np.zeros_like(tensor)
            step[place] = 1e-6
            up = network.with_parameters(values | {name: tensor + step}).forward(rows) @ slopes
            down = network.with_parameters(values | {name: tensor - step}).forward(rows) @ slopes
            assert gradient[name][place] == pytest.approx((up - down) / 2e-6, rel=1e-5, abs=1e-7)


def test_the_greatest_gates_are_open_and_ties_go_by_place():
    scores = np.array([[0.0, 2.0, 1.0], [1.0, 1.0, 1.0]])

    values = openings(scores, 2)

    assert (values > 0).tolist() == [[False, True, True], [True, True, False]]


def test_only_routed_experts_are_loaded():
    loaded = []

    def member(name, bias):
        weights = np.zeros(GATE_INPUTS + 1, dtype=np.float32)
        weights[-1] = bias
        return Member(name, name, Gate(weights), lambda: loaded.append(name) or good())

    mixture = Mixture((Layer("language", 1, (member("a", 1.0), member("b", 2.0))),))
    inputs = np.zeros((3, INPUTS))

    mixture.log_odds(inputs, "en")

    assert loaded == ["b"]
    assert [use.name for use in mixture.uses(inputs, "en")] == ["b"]
    assert mixture.log_odds(np.zeros((0, INPUTS)), "en").shape == (0,)


def test_the_standing_mixture_adds_what_its_expert_says(tmp_path):
    with ledger(tmp_path / "ledger", Clock()) as book:
        networks = Networks(book)
        assert standing_mixture(book, networks).log_odds(np.ones((2, INPUTS)), "de").tolist() == [
            0,
            0,
        ]
        judge(book).decide(book, hand_in(book, good()).digest)
        mixture = standing_mixture(book, networks)
        inputs = np.zeros((2, INPUTS))
        inputs[:, COLUMNS] = 1.0
        assert networks.digests() == ()

        german, english = mixture.log_odds(inputs, "de"), mixture.log_odds(inputs, "en")

        expected = good().forward(inputs)
        assert np.allclose(german, expected * 0.982, atol=1e-3)
        assert np.allclose(english, expected * 0.018, atol=1e-3)
