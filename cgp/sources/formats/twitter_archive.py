"""Threads of an X/Twitter archive: ``data/tweets.js``, a list behind an assignment.

The archive holds one person's tweets. Those that answer one another are a thread, which is a
conversation; a tweet alone is none. The author is named by ``account.js`` beside the file.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File
from cgp.sources.json_stream import values_at
from cgp.sources.messages import About, Message, key_of, mapping, text_of, to_record
from cgp.sources.source import Source, skipped, unreadable
from cgp.sources.threads import Post, threads

_ASSIGNMENT = re.compile(rb"^(?:\xef\xbb\xbf)?\s*window\.YTD\.(tweets?|account)\.part\d+\s*=\s*")
_MANY_AT = re.compile(r"^(?:@\w{1,15}\s+)+")


def _recognises(head: bytes, _path: Path) -> bool:
    match = _ASSIGNMENT.match(head)
    return match is not None and match[1] in {b"tweet", b"tweets"}


def read(file: File) -> Iterator[Record]:
    """Yield a record for each thread; tweets alone are counted as skipped."""
    posts: list[Post] = []
    author = _author(file)
    number = 0
    try:
        for value in _values(file):
            number += 1
            try:
                tweet = mapping(value, "tweet")
                posts.append(_post(number, mapping(tweet.get("tweet", tweet), "tweet"), author))
            except ConversationError as error:
                yield unreadable(file.path, number, error)
    except ConversationError as error:
        yield unreadable(file.path, number + 1, error)
    for thread in threads(posts):
        if len(thread) < 2:
            yield skipped(file.path, thread[0].number, "a tweet that belongs to no thread")
            continue
        about = About("twitter", id=f"twitter-{thread[0].key}")
        yield to_record(file.path, thread[0].number, about, thread)


def _values(file: File) -> Iterator[object]:
    with file.open() as stream:
        _skip_assignment(stream)
        for _, value in values_at(stream, {"item"}, scalars=False):
            yield value


def _skip_assignment(stream: BinaryIO) -> None:
    assert isinstance(stream, io.BufferedReader)
    match = _ASSIGNMENT.match(stream.peek(256)[:256])
    if match is None:
        raise ConversationError("expected window.YTD.tweets.part0 = [ ... ]")
    stream.read(match.end())


def _author(file: File) -> Participant:
    account = file.beside("account.js")
    if account is None or account.size > 1024 * 1024:
        return Participant("Author")
    try:
        for value in _values(account):
            known = mapping(mapping(value, "account").get("account"), "account")
            name = text_of(known.get("username"), "username")
            return Participant(f"@{name}" if name else "Author", key_of(known.get("accountId")))
    except ConversationError:
        # The tweets are sound without their author's name.
        return Participant("Author")
    return Participant("Author")


def _post(number: int, tweet: dict[str, Any], author: Participant) -> Post:
    key = key_of(tweet.get("id_str")) or key_of(tweet.get("id"))
    if key is None:
        raise ConversationError("id_str is missing")
    text = text_of(tweet.get("full_text", tweet.get("text")), "full_text")
    parent = key_of(tweet.get("in_reply_to_status_id_str"))
    message = Message(
        number, author, _plain(text, tweet.get("entities"), parent), _time(tweet), key
    )
    return Post(message, parent)


def _plain(text: str, entities: object, parent: str | None) -> str:
    """Return the text with its short links written out, without the names that it replies to."""
    urls = entities.get("urls") if isinstance(entities, dict) else None
    for url in urls if isinstance(urls, list) else []:
        if isinstance(url, dict):
            short, long = url.get("url"), url.get("expanded_url")
            if isinstance(short, str) and isinstance(long, str) and short:
                text = text.replace(short, long)
    return html.unescape(_MANY_AT.sub("", text) if parent else text)


def _time(tweet: dict[str, Any]) -> float | None:
    text = text_of(tweet.get("created_at"), "created_at")
    if not text:
        return None
    try:
        return datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y").timestamp()
    except ValueError as error:
        raise ConversationError(f"created_at: {text[:40]!r} is not a time") from error


SOURCE = Source(
    name="twitter-archive",
    description="X/Twitter archive (tweets.js): threads",
    suffixes=(".js",),
    recognises=_recognises,
    read=read,
)
