"""The latent model: exact where principal components are, bounded, and of use for novelty."""

import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from cgp.cli.fractal import app
from cgp.cli.quality import quality
from cgp.conversation import Conversation, Participant, Turn
from cgp.conversation_json import conversation_to_json
from cgp.embedders import default_embedder
from cgp.fractal.latent import Latent
from cgp.fractal.latent_training import LatentPlan, LatentTrainingError, train_latent
from cgp.fractal.novelty import LatentNovelty, NoveltyFileError, learn_corpus
from cgp.fractal.ppca import PrincipalComponents
from cgp.quality import measure

runner = CliRunner()
KITCHEN = """simmer the onions in butter|knead the dough for ten minutes|roast the carrots with thyme
grate the cheese over the pasta|whisk the eggs with sugar|chop the parsley very finely|boil the potatoes
season the soup with pepper|bake the bread until golden|fry the garlic slowly|marinate the chicken overnight
stir flour into the sauce|peel the tomatoes first|melt the chocolate gently""".replace(
    "\n", "|"
).split("|")
SPACE = """the telescope resolves a distant quasar|neutron stars emit radio pulses|dark matter bends the light
the probe entered orbit around saturn|gravitational waves from merging black holes""".replace(
    "\n", "|"
).split("|")


def talk(sentences, seed, turns=12):
    """Return a conversation whose turns are drawn of sentences."""
    random = np.random.default_rng(seed)
    picks = random.choice(len(sentences), size=(turns, 2))
    lines = [Turn(n % 2, f"{sentences[a]} and {sentences[b]}.") for n, (a, b) in enumerate(picks)]
    return Conversation(f"talk-{seed}", "test", (Participant("A"), Participant("B")), tuple(lines))


def plane(seed, count=400, inputs=10, latent=3):
    """Return rows near a plane, with noise of a variance of 0.04."""
    loadings = np.random.default_rng(0).normal(size=(latent, inputs))
    random = np.random.default_rng(seed)
    return random.normal(size=(count, latent)) @ loadings + 0.2 * random.normal(
        size=(count, inputs)
    )


def random_model(seed=1):
    random = np.random.default_rng(seed)
    model = Latent.start(4, seed, latent=2, width=3)
    return Latent({n: 0.5 * random.normal(size=t.shape) for n, t in model.parameters.items()})


@pytest.mark.parametrize(("weight", "free"), [(1.0, 0.0), (0.3, 0.2)])
def test_gradients_are_those_of_finite_differences(weight, free):
    random = np.random.default_rng(2)
    model = random_model()
    rows, noise = random.normal(size=(6, 4)), random.normal(size=(6, 2))

    def loss(parameters):
        cost = Latent(parameters).cost(rows, noise)
        return cost.reconstruction + weight * np.maximum(cost.information, free).sum()

    gradient = model.gradient(rows, noise, weight=weight, free=free)

    assert gradient.keys() == model.parameters.keys()
    for name, tensor in model.parameters.items():
        for place in np.ndindex(tensor.shape):
            step = np.zeros_like(tensor)
            step[place] = 1e-6
            up = loss(model.parameters | {name: tensor + step})
            down = loss(model.parameters | {name: tensor - step})
            assert gradient[name][place] == pytest.approx((up - down) / 2e-6, rel=1e-5, abs=1e-7)


def test_the_likelihood_of_components_is_that_of_their_gaussian():
    rows = plane(1)
    components = PrincipalComponents.fit(rows, 3)

    covariance = components.loadings.T @ components.loadings + components.noise * np.eye(10)
    offsets = rows - components.mean
    energy = (offsets @ np.linalg.inv(covariance) * offsets).sum(axis=1)
    expected = -0.5 * (energy + np.linalg.slogdet(2 * np.pi * covariance)[1])

    assert components.log_likelihood(rows) == pytest.approx(expected)


def test_the_start_is_as_good_as_the_components_and_training_makes_it_no_worse():
    rows = plane(2)
    components = PrincipalComponents.fit(rows, 3)
    start = Latent.from_components(components)

    assert start.bounds(rows) == pytest.approx(-components.log_likelihood(rows))
    result = train_latent(rows, LatentPlan(steps=100, latent=3, width=8))
    assert result.bound <= result.component_bound + 1e-9


def test_a_model_of_random_weights_learns_what_the_closed_form_knows():
    rows = plane(3)
    plan = LatentPlan(steps=800, rate=0.03, latent=3, width=4, patience=30)

    result = train_latent(rows, plan, Latent.start(10, 5, latent=3, width=4))

    # Nats a row; the entropy of the noise is part of it, so that 2 % of it is a fair measure.
    assert result.bound <= result.component_bound + 0.02 * abs(result.component_bound)
    information = result.model.cost(rows, np.zeros((len(rows), 3))).information
    assert (information > 0.5).all()


def test_no_input_gives_a_number_that_is_not_finite_and_bad_input_is_refused():
    model = random_model()
    before = {name: tensor.copy() for name, tensor in model.parameters.items()}
    far = np.random.default_rng(3).normal(size=(5, 4)) * 1e6

    assert np.isfinite(model.bounds(far)).all()
    assert all(np.isfinite(g).all() for g in model.gradient(far, np.ones((5, 2))).values())
    for rows in (np.zeros((0, 4)), np.full((2, 4), np.nan), np.zeros((2, 5))):
        for call in (model.bounds, model.means, lambda r: model.gradient(r, np.zeros((2, 2)))):
            with pytest.raises(ValueError, match="rows"):
                call(rows)
    with pytest.raises(LatentTrainingError, match="40 rows"):
        train_latent(np.zeros((5, 4)))
    with pytest.raises(LatentTrainingError, match="finite"):
        train_latent(np.full((50, 4), np.nan))
    assert all(np.array_equal(before[n], t) for n, t in model.parameters.items())


@pytest.fixture(scope="module")
def kitchen():
    talks = [talk(KITCHEN, seed) for seed in range(60)]
    return learn_corpus(talks, default_embedder(), LatentPlan(steps=100, latent=4, width=8))[0]


def test_talk_of_the_corpus_is_common_and_other_talk_is_new(kitchen):
    usual = [kitchen.novelty(talk(KITCHEN, seed)) for seed in range(100, 110)]
    strange = [kitchen.novelty(talk(SPACE, seed)) for seed in range(10)]
    silent = Conversation("none", "test", (Participant("A"),), (Turn(0, "ok"),))

    assert 0.2 < np.mean(usual) < 0.8
    assert min(strange) > max(usual)
    assert kitchen.novelty(silent) is None
    # The index of boredom takes it beside its own novelty.
    subject = talk(SPACE, 1)
    own = measure(subject, default_embedder()).novelty
    beside = measure(subject, default_embedder(), kitchen).novelty
    assert beside == pytest.approx((own * kitchen.novelty(subject)) ** 0.5, abs=1e-5)


def test_a_file_gives_back_the_measure_and_a_spoilt_one_is_named(kitchen):
    data = kitchen.to_bytes()

    again = LatentNovelty.from_bytes(data, "kitchen", default_embedder())

    assert again.to_bytes() == data
    assert again.novelty(talk(SPACE, 1)) == pytest.approx(kitchen.novelty(talk(SPACE, 1)), abs=0.01)
    for bad in (b"", data[:-4], data.replace(b"wordllama", b"sandllama")):
        with pytest.raises(NoveltyFileError, match="kitchen"):
            LatentNovelty.from_bytes(bad, "kitchen", default_embedder())


def test_the_commands_learn_a_corpus_and_measure_beside_it(tmp_path):
    # Prepare
    corpus, subject = tmp_path / "corpus.jsonl", tmp_path / "subject.jsonl"
    lines = [json.dumps(conversation_to_json(talk(KITCHEN, seed))) for seed in range(30)]
    corpus.write_text("\n".join(lines), encoding="utf-8")
    subject.write_text(json.dumps(conversation_to_json(talk(KITCHEN, 200))), encoding="utf-8")
    model = tmp_path / "corpus.latent"
    measuring = typer_app(quality)

    # Execute
    learned = runner.invoke(app, ["corpus", str(corpus), "--out", str(model), "--steps", "50"])
    plain = runner.invoke(measuring, [str(subject), "--json"])
    beside = runner.invoke(measuring, [str(subject), "--json", "--corpus", str(model)])

    # Assert
    assert learned.exit_code == 0, learned.output
    assert "30 conversations" in learned.output
    assert "novelty_by" not in json.loads(plain.output)
    document = json.loads(beside.output)
    assert document["novelty_by"].startswith("latent/2/")
    assert document["coherence"] == json.loads(plain.output)["coherence"]
    too_few = runner.invoke(app, ["corpus", str(subject), "--out", str(model)])
    assert "a corpus needs 40 windows of 6 turns" in str(too_few.exception)
    missing = runner.invoke(measuring, [str(subject), "--corpus", str(tmp_path / "none")])
    assert isinstance(missing.exception, NoveltyFileError)


def typer_app(command):
    application = typer.Typer()
    application.command()(command)
    return application
