"""A candidate for a tag, and the window that it stands in: the input of the tag model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cgp.embedders import Vectors


@dataclass(frozen=True, slots=True)
class Grammar:
    """Structure of an English phrase: parts of speech of its words, and links such as *of*."""

    head_is_name: bool
    head_is_gerund: bool
    begins_with_adjective: bool
    begins_with_gerund: bool
    begins_with_participle: bool
    has_name: bool
    has_number: bool
    links: int
    # The share of its occurrences that no further noun or adjective touches.
    whole: float


@dataclass(frozen=True, slots=True, eq=False)
class LabelSupport:
    """Support of a window for a label of the open vocabulary.

    ``origins`` counts the conversations that gave the label. ``general`` says that it fits many
    conversations, such as *job interview*. ``fit`` compares labels of one window, ``place`` is the
    label's place among them (0 the best), ``said`` the share of its words that the window says.
    ``vector`` is the encoder's vector of the label, float32, None where it does not know the
    language.
    """

    origins: int
    general: bool
    fit: float
    place: int
    said: float
    vector: Vectors | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Passages:
    """Passages of a window as the encoder reads them.

    ``vectors`` holds float32 unit rows, shape ``(passages, dimension)``; ``turns`` the turn of
    each; ``sizes`` its number of characters.
    """

    vectors: Vectors
    turns: tuple[int, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A phrase that may become a tag of a window.

    ``stems`` holds the stems of its content words, in the order of the commonest wording ``text``;
    inflections and word order of one phrase are one candidate. ``count`` and ``turns`` say how
    often and in which turns (indices) it is said; ``first`` and ``last`` are its places in the
    window, from 0 to 1. ``grammar`` is None where the language has no tagger. ``light`` says that
    its only word says little alone. ``label`` is None for a phrase that the window says.
    """

    text: str
    stems: tuple[str, ...]
    count: int = 0
    turns: tuple[int, ...] = ()
    first: float = 0.0
    last: float = 0.0
    grammar: Grammar | None = None
    light: bool = False
    label: LabelSupport | None = None

    @property
    def key(self) -> frozenset[str]:
        """The stems as a set: two candidates with one key say the same."""
        return frozenset(self.stems)


@dataclass(frozen=True, slots=True)
class WindowReading:
    """The words of a window, as far as the tag model needs them.

    ``stem_turns`` maps each stem of a content word to the turns that say it, once for each time;
    ``speakers`` holds the speaker of each turn; ``words`` is the number of words; ``text`` is the
    window's content words in one line. ``context`` holds the phrases as they are said (see
    ``context_vectors``), one row a phrase; the labels stand behind them. It and ``passages`` are
    None where the encoder does not know the language.
    """

    candidates: Sequence[Candidate]
    stem_turns: Mapping[str, Sequence[int]]
    speakers: Sequence[int]
    words: int
    text: str
    language: str = "en"
    origin: str = field(default="")
    passages: Passages | None = None
    context: Vectors | None = None
