"""Signed requests to other servers, within limits and to public addresses only."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self
from urllib.parse import urljoin

import aiohttp
from yarl import URL

import cgp
from cgp.bounded_bodies import body_within
from cgp.mycelium.fediverse import cavage, rfc9421
from cgp.mycelium.fediverse.addresses import PublicResolver, require_fetchable
from cgp.mycelium.fediverse.documents import (
    ACCEPT,
    ACTIVITY_JSON,
    ACTIVITY_STREAMS,
    MAX_BYTES,
    Document,
    is_same_origin,
    read_document,
)
from cgp.mycelium.fediverse.errors import (
    DocumentError,
    FetchError,
    SignatureError,
    UnsafeAddressError,
)
from cgp.mycelium.fediverse.http_message import HttpMessage, authority_of
from cgp.mycelium.fediverse.signatures import Form, date_of
from cgp.mycelium.fediverse.signing_key import SigningKey

# A server that cannot verify one form of signature answers one of these; then the other is tried.
_REFUSALS: Final = frozenset({400, 401, 403})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HOSTS_KEPT: Final = 4096


def utc_now() -> datetime:
    """Return the time of now."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Bounds of one request to another server.

    ``allow_loopback`` lets tests on one machine talk to each other; nothing else may set it.
    """

    seconds: float = 10.0
    max_bytes: int = MAX_BYTES
    redirects: int = 2
    allow_loopback: bool = False


class Fetcher:
    """Asks other servers in the name of one actor. An async context manager.

    Every request is signed, as servers in "authorised fetch" mode demand. The form of
    draft-cavage goes first, since all servers know it; one that refuses it gets RFC 9421, and is
    remembered.
    """

    def __init__(
        self,
        key: SigningKey,
        limits: FetchLimits | None = None,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.limits = limits or FetchLimits()
        self._key = key
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._forms: OrderedDict[str, Form] = OrderedDict()

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=PublicResolver(allow_loopback=self.limits.allow_loopback),
                # A name is resolved, and judged, for each new connection.
                use_dns_cache=False,
                # More than the deliveries and the searches for keys that there are at once.
                limit=64,
                limit_per_host=4,
            ),
            timeout=aiohttp.ClientTimeout(total=self.limits.seconds),
            # No proxy and no password of the environment: they are for other programs.
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            # A compressed body could unpack to any size: none is asked for, and none is read.
            auto_decompress=False,
            headers={"User-Agent": f"conversation-genome/{cgp.__version__} (ActivityPub bot)"},
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def document(self, url: str) -> Document:
        """Return the JSON object at an address; the fragment of an address is left out.

        Raises:
            UnsafeAddressError: if the address may not be reached, or redirects to another server.
            FetchError: if the server is away, or answers with an error.
            DocumentError: if the answer is not a JSON object within the limits.
        """
        url = url.partition("#")[0]
        try:
            async with asyncio.timeout(self.limits.seconds):
                for _ in range(self.limits.redirects + 1):
                    answer = await self._knock("GET", url, b"")
                    if answer.status not in _REDIRECTS:
                        return _document_of(answer, self.limits.max_bytes)
                    url = _redirected(url, answer.location)
        except TimeoutError:
            raise FetchError(f"{authority_of(url)} takes too long") from None
        raise FetchError(f"{authority_of(url)} redirects too often")

    async def post(self, url: str, body: bytes) -> None:
        """Deliver an activity to an inbox. A redirect is not followed: it would lose the body.

        Raises:
            UnsafeAddressError: if the address may not be reached.
            FetchError: if the server is away or did not accept it.
        """
        answer = await self._knock("POST", url, body)
        # Servers answer 200, 201 or 202; all mean that the activity is theirs now.
        if not 200 <= answer.status < 300:
            raise _refusal(url, answer)

    async def _knock(self, method: str, url: str, body: bytes) -> _Answer:
        """Ask once, and where the signature is refused once more in the other form."""
        require_fetchable(url, allow_loopback=self.limits.allow_loopback)
        host = authority_of(url)
        first = self._forms.get(host, Form.CAVAGE)
        answer = await self._ask(method, url, body, first)
        if answer.status not in _REFUSALS:
            return answer
        second = Form.RFC9421 if first is Form.CAVAGE else Form.CAVAGE
        second_answer = await self._ask(method, url, body, second)
        if second_answer.status in _REFUSALS:
            return answer
        self._forms[host] = second
        self._forms.move_to_end(host)
        while len(self._forms) > _HOSTS_KEPT:
            self._forms.popitem(last=False)
        return second_answer

    async def _ask(self, method: str, url: str, body: bytes, form: Form) -> _Answer:
        headers = {"accept": ACCEPT, "accept-encoding": "identity"}
        if body:
            headers["content-type"] = ACTIVITY_JSON
        scheme = cavage if form is Form.CAVAGE else rfc9421
        message = HttpMessage(method, url, headers, body)
        headers |= scheme.sign(message, self._key, self._clock())
        async with self._answer(method, url, body, headers) as response:
            return _Answer(
                response.status,
                response.headers.get("location", ""),
                response.headers.get("content-type", ""),
                response.headers.get("content-encoding", "identity").lower(),
                _seconds_to_wait(response.headers.get("retry-after", ""), self._clock()),
                await body_within(response, self.limits.max_bytes),
            )

    @asynccontextmanager
    async def _answer(
        self, method: str, url: str, body: bytes, headers: dict[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        assert self._session is not None, "a Fetcher is used within its context"
        host = authority_of(url)
        try:
            async with self._session.request(
                # As it is written: it is the address that was signed.
                method,
                URL(url, encoded=True),
                data=body or None,
                headers=headers,
                allow_redirects=False,
            ) as response:
                yield response
        except TimeoutError:
            raise FetchError(f"{host} takes too long") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchError(f"{host} cannot be reached: {type(error).__name__}") from None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    location: str
    content_type: str
    encoding: str
    retry_after: float
    body: bytes | None


def _redirected(url: str, location: str) -> str:
    """Return the address of a redirect.

    A page that redirects anywhere would let a stranger's document pass for one of its server.
    """
    try:
        target = urljoin(url, location)
    except ValueError:
        raise UnsafeAddressError("the address of a redirect is malformed") from None
    if not is_same_origin(url, target):
        raise UnsafeAddressError("the address redirects to another server")
    return target


def _is_activity(content_type: str) -> bool:
    """Tell if a content type is ActivityPub's.

    Plain JSON is not: many servers hand out files that anybody uploaded, and such a file would be
    an actor of the server.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == ACTIVITY_JSON or (
        media_type == "application/ld+json" and ACTIVITY_STREAMS in content_type
    )


def _document_of(answer: _Answer, limit: int) -> Document:
    if answer.status != 200:
        raise FetchError(f"the server answers {answer.status}", status=answer.status)
    if not _is_activity(answer.content_type):
        raise DocumentError("the answer is not a document of ActivityPub by its content type")
    if answer.encoding not in {"", "identity"}:
        raise DocumentError("the answer is compressed, which was not asked for")
    if answer.body is None:
        raise DocumentError(f"a document has at most {limit} bytes")
    return read_document(answer.body, max_bytes=limit)


def _refusal(url: str, answer: _Answer) -> FetchError:
    return FetchError(
        f"{authority_of(url)} answers {answer.status}",
        status=answer.status,
        retry_after=answer.retry_after,
    )


def _seconds_to_wait(text: str, now: datetime) -> float:
    """Return the seconds of a header ``retry-after``: a number, or a date; 0 for any other."""
    if text.isascii() and text.isdecimal() and len(text) < 8:
        return float(text)
    try:
        return max(0.0, (date_of(text) - now).total_seconds())
    except SignatureError:
        return 0.0
