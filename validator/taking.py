"""Taking conversations, a few at once: retries, attempts and holds."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from cgp.annotators import AnnotationError
from cgp.annotators.errors import (
    BackendRefusedError,
    BackendUnavailableError,
    BudgetExhaustedError,
)
from cgp.api.client import ApiUnavailableError
from cgp.backoff import pause_after
from cgp.config import ValidatorSettings
from cgp.store import HolderReplacedError, Lease, LeaseLost
from cgp.telemetry import Duty, first_cause
from validator.condition import Condition
from validator.forward import Forward
from validator.own_faults import HeldError
from validator.preparing import BoringConversationError
from validator.probe import Probe
from validator.second_tries import SecondTries
from validator.source import MAX_ATTEMPTS, ConversationSource
from validator.stopping import StoppedError, pause, unless_stopped
from validator.story import Story
from validator.subnet import ObstacleError, Subnet
from validator.unanswered import UnansweredError

logger = logging.getLogger("validator")

CONVERSATIONS_AT_ONCE = 2
"""So that one conversation's ground truth is made while another's windows are out."""

_LONGEST_PAUSE = 300.0
# Pause between two looks at whether a fault of our own is over: miners should not wait for long.
_LONGEST_HOLD = 15.0
# A run over a finite store ends as soon as it is empty, so it looks often.
_EMPTY_POLL_SECONDS = 0.05
_OUTAGES = (
    BackendUnavailableError,
    BackendRefusedError,
    BudgetExhaustedError,
    ApiUnavailableError,
)
# Faults of the store or the machine are not a conversation's: the duty fails, and begins again.
_OF_THE_STORE = (
    OperationalError,
    InterfaceError,
    InternalError,
    PoolTimeoutError,
    HolderReplacedError,
    OSError,
)


@dataclass(slots=True)
class Counts:
    """Conversations by outcome, since the start."""

    done: int = 0
    failed: int = 0


class Taking:
    """Takes conversations from the source and through, until stopped.

    ``until_empty``: until there are none left; a model that is away then counts as an attempt.
    """

    def __init__(
        self,
        forward: Forward,
        source: ConversationSource,
        subnet: Subnet,
        probe: Probe,
        *,
        story: Story,
        settings: ValidatorSettings,
        condition: Condition,
        duty: Duty,
        counts: Counts,
        until_empty: bool,
    ) -> None:
        self._forward = forward
        self._source = source
        self._subnet = subnet
        self._probe = probe
        self._probing = asyncio.Lock()
        self._second_tries = SecondTries(source, settings, condition.unanswered, condition.stopping)
        self._story = story
        self._settings = settings
        self._condition = condition
        self._stopping = condition.stopping
        self._duty = duty
        self._counts = counts
        self._until_empty = until_empty
        self._failures = 0
        self._said = ""
        self.active = 0

    @property
    def put_off(self) -> int:
        """Number of conversations that are put off, since no miner answered a window of them."""
        return len(self._second_tries)

    async def run(self) -> None:
        """Process conversations, a few at once, until stopped (or until there are none left).

        Raises:
            HolderReplacedError: if another process works as this validator.
            OperationalError, OSError: if the store cannot be used.
        """
        self._second_tries.forget()
        async with asyncio.TaskGroup() as group:
            for _ in range(CONVERSATIONS_AT_ONCE):
                group.create_task(self._take_turns())

    async def _take_turns(self) -> None:
        settings, stopping = self._settings, self._stopping
        idle = _EMPTY_POLL_SECONDS if self._until_empty else settings.poll_seconds
        while not stopping.is_set():
            if self._is_obstructed():
                await self._second_tries.release()
                await pause(stopping, min(idle, settings.refresh_seconds))
                continue
            # Also while holding: probes are public and unpaid, so that a miner may refuse them.
            if await self._second_tries.work_on_one(self._work_on):
                continue
            holding = self._condition.holding.fault is not None
            if holding and (self.active or self._second_tries.is_pending):
                # No other conversation is touched while it is not known that our own end works.
                await self._probe_again()
                continue
            # Where none is left whose second try could end the hold, the next one shows it: miners
            # may never answer a probe.
            reservation = await self._source.reserve(settings.lease_seconds)
            self._duty.note_success()
            if reservation is not None:
                await self._second_tries.work_in_turn(reservation, self._work_on)
            elif self._until_empty and self.active == 0 and not self._second_tries:
                return
            elif holding:
                await self._probe_again()
            else:
                await pause(stopping, idle)

    async def _work_on(self, lease: Lease) -> None:
        self.active += 1
        try:
            await self._process(lease)
        finally:
            self.active -= 1

    def _is_obstructed(self) -> bool:
        """Tell if no miner may or can be asked now; log it once.

        Nothing is reserved meanwhile: another validator of the same store may work on it.
        """
        obstacle = self._subnet.obstacle()
        why = f"{obstacle.reason}: waiting ({obstacle.remedy})" if obstacle else ""
        if why and why != self._said:
            logger.warning("%s", why)
        self._said = why
        if obstacle is not None:
            self._duty.note_success()  # the obstacle is a problem of its own on the health page
        return obstacle is not None

    async def _process(self, lease: Lease) -> None:
        """Process one conversation. A failure of it does not stop the others."""
        identifier = lease.conversation.id
        try:
            await self._forward.process(lease)
        except (StoppedError, ObstacleError):
            await self._source.release(lease)
        except Exception as error:
            cause = first_cause(error)
            if isinstance(cause, _OF_THE_STORE):
                raise
            await self._after(lease, cause)
        else:
            logger.debug("Conversation %s is through", identifier)
            self._failures, self._condition.outage = 0, ""
            self._condition.unanswered.note_finished(identifier)
            self._duty.note_success()
            self._counts.done += 1

    async def _after(self, lease: Lease, cause: BaseException) -> None:
        """Decide the consequence of an error for the conversation."""
        source, identifier = self._source, lease.conversation.id
        if isinstance(cause, LeaseLost):
            logger.warning("%s", cause)
        elif isinstance(cause, (StoppedError, ObstacleError)):
            await source.release(lease)
        elif isinstance(cause, HeldError):
            await self._hold(lease, cause)
        elif isinstance(cause, BoringConversationError):
            # For good: asking again would change nothing.
            await self._fail(lease, cause, max_attempts=1)
        elif isinstance(cause, _OUTAGES) and not self._until_empty:
            self._condition.outage = str(cause)
            await source.release(lease)
            await self._wait(f"{identifier}: {cause}", _LONGEST_PAUSE)
        elif isinstance(cause, AnnotationError) and not self._is_models_fault(identifier, cause):
            await source.release(lease)
            await self._wait(f"the model's answers are of no use: {cause}", _LONGEST_PAUSE)
        else:
            await self._fail(lease, cause)

    async def _hold(self, lease: Lease, held: HeldError) -> None:
        """Hold for a fault of our own, unless miners answer a probe: then it is not ours."""
        identifier, unanswered = lease.conversation.id, self._condition.unanswered
        fault = held.fault
        self._condition.holding.begin(fault)
        try:
            miners_answer = await unless_stopped(self._stopping, self._ask_probe())
        except (StoppedError, ObstacleError):
            await self._source.release(lease)
            return
        # A run over a finite store cannot wait for others to come.
        is_proven = miners_answer and (self._until_empty or unanswered.is_alone(identifier))
        if unanswered.is_to_blame(identifier, fault, held.windows, is_proven=is_proven):
            await self._fail(
                lease,
                UnansweredError(f"miners answer others, but not a window of it: {fault.reason}"),
            )
        else:
            await self._second_tries.put_off(lease, fault)

    async def _ask_probe(self) -> bool:
        """Ask miners a harmless window; end the hold and return True where one answers.

        Raises:
            ObstacleError: if no miner may or can be asked.
        """
        holding = self._condition.holding
        async with self._probing:
            asked_at = holding.now()
            fault = await self._probe.fault()
        self._duty.note_success()
        if fault is not None:
            holding.confirm(fault)
            return False
        holding.end(asked_at)
        return True

    async def _probe_again(self) -> None:
        """Wait a little, longer each time, and see whether the fault is over."""
        fault = self._condition.holding.fault
        reason = fault.reason if fault else ""
        await self._wait(f"holding: {reason}", _LONGEST_HOLD)
        if self._condition.holding.fault is None:
            return
        try:
            if await unless_stopped(self._stopping, self._ask_probe()):
                self._failures = 0
        except (StoppedError, ObstacleError):
            return  # seen, and said, by the next look

    def _is_models_fault(self, identifier: str, cause: AnnotationError) -> bool:
        return self._condition.model.unusable(identifier, str(cause))

    async def _fail(
        self, lease: Lease, cause: BaseException, *, max_attempts: int = MAX_ATTEMPTS
    ) -> None:
        if not isinstance(cause, AnnotationError | BoringConversationError | UnansweredError):
            logger.error("Conversation %s", lease.conversation.id, exc_info=cause)
        reason = f"{type(cause).__name__}: {cause}"
        try:
            final = await self._source.fail(lease, reason, max_attempts=max_attempts)
        except LeaseLost as error:
            logger.warning("%s", error)
            return
        self._counts.failed += final
        self._story.tell_failure(lease.conversation, reason, final=final)

    async def _wait(self, why: str, longest: float) -> None:
        """Wait longer after each failure in a row."""
        # Doubled after each failure; a fault of our own has a shorter bound than an outage of the
        # model.
        first = self._settings.poll_seconds
        seconds = pause_after(self._failures, first=first, longest=longest)
        self._failures += 1
        logger.warning("Trying again in %.0f s: %s", seconds, why)
        await pause(self._stopping, seconds)
