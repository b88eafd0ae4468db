"""What the dataset gets: tags that scoring bears out, the best answer's profiles, turns of the whole."""

from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.scoring import Answer, NoAnswer, Score, TagVerdict
from cgp.store import ScoredAnswer, WindowRecord
from cgp.windows import Window, WindowPlan, cut
from validator.verified import confidence, stored_tree, verified_conversation, verified_window

TREE = Window(0, 8, (Window(0, 4), Window(4, 8)))


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
    assert texts(verified_window(answers, {}).metadata) == {"tide turbine": 2.0}


def test_a_novel_tag_needs_two_independent_miners():
    answers = [scored(name, ("gearbox", "novel", 0.7)) for name in "ab"]
    assert texts(verified_window(answers[:1], {}).metadata) == {}
    assert texts(verified_window(answers, {}).metadata) == {"gearbox": 2.0}
    assert texts(verified_window(answers, {"a": 3, "b": 3}).metadata) == {}, "clones are one"


def test_nothing_is_taken_from_what_scoring_rejects():
    answers = [
        scored("a", ("people talking", "generic", 0.0), ("synergy", "ungrounded", 0.0)),
        scored("b", ("tide", "ground_truth", 1.0), valid=False),
        ScoredAnswer("c", 2, NoAnswer("timeout"), Score(0.0, False, "timeout")),
    ]
    assert verified_window(answers, {}).metadata == Metadata()


def test_the_best_answers_profiles_cite_turns_of_the_conversation():
    windows = [WindowRecord(0, 0, 4), WindowRecord(1, 4, 8)]
    answers = {
        1: [
            scored("a", ("tide", "ground_truth", 1.0), value=0.9, profiles=profile("gearbox", 2)),
            scored("b", ("tide", "ground_truth", 1.0), value=0.2, profiles=profile("nonsense")),
        ]
    }
    truth = Metadata((Tag("tide"), Tag("harbour")), profile("tides", 1))
    mined = verified_conversation(
        truth, TREE, windows, answers, clusters={}, embedder=default_embedder()
    )
    merged = mined[0].metadata
    assert texts(merged) == {"tide": 3.0, "harbour": 1.0}
    assert merged.profiles[0].claims == (
        Claim("topic", "tides", (1,)),
        Claim("topic", "gearbox", (6,)),
    )
    assert [(w.number, w.parent, w.level, w.start, w.stop) for w in mined] == [
        (0, None, 0, 0, 8),
        (1, 0, 1, 0, 4),
        (2, 0, 1, 4, 8),
    ]
    assert mined[1].metadata == Metadata(), "nobody answered about the first window"
    assert texts(mined[2].metadata) == {"tide": 2.0}


def test_more_miners_and_the_ground_truth_make_a_tag_surer():
    windows = [WindowRecord(0, 0, 4), WindowRecord(1, 4, 8)]
    answers = {
        0: [
            scored("a", ("tide", "ground_truth", 1.0), ("gearbox", "novel", 0.7)),
            scored("b", ("tide", "ground_truth", 1.0), ("gearbox", "novel", 0.7)),
            scored("c", ("tide", "ground_truth", 1.0), ("seals", "ground_truth", 0.5)),
        ]
    }
    truth = Metadata((Tag("tide"), Tag("seals"), Tag("harbour")))
    mined = verified_conversation(
        truth, TREE, windows, answers, clusters={}, embedder=default_embedder()
    )
    sure = {tag.text: tag.confidence for tag in mined[0].metadata.tags}
    assert sure == {
        "tide": confidence(3, 3, 1.0),
        "seals": confidence(1, 3, 1.0),
        "gearbox": confidence(2, 3, 0.0),
        "harbour": confidence(0, 3, 1.0),
    }
    assert sure["tide"] == 0.9167, "(3 + 2 + 1/2) / (3 + 3)"
    assert sure["tide"] > sure["seals"] > sure["harbour"] == sure["gearbox"]


def test_tags_of_one_meaning_count_together_up_the_tree():
    windows = [WindowRecord(0, 0, 4), WindowRecord(1, 4, 8)]
    answers = {
        0: [scored("a", ("remote control", "ground_truth", 1.0))],
        1: [scored("b", ("remote controls", "ground_truth", 1.0))],
    }
    mined = verified_conversation(
        Metadata((Tag("remote control"),)),
        TREE,
        windows,
        answers,
        clusters={},
        embedder=default_embedder(),
    )
    assert texts(mined[0].metadata) == {"remote control": 3.0}
    assert texts(mined[1].metadata) == {"remote control": 1.0}


def test_windows_that_an_older_program_cut_are_kept_in_a_tree_of_two_levels():
    turns = tuple(Turn(i % 2, "word " * 40) for i in range(30))
    talk = Conversation("c", "test", (Participant("Ana"), Participant("Ben")), turns)
    plan, embedder = WindowPlan(), default_embedder()
    tree = cut(talk, plan, embedder)
    records = [WindowRecord(i, w.start, w.stop) for i, w in enumerate(tree.leaves())]
    assert stored_tree(talk, plan, embedder, records) == tree
    older = [WindowRecord(0, 0, 20), WindowRecord(1, 18, 30)]
    assert stored_tree(talk, plan, embedder, older) == Window(
        0, 30, (Window(0, 20), Window(18, 30))
    )
