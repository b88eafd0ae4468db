"""What tags earn: exactness, coverage, grounding, novelty, and the price of spam."""

from __future__ import annotations

import itertools
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.conversation import Conversation, Participant, Turn
from cgp.metadata import Metadata, Tag
from cgp.scoring import Answer, ScoringTask

GENERIC = ("people talking", "conversation", "discussion", "communication", "opinions", "topics")
GOOD = (
    "harbour seals",
    "offshore wind",
    "porpoise clicks",
    "barnacles",
    "strike price",
    "tip speeds",
    "mussels",
    "turbines",
    "boats",
    "hydrophones",
    "fouling paint",
    "question from listeners",
)
JUNK = (
    "zebra crossing",
    "piano lessons",
    "tax haven",
    "volcano",
    "chess opening",
    "desert camel",
    "violin bow",
    "castle moat",
    "kettle lid",
    "rocket fuel",
    "pirate flag",
    "lemon zest",
)
FEW = settings(max_examples=30, deadline=None)


def pool(bench):
    """Tags of every kind, each once: true, said here, said elsewhere, generic, random."""
    said = [tag.text for tag in (*bench.own.tags[:20], *bench.foreign.tags[:6])]
    return list(dict.fromkeys((*bench.true, *said, *GENERIC[:3], *JUNK[:6])))


def test_an_exact_tag_never_earns_less_than_a_paraphrase(bench):
    paraphrases = {
        "boats": ["boat", "ships", "fishing boats", "a boat"],
        "seals": ["seal", "harbour seal", "seal colony", "sea lions"],
        "wind": ["winds", "wind power", "windy weather", "offshore wind"],
        "turbines": ["turbine", "tidal turbine", "turbine blades", "generators"],
        "harbour": ["harbor", "harbours", "port", "dock"],
    }
    for exact, others in paraphrases.items():
        only = bench.with_truth(exact)
        scores = only.tags([exact], *([other] for other in others))
        assert scores[0] > 0
        assert max(scores[1:]) <= scores[0]


def test_an_exact_copy_of_the_relevant_ground_truth_beats_a_mediocre_answer(bench):
    copy, mediocre = bench.tags(bench.true, [tag.text for tag in bench.own.tags[20:30]])
    assert copy > mediocre


def test_a_correct_tag_that_covers_something_new_raises_the_score(bench):
    known = bench.with_truth(*GOOD)
    correct = [tag for tag in GOOD if known.scores([tag])[0].tags[0].credit > 0.5]
    assert len(correct) >= 6
    before = 0.0
    for count in range(1, len(correct) + 1):
        [score] = known.tags(correct[:count])
        assert score >= before
        before = score
    three, four = known.tags(["boats", "seals", "wind"], ["boats", "seals", "wind", "turbines"])
    assert four > three + 0.03


@pytest.mark.parametrize("twin", ["seals", "Seals", "seal", "the seals", "ＳＥＡＬＳ", " seals. "])
def test_a_near_duplicate_adds_nothing(bench, twin):
    good = ["seals", "boats", "wind", "turbines", "porpoise", "mussels"]
    alone, doubled = bench.tags(good, [*good, twin])
    assert doubled <= alone
    tags = bench.scores([*good, twin])[0].tags
    assert tags[0].credit + tags[-1].credit <= 1.35


def test_a_repeat_is_junk(bench):
    good = bench.true[:6]
    alone, repeated, spoiled = bench.scores(good, (*good, good[0].upper()), (*good, JUNK[0]))
    earned = sum(verdict.credit for verdict in repeated.tags)
    assert earned == pytest.approx(sum(verdict.credit for verdict in alone.tags))
    assert repeated.components["precision"] < alone.components["precision"]
    assert repeated.tags[-1].verdict == "duplicate" or repeated.tags[0].verdict == "duplicate"
    assert spoiled.components["precision"] < alone.components["precision"]


def test_a_word_that_any_conversation_might_say_is_hardly_novel(bench):
    """The background never says it, but its lines come as near to what it means."""
    people = (Participant("A"),)

    def talk(name: str, *texts: str) -> Conversation:
        return Conversation(name, "t", people, tuple(Turn(0, text) for text in texts))

    window = talk(
        "w",
        "Basically the ferry leaves the harbour at nine.",
        "The ferry is old, and the harbour needs dredging.",
    )
    background = (
        talk("a", "Actually, I think it is essentially a nice garden.", "Really, it simply is."),
        talk("b", "Honestly, the school is fine, generally speaking.", "Obviously it is so."),
    )
    task = ScoringTask(window, Metadata(()), background)
    harbour, basically = replace(bench, task=task).supported("harbour", "basically")
    assert harbour > 0.5
    assert basically < harbour / 2


def test_one_tag_is_credited_for_one_thing(bench):
    things = ("boats", "seals", "wind", "turbines")
    apart, one, joined = bench.with_truth(*things).tags(things, things[:1], [" ".join(things)])
    assert apart > 0.9
    assert 0 < joined < one < apart / 2


def test_a_tag_that_joins_what_nobody_says_together_earns_a_quarter(bench):
    turns = (
        "We fixed the tidal turbine on Monday.",
        "The turbine needs fouling paint, says the harbour seal.",
        "Who pays for the paint and the gearbox?",
    )
    window = Conversation("c", "t", (Participant("A"),), tuple(Turn(0, text) for text in turns * 3))

    def credit(tag: str, *truth: str) -> float:
        tags = tuple(Tag(text) for text in truth)
        task = replace(bench.task, window=window, ground_truth=Metadata(tags))
        return replace(bench, task=task).scores([tag])[0].tags[0].credit

    own = credit("turbine gearbox", "turbine gearbox")
    assert own == 1.0, "the ground truth's own words are never a composite"
    together, composite = replace(bench, task=replace(bench.task, window=window)).supported(
        "tidal turbine", "tidal gearbox"
    )
    assert 0 < composite <= 0.25 * together
    truth = "turbine maintenance"
    assert credit("turbine repair", truth) > 0.5, "a word of its own makes it no composite"
    joined, joined_again = (credit(f"turbine{word} gearbox", truth) for word in ("", " repair"))
    assert joined_again <= max(joined, 0.25), "and is no excuse for one"


def test_neighbouring_pieces_of_one_long_turn_are_said_together(bench):
    filler = "and then we went on about it for a while as one does "

    def supported(words_between: int) -> float:
        between = " ".join((filler * 9).split()[:words_between])
        text = f"The kestrel {between} saw a gearbox."
        window = Conversation("c", "t", (Participant("A"),), (Turn(0, text),))
        task = replace(bench.task, window=window, ground_truth=Metadata())
        return replace(bench, task=task).supported("kestrel gearbox")[0]

    near, far = supported(10), supported(90)
    assert 0 < far <= 0.25 * near + 1e-9


def test_generic_and_foreign_tags_earn_about_nothing(bench):
    foreign = [tag.text for tag in bench.foreign.tags[:12]]
    good, *bad = bench.tags([t.text for t in bench.own.tags[:12]], GENERIC, foreign, JUNK)
    assert good > 0.3
    assert max(bad) <= 0.03 * good


def test_a_generic_ground_truth_tag_is_worth_nothing_here(bench):
    generic = bench.with_truth("conversation", "people", "seals")
    [score] = generic.scores(["conversation", "people", "seals"])
    assert [verdict.credit > 0.5 for verdict in score.tags] == [False, False, True]


def test_a_ground_truth_tag_of_another_part_of_the_conversation_earns_nothing(bench):
    elsewhere = bench.with_truth("planning permission", "seals")
    [score] = elsewhere.scores(["planning permission"])
    assert score.value == 0


@pytest.mark.parametrize(
    ("share", "relevance"), [(0.1, 0.0), (0.5, 0.0), (0.75, 0.5), (0.9, 0.8), (1.0, 1.0)]
)
def test_a_truth_that_the_window_does_not_support_is_about_it_where_it_is_most_of_the_conversation(
    bench, share, relevance
):
    truth = bench.with_truth("planning permission", "seals")
    part = replace(truth, task=replace(truth.task, share=share))
    [score] = part.scores(["planning permission"])
    assert score.tags[0].credit == pytest.approx(relevance)


def test_a_novel_supported_tag_earns_nothing_and_costs_only_its_place(bench):
    truth = ("wind turbine", "tidal turbine", "harbour seal", "mussel barnacle", "planning paint")
    task = replace(bench.with_truth(*truth).task, share=1.0)
    one = replace(bench, task=task)
    [repeat], [novel] = (one.scores([*truth, tag])[0].tags[-1:] for tag in (truth[0], "porpoise"))
    assert (repeat.verdict, novel.verdict, novel.credit) == ("duplicate", "novel", 0.0)
    alone, beside, junk = one.tags(truth, [*truth, "porpoise"], [*truth, JUNK[0]])
    assert junk < beside < alone


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_without_a_ground_truth_nothing_is_paid(bench, data):
    tags = data.draw(st.lists(st.sampled_from(pool(bench)), min_size=1, max_size=12, unique=True))
    assert bench.with_truth().tags(tags) == [0.0]


def test_an_unlikely_ground_truth_tag_earns_less(bench):
    def credit(support: float) -> float:
        truth = Metadata((Tag("tidal turbine", 1.0), Tag("harbour seal", support)))
        task = replace(bench.task, ground_truth=truth, share=1.0)
        return replace(bench, task=task).scores(["harbour seal"])[0].tags[0].credit

    assert credit(1.0) == credit(1 / 3) == 1.0
    assert credit(0.1) == pytest.approx(0.3)


@FEW
@given(st.data())
def test_junk_never_raises_a_score(bench, data):
    good = data.draw(st.lists(st.sampled_from(pool(bench)), max_size=11, unique=True))
    spoiled = [*good, data.draw(st.sampled_from(JUNK))]
    before, after = bench.tags(good, spoiled)
    assert after <= before


def test_junk_costs_even_a_short_answer(bench):
    only = bench.with_truth("seals", "boats")
    before, after = only.tags(["seals", "boats"], ["seals", "boats", "volcano"])
    assert after < before


def test_the_score_falls_with_the_share_of_junk(bench):
    good = list(GOOD)
    scores = bench.tags(*([*good[: 12 - n], *JUNK[:n]] for n in range(13)))
    assert scores[0] > 0.25
    assert scores[12] == 0
    assert all(more <= less + 0.02 for less, more in itertools.pairwise(scores))
    assert scores[6] < 0.65 * scores[0]


def test_replacing_a_good_tag_by_junk_never_raises_a_score(bench):
    good = list(bench.true)[: len(JUNK)]
    [whole] = bench.tags(good)
    spoiled = bench.tags(*([*good[:i], JUNK[i], *good[i + 1 :]] for i in range(len(good))))
    assert max(spoiled) < whole


@FEW
@given(st.data())
def test_order_within_the_counted_tags_changes_nothing(bench, data):
    tags = data.draw(st.lists(st.sampled_from(pool(bench)), min_size=2, max_size=12))
    first, second = bench.tags(tags, data.draw(st.permutations(tags)))
    assert first == pytest.approx(second, abs=1e-12)


@FEW
@given(st.data())
def test_letter_case_spacing_and_unicode_form_change_nothing(bench, data):
    tags = data.draw(st.lists(st.sampled_from(pool(bench)), min_size=1, max_size=12, unique=True))

    def disguise(tag: str) -> str:
        wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in tag)
        forms = [tag.upper(), tag.title(), f"  {tag} ", tag.replace(" ", "\t"), wide]
        forms += [unicodedata.normalize("NFD", tag), tag.replace(" ", "-"), f"\u200b{tag}"]
        return data.draw(st.sampled_from(forms))

    plain, disguised = bench.tags(tags, [disguise(tag) for tag in tags])
    assert disguised == pytest.approx(plain, abs=1e-12)


@FEW
@given(st.data())
def test_scores_stay_between_nothing_and_one(bench, data):
    texts = st.one_of(st.sampled_from(pool(bench)), st.text(max_size=80))
    [score] = bench.scores(Answer(tuple(data.draw(st.lists(texts, max_size=30)))))
    assert 0.0 <= score.value <= 1.0
    assert all(0.0 <= verdict.credit <= 1.0 for verdict in score.tags)


def test_only_the_first_tags_count_and_more_of_them_cost(bench):
    good = [tag.text for tag in bench.own.tags[:12]]
    exact, over, flood = bench.tags(good, [*good, *GOOD[:4]], [*good, *JUNK * 4])
    assert flood < over < exact
    late = bench.scores([*JUNK, *bench.true])[0]
    assert late.value == 0
    assert {verdict.verdict for verdict in late.tags[12:]} == {"surplus"}


def test_few_safe_tags_earn_far_less_than_a_full_answer(bench):
    full, three, one = bench.tags(*(GOOD[:n] for n in (12, 3, 1)))
    assert one < three < 0.6 * full


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        ("", "nothing is left"),
        ("\u200b\u202e", "nothing is left"),
        ("seals, boats", "several tags"),
        ("seals\nboats", "several tags"),
        ("seals; boats", "several tags"),
        ("seals / boats", "several tags"),
        ("one two three four five six seven eight", "more than 7 words"),
        ("s" * 65, "longer than 64"),
        ("se\u0430ls", "scripts"),
        ("\u202eslaes", "bidirectional"),
        ("se\x07als", "control"),
        ("evidence is good for a few machines", "word for word"),
    ],
)
def test_a_malformed_tag_earns_nothing_and_says_why(bench, tag, why):
    [score] = bench.scores([tag])
    assert score.value == 0
    assert score.tags[0].verdict == "malformed"
    assert why in score.tags[0].reason


def test_names_with_punctuation_can_match():
    from cgp.embedders import default_embedder
    from cgp.scoring import default_rule

    talk = ("Do we write it in C++ or C#?", "Node.js, and COVID-19 data for the éducation page.")
    window = Conversation(
        "c", "test", (Participant("A"),), tuple(Turn(0, text) for text in talk * 3)
    )
    for tag in ("C++", "c#", "node.js", "covid 19", "Éducation", "COVID-19"):
        task = ScoringTask(window, Metadata((Tag(tag.lower()),)))
        [score] = default_rule(default_embedder()).score(task, [Answer((tag,))])
        assert score.tags[0].verdict == "ground_truth", tag
        assert score.tags[0].credit == 1.0, tag


def test_support_in_the_ground_truth_weighs_coverage(bench):
    truth = (Tag("seals", 1.0), Tag("boats", 0.4))
    weighed = replace(bench, task=replace(bench.task, ground_truth=Metadata(truth)))
    sure, doubtful = weighed.tags(["seals"], ["boats"])
    assert sure > doubtful
