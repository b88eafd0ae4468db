"""Messages tell people to run commands: each command and option that is named exists."""

import ast
import functools
import re
from pathlib import Path

from cgp.cli.app import app_commands, load_command

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(
    r"\bcgp (?!command\b)([a-z]+(?:-[a-z]+)*)((?: (?:--)?[a-z][a-z-]*| [A-Z]+| \d+)*)"
)


@functools.cache
def messages():
    """Return each file, text, command and rest of a text that names a command, in order."""
    return sorted(set(named_commands()))


def named_commands():
    for folder in ("cgp", "miner", "validator"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    for found in NAMED.finditer(node.value):
                        yield path.relative_to(ROOT).as_posix(), found[0], found[1], found[2]


def test_messages_name_commands():
    assert len(messages()) > 30


def test_each_command_exists(subtests):
    for path, text, name, rest in messages():
        with subtests.test(f"{path}: {text}"):
            check(path, text, name, rest)


def check(path, text, name, rest):
    assert name in app_commands(), f"{path}: {text}"
    command = load_command(name)
    words = rest.split()
    # A command of a group, such as `cgp keys create`.
    command = getattr(command, "commands", {}).get(words[0] if words else "", command)
    options = {option for p in command.params for option in p.opts}
    for word in words:
        if word.startswith("--") and word != "--help":
            # A neuron's settings are flags of `cgp doctor` too.
            assert word in options or name == "doctor", f"{path}: {text} has no {word}"
    if words and not hasattr(command, "commands"):
        assert f"--{words[0]}" not in options, f"{path}: {text}: write --{words[0]}"
