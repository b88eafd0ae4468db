"""What the dataset gets: tags that scoring bears out, the best answer's profiles, turns of the whole."""

from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.scoring import Answer, NoAnswer, Score, TagVerdict
from cgp.store import ScoredAnswer, WindowRecord
from cgp.windows import Window, WindowPlan, cut
from validator.verified import confidence, stored_tree, verified_conversation, verified_window

TREE = Window(0, 8, (Window(0, 4), Window(4, 8)))
TALK = Conversation(
    "c",
    "test",
    (Participant("Ana"), Participant("Ben"), Participant("Sue")),
    tuple(Turn(i in {3, 7}, "word" * (1 + i)) for i in range(8)),
)


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
        truth,
        TREE,
        windows,
        answers,
        conversation=TALK,
        clusters={},
        embedder=default_embedder(),
    )
    merged = mined[0].metadata
    assert texts(merged) == {"tide": 3.0, "harbour": 1.0}
    assert merged.profiles[0].claims == (
        Claim("topic", "tides", (1,)),
        Claim("topic", "gearbox", (6,), confidence(1, 2, 0.0)),
        Claim("talk_share", "67% of the talk", (0, 1, 2, 4, 5, 6), 1.0),
    )
    assert [(w.number, w.parent, w.level, w.start, w.stop) for w in mined] == [
        (0, None, 0, 0, 8),
        (1, 0, 1, 0, 4),
        (2, 0, 1, 4, 8),
    ]
    assert mined[1].metadata == Metadata(), "nobody answered about the first window"
    assert texts(mined[2].metadata) == {"tide": 2.0}


def test_each_level_has_its_own_share_of_the_talk_and_a_miners_share_is_not_taken():
    windows = [WindowRecord(0, 0, 4), WindowRecord(1, 4, 8)]
    boast = (ParticipantProfile(0, (Claim("talk_share", "99% of the talk", (0,)),)),)
    answers = {1: [scored("a", ("tide", "ground_truth", 1.0), profiles=boast)]}
    mined = verified_conversation(
        Metadata((Tag("tide"),)),
        TREE,
        windows,
        answers,
        conversation=TALK,
        clusters={},
        embedder=default_embedder(),
    )
    shares = [
        {p.participant: [c.value for c in p.claims] for p in window.metadata.profiles}
        for window in mined
    ]
    assert shares == [
        {0: ["67% of the talk"], 1: ["33% of the talk"]},
        {},
        {0: ["69% of the talk"], 1: ["31% of the talk"]},
    ]


def test_a_claim_without_a_turn_of_its_participant_is_not_taken():
    windows = [WindowRecord(0, 0, 4), WindowRecord(1, 4, 8)]
    profiles = (
        ParticipantProfile(0, (Claim("fact", "owns a boat", (0, 3)), Claim("fact", "sank", (3,)))),
        ParticipantProfile(2, (Claim("fact", "silent all along", (0,)),)),
        ParticipantProfile(9, (Claim("fact", "nobody", (0,)),)),
    )
    answers = {
        0: [
            scored("a", ("tide", "ground_truth", 1.0), value=0.9, profiles=profiles),
            scored("b", ("tide", "ground_truth", 1.0), profiles=profiles[:1]),
            scored("c", ("tide", "ground_truth", 1.0)),
        ]
    }
    mined = verified_conversation(
        Metadata(),
        TREE,
        windows,
        answers,
        conversation=TALK,
        clusters={},
        embedder=default_embedder(),
    )
    claims = {p.participant: p.claims[:-1] for p in mined[0].metadata.profiles}
    owner = Claim("fact", "owns a boat", (0,), confidence(2, 3, 0.0))
    assert claims == {0: (owner,), 1: ()}


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
        truth,
        TREE,
        windows,
        answers,
        conversation=TALK,
        clusters={},
        embedder=default_embedder(),
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
        conversation=TALK,
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
