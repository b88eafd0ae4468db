"""Candidates for tags in a window: noun phrases and names, with where and how often they are said.

English words have parts of speech by a tagger, Japanese and Chinese ones by a dictionary where one
is there, those of a few other languages by written lists; all others are cut at their stop words.
Wordings that share their content stems (*price of oil*, *oil prices*) are one candidate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from cgp.annotators.embedded.east_asian import compound_spans
from cgp.annotators.embedded.inflections import stem
from cgp.annotators.embedded.listed_parts import has_list, writers_of_capitals
from cgp.annotators.embedded.parts_of_speech import PartOfSpeech, shipped_tagger
from cgp.annotators.embedded.phrase_words import BREAK, MIN_LETTERS, ListReader, PlainReader, Word
from cgp.annotators.embedded.stop_words import StopWords, stop_words
from cgp.annotators.embedded.words import Run, is_code, join
from cgp.tag_limits import MAX_TAG_CHARACTERS
from cgp.tagmodel import Candidate, Grammar

MAX_CANDIDATES = 2_000
"""Most candidates of a window: the tag model's work and memory grow with their square. A window of
2,000 characters has 340 at most."""

# Drafts that are kept while an endless window is read.
_MOST_DRAFTS = 4 * MAX_CANDIDATES
MAX_CONTENT_WORDS = 4
# A longer word is read anew each time.
_REMEMBERED_CHARACTERS = 32
_MAX_WORDS = 6
# Adjectives that say little before a noun: *other things*, *whole idea*.
_PALE_WORDS = """
good great nice bad big little other same many few more most much own able sure right different
certain whole first last next second sure enough better best worse less least particular various
okay ok true wrong such several very else
"""
_PALE = frozenset(_PALE_WORDS.split())
# *Bit of luck*, *kind of pain*: what counts stands after *of*.
_QUANTITY_WORDS = """
bit lot lots kind kinds sort sorts bunch pile part parts piece pieces couple plenty number type types
form amount rest half front bottom inside outside top back side end middle pair variety majority way
ways level case use
"""
_QUANTITIES = frozenset(_QUANTITY_WORDS.split())
# Gerunds and participles that say little beside another word: *using btrfs*, *people involved*.
_LIGHT_VERB_FORMS = """
using taking taken going getting got making made doing done having being been involving saying said
coming looking given giving used putting trying thinking talking working letting seeing telling asking
keeping wanting needing including based called interested involved related concerned added
"""
_LIGHT_VERBS = frozenset(_LIGHT_VERB_FORMS.split())
_OWNERS = frozenset(
    ["my", "your", "our", "his", "her", "their", "its", "this", "that", "these", "those"]
)
_BEGINS = frozenset(
    (
        PartOfSpeech.NOUN, PartOfSpeech.NAME, PartOfSpeech.ADJECTIVE, PartOfSpeech.GERUND,
        PartOfSpeech.PARTICIPLE,
    )
)  # fmt: skip
_ENDS = frozenset((PartOfSpeech.NOUN, PartOfSpeech.NAME, PartOfSpeech.GERUND, PartOfSpeech.NUMBER))
_INSIDE = _BEGINS | _ENDS


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """A turn's speaker (an index) and its runs of words.

    ``words`` says how each of them may stand in a phrase, where a dictionary told.
    """

    speaker: int
    runs: Sequence[Run]
    words: Sequence[list[Word]] = ()


@dataclass(slots=True)
class _Draft:
    """A candidate while it is collected."""

    stems: tuple[str, ...]
    first: int
    last: int = 0
    wordings: Counter[str] = field(default_factory=Counter)
    stems_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    turns: list[int] = field(default_factory=list)
    parts: tuple[PartOfSpeech | None, ...] = ()
    links: int = 0
    whole: int = 0
    count: int = 0
    light: bool = False


@dataclass(frozen=True, slots=True)
class Phrases:
    """The candidates of a window and the words that they were read from.

    ``stem_turns`` maps a content stem to the turns that say it, once for each time; ``words``
    counts all words; ``content`` holds the content words in their order.
    """

    candidates: tuple[Candidate, ...]
    stem_turns: dict[str, list[int]]
    words: int
    content: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhraseWord:
    """Whether an English word may begin or end a noun phrase, or stand within it, by its part of
    speech; and whether it is a link such as *of*, or an article.
    """

    begins: bool
    ends: bool
    inside: bool
    is_link: bool
    is_article: bool


def phrase_words(runs: Sequence[Run]) -> list[list[PhraseWord]]:
    """Return how each word of each English run may stand in a noun phrase."""
    stops = stop_words("en")
    phrase_runs = []
    # Run by run: no phrase crosses the edge of one.
    for run, parts in zip(runs, shipped_tagger().tag(runs), strict=True):
        folds = [word.casefold() for word in run]
        words = [_tagged_word(fold, part, stops) for fold, part in zip(folds, parts, strict=True)]
        phrase_runs.append(
            [
                PhraseWord(
                    word.begins, word.ends, word.inside, fold in stops.link, fold in stops.article
                )
                for fold, word in zip(folds, words, strict=True)
            ]
        )
    return phrase_runs


def phrases_of(
    turns: Sequence[SpokenTurn],
    stops: StopWords,
    names: frozenset[str],
    language: str = "",
) -> Phrases:
    """Return every candidate of ``turns``; ``names`` holds words of the participants' names.

    A name alone is no candidate: that somebody takes part is no topic.
    """
    english = language == "en"
    collection = _Collection(stops, names, has_tags=english)
    reader = _reader(turns, stops, language)
    parts = iter(
        shipped_tagger().tag([run for turn in turns for run in turn.runs]) if english else ()
    )
    for number, turn in enumerate(turns):
        for place, run in enumerate(turn.runs):
            folds = [word.casefold() for word in run]
            if turn.words:
                words = turn.words[place]
            elif english:
                words = [
                    _tagged_word(word, part, stops)
                    for word, part in zip(folds, next(parts), strict=True)
                ]
            else:
                words = reader.words(run, folds, turn.speaker)
            collection.add(_ReadRun(run, folds, words, number, by_dictionary=bool(turn.words)))
    return collection.phrases()


def _reader(
    turns: Sequence[SpokenTurn], stops: StopWords, language: str
) -> PlainReader | ListReader:
    """Return a reader of the words of a language other than English."""
    plain = PlainReader(stops, language)
    if not has_list(language):
        return plain
    return ListReader(plain, writers_of_capitals((turn.speaker, turn.runs) for turn in turns))


def _tagged_word(word: str, part: PartOfSpeech, stops: StopWords) -> Word:
    """Return a case-folded English word as its part of speech lets it stand in a phrase."""
    # Few words make most of a talk. Endless ones of a hostile text fill no memory.
    read = _remembered_word if len(word) <= _REMEMBERED_CHARACTERS else _read_word
    return read(word, part, stops)


def _read_word(word: str, part: PartOfSpeech, stops: StopWords) -> Word:
    bare = word.removesuffix("'s").removesuffix("’s")
    letters = bare[:1].isalpha() and len(bare) >= MIN_LETTERS and not is_code(bare)
    digits = bare[:1].isdigit() and len(bare) <= 4
    if bare in stops.function or "'" in bare or not (letters or digits):
        return BREAK
    inside = part in _INSIDE
    return Word(
        stem(bare, english=True),
        begins=letters and part in _BEGINS and bare not in _PALE,
        ends=part in _ENDS and (letters or part is PartOfSpeech.NUMBER),
        inside=inside,
        part=part,
    )


_remembered_word = lru_cache(maxsize=16_384)(_read_word)


def _spans(folds: Run, words: Sequence[Word], stops: StopWords) -> Iterator[tuple[int, int, int]]:
    """Yield start, stop and number of links of each phrase in a run."""
    for start, first in enumerate(words):
        if not first.begins:
            continue
        links = sizes = 0
        for stop in range(start, min(start + _MAX_WORDS, len(words))):
            word = words[stop]
            if word.inside:
                sizes += 1
                if sizes > MAX_CONTENT_WORDS:
                    break
                if word.ends:
                    yield start, stop + 1, links
            elif folds[stop] in stops.link and not links:
                links += 1
            elif not (folds[stop] in stops.article and folds[stop - 1] in stops.link):
                break


@dataclass(frozen=True, slots=True)
class _ReadRun:
    """A run of words as written, case-folded and read (by a dictionary or not), and its turn."""

    tokens: Run
    folds: Run
    words: Sequence[Word]
    turn: int
    by_dictionary: bool


class _Collection:
    """The candidates of a window while its runs are read."""

    def __init__(self, stops: StopWords, names: frozenset[str], *, has_tags: bool) -> None:
        self._stops = stops
        self._names = names
        self._tagged = has_tags
        self._drafts: dict[frozenset[str], _Draft] = {}
        self._stem_turns: dict[str, list[int]] = {}
        self._content: list[str] = []
        self._place = 0

    def add(self, run: _ReadRun) -> None:
        """Add the candidates of one run."""
        for word, plain in zip(run.words, run.folds, strict=True):
            if word.stem and (word.inside or word.part is PartOfSpeech.VERB):
                self._stem_turns.setdefault(word.stem, []).append(run.turn)
                self._content.append(plain)
        spans = compound_spans if run.by_dictionary else _spans
        for start, stop, links in spans(run.folds, run.words, self._stops):
            content = [n for n in range(start, stop) if run.words[n].inside]
            if self._tagged and _is_loose(run, start, stop):
                continue
            if not self._is_empty([run.folds[n] for n in content]):
                draft = self._draft(run, content, start)
                draft.links = min(draft.links, links)
                self._count(draft, run, content, start, stop)
        self._place += len(run.tokens)

    def phrases(self) -> Phrases:
        """Return the collected candidates."""
        drafts = _most_said(self._drafts)
        if not self._tagged:
            drafts = _without_fragments(drafts)
        candidates = [_candidate_of(draft, self._place) for draft in drafts.values()]
        # A longer phrase can be no tag.
        fitting = tuple(phrase for phrase in candidates if len(phrase.text) <= MAX_TAG_CHARACTERS)
        return Phrases(fitting, self._stem_turns, self._place, tuple(self._content))

    def _is_empty(self, content: Sequence[str]) -> bool:
        """Tell whether a phrase is a participant's name, or one word that says little alone."""
        alone = len(content) == 1 and content[0] in self._stops.edges
        return alone or all(word in self._names for word in content)

    def _draft(self, run: _ReadRun, content: Sequence[int], start: int) -> _Draft:
        stems = tuple(run.words[n].stem for n in content)
        draft = self._drafts.get(frozenset(stems))
        if draft is None:
            if len(self._drafts) >= _MOST_DRAFTS:
                self._drafts = _most_said(self._drafts)
            draft = self._drafts[frozenset(stems)] = _Draft(
                stems,
                self._place + start,
                parts=tuple(run.words[n].part for n in content),
                links=len(content),
                light=len(content) == 1 and run.folds[content[0]] in self._stops.light,
            )
        return draft

    def _count(
        self, draft: _Draft, run: _ReadRun, content: Sequence[int], start: int, stop: int
    ) -> None:
        """Count one occurrence of a candidate."""
        text = join(run.tokens[start:stop], any_neighbour=run.by_dictionary)
        draft.count += 1
        draft.last = self._place + start
        draft.wordings[text] += 1
        draft.stems_of.setdefault(text, tuple(run.words[n].stem for n in content))
        alone_before = start == 0 or not run.words[start - 1].inside
        alone_after = stop == len(run.words) or not run.words[stop].inside
        draft.whole += alone_before and alone_after
        if not draft.turns or draft.turns[-1] != run.turn:
            draft.turns.append(run.turn)


def _is_loose(run: _ReadRun, start: int, stop: int) -> bool:
    """Tell whether a phrase of several English words holds together badly as a tag."""
    words = run.folds[start:stop]
    if len(words) == 1:
        return False
    numbers = [word[:1].isdigit() for word in words]
    return (
        any(word in _OWNERS for word in words[1:-1])
        or (words[0] in _QUANTITIES and words[1] == "of")
        or words[0] in _LIGHT_VERBS
        or words[-1] in _LIGHT_VERBS
        or any(numbers[:-1])
        # A number belongs to a name only: *Apollo 13*.
        or (numbers[-1] and not run.tokens[stop - 2][:1].isupper())
        or (
            run.words[start].part is PartOfSpeech.PARTICIPLE
            and not all(run.words[n].inside for n in range(start, stop))
        )
    )


def _most_said(drafts: dict[frozenset[str], _Draft]) -> dict[frozenset[str], _Draft]:
    """Return the drafts that are said most, of those said as often the earliest, in their order."""
    if len(drafts) <= MAX_CANDIDATES:
        return drafts
    ranking = sorted(drafts, key=lambda key: (-drafts[key].count, drafts[key].first))
    best = frozenset(ranking[:MAX_CANDIDATES])
    return {key: draft for key, draft in drafts.items() if key in best}


def _without_fragments(drafts: dict[frozenset[str], _Draft]) -> dict[frozenset[str], _Draft]:
    """Return the drafts that are not always said within one longer, repeated phrase.

    Where no tagger tells how a phrase is built, repetition tells where it ends.
    """
    by_stem: dict[str, list[frozenset[str]]] = {}
    for key, draft in drafts.items():
        if draft.count > 1:
            for name in key:
                by_stem.setdefault(name, []).append(key)
    return {
        key: draft
        for key, draft in drafts.items()
        if not any(
            key < longer and drafts[longer].count == draft.count
            for longer in by_stem.get(next(iter(draft.stems)), ())
        )
    }


def _candidate_of(draft: _Draft, words: int) -> Candidate:
    text = max(draft.wordings, key=draft.wordings.__getitem__)
    parts = draft.parts
    grammar = None
    if parts[0] is not None:
        grammar = Grammar(
            head_is_name=parts[-1] is PartOfSpeech.NAME,
            head_is_gerund=parts[-1] is PartOfSpeech.GERUND,
            begins_with_adjective=parts[0] is PartOfSpeech.ADJECTIVE,
            begins_with_gerund=parts[0] is PartOfSpeech.GERUND,
            begins_with_participle=parts[0] is PartOfSpeech.PARTICIPLE,
            has_name=PartOfSpeech.NAME in parts,
            has_number=PartOfSpeech.NUMBER in parts,
            links=draft.links,
            whole=draft.whole / draft.count,
        )
    size = max(words, 1)
    return Candidate(
        text.removesuffix("'s").removesuffix("’s"),
        draft.stems_of[text],
        draft.count,
        tuple(draft.turns),
        draft.first / size,
        draft.last / size,
        grammar,
        draft.light,
    )
