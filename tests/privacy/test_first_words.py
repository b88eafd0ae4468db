"""The quick looks that leave rules out: they say no only where the rule could find nothing."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.privacy import parsed_patterns, said_secrets, scanner
from cgp.privacy.first_words import Beginnings, FirstWords
from cgp.privacy.identity_numbers import NUMBERS
from cgp.privacy.parsed_patterns import least_digits
from cgp.privacy.plain_text import plain_text
from cgp.privacy.word_places import Vocabulary, WordKind, WordPlaces

FOLDER = Path(__file__).parent
CONTEXTS = scanner._FIRST_WORDS._contexts


def texts():
    for name in ("said.tsv", "planted.tsv"):
        for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
            text = plain_text(line.partition("\t")[0].replace("⟦", "").replace("⟧", "")).text
            yield from (text, text.upper(), text.replace(" ", "[0]]"))


def test_every_context_in_a_text_is_named_by_its_words():
    missed = {}
    for text in texts():
        named = scanner._FIRST_WORDS.contexts(WordPlaces(text, scanner._VOCABULARY))
        for context in set(CONTEXTS) - named:
            if match := context.words.search(
                re.sub(r"\[0\]*", lambda mask: " " * len(mask[0]), text)
            ):
                missed[text] = match.group()
    assert missed == {}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_context_is_named_whatever_form_its_words_have(data):
    context = data.draw(st.sampled_from(CONTEXTS))
    said = data.draw(st.from_regex(context.pattern, fullmatch=True))
    said = plain_text(said.replace("\n", " ")).text.lower()
    if context.words.match(said) is None:
        return
    first_words = FirstWords([context])
    vocabulary = Vocabulary([], {WordKind.CONTEXT: first_words.may_begin})
    assert first_words.contexts(WordPlaces(f"so {said} 123", vocabulary)) == {context}


def test_a_text_without_words_for_numbers_names_none():
    places = WordPlaces("It rained all evening, and was so warm.", scanner._VOCABULARY)
    assert scanner._FIRST_WORDS.contexts(places) == frozenset()


def test_every_announcement_of_a_secret_may_begin_where_it_does():
    missed = []
    for text in texts():
        lower = text.lower()
        for place in range(len(lower)):
            is_there = said_secrets._ANNOUNCING.match(lower, place) is not None
            if is_there and not said_secrets._ANNOUNCING_BEGINS.may_be_at(lower, place):
                missed.append(lower[place:])
    assert missed == []
    begins = Beginnings("pass(?:word|code)")
    assert begins.may_be_at("a passcode", 2)
    assert not begins.may_be_at("a pasture", 2)


def test_this_python_has_the_parser_that_the_quick_looks_read_patterns_with():
    assert parsed_patterns._parse is not None, "the rules work without it, but take longer"


def test_without_that_parser_nothing_is_left_out(monkeypatch):
    monkeypatch.setattr(parsed_patterns, "_parse", None)
    first_words = FirstWords(CONTEXTS)
    vocabulary = Vocabulary([], {WordKind.CONTEXT: first_words.may_begin})

    assert first_words.contexts(WordPlaces("so warm 123", vocabulary)) == set(CONTEXTS)
    assert Beginnings("pass(?:word|code)").may_be_at("a pasture", 2)
    assert least_digits(r"\d{3}-\d\d") == 0


@pytest.mark.parametrize(
    ("pattern", "digits"),
    [(r"\d{3}-\d\d", 5), (r"[A-Z]?\d{2,4}", 2), (r"\d{9}|\d{6}[A-Z]", 6), (r"[\dX]{4}", 0), (r"20[0-4]\d(?!\d)", 4)],
)  # fmt: skip
def test_digits_of_a_form_are_counted(pattern, digits):
    assert least_digits(pattern) == digits


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_identity_number_has_fewer_digits_than_its_form(data):
    number = data.draw(st.sampled_from(NUMBERS))
    value = data.draw(st.from_regex(number.pattern, fullmatch=True))
    assert sum(map(str.isdigit, value)) >= number.least_digits
