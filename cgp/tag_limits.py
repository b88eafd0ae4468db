"""The limits of a tag, shared by annotators and scoring.

A tag beyond them is junk to scoring, so an annotator that sends one harms its miner. The limits
of the wire (``cgp.protocol.limits``) are wider: they bound messages, not quality.
"""

from __future__ import annotations

from typing import Final

MAX_TAG_CHARACTERS: Final = 64
"""Most characters of a tag as sent."""

MAX_TAG_WORDS: Final = 7
"""Most words of a tag in normal form, where hyphens and slashes separate words."""
