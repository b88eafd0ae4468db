"""What people say before personal data, in twenty languages, and what sounds alike and tells nothing."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.privacy import find_personal_data
from cgp.privacy.number_words import ACCOUNT_WORDS, OTHER_NUMBER_WORDS, PHONE_WORDS
from cgp.privacy.plain_text import BREAK
from cgp.privacy.secret_words import CODE_WORDS, KEY_WORDS, PASSWORD_WORDS

HERE = Path(__file__).parent
MAIN_LANGUAGES = {
    *[
        "en",
        "de",
        "fr",
        "es",
        "pt",
        "it",
        "nl",
        "pl",
        "ru",
        "tr",
        "sv",
        "ar",
        "hi",
        "zh",
        "ja",
        "ko",
    ]
}


WORDS = """
password passwort pin code secret token wifi key unlock with is now still just it's was to for of the my your
seed phrase address live plate born mail phone iban account card gate 密码 是 パスワード は 비밀번호 пароль رمز
Xy7kqq1 4827 482713 jo@example.org one two three four hundred double capital T ? , : . = / @ ( ) [0] [SECRET_1]
"""
SALAD = [*WORDS.split(), BREAK, "İ", "\u200b", "é"]
"""Words that announce, join and are data, of which no order may stop the search."""


def lines(name):
    return (HERE / name).read_text(encoding="utf-8").splitlines()


def readable(line):
    """Return what stays readable of the value in a line."""
    said, _, value = line.replace("\\x1e", BREAK).partition("\t")
    hidden = {i for find in find_personal_data(said) for i in range(find.start, find.stop)}
    start = said.index(value) if value else 0
    wanted = range(start, start + len(value) if value else len(said))
    return "".join(said[i] for i in wanted if said[i].isalnum() and i not in hidden)


def test_values_are_found_whole_in_the_words_of_their_languages():
    assert {line: rest for line in lines("said.tsv") if (rest := readable(line))} == {}


def test_nothing_is_found_in_what_only_sounds_alike():
    texts = [line.replace("\\x1e", BREAK) for line in lines("not_said.txt")]
    finds = {text: find_personal_data(text) for text in texts}
    assert {text: found for text, found in finds.items() if found} == {}


@pytest.mark.parametrize(
    "beginning",
    ["password we got", "my password is my dog", "PIN it changed", "secret of ours", "code"],
)
def test_words_between_an_announcement_and_its_secret_stop_nothing(beginning):
    for rest in (", now Xy7kqq1", ", it's now Xy7kqq1", ", still Xy7kqq1 and", ", 482713", "", ":"):
        find_personal_data(beginning + rest)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(SALAD), max_size=12))
def test_words_of_all_rules_in_any_order_stop_nothing(words):
    text = " ".join(words)
    for find in find_personal_data(text):
        assert 0 <= find.start < find.stop <= len(text)


@pytest.mark.parametrize("words", [PHONE_WORDS, OTHER_NUMBER_WORDS, ACCOUNT_WORDS, PASSWORD_WORDS])
def test_every_main_language_has_its_words(words):
    assert set(words) >= MAIN_LANGUAGES


def test_keys_and_codes_have_words_in_most_languages():
    assert len(MAIN_LANGUAGES & set(KEY_WORDS)) >= 14
    assert len(MAIN_LANGUAGES & set(CODE_WORDS)) >= 15
