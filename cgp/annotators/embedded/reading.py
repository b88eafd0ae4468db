"""A window read for the tag model: language, turns as words, candidates and labels."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from cgp.annotators.embedded.candidates import Phrases, SpokenTurn, phrases_of
from cgp.annotators.embedded.dictionaries import dictionary_languages
from cgp.annotators.embedded.east_asian import stops_of_nouns, words_of_run
from cgp.annotators.embedded.labels import LabelIndex
from cgp.annotators.embedded.language import language_of_script
from cgp.annotators.embedded.passages import longest, pieces_of
from cgp.annotators.embedded.phrase_words import Word
from cgp.annotators.embedded.spoken import readable_speech
from cgp.annotators.embedded.stop_words import StopWords, detect
from cgp.annotators.embedded.word_signs import parted
from cgp.annotators.embedded.words import (
    Run,
    has_kana,
    is_unspaced,
    pieces,
    runs,
    scrub,
    unspaced_share,
)
from cgp.conversation import Conversation
from cgp.embedders import Embedder, Vectors
from cgp.encoders import Encoder, Span
from cgp.tag_limits import MAX_TAG_CHARACTERS
from cgp.tagmodel import Passages, WindowReading, context_vectors, places_of

# A turn shorter than this many runs cannot drown a window by repeating itself.
_SHORT_TURN = 16
# Of a longer window the encoder reads evenly spaced pieces alone, so that one endless turn costs no
# more than a few windows. Other windows have a quarter of it at most.
_READ_CHARACTERS = 9_600
# A word that is longer than a tag may be is in none. Its beginning stands for it, so that nobody
# fills the memories of words with endless ones.
_WORD_CHARACTERS = MAX_TAG_CHARACTERS + 1
# A text with a larger share of such characters is no English with a foreign name in it.
_SPACELESS_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Window:
    """A conversation's turns as words: texts, phrases, main language (ISO 639-1).

    Texts are scrubbed, and those of English made readable.
    """

    texts: tuple[str, ...]
    stops: StopWords
    phrases: Phrases
    language: str


def read_window(conversation: Conversation, dictionaries: Collection[str] | None = None) -> Window:
    """Cut a conversation's turns into words and collect the candidate phrases.

    ``dictionaries`` are the languages that a dictionary cuts: those that are installed, where it is
    None.
    """
    if dictionaries is None:
        dictionaries = dictionary_languages()
    scrubbed = [scrub(turn.text) for turn in conversation.turns]
    texts, cut, stops, language = _cut(scrubbed, conversation.language, dictionaries)
    cut = [_once(turn) for turn in cut]
    read: list[list[list[Word]]] = [[] for _ in cut]
    if language in dictionaries:
        stops = stops_of_nouns(language)
        pairs = [
            [words_of_run(run, language, stops, _WORD_CHARACTERS) for run in turn] for turn in cut
        ]
        cut = [[run for run, _ in turn] for turn in pairs]
        read = [[words for _, words in turn] for turn in pairs]
    elif any(is_unspaced(text) for text in texts):
        rest = iter(pieces([run for turn in cut for run in turn], stops.edges))
        cut = [[next(rest) for _ in turn] for turn in cut]
    turns = [
        SpokenTurn(
            turn.speaker, [[word[:_WORD_CHARACTERS] for word in run] for run in of_turn], words
        )
        for turn, of_turn, words in zip(conversation.turns, cut, read, strict=True)
    ]
    phrases = phrases_of(turns, stops, _names(conversation), language)
    return Window(texts, stops, phrases, language)


def reading_of(
    window: Window,
    conversation: Conversation,
    labels: LabelIndex,
    embedder: Embedder,
    encoder: Callable[[], Encoder],
    *,
    origin: str = "",
) -> WindowReading:
    """Return the tag model's input: the window's phrases, also in context, its passages, and labels
    with support.

    ``encoder`` gives the encoder; it is called for English windows only. ``origin`` names where a
    training window comes from; labels that only it has are left out.
    """
    phrases = window.phrases
    text = " ".join(phrases.content)
    passages, context = _as_read(window, encoder)
    extra = labels.candidates(
        phrases,
        embedder.embed([text])[0],
        window.language,
        passages=passages,
        without=origin,
    )
    return WindowReading(
        (*phrases.candidates, *extra),
        phrases.stem_turns,
        tuple(turn.speaker for turn in conversation.turns),
        phrases.words,
        text,
        window.language,
        origin,
        passages,
        context,
    )


def _as_read(
    window: Window, encoder: Callable[[], Encoder]
) -> tuple[Passages | None, Vectors | None]:
    """Return the passages of an English window and its phrases as they are said, both by the
    encoder; None for other languages, and without words.
    """
    if window.language != "en":
        return None, None
    pieces = pieces_of(window.texts)
    if not pieces:
        return None, None
    texts = [text for _, text in pieces]
    wordings = [candidate.text for candidate in window.phrases.candidates]
    passage_places = longest(texts)
    step = max(1, math.ceil(sum(map(len, texts)) / _READ_CHARACTERS))
    places_by_wording = places_of(
        wordings, {place: texts[place] for place in range(0, len(texts), step)}
    )
    spans: dict[int, list[Span]] = {place: [] for place in passage_places}
    for place in chain.from_iterable(places_by_wording):
        spans.setdefault(place.piece, []).append((place.start, place.stop))
    keys = sorted(spans)
    parts = [None if key in passage_places else spans[key] for key in keys]
    states = encoder().read([texts[key] for key in keys], parts)
    tokens = dict(zip(keys, states, strict=True))
    passages = Passages(
        encoder().finish([tokens[place] for place in passage_places]),
        tuple(pieces[place][0] for place in passage_places),
        tuple(len(texts[place]) for place in passage_places),
    )
    return passages, context_vectors(places_by_wording, tokens)


def english_runs(conversation: Conversation) -> list[list[Run]]:
    """Return each turn's runs as the tagger reads them; nothing if the language is not English."""
    texts = [scrub(turn.text) for turn in conversation.turns]
    _, cut, _, language = _cut(texts, conversation.language, ())
    return cut if language == "en" else []


def _cut(
    texts: Sequence[str], hint: str | None, dictionaries: Collection[str]
) -> tuple[tuple[str, ...], list[list[Run]], StopWords, str]:
    """Cut texts into runs of words; return the texts that were cut, the runs, their stop words and
    their main language.
    """
    cut = [runs(text) for text in texts]
    whole = " ".join(texts)
    is_spaceless = unspaced_share(whole) > _SPACELESS_SHARE
    # These scripts have no words to look up in lists of function words: the script tells.
    by_script = language_of_script(whole) if is_spaceless else None
    stops = detect(
        (word.casefold() for turn in cut for run in turn for word in run), hint or by_script
    )
    language = stops.languages[0]
    if is_spaceless:
        # A Chinese text may name something Japanese. Without a dictionary its pieces are alike.
        is_japanese = by_script == "ja" if "zh" in dictionaries and by_script else has_kana(whole)
        language = "ja" if is_japanese else (hint or by_script or "zh").split("-")[0]
    if language == "en":
        texts = [readable_speech(text) for text in texts]
        cut = [runs(text) for text in texts]
    else:
        cut = [parted(turn, stops.languages) for turn in cut]
    return tuple(texts), cut, stops, language


def part_of(conversation: Conversation, start: int, stop: int) -> Conversation:
    """Return the turns ``start`` to ``stop`` of a conversation as a conversation."""
    return replace(conversation, turns=conversation.turns[start:stop])


def _once(turn: list[Run]) -> list[Run]:
    """Return a turn's runs without repetitions: a line said 2,000 times in one
    breath is one line.
    """
    if len(turn) < _SHORT_TURN:
        return turn
    return list({tuple(run): run for run in turn}.values())


def _names(conversation: Conversation) -> frozenset[str]:
    """Return the words of the participants' names."""
    return frozenset(
        word.casefold()
        for participant in conversation.participants
        for run in runs(participant.name)
        for word in run
    )
