"""What people say before personal data, in twenty languages, and what sounds alike and tells nothing."""

from pathlib import Path

import pytest

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


@pytest.mark.parametrize("words", [PHONE_WORDS, OTHER_NUMBER_WORDS, ACCOUNT_WORDS, PASSWORD_WORDS])
def test_every_main_language_has_its_words(words):
    assert set(words) >= MAIN_LANGUAGES


def test_keys_and_codes_have_words_in_most_languages():
    assert len(MAIN_LANGUAGES & set(KEY_WORDS)) >= 14
    assert len(MAIN_LANGUAGES & set(CODE_WORDS)) >= 15
