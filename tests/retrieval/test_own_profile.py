"""A participant's own profile: verified claims of that person alone, through the gate."""

import json
from contextlib import closing
from dataclasses import asdict

import pytest

from cgp.config import Settings
from cgp.conversation import Conversation, Participant, Turn
from cgp.metadata import Claim, Metadata, ParticipantProfile
from cgp.retrieval import RetrievalError, own_profile
from cgp.store import ConversationResult, GroundTruthRecord, StandingChanges, Store, WindowResult
from cgp.windows import WindowPlan

CLAIMS = (
    Claim("role", "keeper of the greenhouse", (0,)),
    Claim("fact", "writes to petra@example.org", (0,)),
    Claim("role", "Keeper of the Greenhouse", (0,)),
    Claim("talk_share", "60% of the talk", (0,)),
)
METADATA = Metadata(
    (), (ParticipantProfile(0, CLAIMS), ParticipantProfile(1, (Claim("role", "cook", (1,)),)))
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    settings = Settings(data_dir=tmp_path_factory.mktemp("profile"))
    talk = Conversation(
        "talk",
        "test",
        (Participant("Petra"), Participant("Ben")),
        (Turn(0, "Write to petra@example.org about the vents."), Turn(1, "I cook today.")),
    )
    truth = GroundTruthRecord(
        seal="cd" * 32,
        document=json.dumps(
            {"ground_truth": METADATA.to_json(), "window_plan": asdict(WindowPlan())}
        ),
        annotator="embedded/1",
        embedder="words/1",
        rule_version="1",
        seed=1,
    )
    with closing(Store(settings.store_url)) as store:
        store.add_conversations([talk])
        lease = store.reserve("validator", 60)
        store.seal(lease, truth, [(0, 2)])
        store.commit_window(lease, WindowResult(0, 7, [], [], StandingChanges("1")))
        store.finish(lease, ConversationResult(METADATA))
    return settings


def test_a_person_gets_the_claims_about_that_person_alone(settings):
    profile = own_profile(settings, " Petra ")
    assert [(fact.attribute, fact.value) for fact in profile.facts] == [
        ("role", "keeper of the greenhouse"),
        ("fact", "writes to [EMAIL_1]"),
    ]
    assert {fact.conversation for fact in profile.facts} == {"talk"}
    assert "cook" not in profile.text
    assert profile.text.split("\n")[1] == "- role: keeper of the greenhouse"
    assert len(own_profile(settings, "Petra", limit=1).facts) == 1


def test_an_unknown_participant_is_an_error_that_says_so(settings):
    with pytest.raises(RetrievalError, match="'Nobody'"):
        own_profile(settings, "Nobody")
