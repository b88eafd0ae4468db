"""A promise between two names the one to whom it is made, where that is sure and reads well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.annotators.embedded.claims.readings import read_claims
from cgp.conversation import Conversation, Participant, Turn


def promises(text, *others, language=None):
    """Return what Olga says as it is told of her, in a talk with these others."""
    people = tuple(map(Participant, ("Olga", *others)))
    answers = (Turn(number, "Good to know.") for number in range(1, len(people)))
    talk = Conversation("c", "test", people, (Turn(0, text), *answers), language=language)
    return [reading.value for speaker, reading in read_claims(talk) if speaker == 0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("I'll ring you on the twenty-seventh.", "will ring Piet on the twenty-seventh"),
        ("I'll also send you the invoice tomorrow.", "will send Piet the invoice tomorrow"),
        ("I'll not send you the invoice before May.", "will not send Piet the invoice before May"),
        ("Let me check the train timetable for you.", "will check the train timetable for Piet"),
        ("I'll bring your drill back tomorrow.", "will bring Piet's drill back tomorrow"),
        ("I'm meeting you at the station on Friday.", "is meeting Piet at the station on Friday"),
        # A "you" that is a subject, one among several, a "their" that would be Piet's.
        ("I'll make sure you get the invoice on Friday.", "will make sure you get the invoice on Friday"),
        ("I'll post the parcel to you when you are home.", "will post the parcel to you when you are home"),
        ("I'll give you both a lift to the station on Friday.", "will give you both a lift to the station on Friday"),
        ("I'll send you my photographs tomorrow.", "will send you their photographs tomorrow"),
        # No promise.
        ("I think you should prune the roses before March.", "thinks you should prune the roses before March"),
    ],
)  # fmt: skip
def test_the_object_you_of_a_promise_is_the_other_of_two(text, wanted):
    assert promises(text, "Piet") == [wanted]


@pytest.mark.parametrize(
    "others", [(), ("Piet", "Ann"), ("+31 6 1234",), ("@piet",), ("P",)], ids=str
)
def test_you_stays_where_nobody_or_no_name_or_several_may_be_meant(others):
    told = promises("I'll ring you on the twenty-seventh.", *others)
    assert told == ["will ring you on the twenty-seventh"]


def test_a_silent_third_may_be_meant_too():
    people = tuple(map(Participant, ("Olga", "Piet", "Ann")))
    turns = (Turn(0, "I'll ring you on the twenty-seventh."), Turn(1, "Good to know."))
    [(_, reading)] = read_claims(Conversation("c", "test", people, turns))
    assert reading.value == "will ring you on the twenty-seventh"


@given(name=st.text("abcXYZ \\1.'-{}", min_size=1, max_size=70))
def test_a_name_is_put_in_as_it_is_or_not_at_all(name):
    [told] = promises("I'll ring you on Friday the twenty-seventh.", name)
    whom = told.removeprefix("will ring ").removesuffix(" on Friday the twenty-seventh")
    assert whom in {"you", name.strip()}
