"""Files of an X/Twitter archive: JSON lists behind ``window.YTD.tweets.part0 =``."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cgp.conversation_json import ConversationError
from cgp.sources.files import File
from cgp.sources.json_stream import values_at
from cgp.sources.messages import key_of, mapping, text_of

MAX_ACCOUNT_BYTES = 1024 * 1024
ARCHIVE_COMPANIONS = ("*.js", "README.txt", "Your archive.html", "manifest.js")
"""The dozens of other lists of an archive: likes, followers, settings."""
_ASSIGNMENT = re.compile(rb"^\s*window\.YTD\.(\w{1,60})\.part\d{1,6}\s*=\s*")


@dataclass(frozen=True, slots=True)
class Account:
    """The person whose archive it is."""

    name: str
    id: str | None


def archive_part(head: bytes) -> str | None:
    """Return the list of an archive that begins so, None if there is none."""
    match = _ASSIGNMENT.match(head)
    return None if match is None else match[1].decode()


def archive_values(file: File) -> Iterator[object]:
    """Yield the values of a file's list.

    Raises:
        ConversationError: if it does not begin as a file of an archive, or is not JSON.
    """
    with file.open() as stream:
        assert isinstance(stream, io.BufferedReader)
        match = _ASSIGNMENT.match(stream.peek(256)[:256])
        if match is None:
            raise ConversationError("expected window.YTD.tweets.part0 = [ ... ]")
        stream.read(match.end())
        for _, value in values_at(stream, {"item"}, scalars=False):
            yield value


def account_of(file: File) -> Account | None:
    """Return the person that ``account.js`` beside a file names, None without it."""
    account = file.beside("account.js")
    if account is None or account.size > MAX_ACCOUNT_BYTES:
        return None
    try:
        for value in archive_values(account):
            fields_of_account = mapping(mapping(value, "account").get("account"), "account")
            name = text_of(fields_of_account.get("username"), "username")
            return Account(
                f"@{name}" if name else "Author", key_of(fields_of_account.get("accountId"))
            )
    except ConversationError:
        # What was written is sound without its author's name.
        return None
    return None
