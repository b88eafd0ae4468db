"""Reddit threads: answers of its API (``post.json``), and dumps with a line for each post or
comment.

Structure: Reddit's API (``Listing``, ``t1``, ``t3``) and the dumps of Pushshift (``link_id``,
``parent_id``). A post with its comments is a conversation; the lines of a dump are held, as texts.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File
from cgp.sources.json_records import is_json_lines, json_line_records
from cgp.sources.json_stream import values_at
from cgp.sources.messages import About, Message, epoch, key_of, mapping, records_of, text_of
from cgp.sources.source import Loss, Source, has_keys, is_json, skipped, unreadable

MAX_DEPTH = 200
_REMOVAL_MARKS = frozenset({"[deleted]", "[removed]"})


def _recognises(head: bytes, _path: Path) -> bool:
    if not is_json(head):
        return False
    listing = has_keys(head, "kind", "data", "children") and b'"Listing"' in head
    return listing or has_keys(head, "link_id", "parent_id", "body", "created_utc")


def read(file: File) -> Iterator[Record]:
    """Yield a record for each post with its comments."""
    threads: dict[str, list[Message]] = {}
    titles: dict[str, str] = {}
    if is_json_lines(file.head()):

        def collect(_path: Path, number: int, value: object) -> Iterator[Record]:
            _add(threads, titles, number, mapping(value, "comment"))
            return iter(())

        yield from json_line_records(file, collect)
    else:
        yield from _listings(file, threads, titles)
    for key, messages in threads.items():
        # Nobody answers: that is a post, and no talk.
        if len(messages) < 2:
            yield skipped(file.path, messages[0].number, "a post or comment without an answer")
            continue
        messages.sort(key=lambda message: message.at or 0.0)
        about = About("reddit", id=f"reddit-{key}", title=titles.get(key))
        yield from records_of(file.path, messages[0].number, about, messages)


def _listings(
    file: File, threads: dict[str, list[Message]], titles: dict[str, str]
) -> Iterator[Record]:
    """Add the things of one listing, or of a list of them; yield the unreadable ones."""
    number = 0
    places = {"item.data.children.item", "data.children.item"}
    with file.open() as stream:
        try:
            for _, thing in values_at(stream, places, scalars=False):
                number += 1
                # A list and not a recursion: answers may be nested deeper than Python's calls.
                waiting: list[tuple[object, int]] = [(thing, 0)]
                while waiting:
                    at, depth = waiting.pop()
                    try:
                        data = mapping(mapping(at, "thing").get("data"), "data")
                        # ``more`` stands for comments that were not loaded, and has no words.
                        if mapping(at, "thing").get("kind") != "more":
                            _add(threads, titles, number, data)
                    except ConversationError as error:
                        yield unreadable(file.path, number, error)
                        continue
                    replies = data.get("replies")
                    inner = replies.get("data") if isinstance(replies, dict) else None
                    children = inner.get("children") if isinstance(inner, dict) else None
                    if isinstance(children, list) and depth < MAX_DEPTH:
                        waiting.extend((child, depth + 1) for child in reversed(children))
        except ConversationError as error:
            yield unreadable(file.path, number + 1, error)


def _add(
    threads: dict[str, list[Message]], titles: dict[str, str], number: int, data: dict[str, Any]
) -> None:
    key = key_of(data.get("id"))
    if key is None:
        raise ConversationError("id is missing")
    author = text_of(data.get("author"), "author") or "[deleted]"
    if "body" in data:
        parts = [text_of(data.get("body"), "body")]
        link = key_of(data.get("link_id")) or _of_parent(threads, data) or key
        post = link.removeprefix("t3_")
    else:
        titles[key] = html.unescape(text_of(data.get("title"), "title"))
        parts, post = [titles[key], text_of(data.get("selftext"), "selftext")], key
    # A removed comment stays in its place, so that answers to it keep their thread.
    text = html.unescape("\n".join(p for p in parts if p and p not in _REMOVAL_MARKS))
    message = Message(number, Participant(author), text, epoch(data.get("created_utc")), key)
    threads.setdefault(post, []).append(message)


def _of_parent(threads: dict[str, list[Message]], data: dict[str, Any]) -> str | None:
    """Return the post of a comment that names only its parent: the latest post of the file."""
    parent = key_of(data.get("parent_id"))
    if parent is not None and parent.startswith("t3_"):
        return parent
    return next(reversed(threads), None)


SOURCE = Source(
    name="reddit",
    description="Reddit threads (API answers, or dumps of comments)",
    suffixes=(".json", ".ndjson", ".jsonl"),
    recognises=_recognises,
    read=read,
    where="an address of a thread with .json, or dumps of Pushshift",
    kept="names, words, times, titles; a post with its comments is a conversation",
    left_out="scores, deleted texts, who answers whom inside a thread, comments not loaded",
    loss=Loss.TURN,
)
