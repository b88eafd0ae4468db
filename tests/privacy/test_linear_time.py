"""Texts made to be slow: whatever begins a find and never ends it, at a size and at twice that size."""

import time

import pytest

from cgp import text
from cgp.conversation import Conversation, Participant, Turn
from cgp.privacy import RedactionPolicy, find_personal_data, mentions, plain_text, redact

UNITS = [
    "1", "1 ", "00 1", "@", "a@a.", "::", "://", "h://", "http://h?token=", "eyJa.", "Aa1", "password ",
    "my key is ", "-----BEGIN PRIVATE KEY-----", "call 12", " at gmail dot com", "a dot ", "(at)a.",
    "mnemonic: abc ", "[EMAIL_1]", "Ana ", "張", "one two ", "legal winner ", "passport A1 ", "A1-",
    "my discord is a_", "rue de ", "12 Rue De ", "born 1.1.", "the code is ", "\\x1e1", "\\x1eat a", "密码", "4111 1111 ",
    "_key_", "iban DE", "0x", "deadbeef", "1.2.3.", "ab:cd:", "a.b@", "pin 1234 ", "a b c d 1 ", "call 1-2-3-4-5-6-7 ",
    "my pin is 4821 4821 ", "password: a1b2 ", "\\u200b1", "e\\u0301", "zéro six, ", "///a.b.", "u/", "#1234", "<at>",
    "alarm's 123 ", "unlocks with 1 ", "curl -u a:b ", "x1 as the the password ", "backup codes 1111 2222 ", "live at 1 a road ",
]  # fmt: skip
"""What each rule begins with, over and over."""

SMALL = 8_000
SLACK_SECONDS = 0.05
"""Processor time that a busy machine may add to a measurement."""


def seconds(unit: str, characters: int) -> float:
    """Return the processor time of one search."""
    text = (unit * (characters // len(unit) + 1))[:characters]
    start = time.process_time()
    find_personal_data(text)
    return time.process_time() - start


@pytest.mark.parametrize("unit", UNITS)
def test_twice_the_text_takes_about_twice_the_time(unit):
    small, large = seconds(unit, SMALL), seconds(unit, 4 * SMALL)
    # A busy machine may disturb one measurement, a rule that is not linear spoils each of them.
    if large >= 8 * small + SLACK_SECONDS:
        small, large = seconds(unit, SMALL), min(large, seconds(unit, 4 * SMALL))

    # Linear: four times. Quadratic: sixteen times.
    assert large < 8 * small + SLACK_SECONDS


def test_hostile_turns_with_names_to_replace_come_to_an_end():
    participants = tuple(
        map(Participant, ["Ana Ana Ana Ana Bo", "張張張張伟", *(f"Ana {i}" for i in range(200))])
    )
    for unit in ("Ana ", "張", "Ana Ana Bo"):
        turn = Turn(0, (unit * (200_000 // len(unit) + 1))[:200_000])
        original = Conversation("c", "test", participants, (turn,))
        redaction = redact(original, RedactionPolicy(pseudonym_key=b"k" * 16))
        assert len(redaction.conversation.turns) == 1


@pytest.mark.parametrize("table", [plain_text._TWINS, mentions._COMPOSABLE, text._REPLACEMENTS])
def test_a_text_of_all_characters_does_not_fill_the_memory(table):
    characters = "".join(map(chr, range(0xA0, 0xD800)))
    replaced = characters.translate(table)
    assert len(table) <= text._MOST_CHARACTERS
    assert characters.translate(table) == replaced
