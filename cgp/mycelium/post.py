"""A node's post: reads the messages of others, and signs, looks through and sends its own."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable

from cgp.mycelium.errors import Fault, MessageRefusedError, TransportError
from cgp.mycelium.messages import SKEW_MS, NodeMessage, check_age
from cgp.mycelium.payload_scan import PayloadScan
from cgp.mycelium.spore_events import Send
from cgp.mycelium.transports import Transport
from cgp.mycelium.updates import Update, UpdateKind
from cgp.mycelium.wire import Document, Signer, unseal
from cgp.tagmodel.head import SCHEMA

logger = logging.getLogger(__name__)


class Post:
    """Messages of one node on one transport.

    ``on_fault`` hears of faults in messages that are rightly signed: their signer made them.
    ``wall_clock`` gives seconds of Unix time.
    """

    def __init__(
        self,
        signer: Signer,
        transport: Transport,
        scan: PayloadScan,
        on_fault: Callable[[str, Fault], None],
        wall_clock: Callable[[], float],
    ) -> None:
        self._signer = signer
        self._transport = transport
        self._scan = scan
        self._on_fault = on_fault
        self._wall_clock = wall_clock
        self._last_ms = self._latest_ms = int(wall_clock() * 1000)
        self._has_double = False

    def read(self, data: bytes) -> NodeMessage | Update | None:
        """Read a message; None for this node's own and for those of other releases' groups.

        Raises:
            MessageRefusedError: if it is none, with the fault's name.
        """
        document = unseal(data)
        is_own = document.node == self._signer.ss58_address
        if is_own:
            self._look_for_a_double(document)
        if is_own or document.fields.get("schema") != SCHEMA:
            return None
        try:
            return self._content(document)
        except MessageRefusedError as error:
            # An old message may be sent again by anybody: it accuses nobody.
            if error.fault is not Fault.TOO_OLD:
                self._on_fault(document.node, error.fault)
            raise

    def _look_for_a_double(self, document: Document) -> None:
        """Say once that another process signs with this node's key: it made a later message."""
        time_ms = document.fields.get("time_ms")
        if isinstance(time_ms, int) and time_ms > self._latest_ms and not self._has_double:
            self._has_double = True
            logger.error(
                "another process signs as %s: two nodes with one key accuse each other of second"
                " updates; give one of them a folder (or a hotkey) of its own",
                document.node,
            )

    def _content(self, document: Document) -> NodeMessage | Update:
        now_ms = int(self._wall_clock() * 1000)
        if document.fields.get("kind") in tuple(UpdateKind):
            update = Update.of(document)
            # A round's updates are bound to the round; a head that was asked for is bound to its
            # time.
            if update.kind is not UpdateKind.UPDATE:
                check_age(update.time_ms, now_ms)
            return update
        message = NodeMessage.of(document)
        check_age(message.time_ms, now_ms)
        return message

    def next_ms(self) -> int:
        """Return the time in milliseconds, later at each call: it orders this node's messages.

        Only where the clock is put back by more than ``SKEW_MS`` it is an earlier one.
        """
        now_ms = int(self._wall_clock() * 1000)
        # A clock that was ahead and is put right: by the old time nobody would take the messages.
        is_ahead = self._last_ms > now_ms + SKEW_MS
        self._last_ms = now_ms if is_ahead else max(self._last_ms + 1, now_ms)
        self._latest_ms = max(self._latest_ms, self._last_ms)
        return self._last_ms

    async def send_message(
        self, action: Send, *, loss_micro: int = 0, head: str = "", place: str = ""
    ) -> None:
        """Send the message that the protocol asks for."""
        message = NodeMessage(
            action.kind,
            action.group,
            action.round,
            self.next_ms(),
            action.nonce or secrets.token_hex(8),
            action.to,
            action.members,
            loss_micro,
            head,
            place,
            action.reason,
        )
        await self.send(action.topic, message.sign(self._signer))

    async def send(self, topic: str, message: bytes) -> None:
        """Send a signed message, after a look for private words.

        Raises:
            PrivateTextError: if there are any; nothing is sent.
        """
        self._scan.check(message)
        try:
            await self._transport.send(topic, message)
        except TransportError as error:
            # The next sign of life, or the next round, sends again.
            logger.info("not sent: %s", error)
