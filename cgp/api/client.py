"""The validator's side of the API: signed requests, tried again while the API is away."""

from __future__ import annotations

import asyncio
import io
import itertools
import logging
import random
import secrets
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self, TypeVar

import aiohttp
from bittensor.signing import Signer
from pydantic import ValidationError
from yarl import URL

import cgp
from cgp.api.documents import ApiStatus
from cgp.api.messages import (
    MAX_BODY_BYTES,
    ApiRequest,
    ClaimRequest,
    ErrorBody,
    FailAnswer,
    FailRequest,
    FinishRequest,
    HeartbeatRequest,
    LeaseMessage,
    ReleasedCount,
    ReleaseRequest,
    ReleaseSessionRequest,
    ReserveAnswer,
    ReserveRequest,
    SealAnswer,
    SealRequest,
    TruthMessage,
    WindowAnswersRequest,
    WindowMessage,
    WindowRequest,
    WriteResult,
)
from cgp.backoff import pause_after
from cgp.bounded_bodies import body_within
from cgp.errors import CgpError
from cgp.protocol.wire import WireError, WireModel, read
from cgp.signing import check_keypair, sign_request
from cgp.store_errors import HolderReplacedError, LeaseLost

logger = logging.getLogger(__name__)

# A conversation's finish carries its whole tree: it may take the server seconds to store.
REQUEST_SECONDS: Final = 60.0
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_PASSING = frozenset({408, 425, 429})

Answer = TypeVar("Answer", bound=WireModel)


class ApiError(CgpError, RuntimeError, code="api.failed", remedy="see the log of the API's server"):
    """The API did not carry out a request; the message gives the reason."""


class ApiUnavailableError(
    ApiError, code="api.unavailable", remedy="start the API (cgp serve) or wait until it answers"
):
    """The API is away, overloaded or broken; the same request may work later."""


class ApiRefusedError(
    ApiError, code="api.refused", remedy="mend the request: the message says what is allowed"
):
    """The API refuses: ``status`` and ``error`` are for programs."""

    def __init__(self, status: int, error: str, detail: str) -> None:
        self.status = status
        self.error = error
        super().__init__(f"the API refuses ({status} {error}): {detail}")


class ApiClient:
    """One validator's session with one API. An async context manager.

    Every method raises ``ApiUnavailableError`` if the API is away for longer than its ``patience``
    (seconds; 0: one try), ``LeaseLost`` if the lease is lost, ``HolderReplacedError`` if another
    process works as this validator, and ``ApiRefusedError`` for every other refusal.
    All requests may be repeated, so a lost answer does no harm.
    """

    def __init__(self, url: str, keypair: Signer) -> None:
        """Prepare a session with the API at ``url`` (http or https, a path is allowed).

        Raises:
            ApiError: if ``url`` is not such an address.
        """
        check_keypair(keypair)
        self._base = _address_of(url)
        self._keypair = keypair
        self._session = secrets.token_hex(16)
        self._http: aiohttp.ClientSession | None = None
        self._address: str | None = None

    @property
    def hotkey(self) -> str:
        """The validator's hotkey (SS58)."""
        return self._keypair.ss58_address

    async def __aenter__(self) -> Self:
        """Open the connections."""
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS, sock_connect=10.0),
            headers={"User-Agent": f"cgp/{cgp.__version__}", "Content-Type": "application/json"},
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close()

    async def claim(self, *, patience: float = 0.0) -> int:
        """Start the session; return how many conversations earlier ones gave back."""
        request = ClaimRequest(session=self._session)
        return (await self._ask("/claim", request, ReleasedCount, patience)).released

    async def release_session(self, *, patience: float = 0.0) -> int:
        """End the session; return how many conversations it gave back."""
        request = ReleaseSessionRequest(session=self._session)
        return (await self._ask("/release-session", request, ReleasedCount, patience)).released

    async def reserve(
        self, seconds: float, holding: Sequence[str], *, patience: float = 0.0
    ) -> LeaseMessage | None:
        """Reserve a conversation, None where none is free.

        ``holding`` names the conversations that are held already; one request at a time, since a
        lease that is not named there is taken for lost on its way.
        """
        request = ReserveRequest(session=self._session, seconds=seconds, holding=list(holding))
        return (await self._ask("", request, ReserveAnswer, patience)).lease

    async def heartbeat(
        self, conversation_id: str, token: str, seconds: float, *, patience: float = 0.0
    ) -> None:
        """Keep a lease for ``seconds`` from now."""
        request = HeartbeatRequest(conversation_id=conversation_id, token=token, seconds=seconds)
        await self._ask("/heartbeat", request, WriteResult, patience)

    async def release(self, conversation_id: str, token: str, *, patience: float = 0.0) -> None:
        """Give a conversation back."""
        request = ReleaseRequest(conversation_id=conversation_id, token=token)
        await self._ask("/release", request, WriteResult, patience)

    async def fail(
        self,
        conversation_id: str,
        token: str,
        reason: str,
        max_attempts: int,
        *,
        patience: float = 0.0,
    ) -> bool:
        """Record a failed attempt; return whether it was the last."""
        request = FailRequest(
            conversation_id=conversation_id,
            token=token,
            # Within the limit of the message, and without lone surrogates, which JSON cannot carry.
            reason=reason[:2000].encode("utf-8", "replace").decode(),
            max_attempts=max_attempts,
        )
        return (await self._ask("/fail", request, FailAnswer, patience)).final

    async def seal(
        self,
        conversation_id: str,
        token: str,
        truth: TruthMessage,
        windows: Sequence[tuple[int, int]],
        *,
        patience: float = 0.0,
    ) -> SealAnswer:
        """Publish a ground truth's seal; return the ground truth in force, and the windows."""
        request = SealRequest(
            conversation_id=conversation_id, token=token, truth=truth, windows=list(windows)
        )
        return await self._ask("/seal", request, SealAnswer, patience)

    async def push_window(
        self, conversation_id: str, token: str, window: WindowMessage, *, patience: float = 0.0
    ) -> bool:
        """Push a scored window; False where it was done already."""
        request = WindowRequest(conversation_id=conversation_id, token=token, window=window)
        return (await self._ask("/window", request, WriteResult, patience)).changed

    async def answers(
        self, conversation_id: str, token: str, index: int, *, patience: float = 0.0
    ) -> WindowMessage:
        """Return a window that an earlier holder has done."""
        request = WindowAnswersRequest(conversation_id=conversation_id, token=token, index=index)
        return await self._ask("/answers", request, WindowMessage, patience)

    async def finish(self, request: FinishRequest, *, patience: float = 0.0) -> bool:
        """End a conversation; False where that was done already."""
        # The tree is the one part that may grow without bound; tags and profiles count without it.
        if request.mined and len(request.model_dump_json().encode()) > MAX_BODY_BYTES:
            logger.warning(
                "The tree of windows of %s is too large to be sent", request.conversation_id
            )
            request = request.model_copy(update={"mined": []})
        return (await self._ask("/finish", request, WriteResult, patience)).changed

    async def _ask(
        self, path: str, request: ApiRequest, model: type[Answer], patience: float
    ) -> Answer:
        """Send a request until it is answered or patience ends."""
        body = request.model_dump_json().encode()
        give_up = time.monotonic() + patience
        for tries in itertools.count():
            pause = pause_after(tries, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
            try:
                return read(model, await self._send(f"/v1/leases{path}", body))
            except WireError as error:
                raise ApiUnavailableError(f"the API's answer is not understood: {error}") from None
            except ApiUnavailableError as error:
                if time.monotonic() + pause > give_up:
                    raise
                logger.debug("Trying again in %.1f s: %s", pause, error)
            # Callers that lost the API at one moment must not all come back at one moment.
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads the callers
        raise AssertionError("unreachable: the loop returns or raises")

    async def _send(self, path: str, body: bytes) -> bytes:
        """Sign and send one request; return the body of its answer."""
        url = URL(f"{self._base}{path}")
        receiver = self._address or await self._read_address()
        headers = sign_request(
            self._keypair, method="POST", path=url.raw_path_qs, body=body, receiver=receiver
        )
        status, content = await self._exchange("POST", url, body, headers)
        if status == 200:
            return content
        if status == 401:
            # The API may have a new address: the next attempt reads it again.
            self._address = None
        raise _error_of(status, content)

    async def _read_address(self) -> str:
        """Return the address that the API wants requests to be signed for."""
        status, content = await self._exchange("GET", URL(f"{self._base}/v1"), b"", {})
        if status != 200:
            raise _error_of(status, content)
        try:
            self._address = ApiStatus.model_validate_json(content).address
        except ValidationError:
            raise ApiUnavailableError(f"{self._base} is not a CGP API") from None
        return self._address

    async def _exchange(
        self, method: str, url: URL, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        assert self._http is not None, "open the client first"
        try:
            async with self._http.request(
                method, url, data=io.BytesIO(body), headers=headers, allow_redirects=False
            ) as response:
                content = await body_within(response, MAX_ANSWER_BYTES)
                if content is None:
                    raise ApiUnavailableError("the API's answer is too large")
                return response.status, content
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            reason = str(error) or type(error).__name__
            raise ApiUnavailableError(f"the API at {self._base} is away: {reason}") from None


def _address_of(url: str) -> URL:
    wrong = ApiError(f"CGP_API_URL is an http:// or https:// address, not {url!r}")
    try:
        address = URL(url.rstrip("/"))
    except ValueError:
        raise wrong from None
    if address.scheme not in {"http", "https"} or not address.host:
        raise wrong
    return address


def _error_of(status: int, content: bytes) -> Exception:
    """Return the error for an answer whose status is not 200."""
    try:
        body = ErrorBody.model_validate_json(content)
    except ValidationError:
        body = ErrorBody(error="Unknown", detail="it does not say why", request_id="")
    if status == 409 and body.error == "LeaseLost":
        return LeaseLost(body.detail)
    if status == 409 and body.error == "HolderReplaced":
        return HolderReplacedError(body.detail)
    if status >= 500 or status in _PASSING:
        return ApiUnavailableError(f"the API cannot answer now ({status}): {body.detail}")
    return ApiRefusedError(status, body.error, body.detail)
