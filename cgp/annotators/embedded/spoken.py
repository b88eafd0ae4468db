"""Spoken English made readable: spelled letters, fillers and stammers."""

from __future__ import annotations

import re

_SPELLING = re.compile(r"\b(?:[A-Za-z]_){1,6}[A-Za-z]?(?=s\b|\b|_|$)")
_FILLERS = re.compile(
    r"(?<![\w'-])(?:u+h+m*|u+m+|e+r+m*|h+m+|m+h+m+|mm+|uh-huh|mm-hmm|ah|oh|eh)(?![\w'-])[ ,]*",
    re.IGNORECASE,
)
_TORN_CLITIC = re.compile(r" ('(?:s|re|ve|ll|d|m)|n't)\b")
_REPEATED_WORD = re.compile(r"\b([a-z']{1,20})((?:[ ,]{1,3}\1\b)+)", re.IGNORECASE)
_REPEATED_PAIR = re.compile(r"\b([a-z']{1,20} [a-z']{1,20})((?:[ ,]{1,3}\1\b)+)", re.IGNORECASE)


def readable_speech(text: str) -> str:
    """Return ``text`` with ``L_C_D_`` as LCD, without *um* and *uh*, each stammered word once."""
    if "_" in text:
        text = _SPELLING.sub(lambda match: match.group(0).replace("_", ""), text)
    text = _FILLERS.sub(" ", text)
    text = _TORN_CLITIC.sub(r"\1", text)
    text = _REPEATED_WORD.sub(r"\1", text)
    return _REPEATED_PAIR.sub(r"\1", text)
