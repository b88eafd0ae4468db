"""A turn's text as one would write it down: without fillers, repetitions and a tokenizer's spaces.

Transcripts of speech hold "um", words said twice and words broken off; some come tokenized
(``don 't``, ``half - second``) or spell letters apart (``L_C_D_``). A claim that quotes them reads
badly, and its words are not the words that were meant. Everything here is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import eq

from cgp.annotators.embedded.claims.lexicon import word_list

# A mark of redaction ("[EMAIL_1]") is not a stage direction. It stays, so that a claim with it is
# left out (``content.UNFIT``): without it the claim would be told with a hole, "their email is ,
# send it".
_STAGE = re.compile(
    r"\[(?![A-Z]+_\d+\])[^\[\]]{0,80}\]|<[^<>]{0,40}>|\(\([^()]{0,80}\)\)|\{[^{}]{0,40}\}"
)
_STAGE_WORDS = re.compile(
    r"\((?:laugh\w*|laughter|applause|inaudible|crosstalk|pause|music|unclear)[^()]{0,40}\)",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"\b(?:[A-Za-z]_ ?){2,}(?:[A-Za-z]\b)?|\b(?:[A-Za-z]_)+[A-Za-z]\b")
_SPACED_CLITIC = re.compile(r"(?<=\w) (?=(?:n['’]t|['’](?:s|m|re|ve|ll|d|t))\b)", re.IGNORECASE)
_SPACED_HYPHEN = re.compile(r"(?<=\w) - (?=\w)")
_SPACED_MARK = re.compile(r" +(?=[.,?!;:](?:\s|$))")
_ASIDES = re.compile(
    r", (?:you know|I mean|like|actually|basically|honestly|obviously|of course|right|okay|sort of"
    r"|kind of|I guess|I suppose|you see|well)(?=,)",
    re.IGNORECASE,
)
_OPEN_ASIDES = re.compile(r"\b(?:you know|I mean), ", re.IGNORECASE)
_HEDGE = re.compile(
    r"(?<!\ba )(?<!\bthe )(?<!\bwhat )(?<!\bthis )(?<!\bthat )(?<!\bany )(?<!\bsome )(?<!\bone )"
    r"(?<!\bother )(?<!\bsame )(?<!\bwhich )(?<!\bdifferent )(?<!\bevery )\b(?:kind|sort) of "
    r"(?!(?:thing|stuff)\b)",
    re.IGNORECASE,
)
# A space before "?" is French, and no tokenizer's.
_TOKENIZER_MARK = re.compile(r"\w [.,] ?(?:\w|$)|\w ['’](?:s|m|re|ve|ll|d|t)\b")
_TOKENIZED_WITHIN = 200  # characters of a text that tell whether it is tokenized
_CONTRACTIONS = {
    "im": "I'm",
    "ive": "I've",
    "ill": "I'll",
    "lets": "Let's",
    "dont": "Don't",
    "wont": "Won't",
    "cant": "Can't",
    "didnt": "Didn't",
    "weve": "We've",
}
_BARE_CONTRACTION = re.compile(
    r"(?P<before>^|[.,;:!?] |\b(?:and|but|then|so|ok) )"
    r"(?P<word>(?:im|ive|weve|dont|wont|cant|didnt)(?= [a-z])|lets(?= (?!you|him|her|them|me\b)[a-z]+ )"
    r"|ill(?= (?:also |just |then )?(?:be|"
    + "|".join(sorted(word_list("present")))
    + r"|do|see|tell|text|message|pick|drop|stay|try|pay|bring)\b))\b",
    re.IGNORECASE,
)
_EDGES = ',.?!;:…"“”«»'
_FILLERS = word_list("fillers")
_LONE_LETTERS = frozenset("bcdefghjklmnpqrstuvwxyz")
_MOST_BROKEN = 8  # characters of a word that may be broken off
_SUBJECTS = frozenset(["ich", "du", "er", "sie", "wir", "ihr"])
_RELATIVES = frozenset(["der", "die", "das", "den", "dem"])
_NOT_BEFORE = frozenset(["und", "aber", "also", "weil", "dass", "oder", "wenn", "ja", "nein"])
# What a German verb in front of its subject ends with.
_VERB = re.compile(r"(?!nicht|heute|jetzt|(?:k|m|d|s)?eine$|dort|selbst|diese)\w{2,}(?:e|t|ß|en)")
_MOST_REPEATED = 4  # words that are said again in one piece

# Short words that may stand before a longer word that begins alike: "in into", "be because".
_WHOLE_SHORT_WORDS = word_list("whole_short_words")


def is_tokenized(texts: Sequence[str]) -> bool:
    """Tell whether texts come from a tokenizer, with spaces before their punctuation marks."""
    count = sum(1 for text in texts if _TOKENIZER_MARK.search(text[:_TOKENIZED_WITHIN]))
    return count * 5 > len(texts)


def clean_text(
    text: str, *, is_tokenizer_text: bool = False, words: frozenset[str] = frozenset()
) -> str:
    """Return ``text`` without stage directions, fillers and repetitions, single-spaced.

    ``words`` stay, though they sound like fillers: *um* and *er* are words of German.
    ``is_tokenizer_text`` texts also lose broken-off words (``releva it's relevant``), which
    nothing marks.
    """
    if "[" in text or "<" in text or "(" in text or "{" in text:
        text = _STAGE_WORDS.sub(" ", _STAGE.sub(" ", text))
    if "_" in text:
        text = _LETTERS.sub(_spelt_word, text)
    if is_tokenizer_text:
        text = _SPACED_HYPHEN.sub("-", _SPACED_CLITIC.sub("", text))
        text = _SPACED_MARK.sub("", text)
    fillers = _FILLERS - words
    text = " ".join(_fluent(text.split(), fillers, is_tokenizer_text=is_tokenizer_text))
    if ", " in text:
        text = _ASIDES.sub("", text)
    if "know, " in text or "mean, " in text:
        text = _OPEN_ASIDES.sub("", text)
    if "d of " in text or "t of " in text:
        text = _HEDGE.sub("", text)
    return text.lstrip(" ,-–—").strip()


def with_apostrophes(text: str) -> str:
    """Return a chat's sentence with the apostrophes that its writer left out: ``ill bring it``.

    Only where the word can be nothing else: ``ill`` before a verb, ``lets`` before one and at a
    clause's beginning, ``im``, ``ive`` and ``dont``.
    """
    return _BARE_CONTRACTION.sub(_with_apostrophe, text)


def _with_apostrophe(match: re.Match[str]) -> str:
    word = match["word"]
    spelling = _CONTRACTIONS[word.casefold()]
    if word[0].islower() and spelling[0] != "I":
        spelling = spelling[0].lower() + spelling[1:]
    return match["before"] + spelling


def _fluent(words: list[str], fillers: frozenset[str], *, is_tokenizer_text: bool) -> list[str]:
    """Return the words without fillers, broken-off words and repetitions, in one pass."""
    output: list[str] = []
    plain: list[str] = []
    folds = [word.strip(_EDGES).casefold() for word in words]
    if _is_fluent(words, folds, fillers):
        return words
    kept = _whole_words(words, folds, fillers, is_tokenizer_text=is_tokenizer_text)
    for word, fold, keeps in zip(words, folds, kept, strict=True):
        if not keeps:
            _close(output, word)
            continue
        repeats = fold in plain[-_MOST_REPEATED:]
        output.append(word)
        plain.append(fold)
        if repeats:
            _forget_repetition(output, plain)
    return output


def _whole_words(
    words: list[str], folds: list[str], fillers: frozenset[str], *, is_tokenizer_text: bool
) -> list[bool]:
    """Tell of each word whether it is neither a filler nor broken off.

    From the last to the first, since a word may be broken off twice: "devel d develop".
    """
    kept = [False] * len(words)
    following = ""
    for place in range(len(words) - 1, -1, -1):
        word, fold = words[place], folds[place]
        kept[place] = not (
            fold in fillers
            or (
                len(word) < _MOST_BROKEN
                and _is_broken_off(word, fold, following, is_tokenizer_text=is_tokenizer_text)
            )
        )
        if kept[place]:
            following = fold
    return kept


def _is_fluent(words: list[str], folds: list[str], fillers: frozenset[str]) -> bool:
    """Tell whether nothing in a text can be a filler, a repetition or broken off: most texts,
    quickly.
    """
    return (
        fillers.isdisjoint(folds)
        and _LONE_LETTERS.isdisjoint(words)
        and not any(map(str.startswith, folds[1:], folds))
        and not any(any(map(eq, folds, folds[size:])) for size in range(2, _MOST_REPEATED + 1))
        and not any(word[-1] in "-–" for word in words)
    )


def _forget_repetition(output: list[str], plain: list[str]) -> None:
    """Remove the first of the last words' two sayings, where they were said twice."""
    for size in range(1, min(_MOST_REPEATED, len(plain) // 2) + 1):
        if plain[-size:] == plain[-2 * size : -size] and _is_repetition(output, plain, size):
            # The second time may be the one that is carried on with a mark.
            del output[-2 * size : -size], plain[-2 * size : -size]
            return


def _is_repetition(output: list[str], plain: list[str], size: int) -> bool:
    """Tell whether the last words repeat those before by a slip, within a sentence.

    Numbers said twice are two numbers.
    """
    if size == 1 and _is_grammar(output, plain):
        return False
    between = output[-2 * size : -size]
    has_end = any(word[-1] in ".?!;:" for word in between)
    return not has_end and all(word and not word[0].isdigit() for word in plain[-size:])


def _is_grammar(output: list[str], plain: list[str]) -> bool:
    """Tell whether the last word stands on both sides of a comma by German grammar: "dachte ich,
    ich werde", "für die, die warten". "Ich, ich werde" is a slip, and so is "weil ich, ich".
    """
    if len(output) < 3 or output[-2][-1] != "," or output[-3][-1] in ".?!;:,":
        return False
    if plain[-1] in _RELATIVES:
        return plain[-3] not in _NOT_BEFORE
    return plain[-1] in _SUBJECTS and _VERB.fullmatch(plain[-3]) is not None


def _is_broken_off(word: str, fold: str, following: str, *, is_tokenizer_text: bool) -> bool:
    """Tell whether a word is broken off (``releva it's relevant``, ``th- the``, ``we we're``)."""
    if word[-1] in "-–" and len(word) > 1 and word[-2].isalpha():
        return True
    if not following.startswith(fold):
        return (
            is_tokenizer_text
            and len(word) == 1
            and word.isalpha()
            and word.islower()
            and word not in "aio"
        )
    if fold and following[len(fold) :].startswith(("'", "’")) and word[-1].isalpha():
        return True
    if not is_tokenizer_text or not word.isalpha() or not word.islower():
        return False
    again = len(following) > len(word) <= 6 and following.startswith(word)
    return again and following.replace("'", "").isalpha() and word not in _WHOLE_SHORT_WORDS


def _close(output: list[str], word: str) -> None:
    """Give the end mark of a word that is left out to the word before it, and take
    its commas away.
    """
    if output and word[-1] in ".?!" and output[-1][-1] not in ".?!":
        output[-1] = output[-1].rstrip(",") + word[-1]
    elif output and word[-1] == "," and output[-1][-1] == "," and len(output[-1]) > 1:
        output[-1] = output[-1][:-1]  # "I'm, uh, looking": both commas are the filler's


def _spelt_word(match: re.Match[str]) -> str:
    """Return letters that were spelt apart as one word; a space after them stays."""
    letters = match.group()
    end = " " if letters.endswith(" ") else ""
    return letters.replace("_", "").replace(" ", "") + end
