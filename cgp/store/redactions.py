"""Redactions: each conversation's redacted form under a policy, and its vault. Both stay here.

To redact a long conversation takes seconds, so it is done once for each policy, outside every
transaction, and kept.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from cgp.conversation import Conversation
from cgp.conversation_json import (
    ConversationError,
    conversation_from_json,
    conversation_to_json,
)
from cgp.privacy import Kind, Redaction, RedactionPolicy, Vault, redact
from cgp.store.conversations import LEASED, WAITING
from cgp.store.database import Database, atomic
from cgp.store.schema import conversations, redactions

logger = logging.getLogger(__name__)


class Redactions(Database):
    """The part of the store that lets conversations out redacted, and can undo it."""

    def redacted(self, conversation: Conversation, policy: RedactionPolicy) -> Conversation:
        """Return a stored conversation as it may leave this machine; see ``redaction_of``."""
        return self.redaction_of(conversation, policy).conversation

    def redaction_of(self, conversation: Conversation, policy: RedactionPolicy) -> Redaction:
        """Return a stored conversation's redaction under a policy, made and kept where there is
        none yet.

        The same conversation and policy always give the same result. The id stays: it is the
        store's key, and was made clean when the conversation was stored. Holds no transaction
        while it redacts.
        """
        earlier = self.kept_redaction(conversation, policy)
        if earlier is not None:
            return earlier
        redaction = redact(conversation, policy)
        redaction = replace(
            redaction, conversation=replace(redaction.conversation, id=conversation.id)
        )
        self._keep_redaction(conversation, policy, redaction)
        return redaction

    def kept_redaction(
        self, conversation: Conversation, policy: RedactionPolicy
    ) -> Redaction | None:
        """Return the redaction that was made under a policy earlier, None where there is none."""
        r = redactions.c
        query = sa.select(r.document, r.vault, r.counts).where(
            r.conversation_id == conversation.id,
            r.policy == policy.name,
            r.content_hash == conversation.content_hash,
        )
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _read(row)

    def vault_of(self, conversation_id: str) -> dict[str, str] | None:
        """Return the originals that the latest redaction of a conversation replaced, by
        placeholder.

        None where no redaction of it is kept.
        """
        r = redactions.c
        query = (
            sa.select(r.vault)
            .where(r.conversation_id == conversation_id)
            .order_by(r.made_at.desc())
            .limit(1)
        )
        with self._reading() as connection:
            vault: dict[str, str] | None = connection.execute(query).scalar_one_or_none()
        return vault

    def next_unredacted(self, policy: RedactionPolicy, count: int) -> list[str]:
        """Return the ids of at most ``count`` conversations that still lack a redaction under a
        policy.

        Leased conversations come first, then waiting ones in the order in which they are taken.
        """
        c, r = conversations.c, redactions.c
        present = sa.select(r.conversation_id).where(
            r.conversation_id == c.id, r.policy == policy.name, r.content_hash == c.content_hash
        )
        query = (
            sa.select(c.id)
            .where(c.state.in_((LEASED, WAITING)), ~present.exists())
            # The leased ones first ("leased" sorts before "waiting"): their redactions are needed
            # at once.
            .order_by(c.state, c.attempts, c.number)
            .limit(count)
        )
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def _keep_redaction(
        self, conversation: Conversation, policy: RedactionPolicy, redaction: Redaction
    ) -> None:
        """Keep a redaction, where the conversation is stored here and the redaction reads back
        equal.
        """
        document = conversation_to_json(redaction.conversation)
        copy = _conversation(document)
        if copy != redaction.conversation:
            logger.warning("The redacted form of %s is too long to be kept", conversation.id)
            document = {}
        counts = {kind.value: count for kind, count in redaction.counts.items()}
        is_new = self._write_redaction(
            {
                "conversation_id": conversation.id,
                "policy": policy.name,
                "content_hash": conversation.content_hash,
                "document": document,
                "vault": dict(redaction.vault.originals),
                "counts": counts,
            }
        )
        if is_new and counts:
            logger.info("Redacted personal data in %s: %s", conversation.id, counts)

    @atomic
    def _write_redaction(self, values: Mapping[str, Any]) -> bool:
        """Keep a redaction where its conversation is stored; return whether it is.

        Texts of another version of redaction are dropped, their vaults kept: answers about a text
        that was sent out before can still be restored.
        """
        c, r = conversations.c, redactions.c
        is_stored = sa.select(c.number).where(
            c.id == values["conversation_id"], c.content_hash == values["content_hash"]
        )
        version = str(values["policy"]).partition(":")[0]
        with self._writing() as connection:
            if connection.execute(is_stored).scalar_one_or_none() is None:
                return False
            connection.execute(
                self._upsert(redactions), {**values, "made_at": self._now(connection)}
            )
            connection.execute(
                sa.update(redactions)
                .where(
                    r.conversation_id == values["conversation_id"],
                    ~r.policy.startswith(f"{version}:"),
                )
                .values(document={})
            )
        return True


def _conversation(document: object) -> Conversation | None:
    """Return the conversation of a kept document, None where it cannot be read back."""
    try:
        return conversation_from_json(document)
    except ConversationError:
        return None


def _read(row: sa.Row[Any, Any, Any]) -> Redaction | None:
    conversation = _conversation(row.document)
    if conversation is None:
        return None
    counts = MappingProxyType({Kind(kind): count for kind, count in row.counts.items()})
    return Redaction(conversation, counts, Vault(row.vault))
