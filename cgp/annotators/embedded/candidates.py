"""Candidate phrases of a conversation, with who says them, where and how often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cgp.annotators.embedded.inflections import stem
from cgp.annotators.embedded.stop_words import StopWords
from cgp.annotators.embedded.words import Run, is_code, is_grammar, join

MAX_CONTENT_WORDS = 3
_MAX_WORDS = 5
_MIN_LETTERS = 2
_NOT_ADVERBS = frozenset(
    ["family", "reply", "supply", "july", "italy", "fly", "butterfly", "belly"]
)
_NOT_ADVERBS |= {"jelly", "bully", "assembly", "ally", "rally", "anomaly", "monopoly", "homily"}

Key = tuple[str, ...]


@dataclass(slots=True)
class Candidate:
    """A phrase, its inflections taken together.

    ``key`` holds the stems of its content words; ``surfaces`` counts the wordings; ``turns`` and
    ``speakers`` say where it is said and by whom; ``first`` is its place among all phrases.
    """

    key: Key
    first: int
    surfaces: dict[str, int] = field(default_factory=dict)
    turns: list[int] = field(default_factory=list)
    speakers: set[int] = field(default_factory=set)
    count: int = 0

    @property
    def text(self) -> str:
        """The commonest wording, the earliest on a tie."""
        if len(self.surfaces) == 1:
            return next(iter(self.surfaces))
        return max(self.surfaces, key=self.surfaces.__getitem__)

    @property
    def is_proper(self) -> bool:
        """Whether every wording begins with a capital letter, as names do."""
        return all(surface[0].isupper() for surface in self.surfaces)

    @property
    def is_verbal(self) -> bool:
        """Whether it begins like an English verb in the past, which names an event, not a topic."""
        first = self.text.split(" ", 1)[0]
        return len(first) > 4 and first.endswith("ed")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How words become candidates: what is not said at a tag's edge, and how words are merged.

    ``names`` are words that name participants; they are no topics.
    """

    stop_words: StopWords
    names: frozenset[str] = frozenset()

    @property
    def english(self) -> bool:
        """Whether the stemmer's English rules apply."""
        return self.stop_words.languages[0] == "en"


def extract(turns: Sequence[tuple[int, Sequence[Run]]], vocabulary: Vocabulary) -> list[Candidate]:
    """Return every candidate phrase of ``turns``, pairs of a speaker and the runs of one turn.

    A candidate begins and ends with a content word, has at most three of them, and no stop word but
    a linking one between them (``cost of living``).
    """
    found: dict[Key, Candidate] = {}
    known: dict[str, str] = {}
    for number, (speaker, turn_runs) in enumerate(turns):
        for run in turn_runs:
            folded = [word.casefold() for word in run]
            for word in folded:
                if word not in known:
                    known[word] = _content(word, vocabulary)
            content = [known[word] for word in folded]
            for key, start, stop in _phrases(folded, content, vocabulary):
                candidate = found.get(key)
                if candidate is None:
                    candidate = found[key] = Candidate(key, len(found))
                candidate.count += 1
                surface = join(run[start:stop])
                candidate.surfaces[surface] = candidate.surfaces.get(surface, 0) + 1
                candidate.speakers.add(speaker)
                if not candidate.turns or candidate.turns[-1] != number:
                    candidate.turns.append(number)
    return list(found.values())


def _content(word: str, vocabulary: Vocabulary) -> str:
    """Return a word's stem, or an empty string for a word that carries no topic."""
    stops, english = vocabulary.stop_words.edges, vocabulary.english
    bare = word.removesuffix("'s")
    stopped = (
        len(bare) < _MIN_LETTERS
        or bare in stops
        or word in stops
        or bare in vocabulary.names
        or ("-" in bare and all(part in stops for part in bare.split("-")))
        or not bare[0].isalpha()
        or is_grammar(bare)
        or is_code(bare)
        or (english and ("'" in bare or _is_adverb(bare)))
    )
    return "" if stopped else stem(bare, english=english)


def _is_adverb(word: str) -> bool:
    return len(word) > 4 and word.endswith("ly") and word not in _NOT_ADVERBS


def _phrases(
    folded: Run, content: Sequence[str], vocabulary: Vocabulary
) -> Iterator[tuple[Key, int, int]]:
    """Yield the key and the range of words of each phrase in a run."""
    links, articles = vocabulary.stop_words.link, vocabulary.stop_words.article
    for start, first in enumerate(content):
        if not first:
            continue
        key: Key = ()
        for stop in range(start, min(start + _MAX_WORDS, len(folded))):
            if content[stop]:
                key = (*key, content[stop])
                yield key, start, stop + 1
                if len(key) == MAX_CONTENT_WORDS:
                    break
            elif folded[stop] not in (articles if folded[stop - 1] in links else links):
                break
