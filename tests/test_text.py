"""The normal form: one spelling for one tag, on both sides."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.text import are_plain, normal_form


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("  Public   Transport ", "public transport"),
        ("COVID-19", "covid 19"),
        ("covid‑19", "covid 19"),
        ("self-driving_cars", "self driving cars"),
        ("C++", "c++"),
        ("C#", "c#"),
        (".NET", ".net"),
        ("node.js", "node.js"),
        ("U.S. politics.", "u.s politics"),
        ("Éducation", "éducation"),
        ("É" + "ducation", "éducation"),
        ("ﬁnance", "finance"),
        ("ＡＩ", "ai"),
        ("日本語", "日本語"),
        ("“quoted”, tag!", "quoted tag"),
        ("#climate", "climate"),
        ("it’s fine", "it's fine"),
        ("zero\u200bwidth \u202ebidi", "zerowidth bidi"),
        ("line\nbreak\ttab", "line break tab"),
        ("🌍", "🌍"),
        ("...", ""),
        ("", ""),
    ],
)
def test_a_tag_has_one_normal_form(written, expected):
    assert normal_form(written) == expected


@given(st.text(max_size=60))
def test_the_normal_form_of_a_normal_form_is_itself(text):
    once = normal_form(text)
    assert normal_form(once) == once


@given(st.text("abcxyzßéüñçабвяαβγ 019-", max_size=30))
def test_letter_case_does_not_matter(text):
    assert normal_form(text.upper()) == normal_form(text.lower())


@given(st.lists(st.text("abcxyz019", min_size=1, max_size=8), min_size=1, max_size=5))
def test_spacing_and_hyphens_do_not_matter(words):
    expected = " ".join(words)
    assert normal_form("  ".join(words)) == expected
    assert normal_form("-".join(words)) == expected
    assert normal_form("_".join(words)) == expected


@given(st.lists(st.text(alphabet="az09AZ '-.\n\té²ß", max_size=6), max_size=8))
def test_plain_texts_are_their_own_normal_form(texts):
    plain = are_plain(texts).tolist()
    assert plain == [
        re.fullmatch(r"[a-z0-9]+(?:[ '][a-z0-9]+)*", text) is not None for text in texts
    ]
    assert all(normal_form(text) == text for text, each in zip(texts, plain, strict=True) if each)


def test_any_characters_may_be_asked_whether_they_are_plain():
    assert are_plain([]).tolist() == []
    assert are_plain(["", "\ud800", "🌍", "plain"]).tolist() == [False, False, False, True]
