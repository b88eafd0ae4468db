"""Vaults: what stands for personal data in a redacted conversation. They stay in the local store."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

import sqlalchemy as sa

from cgp.conversation import Conversation
from cgp.privacy import Redaction, RedactionPolicy, redact
from cgp.store.database import Database, atomic
from cgp.store.engine import StoreError
from cgp.store.schema import conversations, vaults

logger = logging.getLogger(__name__)


class Vaults(Database):
    """The part of the store that makes redaction reversible, for who has the store."""

    def redacted(self, conversation: Conversation, policy: RedactionPolicy) -> Conversation:
        """Return a stored conversation as it may leave this machine; what undoes it is kept here.

        The same conversation and policy always give the same result. The id stays: it is the store's
        key, and was made clean when the conversation was stored.
        """
        redaction = redact(conversation, policy)
        self.keep_vault(conversation, redaction)
        return replace(redaction.conversation, id=conversation.id)

    def keep_vault(self, conversation: Conversation, redaction: Redaction) -> None:
        """Keep what undoes a redaction of a stored conversation, where it replaced anything."""
        if redaction.vault.originals:
            self.save_vault(conversation.id, redaction.vault.originals)
            counts = {kind.value: count for kind, count in redaction.counts.items()}
            logger.info("Redacted personal data in %s: %s", conversation.id, counts)

    @atomic
    def save_vault(self, conversation_id: str, vault: Mapping[str, str]) -> None:
        """Keep a conversation's whole mapping of placeholder to original, in place of an earlier one.

        Raises:
            StoreError: if there is no conversation of this id.
        """
        known = sa.select(conversations.c.number).where(conversations.c.id == conversation_id)
        with self._writing() as connection:
            if connection.execute(known).scalar_one_or_none() is None:
                raise StoreError(f"there is no conversation {conversation_id!r} to keep a vault of")
            values = {
                "conversation_id": conversation_id,
                "vault": dict(vault),
                "saved_at": self._now(connection),
            }
            connection.execute(self._upsert(vaults), values)

    def vault_of(self, conversation_id: str) -> dict[str, str] | None:
        """Return a conversation's mapping of placeholder to original, None where none was kept."""
        query = sa.select(vaults.c.vault).where(vaults.c.conversation_id == conversation_id)
        with self._reading() as connection:
            vault: dict[str, str] | None = connection.execute(query).scalar_one_or_none()
        return vault
