"""Quality of conversations: measured once, read by filters."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.quality import Quality
from cgp.store.database import Database, atomic
from cgp.store.schema import qualities


@dataclass(frozen=True, slots=True)
class QualityRecord:
    """A conversation's quality, with the version of the measure and the embedder behind it."""

    version: str
    embedder: str
    quality: Quality


class Qualities(Database):
    """The part of the store that holds the quality of conversations."""

    @atomic
    def save_quality(self, conversation_id: str, record: QualityRecord) -> None:
        """Store a conversation's quality, in place of an earlier one."""
        with self._writing() as connection:
            self._put_quality(connection, conversation_id, record)

    def _put_quality(
        self, connection: Connection, conversation_id: str, record: QualityRecord
    ) -> None:
        quality = record.quality
        row = {
            "conversation_id": conversation_id,
            "version": record.version,
            "embedder": record.embedder,
            "relevance": quality.relevance,
            "engagement": quality.engagement,
            "novelty": quality.novelty,
            "coherence": quality.coherence,
            "fluency": quality.fluency,
            "summary": quality.summary,
            "measured_at": self._now(connection),
        }
        connection.execute(self._upsert(qualities), row)

    def quality_of(self, conversation_id: str) -> QualityRecord | None:
        """Return a conversation's quality, None where it was not measured."""
        query = sa.select(qualities).where(qualities.c.conversation_id == conversation_id)
        with self._reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        quality = Quality(row.relevance, row.engagement, row.novelty, row.coherence, row.fluency)
        return QualityRecord(row.version, row.embedder, quality)
