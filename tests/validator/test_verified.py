"""What the dataset gets: tags that scoring bears out, the best answer's profiles, turns of the whole."""

from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.scoring import Answer, NoAnswer, Score, TagVerdict
from cgp.store import ScoredAnswer, WindowRecord
from validator.verified import verified_conversation, verified_window


def profile(value, turn=0):
    return (ParticipantProfile(0, (Claim("topic", value, (turn,)),)),)


def scored(hotkey, *verdicts, value=0.5, valid=True, profiles=()):
    tags = tuple(TagVerdict(text, credit, verdict, "") for text, verdict, credit in verdicts)
    answer = Answer(tuple(tag.text for tag in tags), profiles)
    return ScoredAnswer(hotkey, 1, answer, Score(value, valid, "", {}, tags))


def texts(metadata):
    return {tag.text: tag.support for tag in metadata.tags}


def test_a_confirmed_tag_counts_with_as_many_miners_as_return_it():
    answers = [
        scored("a", ("tide turbine", "ground_truth", 1.0), value=0.9),
        scored("b", ("Tide Turbine", "ground_truth", 1.0)),
    ]
    assert texts(verified_window(answers, {})) == {"tide turbine": 2.0}


def test_a_novel_tag_needs_two_independent_miners():
    answers = [scored(name, ("gearbox", "novel", 0.7)) for name in "ab"]
    assert texts(verified_window(answers[:1], {})) == {}
    assert texts(verified_window(answers, {})) == {"gearbox": 2.0}
    assert texts(verified_window(answers, {"a": 3, "b": 3})) == {}, "clones are one"


def test_nothing_is_taken_from_what_scoring_rejects():
    answers = [
        scored("a", ("people talking", "generic", 0.0), ("synergy", "ungrounded", 0.0)),
        scored("b", ("tide", "ground_truth", 1.0), valid=False),
        ScoredAnswer("c", 2, NoAnswer("timeout"), Score(0.0, False, "timeout")),
    ]
    assert verified_window(answers, {}) == Metadata()


def test_the_best_answers_profiles_cite_turns_of_the_conversation():
    windows = [WindowRecord(0, 0, 4), WindowRecord(1, 4, 8)]
    answers = {
        1: [
            scored("a", ("tide", "ground_truth", 1.0), value=0.9, profiles=profile("gearbox", 2)),
            scored("b", ("tide", "ground_truth", 1.0), value=0.2, profiles=profile("nonsense")),
        ]
    }
    truth = Metadata((Tag("tide"), Tag("harbour")), profile("tides", 1))
    merged = verified_conversation(truth, windows, answers, {})
    assert texts(merged) == {"tide": 3.0, "harbour": 1.0}
    assert merged.profiles[0].claims == (
        Claim("topic", "tides", (1,)),
        Claim("topic", "gearbox", (6,)),
    )
