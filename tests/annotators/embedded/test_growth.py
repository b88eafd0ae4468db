"""Texts made to be slow, at a size and at four times that size: endless words of all sorts of characters."""

import time

import pytest

from cgp.annotators.embedded.reading import read_window
from cgp.conversation import Conversation, Participant, Turn

UNITS = [
    "a", "a1", "A", "1", "'", "’", "a'", "aa’", "l'", "dell’", "_", "a_", "A_", "-", "a-", "1-", ".", "a.", "1.", "1 ",
    "e\u0301", "\u0301", "\u0130", "我", "あ", "ア", "我あ", "ก", "हि", "\u200d", "@", "a@", "a@b.", ":", ":a", "a://", "<",
    "[", "{", "#", "#a", "+", "a+", "a&", "`", "\xa0", "um ", "u", "er ", "h", "yor", "ece", "ando", "\0", "\ud800", "א", "🎉",
]  # fmt: skip
LANGUAGES = ("en", "fr", "es", "tr", "ja")
SMALL = 2_000
SLACK_SECONDS = 0.05
"""Processor time that a busy machine may add to a measurement."""


def seconds(unit: str, language: str, characters: int) -> float:
    """Return the processor time of reading a turn."""
    text = (unit * characters)[:characters] + "!x"
    talk = Conversation("talk", "test", (Participant("Ada"),), (Turn(0, text),), language=language)
    start = time.process_time()
    read_window(talk)
    return time.process_time() - start


@pytest.mark.parametrize("unit", UNITS)
def test_four_times_the_word_takes_about_four_times_the_time(unit):
    for language in LANGUAGES:
        # Linear: four times. Quadratic: sixteen times. A busy machine may disturb a measurement.
        assert any(
            seconds(unit, language, 4 * SMALL) < 8 * seconds(unit, language, SMALL) + SLACK_SECONDS
            for _ in range(5)
        ), language


@pytest.mark.parametrize("language", LANGUAGES)
def test_endless_elisions_are_read(language):
    text = "l'" * 50_000 + "orgue"
    talk = Conversation("talk", "test", (Participant("Ada"),), (Turn(0, text),), language=language)

    assert read_window(talk).phrases.words
