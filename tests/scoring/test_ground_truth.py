"""The ground truth: passes made one, sealed before anybody answers."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.scoring import combine_passes, seal
from cgp.scoring.ground_truth import self_agreement
from cgp.scoring.settings import DEFAULTS, SimilaritySettings
from cgp.scoring.similarity import Similarity
from cgp.windows import WindowPlan

PASSES = (
    Metadata(
        (Tag("harbour seals"), Tag("tidal turbines"), Tag("whim")),
        (ParticipantProfile(0, (Claim("topic", "seals", (1,)),)),),
    ),
    Metadata(
        (Tag("Harbour seal"), Tag("turbines of the tide"), Tag("fouling paint")),
        (ParticipantProfile(0, (Claim("topic", "seals", (4,)),)),),
    ),
    Metadata((Tag("tidal turbine"), Tag("fouling paint"), Tag("harbor seals"))),
)


def test_tags_of_several_passes_are_clustered_with_their_support(bench):
    truth = combine_passes(PASSES, bench.embedder)
    support = {tag.text: tag.support for tag in truth.tags}
    assert support["harbour seals"] == pytest.approx(1.0)
    assert support["tidal turbines"] >= 2 / 3
    assert support["fouling paint"] == pytest.approx(2 / 3)
    assert "whim" not in support
    assert [tag.support for tag in truth.tags] == sorted(support.values(), reverse=True)


def test_another_ramp_of_the_similarity_that_pays_merges_the_same_tags(bench):
    by_ramp = [
        combine_passes(
            PASSES, bench.embedder, replace(DEFAULTS, similarity=SimilaritySettings(*ends))
        )
        for ends in ((0.1, 0.7), (0.3, 0.9))
    ]
    assert by_ramp[0] == by_ramp[1] == combine_passes(PASSES, bench.embedder)


def test_a_threshold_is_the_similarity_at_its_cosine():
    ramp = Similarity(SimilaritySettings(unrelated=0.3, same=0.9))
    assert [ramp.at(cosine) for cosine in (0.1, 0.3, 0.6, 0.9, 1.0)] == pytest.approx(
        [0.0, 0.0, 0.5, 1.0, 1.0], abs=1e-6
    )


def test_claims_of_several_passes_are_merged(bench):
    [profile] = combine_passes(PASSES, bench.embedder).profiles
    assert profile.claims == (Claim("topic", "seals", (1, 4)),)


def test_one_pass_keeps_its_distinct_tags_with_full_support(bench):
    once = Metadata((Tag("seals"), Tag("Seals"), Tag("sea"), Tag("…"), Tag("harbour seals", 3.0)))
    truth = combine_passes([once], bench.embedder)
    assert truth.tags == (Tag("seals"), Tag("sea"), Tag("harbour seals"))


def test_no_pass_is_an_error(bench):
    with pytest.raises(ValueError, match="at least one pass"):
        combine_passes([], bench.embedder)


def test_more_passes_agree_better_with_each_other_than_with_something_else(bench):
    one, other = PASSES[:2]
    assert self_agreement(one, one, bench.embedder) == pytest.approx(1.0)
    assert self_agreement(one, other, bench.embedder) > 0.3
    assert self_agreement(one, bench.foreign, bench.embedder) < 0.2
    assert self_agreement(one, Metadata(), bench.embedder) == 0.0


def test_the_seal_holds_and_every_part_changes_it():
    parts = {
        "conversation": "abc",
        "model": "embedded/1",
        "plan": WindowPlan(),
        "version": "genome/1+e",
        "seed": 7,
    }
    sealed = seal(PASSES[0], **parts)
    assert sealed.holds()
    assert len(sealed.digest) == 64
    assert seal(PASSES[0], **parts) == sealed
    others = {
        "conversation": "abd",
        "model": "m",
        "plan": WindowPlan(turns=5),
        "version": "v",
        "seed": 8,
    }
    digests = {seal(PASSES[0], **{**parts, name: value}).digest for name, value in others.items()}
    digests |= {seal(PASSES[1], **parts).digest, sealed.digest}
    assert len(digests) == 7


def test_the_sealed_document_is_canonical_json_that_gives_the_truth_back():
    sealed = seal(PASSES[0], conversation="é", model="m", plan=WindowPlan(), version="v", seed=0)
    document = json.loads(sealed.document)
    assert Metadata.from_json(document["ground_truth"]) == PASSES[0]
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert canonical == sealed.document
    assert not replace(sealed, document=sealed.document.replace("seals", "boats")).holds()


def test_support_is_the_mean_of_what_the_passes_give(bench):
    passes = [
        Metadata((Tag("tidal turbine", 0.8), Tag("harbour seal", 0.2))),
        Metadata((Tag("Tidal turbine", 1.0),)),
    ]
    truth = combine_passes(passes, bench.embedder)
    assert [(tag.text, round(tag.support, 3)) for tag in truth.tags] == [
        ("tidal turbine", 0.9),
        ("harbour seal", 0.1),
    ]
