"""The registry of reads: each with its name, its help, its parameters and its function.

The MCP server makes a tool of each entry. A new read is a method of ``Genome`` and an entry here;
its parameters, with their limits and help, come from the method's signature.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, get_type_hints

from cgp.reads.genome import Genome


@dataclass(frozen=True)
class Read:
    """One question to a genome. ``function`` takes the genome and the parameters by name."""

    name: str
    help: str
    function: Callable[..., Any]

    @cached_property
    def signature(self) -> inspect.Signature:
        """Parameters and result of the read, without the genome, with annotations as objects."""
        hints = get_type_hints(self.function, include_extras=True)
        # The first parameter is the genome itself, which no caller gives.
        _, *parameters = inspect.signature(self.function).parameters.values()
        return inspect.Signature(
            [parameter.replace(annotation=hints[parameter.name]) for parameter in parameters],
            return_annotation=hints["return"],
        )

    @property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """Parameters by name; the annotation of each holds its limits and its help."""
        return self.signature.parameters

    def ask(self, genome: Genome, **arguments: object) -> Any:  # noqa: ANN401 - JSON values
        """Return the answer as plain JSON values. Blocks.

        Raises:
            ReadError: if the question cannot be answered.
        """
        return self.function(genome, **arguments)


READS: Final = (
    Read(
        "search",
        "Find windows (parts of conversations), whole conversations or tags, by words and meaning.\n\n"
        "`score` is the relevance, 0 to 1. An empty list says that nothing is about the query.",
        Genome.search,
    ),
    Read(
        "get_conversation",
        "Summarise a conversation: title, participants, tags, claims, and its parts with their turns.\n\n"
        "Read the words of a part with get_turns.",
        Genome.conversation,
    ),
    Read(
        "get_turns",
        "Read a conversation's turns from `start` on, as far as they fit.\n\n"
        "`next_start` is where the next page begins, null at the end.",
        Genome.turns,
    ),
    Read("similar", "Find the conversations nearest in meaning to one.", Genome.similar),
    Read(
        "explain_score",
        "Explain the scores of miners' answers to a window: components and a verdict per tag.",
        Genome.explain_score,
    ),
    Read(
        "stats",
        "Count the conversations, windows and tags of the store and of the index.",
        Genome.stats,
    ),
)
