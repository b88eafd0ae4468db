"""Text of posts: others' as plain data, and ours so that it pings and links nobody.

A post is text that anybody on the Internet wrote. It is read as data: HTML is taken off by the
reader of conversations' files, acting characters by ``cgp.foreign_text``, and only a line that
begins with a skill's name asks for something.
"""

from __future__ import annotations

import re
from typing import Final

from cgp.foreign_text import html_text, shown
from cgp.sources.markup import text_of_html

MAX_POST: Final = 20_000
"""Most characters of a post's HTML that are read; Mastodon's own posts have about 500."""

MAX_ANSWER: Final = 480
"""Most characters of an answer: posts on Mastodon have at most 500 by default."""

# Marks that would mention somebody, set a tag or make a link in a post of ours.
_ACTING: Final = re.compile(r"[@#＠＃]|[a-z][a-z0-9+.-]{1,15}://|\bwww\.", re.IGNORECASE)
_MENTION: Final = re.compile(r"@[\w.-]{1,100}(?:@[\w.:-]{1,253})?")
_HASHTAG: Final = re.compile(r"#\w{1,100}")


def plain_text(content: str) -> str:
    """Return the text of a post's HTML, without markup and without characters that act."""
    return shown(text_of_html(content[:MAX_POST]))


def without_mentions(text: str) -> str:
    """Return a text without its mentions and hashtags, and without the space that they leave."""
    lines = (_HASHTAG.sub(" ", _MENTION.sub(" ", line)) for line in text.split("\n"))
    return "\n".join(" ".join(line.split()) for line in lines).strip()


def harmless(text: str) -> str:
    """Return a text that may stand in a post of ours: no mention, hashtag or link, one line.

    Words of an answer may come from the question. Repeated as they are, they would let a stranger
    have our account mention anybody.
    """
    return " ".join(_ACTING.sub(" ", shown(text)).split())


def shortened(text: str, limit: int = MAX_ANSWER) -> str:
    """Return a text of at most ``limit`` characters, cut at a word where possible."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(",;: ") + "…"


def paragraph(text: str) -> str:
    """Return a text as the HTML of a post."""
    return f"<p>{html_text(text)}</p>"
