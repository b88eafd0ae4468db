"""Sample conversations that ship with the package: for demonstrations, tests and a first local run.

All of them are invented: the people and organizations in them do not exist, and nothing said in
them is advice.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from cgp.conversation import Conversation
from cgp.conversation_json import conversation_from_json


def names() -> tuple[str, ...]:
    """Return the names of the samples, sorted; ``sample-<name>`` is the id of each."""
    # A package may be installed in a zip file, so the files are listed by importlib, not by a path.
    files = resources.files(__name__).iterdir()
    return tuple(sorted(f.name.removesuffix(".json") for f in files if f.name.endswith(".json")))


@cache
def load() -> tuple[Conversation, ...]:
    """Return all samples in the order of ``names()``."""
    return tuple(_read(name) for name in names())


def _read(name: str) -> Conversation:
    file = resources.files(__name__) / f"{name}.json"
    return conversation_from_json(json.loads(file.read_text(encoding="utf-8")))
