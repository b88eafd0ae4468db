"""Threads of an X/Twitter archive: ``data/tweets.js``, a list behind an assignment.

The archive holds one person's tweets. Tweets that answer one another are a thread, which is a
conversation; a tweet alone is none. Large archives go on in ``tweets-part1.js``. The author is
named by ``account.js`` beside the file.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File
from cgp.sources.messages import About, Message, key_of, mapping, records_of, text_of
from cgp.sources.source import Loss, Parts, Source, skipped, unreadable
from cgp.sources.threads import Post, threads
from cgp.sources.x_archive import (
    ARCHIVE_COMPANIONS,
    Account,
    account_of,
    archive_part,
    archive_values,
)

_MANY_AT = re.compile(r"^(?:@\w{1,15}\s+)+")
_TWEETS = frozenset({"tweet", "tweets"})


def _recognises(head: bytes, _path: Path) -> bool:
    return archive_part(head) in _TWEETS


def read(file: File) -> Iterator[Record]:
    """Yield a record for each thread; tweets alone are counted as skipped."""
    yield from _read_parts([file])


def _read_parts(files: Sequence[File]) -> Iterator[Record]:
    posts: list[Post] = []
    author = _author(account_of(files[0]))
    for file in files:
        yield from _posts(file, author, posts)
    path = files[0].path
    for thread in threads(posts):
        if len(thread) < 2:
            yield skipped(path, thread[0].number, "a tweet that belongs to no thread")
            continue
        about = About("twitter", id=f"twitter-{thread[0].key}")
        yield from records_of(path, thread[0].number, about, thread)


def _posts(file: File, author: Participant, posts: list[Post]) -> Iterator[Record]:
    """Add the tweets of a file to ``posts``; yield the unreadable ones."""
    number = 0
    try:
        for value in archive_values(file):
            number += 1
            try:
                # Newer archives have an object around each tweet.
                tweet = mapping(value, "tweet")
                posts.append(_post(number, mapping(tweet.get("tweet", tweet), "tweet"), author))
            except ConversationError as error:
                yield unreadable(file.path, number, error)
    except ConversationError as error:
        yield unreadable(file.path, number + 1, error)


def _author(account: Account | None) -> Participant:
    return Participant("Author") if account is None else Participant(account.name, account.id)


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
    # An answer begins with the names of the people that it answers: an address, and no words.
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
    parts=Parts(re.compile(r"^(?P<series>tweets?)(?:-part(?P<number>\d{1,6}))?\.js$"), _read_parts),
    companions=ARCHIVE_COMPANIONS,
    where="X, Settings, Download an archive of your data (zip)",
    kept="threads of the person's own tweets, times, links written out",
    left_out="tweets alone, other people's tweets (they are not in the archive), likes",
    loss=Loss.REST,
)
