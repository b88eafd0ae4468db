"""Messages tell people to run commands: each command and option that is named exists."""

import ast
import functools
import re
from pathlib import Path

from cgp.cli.app import app_commands, load_command
from cgp.settings_reference import settings_reference

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(
    r"\bcgp (?!command\b)([a-z]+(?:-[a-z]+)*)((?: (?:--)?[a-z][a-z-]*| [A-Z]+| \d+)*)"
)

OPTION = re.compile(r"(?<![\w-])--[a-z][\w.-]*\w")
# Options of other programs, which these files run, explain or look for.
OF_OTHERS = {
    "cgp/chat_models/files.py",
    "cgp/chat_models/server.py",
    "cgp/jobs/nats_server.py",
    "cgp/own_environment.py",
    "cgp/privacy/credentials.py",
    "cgp/sources/formats/whisper.py",
    "cgp/sources/formats/whisper_cpp.py",
    "cgp/sources/formats/youtube_json3.py",
}


@functools.cache
def messages():
    """Return each file, text, command and rest of a text that names a command, in order."""
    return sorted(set(named_commands()))


def named_commands():
    for path, text in texts():
        for found in NAMED.finditer(text):
            yield path, found[0], found[1], found[2]


@functools.cache
def texts():
    """Return each text in the source, with its file."""
    return [
        (path.relative_to(ROOT).as_posix(), node.value)
        for folder in ("cgp", "miner", "validator")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def options_of(command):
    """Return the options of a command, or of all commands of a group."""
    parts = getattr(command, "commands", {}).values()
    own = {option for p in command.params for option in (*p.opts, *p.secondary_opts)}
    return own.union(*(options_of(part) for part in parts))


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


def test_each_option_exists():
    known = {"--help", "--version"} | {setting.flag for setting in settings_reference()}
    known = known.union(*(options_of(load_command(name)) for name in app_commands()))
    named = [(path, option) for path, text in texts() for option in OPTION.findall(text)]
    assert len(named) > 300
    assert not [one for one in named if one[1] not in known and one[0] not in OF_OTHERS]
