"""Annotators and scoring read the limits of a tag from one place, and count its words alike."""

import pytest

from cgp.annotators.answer_checks import AnswerChecks, AnswerFault
from cgp.conversation import Conversation, Participant, Turn
from cgp.scoring.form import defect_of
from cgp.scoring.settings import FormSettings
from cgp.tag_limits import MAX_TAG_CHARACTERS, MAX_TAG_WORDS
from cgp.text import normal_form

SEVEN = "alpha-beta gamma/delta epsilon zeta_eta"  # hyphens, slashes and underscores part words
EIGHT = f"{SEVEN} theta"
TALK = Conversation("talk", "test", (Participant("Ann"),), (Turn(0, "Good morning."),))


def test_scoring_takes_its_limits_from_the_shared_ones():
    assert FormSettings().words == MAX_TAG_WORDS
    assert FormSettings().characters == MAX_TAG_CHARACTERS


@pytest.mark.parametrize(
    ("tag", "sound"),
    [
        (SEVEN, True),
        (EIGHT, False),
        ("a b c d e f g", True),
        ("a b c d e f g h", False),
        ("a" * MAX_TAG_CHARACTERS, True),
        ("a" * (MAX_TAG_CHARACTERS + 1), False),
    ],
)
def test_an_annotator_sends_no_tag_that_scoring_finds_too_long(tag, sound):
    name = normal_form(tag)
    too_long = AnswerChecks(TALK, strict=False).fault_of(tag) is AnswerFault.LONG
    refused = defect_of(tag, name, FormSettings()) != ""
    assert too_long == refused == (not sound)
