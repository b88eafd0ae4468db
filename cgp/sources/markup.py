"""Marks of programs in texts that are not words: HTML, citations, emoji codes."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

# Every part is bounded: a tag that never ends must not be looked for to the end of the text each
# time.
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,20})((?:\s[^<>]{0,2000})?)/?>|<![^<>]{0,2000}>")
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "br",
        "li",
        "ul",
        "ol",
        "tr",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "pre",
        "blockquote",
        "section",
    ]
)
_UNSEEN = re.compile(
    r"<(script|style|head|template)\b[^<>]{0,2000}>.{0,200000}?</\1\s*>", re.IGNORECASE | re.DOTALL
)
_BLOCK = re.compile(r"<(/?)blockquote\b[^<>]{0,500}>", re.IGNORECASE)
_PAGE = re.compile(r"<(p|div|ul|ol|blockquote|html|body)\b[^<>]{0,500}>.*</\1\s*>$", re.DOTALL)
_REASONING = re.compile(r"\s*<(think|thinking|reasoning)>")
_BLANK_LINES = re.compile(r"\n\s*\n+")

# ChatGPT's marks for its own renderer are private-use characters (OpenAI documents none of them;
# see github.com/josephjohncox/chatgpt-json-to-md for the older brackets).
_MARK = re.compile("[ \t]?\ue200([^\ue200-\ue20f]{0,60})\ue202?([^\ue200\ue201]{0,4000})\ue201")
_STRAY = re.compile("[\ue200-\ue20f]")
_BRACKET = re.compile(r"[ \t]?【[^【】\n]{0,200}†[^【】\n]{0,200}】|[ \t]?【turn\d+\w{1,40}】")
_NAMED_MARKS = frozenset({"entity", "product_entity", "product"})
_LABELLED_MARKS = frozenset({"url", "link"})

_EMOJI = re.compile(r"<a?:(\w{1,64}):\d{1,25}>")
_MENTION = re.compile(r"<(@[!&]?|#)(\d{1,25})>")
_COMMAND = re.compile(r"</([^<>:]{1,100}):\d{1,25}>")
_DISCORD_TIME = re.compile(r"<t:(-?\d{1,15})(?::[tTdDfFR])?>")
_ARTIFACT = re.compile(
    r"</?antArtifact(?:\s[^<>]{0,2000})?>|<antThinking>.{0,20000}?</antThinking>", re.DOTALL
)

_GROK_CARD = re.compile(
    r"[ \t]?<(grok:render|xai:tool_usage_card)\b[^<>]{0,2000}>.{0,20000}?</\1\s*>|"
    r"<grok:[^<>]{0,2000}/>",
    re.DOTALL,
)
_GROK_DOCUMENT = re.compile(
    r"<xaiArtifact\b(?P<about>[^<>]{0,2000})>(?P<text>.{0,200000}?)</xaiArtifact\s*>", re.DOTALL
)
_WORDS = re.compile(r'contentType="text/(?:markdown|plain)"')


def text_of_html(source: str) -> str:
    """Return the text that a piece of HTML shows, a line for each block."""
    if "<" not in source and "&" not in source:
        return source.strip()
    text = _UNSEEN.sub("", source)
    text = _TAG.sub(lambda tag: "\n" if (tag[2] or "").lower() in _BLOCKS else "", text)
    lines = (" ".join(line.split()) for line in html.unescape(text).split("\n"))
    return _BLANK_LINES.sub("\n", "\n".join(lines)).strip()


def is_page(text: str) -> bool:
    """Tell if a whole text stands in HTML's elements of blocks."""
    return text.lstrip()[:1] == "<" and _PAGE.match(text.strip()) is not None


def without_quoted_blocks(page: str, mark: str = "") -> str:
    """Return a page without its quoted blocks, which may lie in one another: those that have
    ``mark`` among their attributes.
    """
    parts_left: list[str] = []
    place = depth = 0
    for tag in _BLOCK.finditer(page):
        if depth == 0:
            if tag[1] or mark not in tag[0]:
                continue
            parts_left.append(page[place : tag.start()])
        depth = max(0, depth - 1) if tag[1] else depth + 1
        place = tag.end()
    return " ".join((*parts_left, page[place:] if depth == 0 else ""))


def without_reasoning(text: str) -> str:
    """Return an answer of a model without the reasoning that some write before it."""
    begin = _REASONING.match(text) if "<" in text else None
    if begin is None:
        return text
    _, end, rest = text[begin.end() :].partition(f"</{begin[1]}>")
    return rest.lstrip() if end else text


def without_citations(text: str) -> str:
    """Return an answer of ChatGPT without the marks of its sources; the names of sources stay."""
    if "\ue200" in text or "\ue201" in text:
        text = _STRAY.sub("", _MARK.sub(_citation, text))
    return _BRACKET.sub("", text) if "【" in text else text


def _citation(mark: re.Match[str]) -> str:
    kind, rest = mark[1], mark[2]
    space = mark.group()[0] if mark.group()[0] in " \t" else ""
    if kind in _NAMED_MARKS:
        try:
            name = json.loads(rest.partition("\ue202")[0])[1]
        except (ValueError, IndexError, KeyError, TypeError, RecursionError):
            return ""
        return f"{space}{name}" if isinstance(name, str) else ""
    if kind in _LABELLED_MARKS:
        return space + rest.partition("\ue202")[0]
    return ""


def without_discord_codes(text: str, names: Mapping[str, str]) -> str:
    """Return a Discord message with what it refers to by name: its own emoji (``<:rose:123>`` is
    ``:rose:``), people, channels and commands, and times as they read in UTC. ``names`` are those
    of the people that it mentions, by their ids; of anything else the number stays.
    """
    if "<" not in text:
        return text
    text = _EMOJI.sub(r":\1:", text)
    text = _COMMAND.sub(r"/\1", text)
    text = _MENTION.sub(lambda match: match[1][0] + names.get(match[2], match[2]), text)
    return _DISCORD_TIME.sub(_shown_time, text)


def _shown_time(match: re.Match[str]) -> str:
    try:
        return datetime.fromtimestamp(int(match[1]), UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return ""


def without_artifact_tags(text: str) -> str:
    """Return an answer of Claude with its documents' text, without the tags around them."""
    return _ARTIFACT.sub("", text) if "<" in text else text


def without_grok_cards(text: str) -> str:
    """Return an answer of Grok without its cards and the marks of its sources; documents that it
    makes beside the chat stay, and code goes.
    """
    if "<" not in text:
        return text
    text = _GROK_DOCUMENT.sub(
        lambda m: m["text"].strip() if _WORDS.search(m["about"]) else "", text
    )
    return _GROK_CARD.sub("", text)
