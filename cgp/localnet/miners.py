"""The miners of a local network, as a person asks for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cgp.config import Settings
from cgp.localnet.processes import LocalnetError

MAX_MINERS = 64
DEFAULT_MINERS = 3

# Miners that differ, so that there is something to score: some look for fewer tags than others. All
# of them are the program that runs on mainnet.
_TAGS = (12, 8, 5)

# A miner's name is that of its wallet and of its log.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
OWN_WALLET = "own"
"""Name of the wallet of a miner that a person brings to a network that stays."""

MODEL_SECONDS = 10.0
"""Time that a miner waits for a model by default: validators wait 12 s for the miner."""

_OTHER_NAMES = frozenset({"owner", "validator", "pages", "index", OWN_WALLET})


@dataclass(frozen=True, slots=True)
class Miner:
    """One miner: its name, its annotator, and the most tags that it sends.

    ``annotator`` is a spec (``cgp.annotators.spec``); None: as the settings say, as on mainnet.
    ``max_tags`` None: as the settings say.
    """

    name: str
    annotator: str | None = None
    max_tags: int | None = None

    @classmethod
    def parse(cls, text: str) -> Miner:
        """Read ``NAME=ANNOTATOR``. The annotator is checked where it is made.

        Raises:
            LocalnetError: if ``text`` has another form.
        """
        name, equals, annotator = text.partition("=")
        name, annotator = name.strip(), annotator.strip()
        if not equals or not annotator or not _NAME.fullmatch(name) or name.lower() in _OTHER_NAMES:
            raise LocalnetError(
                f"--miner {text!r}: write NAME=ANNOTATOR, for example tiny=ollama:llama3.2:1b;"
                f" a name has letters, digits, - and _, and is none of {', '.join(sorted(_OTHER_NAMES))}"
            )
        return cls(name, annotator)

    @property
    def flags(self) -> list[str]:
        """The flags of the miner's process that are its own."""
        annotator = [] if self.annotator is None else ["--annotator", self.annotator]
        tag_limit = [] if self.max_tags is None else ["--miner.max_tags", str(self.max_tags)]
        return annotator + tag_limit

    @property
    def description(self) -> str:
        """The difference between the miner and others, in a few words."""
        if self.annotator is not None:
            return self.annotator
        return "" if self.max_tags is None else f"at most {self.max_tags} tags"


def miners_of(specs: Sequence[str], count: int | None = None) -> tuple[Miner, ...]:
    """Return the named miners (``NAME=ANNOTATOR``), after ``count`` default ones.

    Without a count there are three default ones, or none where others are named.

    Raises:
        LocalnetError: if a name is wrong or given twice, or there are none or too many.
    """
    # Named miners take the place of the default ones; a count asks for both.
    defaults = (0 if specs else DEFAULT_MINERS) if count is None else count
    miners = (
        *(Miner(f"miner-{i + 1}", None, _TAGS[i % len(_TAGS)]) for i in range(defaults)),
        *map(Miner.parse, specs),
    )
    names = [miner.name for miner in miners]
    if twice := {name for name in names if names.count(name) > 1}:
        raise LocalnetError(f"two miners are called {min(twice)}: give each a name of its own")
    if not 1 <= len(miners) <= MAX_MINERS:
        raise LocalnetError(f"miners must be 1 to {MAX_MINERS}, not {len(miners)}")
    return miners


def patience_flags() -> list[str]:
    """Return the flag that keeps a miner's model within a validator's deadline, if none is set."""
    is_set = "timeout_seconds" in Settings().llm.model_fields_set
    return [] if is_set else ["--llm.timeout_seconds", f"{MODEL_SECONDS:g}"]
