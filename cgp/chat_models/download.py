"""A download that goes on where it was: a range of an address, appended to a file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import IO, Final
from urllib.parse import urljoin, urlsplit

import aiohttp

from cgp.chat_models.errors import ModelFileError

_CHUNK: Final = 1 << 18
_SILENCE_SECONDS: Final = 60.0
"""A server that sends nothing for so long is given up; the bytes that came are kept."""

_MOST_REDIRECTS: Final = 5
_THIS_MACHINE: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_WHOLE, _PART, _NO_RANGE = 200, 206, 416


def append_from(url: str, file: IO[bytes], progress: Callable[[int, int | None], None]) -> None:
    """Append the missing rest of the file at ``url`` to ``file``, which is open at its end.

    A server that cannot go on sends the file from its start, which then replaces the old bytes.

    Raises:
        ModelFileError: if the address is not HTTPS (or HTTP on this machine), or the server fails.
    """
    _check(url)
    try:
        asyncio.run(_append(url, file, progress))
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        reason = str(error) or type(error).__name__
        raise ModelFileError(
            f"{address_shown(url)}: {reason}; {file.tell():,} bytes are kept: the same command goes on"
        ) from error


async def _append(url: str, file: IO[bytes], progress: Callable[[int, int | None], None]) -> None:
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=_SILENCE_SECONDS)
    # A compressed answer would have other ranges than the file.
    headers = {"Accept-Encoding": "identity"}
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
        for _ in range(_MOST_REDIRECTS):
            ranges = {"Range": f"bytes={file.tell()}-"} if file.tell() else {}
            async with session.get(url, headers=headers | ranges, allow_redirects=False) as answer:
                if answer.status in {301, 302, 303, 307, 308}:
                    url = urljoin(url, answer.headers.get("Location", ""))
                    # Each step is checked: no server leads from HTTPS to plain HTTP.
                    _check(url)
                    continue
                await _write(answer, file, progress)
                return
    raise ModelFileError(f"{address_shown(url)}: more than {_MOST_REDIRECTS} redirects")


async def _write(
    answer: aiohttp.ClientResponse, file: IO[bytes], progress: Callable[[int, int | None], None]
) -> None:
    if answer.status == _NO_RANGE:
        # Nothing is lacking, or the file is longer than the server's: the hash decides.
        return
    if answer.status not in {_WHOLE, _PART}:
        raise ModelFileError(f"{address_shown(str(answer.url))}: the server says {answer.status}")
    start = f"bytes {file.tell()}-"
    if answer.status == _WHOLE or not answer.headers.get("Content-Range", "").startswith(start):
        if answer.status == _PART:
            raise ModelFileError(
                f"{address_shown(str(answer.url))}: the server sends another range"
            )
        file.seek(0)
        file.truncate()
    length = answer.content_length
    total = None if length is None else file.tell() + length
    async for chunk in answer.content.iter_chunked(_CHUNK):
        file.write(chunk)
        progress(file.tell(), total)
    file.flush()


def _check(url: str) -> None:
    parts = urlsplit(url)
    plain = parts.scheme == "http" and parts.hostname in _THIS_MACHINE
    if (parts.scheme != "https" and not plain) or not parts.hostname:
        raise ModelFileError(
            f"{address_shown(url)}: a model comes from https:// (or from http:// on this machine)"
        )


def address_shown(url: str) -> str:
    """Return an address without its parts that may be secret: a password, a signature."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{parts.path}"
