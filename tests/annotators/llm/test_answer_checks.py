"""What of a model's answer counts: each fault that models were seen to have, and what is none."""

import json

import pytest

from cgp.annotators.answer import AnswerForm, read_answer
from cgp.annotators.answer_checks import AnswerChecks, AnswerFault
from cgp.annotators.errors import UnusableAnswerError
from cgp.metadata import Claim
from tests.annotators.llm.conftest import conversation

TALK = conversation(
    "The heating in my flat is broken, and the landlord does not call back.",
    "Write him a letter, and pay less rent until the heating works. I can ask our nurse about mould.",
    "Thank you, Anna. He raises the rent by 40 percent, with two weeks of notice.",
    names=("Nurse Tevita", "Anna Braun"),
)
GERMAN = conversation("Die Heizung in meiner Wohnung ist kaputt.", "Dann zahl weniger Miete!")
JAPANESE = conversation("暖房が壊れています。", "家賃を減らしましょう。")


@pytest.mark.parametrize(
    ("tag", "fault"),
    [
        ("", AnswerFault.EMPTY),
        ("!!", AnswerFault.EMPTY),
        ("12", AnswerFault.NUMERAL),
        ("40 %", AnswerFault.NUMERAL),
        ("12:30", AnswerFault.NUMERAL),
        ("b", AnswerFault.NUMERAL),
        ("https://heating.example.org/repair", AnswerFault.ADDRESS),
        ("www.heating-repair.com", AnswerFault.ADDRESS),
        ("landlord@example.org", AnswerFault.ADDRESS),
        ("[EMAIL_1]", AnswerFault.ADDRESS),
        ("Anna Braun", AnswerFault.SPEAKER),
        ("anna", AnswerFault.SPEAKER),
        ("Nurse Tevita and Anna", AnswerFault.SPEAKER),
        ("person1", AnswerFault.SPEAKER),
        ("speaker 2", AnswerFault.SPEAKER),
        ("The user", AnswerFault.SPEAKER),
        ("The landlord does not call back.", AnswerFault.SENTENCE),
        ("They talk about the broken heating", AnswerFault.SENTENCE),
        ("pay less rent until the heating works", AnswerFault.SENTENCE),
        ("heating rent landlord letter mould notice weeks flat", AnswerFault.LONG),
        ("heating " + "x" * 60, AnswerFault.LONG),
        ("rent rent rent", AnswerFault.REPEATED),
        ("broken heating", None),
        ("rent", None),
        ("nurse", None),  # a part of a name that is said as a word, too
        ("two weeks of notice", None),
        ("40 percent rent increase", None),
    ],
)
def test_each_fault_of_form_is_seen(tag, fault):
    assert AnswerChecks(TALK).fault_of(tag) is fault


@pytest.mark.parametrize(
    ("talk", "tag", "usual", "strict"),
    [
        (TALK, "broken heating", True, True),
        (TALK, "rent payment dispute", True, False),  # one word of three is said
        (TALK, "tenancy", True, False),  # meant, but not said
        (TALK, "tomato soup", False, False),
        (TALK, "business", False, False),
        (GERMAN, "kaputte Heizung", True, True),
        (GERMAN, "Fußballspiel", False, False),
        (JAPANESE, "暖房", True, True),
    ],
)
def test_a_tag_must_rest_on_what_is_said_or_meant(talk, tag, usual, strict):
    assert bool(AnswerChecks(talk).tags([tag], 8)) is usual
    assert bool(AnswerChecks(talk, strict=True).tags([tag], 8)) is strict


def test_counts_and_repeats_are_dropped_and_reported():
    checks = AnswerChecks(TALK)
    texts = ["broken heating", "Broken heatings", "heating", "rent step 1", "rent step 2"]
    assert checks.tags([*texts, "rent step 3", "heating 1", "letter"], 8) == (
        "broken heating",
        "heating 1",
        "letter",
    )
    assert checks.dropped == {AnswerFault.REPEATED: 2, AnswerFault.SEQUENCE: 3}


@pytest.mark.parametrize(
    ("participant", "claim", "counts"),
    [
        (0, Claim("topic", "broken heating", (0,)), True),
        (0, Claim("topic", "broken heating", (1,)), True),  # what others say about it may tell
        (0, Claim("fact", "lives with a broken heating", (1,)), False),  # not told by that person
        (0, Claim("stance", "likes tomato soup", (0,)), False),
        (0, Claim("fact", "call me at +44 20 7946 0018", (0,)), False),
    ],
)
def test_a_claim_must_rest_on_the_turns_that_it_cites(participant, claim, counts):
    assert AnswerChecks(TALK).counts(participant, claim) is counts


@pytest.mark.parametrize(
    "text",
    [
        '["broken heating", "rent"]',
        'Sure:\n```json\n["broken heating", "rent"]\n```',
        '{"tags": "broken heating, rent"}',
        '{"tags": ["1. broken heating", "- rent"]}',
        '{"tags": [{"tag": "broken heating"}, {"name": "rent"}]}',
        '{"keywords": ["broken heating", "rent"]}',
        '   \n\n {"tags": ["broken heating", "rent"]}  ',
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_an_answer_is_read_however_its_tags_are_listed(text, strict):
    metadata = read_answer(text, TALK, AnswerForm(8, 2), strict=strict).metadata
    assert [tag.text for tag in metadata.tags] == ["broken heating", "rent"]


def test_only_a_small_model_may_answer_with_a_plain_list():
    text = "Tags:\n- broken heating\n2. rent\nThe landlord does not call back."
    metadata = read_answer(text, TALK, AnswerForm(8, 2), strict=True).metadata
    assert [tag.text for tag in metadata.tags] == ["broken heating", "rent"]
    with pytest.raises(UnusableAnswerError, match="no complete JSON object"):
        read_answer(text, TALK, AnswerForm(8, 2))


def test_an_answer_of_junk_says_what_was_wrong_with_it():
    tags = [*(f"person{i}" for i in range(1, 13)), "12", "https://a.example"]
    with pytest.raises(UnusableAnswerError, match="12 part of a count, 1 a number, 1 an address"):
        read_answer(json.dumps({"tags": tags}), TALK, AnswerForm(8, 2))
    with pytest.raises(UnusableAnswerError, match="only white space"):
        read_answer(" \n\n \t", TALK, AnswerForm(8, 2))
