"""The outbox: delivers results to the API, for as long as it takes."""

from __future__ import annotations

import asyncio
import logging
import random
import time

from pydantic import ValidationError

from cgp.api.client import ApiClient, ApiError, ApiRefusedError, ApiUnavailableError
from cgp.api.conversions import (
    metadata_message,
    mined_window_messages,
    quality_message,
    window_message,
)
from cgp.api.messages import FinishRequest
from cgp.backoff import pause_after
from cgp.metadata import Metadata
from cgp.store import LeaseLost, SerialWorker
from validator.mirror import Mirror, PendingFinish, PendingWindow

logger = logging.getLogger("validator")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0
# Statuses that no later try changes: too large, and malformed.
_NEVER_TAKEN = frozenset({413, 422})


class Outbox:
    """Delivers a mirror's results, one at a time and in order, until the API has taken or refused
    them.

    Delivering twice does no harm: the API knows its results. A result that it refuses because the
    lease is lost is another validator's work now; a result that it refuses as malformed is logged
    and not sent again.
    """

    def __init__(self, mirror: Mirror, database: SerialWorker, client: ApiClient) -> None:
        self._mirror = mirror
        self._database = database
        self._client = client
        self._wake = asyncio.Event()
        self._lock = asyncio.Lock()

    def wake(self) -> None:
        """Look for something to deliver now."""
        self._wake.set()

    async def keep_delivering(self) -> None:
        """Deliver for ever; while the API is away, wait longer after each try."""
        failures = 0
        while True:
            # Cleared before the look, so that a result that comes during it is not overlooked.
            self._wake.clear()
            try:
                has_delivered = await self._deliver_next()
            except ApiError as error:
                # Said once: an outage may last for hours.
                level = logging.DEBUG if failures else logging.WARNING
                logger.log(level, "Results are kept until the API takes them: %s", error)
                seconds = pause_after(failures, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
                failures += 1
                await asyncio.sleep(seconds * random.uniform(0.5, 1.0))  # noqa: S311 - spreads callers
                continue
            if failures:
                logger.info("The API takes results again")
            failures = 0
            if not has_delivered:
                await self._wake.wait()

    async def flush(self, patience: float) -> bool:
        """Deliver everything within about ``patience`` seconds; return True if nothing is left."""
        give_up, failures = time.monotonic() + patience, 0
        while True:
            try:
                if not await self._deliver_next():
                    return True
            except ApiError as error:
                pause = pause_after(failures, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
                if time.monotonic() + pause > give_up:
                    logger.warning("Results are kept until the API takes them: %s", error)
                    return False
                failures += 1
                await asyncio.sleep(pause)

    async def _deliver_next(self) -> bool:
        """Deliver one thing; False where there is nothing to deliver.

        Raises:
            ApiError: if the API is away, or refuses us for now (403, 429, ...).
        """
        # ``flush`` and ``keep_delivering`` run at once, and results go out in order.
        async with self._lock:
            pending = await self._database(self._mirror.next_pending)
            if pending is None:
                return False
            try:
                await self._deliver(pending)
            except LeaseLost as error:
                logger.warning("%s", error)
                await self._database(
                    self._mirror.close_conversation, pending.conversation_id, pending.token
                )
            except ApiRefusedError as error:
                if error.status not in _NEVER_TAKEN and error.error != "Conflict":
                    raise ApiUnavailableError(str(error)) from error
                await self._drop(pending, error)
            except ValidationError as error:
                # Beyond the limits of the API's messages: it cannot even be sent.
                await self._drop(pending, error)
            return True

    async def _deliver(self, pending: PendingWindow | PendingFinish) -> None:
        identifier, token = pending.conversation_id, pending.token
        if isinstance(pending, PendingWindow):
            answers = await self._database(self._mirror.answers_of, identifier, pending.index)
            message = window_message(
                pending.index, pending.seed, pending.rule_version, pending.background, answers
            )
            await self._client.push_window(identifier, token, message)
            await self._database(self._mirror.window_delivered, identifier, pending.index)
        else:
            metadata = await self._database(self._mirror.metadata_of, identifier) or Metadata()
            mined_windows = await self._database(self._mirror.mined_windows, identifier)
            quality = await self._database(self._mirror.quality_of, identifier)
            await self._client.finish(
                FinishRequest(
                    conversation_id=identifier,
                    token=token,
                    metadata=metadata_message(metadata),
                    mined=mined_window_messages(mined_windows),
                    quality=quality_message(quality),
                )
            )
            await self._database(self._mirror.close_conversation, identifier, token)

    async def _drop(self, pending: PendingWindow | PendingFinish, error: Exception) -> None:
        logger.error("Conversation %s: a result is dropped: %s", pending.conversation_id, error)
        if isinstance(pending, PendingWindow):
            await self._database(
                self._mirror.window_delivered, pending.conversation_id, pending.index
            )
        else:
            # Its lease runs out there, and somebody does it again.
            await self._database(
                self._mirror.close_conversation, pending.conversation_id, pending.token
            )
