"""Conversations from version 2 of the X/Twitter API, as saved answers of its search and look-up.

``{data: [tweets], includes: {users, tweets}}``, several of them as a list or one after the other.
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

_PAGES = ("", "item.")
_TWEETS = frozenset(
    f"{page}{place}" for page in _PAGES for place in ("data.item", "includes.tweets.item")
)
_USERS = frozenset(f"{page}includes.users.item" for page in _PAGES)


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "data", "conversation_id", "text")


def read(file: File) -> Iterator[Record]:
    """Yield a record for each conversation, in order of its first tweet in the file.

    The users stand behind the tweets, so all of a file is held in memory, as texts.
    """
    answers = _Answers(file.path)
    if is_json_lines(file.head()):
        # Line by line: a broken line costs no other.
        yield from json_line_records(file, answers.add_page)
    else:
        yield from answers.add_stream(file)
    if not answers.number:
        raise ConversationError("no tweets: expected a list under 'data'")
    yield from _conversations(file.path, answers.tweets, answers.users)


class _Answers:
    """The tweets and users of a file, by their ids."""

    def __init__(self, path: Path) -> None:
        self.users: dict[str, str] = {}
        self.tweets: dict[str, tuple[int, dict[str, Any]]] = {}
        self.number = 0
        self._path = path

    def add_page(self, _path: Path, number: int, value: object) -> Iterator[Record]:
        """Add one answer of the API; yield the unreadable tweets."""
        page = mapping(value, "answer")
        includes = page.get("includes")
        includes = includes if isinstance(includes, dict) else {}
        for user in _list_of(includes.get("users")):
            self._add_user(user)
        for tweet in (*_list_of(page.get("data")), *_list_of(includes.get("tweets"))):
            yield from self._add_tweet(number, tweet)

    def add_stream(self, file: File) -> Iterator[Record]:
        """Add the answers of a JSON document; yield the unreadable tweets."""
        with file.open() as stream:
            try:
                for prefix, value in values_at(stream, _TWEETS | _USERS, scalars=False):
                    if prefix in _USERS:
                        self._add_user(value)
                    else:
                        yield from self._add_tweet(self.number + 1, value)
            except ConversationError as error:
                yield unreadable(file.path, self.number + 1, error)

    def _add_user(self, value: object) -> None:
        if isinstance(value, dict) and (key := key_of(value.get("id"))) is not None:
            name = value.get("username") or value.get("name")
            if isinstance(name, str):
                self.users[key] = f"@{name}" if value.get("username") else name

    def _add_tweet(self, number: int, value: object) -> Iterator[Record]:
        self.number += 1
        try:
            tweet = _check(mapping(value, "tweet"))
        except ConversationError as error:
            yield unreadable(self._path, number, error)
            return
        self.tweets.setdefault(tweet["id"], (number, tweet))


def _list_of(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _check(tweet: dict[str, Any]) -> dict[str, Any]:
    """Return the kept part of a tweet.

    Raises:
        ConversationError: if it has no id or no text.
    """
    key = key_of(tweet.get("id"))
    if key is None:
        raise ConversationError("id is missing")
    if "text" not in tweet:
        raise ConversationError("text is missing")
    note = tweet.get("note_tweet")
    text = note.get("text") if isinstance(note, dict) else tweet["text"]
    return {
        "id": key,
        "conversation": key_of(tweet.get("conversation_id")) or key,
        "author": key_of(tweet.get("author_id")),
        "text": html.unescape(text_of(text, "text")),
        "at": epoch(tweet.get("created_at")),
    }


def _conversations(
    path: Path, tweets: dict[str, tuple[int, dict[str, Any]]], users: dict[str, str]
) -> Iterator[Record]:
    groups: dict[str, list[Message]] = {}
    for number, tweet in tweets.values():
        author = tweet["author"]
        participant = Participant(users.get(author or "", author or "Unknown"), author)
        message = Message(number, participant, tweet["text"], tweet["at"], tweet["id"])
        groups.setdefault(tweet["conversation"], []).append(message)
    for key, messages in groups.items():
        if len(messages) < 2:
            yield skipped(path, messages[0].number, "a tweet without a reply")
            continue
        messages.sort(key=lambda m: (m.at or 0.0, len(m.key or ""), m.key or ""))
        about = About("twitter", id=f"twitter-{key}")
        yield from records_of(path, messages[0].number, about, messages)


SOURCE = Source(
    name="twitter-api",
    description="X/Twitter API v2 answers: conversations by conversation_id",
    suffixes=(".json", ".jsonl"),
    recognises=_recognises,
    read=read,
    where="answers of the X API v2, saved",
    kept="names and ids, words, times; a conversation by its id",
    left_out="tweets without a reply",
    loss=Loss.TURN,
)
