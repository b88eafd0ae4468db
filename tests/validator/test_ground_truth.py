"""Who makes the ground truth: several annotators, each tag with its support, and none that all miners have."""

import json

import pytest

from cgp import samples
from cgp.chain import create_wallet
from cgp.config import Settings
from cgp.embedders import default_embedder
from cgp.metadata import Metadata, Tag
from cgp.scoring import default_rule
from cgp.store import SerialWorker
from cgp.text import normal_form
from validator.ground_truth import (
    GroundTruthMaker,
    PublicTruthError,
    name_of,
    require_private_truth,
    truth_annotators,
)
from validator.validator import validate


class Fixed:
    """An annotator that gives the same tags to everything."""

    def __init__(self, name, *tags):
        self.name = name
        self.tags = tags
        self.calls = 0

    async def annotate(self, conversation, *, max_tags, purpose="window"):
        assert purpose == "ground_truth"
        self.calls += 1
        return Metadata(tuple(Tag(text) for text in self.tags))

    async def close(self):
        pass


def settings(network="local", **validator):
    sections = {"subtensor": {"network": network}, "validator": validator}
    return Settings(_env_file=None, **sections)


async def made(annotators, conversation=None, **validator):
    chosen = conversation or samples.load()[0]
    embedder = default_embedder()
    async with SerialWorker("scoring") as worker:
        maker = GroundTruthMaker(
            settings(**validator), annotators, embedder, default_rule(embedder), worker
        )
        return await maker.make(chosen)


async def test_a_tag_of_two_annotators_has_twice_the_support_of_ones_own():
    one = Fixed("a/1", "migraine", "sleep")
    other = Fixed("b/1", "Migraine", "coffee")

    truth = await made([one, other])

    supports = {normal_form(tag.text): tag.support for tag in truth.metadata.tags}
    assert supports == {"migraine": 1.0, "sleep": 0.5, "coffee": 0.5}
    assert truth.annotator == "a/1 + b/1"
    assert json.loads(truth.document)["model"] == "a/1 + b/1"


async def test_of_three_annotators_what_one_alone_says_is_left_out():
    annotators = [Fixed("a", "migraine", "bus"), Fixed("b", "migraine"), Fixed("c", "sleep")]

    truth = await made(annotators)

    assert [tag.text for tag in truth.metadata.tags] == ["migraine"]


async def test_each_annotator_makes_all_its_passes():
    annotators = [Fixed("a", "migraine"), Fixed("b", "migraine")]

    truth = await made(annotators, ground_truth_passes=3)

    assert [annotator.calls for annotator in annotators] == [3, 3]
    assert [tag.support for tag in truth.metadata.tags] == [1.0]


async def test_a_list_of_annotators_is_opened_and_named():
    chosen = settings(truth_annotators="embedded,max_tags=5, frequent-words")

    async with truth_annotators(chosen) as annotators:
        truth = await made(annotators, samples.load()[1])

    assert len(annotators) == 2
    assert name_of(annotators) == f"{annotators[0].name} + frequent-words"
    assert truth.annotator.startswith("embedded/")
    # A tag of one of the two is at most half sure; the embedded annotator is sure of none but its likeliest.
    supports = [tag.support for tag in truth.metadata.tags]
    assert 0 < min(supports) < 0.5 <= max(supports) <= 1


async def test_without_a_list_the_one_annotator_makes_it():
    async with truth_annotators(settings()) as annotators:
        assert [annotator.name.partition("/")[0] for annotator in annotators] == ["embedded"]


PUBLIC = [
    ["embedded/1"],
    ["frequent-words"],
    ["openai/x@1|embedded/1"],
    ["embedded/1", "random-phrases"],
]


@pytest.mark.parametrize("names", PUBLIC, ids=map(str, PUBLIC))
@pytest.mark.parametrize("network", ["test", "finney", "FINNEY"])
def test_a_truth_that_every_miner_can_make_is_refused_where_miners_are_paid(network, names):
    annotators = [Fixed(name) for name in names]

    with pytest.raises(PublicTruthError) as caught:
        require_private_truth(settings(network), annotators)

    assert "--validator.truth_annotators" in str(caught.value)
    assert "--validator.allow_embedded_truth" in str(caught.value)
    require_private_truth(settings(network, allow_embedded_truth=True), annotators)
    require_private_truth(settings("local"), annotators)


@pytest.mark.parametrize("names", [["openai/x@1"], ["embedded/1", "ollama/y@2"]])
def test_a_truth_with_a_model_behind_it_is_allowed_everywhere(names):
    require_private_truth(settings("finney"), [Fixed(name) for name in names])


async def test_a_validator_says_so_before_it_asks_any_network(tmp_path):
    wallet = create_wallet(tmp_path / "wallets", "validator")
    sections = {"data_dir": tmp_path, "subtensor": {"network": "finney"}}

    with pytest.raises(PublicTruthError, match="every miner can run"):
        await validate(Settings(_env_file=None, **sections), wallet)
