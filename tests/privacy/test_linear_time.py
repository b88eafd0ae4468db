"""Texts made to be slow: turns of 200,000 characters of whatever begins a find and never ends it."""

import subprocess
import sys

CPU_SECONDS = 90
"""Most processor time for all of them: about fifteen times what they take, and nothing that a pattern
with backtracking in earnest would ever keep to."""

HOSTILE = """
import resource
resource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))
from cgp.conversation import Conversation, Participant, Turn
from cgp.privacy import RedactionPolicy, redact

UNITS = [
    "1", "1 ", "00 1", "@", "a@a.", "::", "://", "h://", "http://h?token=", "eyJa.",
    "Aa1", "password ", "my key is ", "-----BEGIN PRIVATE KEY-----", "call 12", " at gmail dot com",
    "a dot ", "(at)a.", "mnemonic: abc ", "[EMAIL_1]", "Ana ", "張",
]
participants = tuple(map(Participant, ["Ana Ana Ana Ana Bo", "張張張張伟", *("Ana %d" % i for i in range(200))]))
for unit in UNITS:
    turn = Turn(0, (unit * (200_000 // len(unit) + 1))[:200_000])
    original = Conversation("c", "test", participants, (turn,))
    redaction = redact(original, RedactionPolicy(pseudonym_key=b"k" * 16))
    assert len(redaction.conversation.turns) == 1
print(len(UNITS), "done")
"""


def test_hostile_turns_of_200_000_characters_keep_to_a_budget_of_processor_time():
    done = subprocess.run(
        [sys.executable, "-c", HOSTILE.format(seconds=CPU_SECONDS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:] or f"stopped by signal {-done.returncode}"
    assert done.stdout == "22 done\n"
