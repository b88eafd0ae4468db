"""Words in every script: what each reading takes, and that it takes what it always took."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.words import PLAIN_WORDS, QUALITY_WORDS, TOPIC_WORDS, Reading

# The patterns of the users before they shared this module. Windows, quality and the index were made
# with them, so a difference would be a new version.
_SIGNS = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_UNSPACED = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
)
_MARKS = (
    r"\s!-/:-@\[-`{-~\u00a1-\u00bf\u037e\u0589\u05be\u060c\u061b\u061f\u06d4\u0964\u0965\u104a\u104b"
    r"\u1362-\u1368\u17d4\u17d5\u2010-\u205e\u3000-\u303f\u30fb\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40"
    r"\uff5b-\uff65"
)
_LETTER = rf"[^{_MARKS}{_UNSPACED}]"
BEFORE = [
    (PLAIN_WORDS, re.compile(r"\w+")),
    (TOPIC_WORDS, re.compile(rf"[{_SIGNS}]|[^\W_{_SIGNS}]+(?:['’][^\W_{_SIGNS}]+)?")),
    (
        QUALITY_WORDS,
        re.compile(rf"(?![\u30fb])[{_UNSPACED}]|{_LETTER}+(?:['\u2019]{_LETTER}+)*"),
    ),
]
SCRIPTS = "\u0e00\u0e48\u0f0b\u0f40\u1000\u104a\u1780\u3040\u30fb\u30a2\u4e00\uff71\uff9f_'’ aB.9é"


@pytest.mark.parametrize(("reading", "before"), BEFORE)
@given(text=st.one_of(st.text(), st.text(SCRIPTS)))
def test_a_reading_takes_the_words_that_its_user_always_took(reading, before, text):
    assert reading.words(text) == before.findall(text)


@pytest.mark.parametrize(
    ("text", "plain", "topic", "quality"),
    [
        ("it's rock'n'roll", 5, 3, 2),
        ("snake_case", 1, 2, 2),
        ("漢字かな", 1, 4, 4),
        ("ｶﾅｶﾅ", 1, 1, 4),  # half-width kana
        ("ไทยไทย", 1, 1, 6),  # Thai
        ("བོད་སྐད", 4, 4, 7),  # Tibetan: its vowel signs are no word characters
        ("မြန်မာ", 3, 3, 6),  # Burmese
    ],
)
def test_scripts_without_spaces(text, plain, topic, quality):
    counts = [len(reading.words(text)) for reading in (PLAIN_WORDS, TOPIC_WORDS, QUALITY_WORDS)]
    assert counts == [plain, topic, quality]


def test_a_reading_without_signs_or_apostrophes_is_runs_of_letters():
    assert Reading("[a-z]").words("it's 1 word") == ["it", "s", "word"]
