"""Words of languages other than English, and how each may stand in a noun phrase."""

from __future__ import annotations

from dataclasses import dataclass, field

from cgp.annotators.embedded.inflections import stem
from cgp.annotators.embedded.listed_parts import parts_by_list
from cgp.annotators.embedded.parts_of_speech import PartOfSpeech
from cgp.annotators.embedded.stop_words import StopWords
from cgp.annotators.embedded.word_signs import no_nouns
from cgp.annotators.embedded.words import Run, is_code, is_count, is_grammar

MIN_LETTERS = 2
_NOMINAL = frozenset((PartOfSpeech.NOUN, PartOfSpeech.ADJECTIVE))


@dataclass(frozen=True, slots=True)
class Word:
    """A word's stem, and whether a phrase may begin or end with it, or hold it.

    ``part`` is its part of speech where a tagger told it.
    """

    stem: str
    begins: bool
    ends: bool
    inside: bool
    part: PartOfSpeech | None = None


BREAK = Word("", begins=False, ends=False, inside=False)


@dataclass(frozen=True)
class PlainReader:
    """Reads the words of a language of which stop words and a few signs are all that is known."""

    stops: StopWords
    language: str
    memory: dict[str, Word] = field(default_factory=dict)

    def words(self, run: Run, folds: Run, _speaker: int) -> list[Word]:
        """Return the words of a run, as written and case-folded."""
        signs = no_nouns(run, folds, self.language)
        return [
            BREAK if no_noun else self.word(fold)
            for fold, no_noun in zip(folds, signs, strict=True)
        ]

    def word(self, fold: str) -> Word:
        """Return a case-folded word; a stop word breaks a phrase."""
        word = self.memory.get(fold)
        if word is None:
            root = "" if self._is_stop(fold) else stem(fold.removesuffix("'s"), english=False)
            word = self.memory[fold] = Word(root, bool(root), bool(root), bool(root))
        return word

    def _is_stop(self, word: str) -> bool:
        bare, edges = word.removesuffix("'s"), self.stops.edges
        return (
            len(bare) < MIN_LETTERS
            or bare in edges
            or word in edges
            or ("-" in bare and all(part in edges for part in bare.split("-")))
            or not bare[0].isalpha()
            or bare[-1] == "'"  # an article apart from its noun: *l'*
            or is_grammar(bare)
            or is_code(bare)
            or is_count(bare)
        )


@dataclass(frozen=True)
class ListReader:
    """Reads the words of a language with a written list of words.

    ``writers`` are the speakers who use capital letters.
    """

    plain: PlainReader
    writers: frozenset[int]

    def words(self, run: Run, folds: Run, speaker: int) -> list[Word]:
        """Return the words of a run: a phrase holds nouns, and adjectives before them or, in a
        Romance language, behind them.
        """
        language = self.plain.language
        parts = parts_by_list(
            run, language, self.plain.stops.edges, has_capitals=speaker in self.writers
        )
        words: list[Word] = []
        # From the end: an adjective begins a phrase if the word behind it does.
        for fold, part in zip(reversed(folds), reversed(parts), strict=True):
            word = self.plain.word(fold) if part in _NOMINAL else BREAK
            if word.stem and part is PartOfSpeech.ADJECTIVE:
                leads = bool(words) and words[-1].begins
                word = Word(word.stem, begins=leads, ends=language != "de", inside=True)
            words.append(word)
        return words[::-1]
