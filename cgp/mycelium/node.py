"""A node: carries out what the protocol's state machine asks for, one event after the other.

Training and aggregation run in threads, so that the node answers while it computes. Everything that
others may come to know is stored before it is sent.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from cgp.mycelium.aggregation import aggregate
from cgp.mycelium.errors import Fault, MessageRefusedError
from cgp.mycelium.evolution import Generation, first_generation
from cgp.mycelium.foreign_heads import ForeignHeads, HeadRequests, Traveller
from cgp.mycelium.history import budgets
from cgp.mycelium.learner import Learner
from cgp.mycelium.limits import FAULTS, HAND_OUTS, MESSAGES, NodeLimit
from cgp.mycelium.memory import ClosedRound, NodeMemory
from cgp.mycelium.messages import Kind
from cgp.mycelium.node_settings import NodeSettings
from cgp.mycelium.own_update import RoundStart, is_release_idle, own_update
from cgp.mycelium.payload_scan import PayloadScan
from cgp.mycelium.post import Post
from cgp.mycelium.privacy import BudgetSpentError
from cgp.mycelium.spore import resume, start, step
from cgp.mycelium.spore_events import (
    Abstention,
    Action,
    Aggregate,
    AggregationDone,
    Event,
    HandOver,
    HeadArrival,
    Ignore,
    Listen,
    Name,
    Quit,
    Send,
    SendUpdate,
    TakeHead,
    Tick,
    Train,
    TrainingDone,
    Wish,
)
from cgp.mycelium.spore_state import NodeState
from cgp.mycelium.training import settings_of_update
from cgp.mycelium.transports import LOBBY, Transport
from cgp.mycelium.updates import MAX_LINEAGE, Update, UpdateKind, digest_of_head
from cgp.mycelium.wire import Signer
from cgp.tagmodel import Head

logger = logging.getLogger(__name__)

_TICK_SECONDS: Final = 0.1
_MOST_EVENTS: Final = 10_000
_UNKNOWN: Final = ""


class Node:
    """One member of Mycelium. ``run`` goes on until it is told to stop."""

    def __init__(
        self,
        signer: Signer,
        transport: Transport,
        memory: NodeMemory,
        learner: Learner,
        settings: NodeSettings | None = None,
        *,
        scan: PayloadScan | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._signer = signer
        self._transport = transport
        self._memory = memory
        self._learner = learner
        self._settings = settings or NodeSettings()
        self._post = Post(signer, transport, scan or PayloadScan(), self._note_fault, wall_clock)
        self._clock = clock
        self._wall_clock = wall_clock
        self._events: asyncio.Queue[Event] = asyncio.Queue(_MOST_EVENTS)
        self._state = start(
            signer.ss58_address, self._settings.seed, self._settings.policy, clock()
        )
        self._group_head = self._own_head = learner.release
        self._lineage: deque[str] = deque(maxlen=MAX_LINEAGE)
        self._generations: list[Generation] = [first_generation(learner.settings)]
        self._foreign = ForeignHeads(self._settings.trust)
        self._requests = HeadRequests()
        self._hand_outs = NodeLimit(*HAND_OUTS, clock)
        self._messages = NodeLimit(*MESSAGES, clock)
        self._faults = NodeLimit(*FAULTS, clock)
        self._traveller: Traveller | None = None
        self._training: asyncio.Task[None] | None = None
        # The machine's own entropy: noise that others could guess would hide nothing.
        self._random = np.random.default_rng(secrets.randbits(128))

    @property
    def state(self) -> NodeState:
        """State of the protocol."""
        return self._state

    @property
    def head(self) -> Head:
        """The head that this node uses: the best that it accepted."""
        return self._own_head

    @property
    def group_head(self) -> Head:
        """The head of its group's last round."""
        return self._group_head

    async def run(self, stopping: asyncio.Event) -> None:
        """Take part until ``stopping`` is set; then say farewell."""
        await self._begin()
        receiving = asyncio.create_task(self._receive())
        stop = asyncio.create_task(stopping.wait())
        helpers: list[asyncio.Task[Any]] = [receiving, stop]
        ticked = self._clock()
        try:
            while not stopping.is_set():
                event = asyncio.create_task(self._events.get())
                await asyncio.wait(
                    {event, stop, receiving},
                    timeout=_TICK_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for task in (receiving, self._training):
                    if task is not None and task.done() and not task.cancelled():
                        task.result()  # a fault of this program's ends the node
                if event.done():
                    await self._give(event.result())
                else:
                    event.cancel()
                # Time does not wait in the queue: a flood of messages must not stop it.
                if self._clock() >= ticked + _TICK_SECONDS:
                    ticked = self._clock()
                    await self._give(Tick())
            await self._give(Quit())
            await self._memory.enter("")
        finally:
            if self._training is not None:
                helpers.append(self._training)
            for helper in helpers:
                helper.cancel()
            await asyncio.wait(helpers)
            await self._transport.close()

    async def _begin(self) -> None:
        memory = await self._memory.read()
        self._group_head = memory.group_head or self._group_head
        self._own_head = memory.own_head or self._own_head
        if memory.generations:
            self._generations = list(memory.generations)
            self._learner = self._learner.with_settings(self._generations[-1].settings)
        state = replace(self._state, closed_rounds=dict(memory.closed_rounds))
        self._state = state.with_head(digest_of_head(self._group_head.weights))
        await self._transport.listen(LOBBY)
        await self._log("start", {"group": memory.group, "windows": self._learner.weight})
        if memory.group:
            self._state, actions = resume(
                self._state, memory.group, self._clock(), memory.carrier_rounds, memory.last_round
            )
            await self._do(actions)

    async def _receive(self) -> None:
        while True:
            delivery = await self._transport.receive()
            try:
                event = await asyncio.to_thread(self._post.read, delivery.message)
            except MessageRefusedError as error:
                # Its author is not known for sure: all such lines share one limit.
                if self._faults.allows(_UNKNOWN):
                    logger.info("a message was refused: %s", error)
                continue
            if event is not None and not self._events.full() and self._messages.allows(event.node):
                self._events.put_nowait(event)

    def _note_fault(self, node: str, fault: Fault) -> None:
        if self._faults.allows(node):
            logger.warning("%s did wrong: %s", node, fault)
            self._memory.count_fault(node, fault)

    async def _give(self, event: Event) -> None:
        before = self._state.group
        self._state, actions = step(self._state, event, self._clock())
        if self._state.group != before:
            await self._memory.enter(self._state.group)
            await self._log("member", {"group": self._state.group, "before": before})
        await self._do(actions)

    async def _do(self, actions: list[Action]) -> None:  # noqa: C901 - one case for each action
        for action in actions:
            match action:
                case Listen(topic):
                    await self._transport.listen(topic)
                case Ignore(topic):
                    await self._transport.ignore(topic)
                case Send():
                    await self._send(action)
                case SendUpdate(topic, number):
                    message = await self._memory.update_of(topic, number)
                    if message:
                        await self._post.send(topic, message)
                case Train():
                    self._begin_training(action)
                case Aggregate():
                    await self._close_round(action)
                case TakeHead(update):
                    await self._take_head(update)
                case HandOver(to):
                    await self._hand_over(to)
                case HeadArrival(update):
                    await self._look_at(update)
                case Name(node, fault):
                    self._note_fault(node, fault)

    async def _send(self, action: Send) -> None:
        head = digest_of_head(self._group_head.weights)
        if action.kind is not Kind.ANNOUNCE:
            await self._post.send_message(action, head=head)
            return
        # A held-out loss says something of private windows: under a budget it is not shown.
        loss, place = 0, self._settings.place
        if self._settings.privacy is None:
            loss = await asyncio.to_thread(self._learner.loss_micro, self._group_head)
        await self._post.send_message(action, loss_micro=loss, head=head, place=place)

    def _begin_training(self, action: Train) -> None:
        if self._training is not None:
            self._training.cancel()
        self._training = asyncio.create_task(self._train(action))

    async def _train(self, action: Train) -> None:
        group, number = action.group, action.round
        message = await self._memory.update_of(group, number)
        if not message:
            try:
                message = await self._make_update(action)
            except BudgetSpentError as error:
                logger.warning("%s", error)
                await self._log("budget_spent", {"group": group, "round": number})
                await self._events.put(Abstention(group, number))
                return
        if message:
            await self._events.put(TrainingDone(Update.read(message)))
        else:
            await self._events.put(Abstention(group, number, is_final=False))

    async def _make_update(self, action: Train) -> bytes:
        """Return this node's signed update; none where it would spend its budget for nothing."""
        group, number = action.group, action.round
        plan, center = self._settings.privacy, self._group_head
        begin = await asyncio.to_thread(self._foreign.mix, group, center, self._learner)
        size = self._size()
        head, own = await asyncio.to_thread(
            self._learner.heads_of_round, begin, number, size, is_open=plan is None
        )
        # For its own use, also where the budget lets it send no more.
        await self._adopt(head)
        await self._adopt(own)
        if plan is not None:
            counts = budgets(self._state, self._state.live(self._clock()))
            is_idle = is_release_idle(number, *counts, self._settings.rule)
            if is_idle and not action.is_needed:
                return b""
            await self._memory.require_room(plan)
        round_start = RoundStart(group, number, center, tuple(self._lineage), size)
        update = await asyncio.to_thread(
            own_update,
            round_start,
            head,
            self._learner,
            plan,
            random=self._random,
            time_ms=self._post.next_ms(),
        )
        return await self._memory.keep_update(group, number, update.sign(self._signer), plan)

    def _size(self) -> int:
        return len(self._state.live(self._clock()))

    async def _adopt(self, head: Head) -> tuple[bool, float | None, float | None]:
        """Use a head if it is no worse on held-out windows; return the losses too."""
        outcome = await asyncio.to_thread(self._learner.acceptance, head, self._own_head)
        if outcome[0]:
            self._own_head = head
            await self._memory.keep_own_head(head)
        return outcome

    async def _close_round(self, action: Aggregate) -> None:
        center = self._group_head
        result = await asyncio.to_thread(aggregate, action.updates, center, self._settings.rule)
        name = digest_of_head(result.head.weights)
        if action.expected_head not in {"", name}:
            await self._give(AggregationDone(action.group, action.round, name, is_taken=False))
            return
        is_accepted, new_loss, own_loss = await self._adopt(result.head)
        outcome = ClosedRound(
            action.group,
            action.round,
            name,
            new_loss,
            own_loss,
            len(action.members),
            is_accepted,
            self._wall_clock(),
            result.nodes,
        )
        if not await self._memory.close_round(outcome, result.head, self._own_head, result.faults):
            return  # it was closed before a restart
        self._lineage.appendleft(digest_of_head(center.weights))
        self._group_head = result.head
        for node, fault in result.faults.items():
            logger.warning("%s is left out of round %d: %s", node, action.round, fault)
        await self._log("round", {**outcome.to_json(), "faults": dict(result.faults)})
        await self._give(AggregationDone(action.group, action.round, name, is_taken=True))
        await self._choose_group()
        if self._settings.evolve_every and action.round % self._settings.evolve_every == 0:
            await self._evolve()

    async def _take_head(self, update: Update) -> None:
        """Go on from a head of the own group that a member sent."""
        self._group_head = update.as_head()
        self._lineage = deque(update.lineage, maxlen=MAX_LINEAGE)
        await self._memory.keep_group_head(self._group_head)
        await self._adopt(self._group_head)
        await self._log("group_head_came", {"group": update.group, "round": update.round})

    async def _choose_group(self) -> None:
        """Compare other groups' heads with the own one's, then ask for fresh ones."""
        own_group, head = self._state.group, self._group_head
        group = await asyncio.to_thread(self._foreign.best, own_group, head, self._learner)
        if group is not None:
            await self._log("move", {"from": own_group, "to": group})
            # A flood may have filled the queue; the wish then comes up again later.
            if not self._events.full():
                self._events.put_nowait(Wish(group))
        strangers = [group for group in self._state.groups.values() if group.name != own_group]
        for stranger in self._foreign.to_ask(strangers, self._random):
            self._requests.add(stranger.announcer, stranger.name)
            ask = Send(LOBBY, Kind.REQUEST_MOVE, stranger.name, to=stranger.announcer)
            await self._send(ask)

    async def _evolve(self) -> None:
        generation = await asyncio.to_thread(
            self._learner.evolve, self._generations, self._group_head, self._random, self._size()
        )
        self._generations.append(generation)
        self._learner = self._learner.with_settings(generation.settings)
        await self._memory.keep_generation(generation)
        if generation.is_new:
            await self._log("evolution", generation.to_json())

    async def _hand_over(self, to: str) -> None:
        """Send the group's head, and the one that travels, to a node that asked."""
        # A newcomer's head is not its group's yet.
        if not self._state.round or not self._hand_outs.allows(to):
            return
        number, is_open = self._state.round - 1, self._settings.privacy is None
        settings = settings_of_update(number, is_open=is_open)
        group = Traveller(self._group_head, tuple(self._lineage), settings)
        for kind, head in ((UpdateKind.MOVE, group), (UpdateKind.TRAVEL, self._traveller)):
            if head is not None:
                place, time_ms = (self._state.group, self._state.round), self._post.next_ms()
                update = head.to_update(kind, to, place, time_ms)
                await self._post.send(LOBBY, update.sign(self._signer))

    async def _look_at(self, update: Update) -> None:
        """Keep another group's head for the next look, and train it further where that is asked.

        Only one that was asked for: each may cost a training.
        """
        if not self._requests.answered_by(update):
            return
        # One that travels is not the head of its sender's group: it says nothing of that group.
        if update.kind is UpdateKind.MOVE:
            self._foreign.add(update)
        details = {"group": update.group, "head": update.digest, "kind": str(update.kind)}
        await self._log("head_came", details)
        if self._settings.trains_travellers:
            head = await asyncio.to_thread(self._learner.train, update.as_head(), self._size())
            lineage = (update.digest, *update.lineage)[:MAX_LINEAGE]
            self._traveller = Traveller(head, lineage, self._learner.settings.to_wire())
            await self._adopt(head)

    async def _log(self, kind: str, details: Mapping[str, Any]) -> None:
        await self._memory.log(self._wall_clock(), kind, details)
