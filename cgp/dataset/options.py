"""Choices of an export, and the recipe that the files of a dataset depend on.

Two exports of the same conversations by the same recipe give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cgp
from cgp.dataset import parquet
from cgp.dataset.columns import DATASET_VERSION
from cgp.dataset.manifest import Format
from cgp.dataset.plan import FindNearDuplicate
from cgp.dataset.provenance import Provenance
from cgp.dataset.shards import ShardLimits
from cgp.embedders import Embedder
from cgp.privacy import REDACTION_VERSION, Kind, RedactionPolicy

# Conversations in one part: small enough to lose little to a crash, large enough to write well.
BATCH = 256
IN_PARQUET = frozenset({"hf", "parquet"})
# Raised where the same conversations give other documents beside the tables.
_DOCUMENTS_VERSION = 2


@dataclass(frozen=True)
class Options:
    """Choices of an export.

    ``sources`` holds the provenance of each source. ``find_near_duplicate`` finds the conversation
    that another one nearly repeats; without it the column is empty. ``batch`` is the number of
    conversations in memory at once.
    """

    format: Format = "hf"
    min_quality: float | None = None
    sources: Mapping[str, Provenance] = field(default_factory=dict)
    find_near_duplicate: FindNearDuplicate | None = None
    limits: ShardLimits = field(default_factory=ShardLimits)
    batch: int = BATCH

    @property
    def in_parquet(self) -> bool:
        """Whether the tables are Parquet files; the others are JSON Lines."""
        return self.format in IN_PARQUET


def public_recipe(options: Options, policy: RedactionPolicy, embedder: Embedder) -> dict[str, Any]:
    """Return the public choices that the files depend on besides the conversations."""
    return {
        "generator": f"conversation-genome {cgp.__version__}",
        "writer": f"pyarrow {parquet.require_pyarrow()}" if options.in_parquet else "json",
        "embedder": embedder.id,
        "min_quality": options.min_quality,
        "shard_rows": options.limits.rows,
        "shard_bytes": options.limits.bytes,
        "privacy": {
            "redaction_version": REDACTION_VERSION,
            # Names are looked for only where there is a finder.
            "kinds": sorted(
                str(kind) for kind in policy.kinds if kind is not Kind.NAME or policy.names
            ),
            "pseudonymised": policy.pseudonym_key is not None,
            "names": policy.names is not None,
        },
    }


def private_recipe(
    recipe: dict[str, Any], options: Options, policy: RedactionPolicy, forgotten: int
) -> str:
    """Return the recipe with its private parts as text; it is hashed, never published."""
    document = {
        "recipe": recipe,
        "schema_version": DATASET_VERSION,
        "format": options.format,
        "batch": options.batch,
        "documents": _DOCUMENTS_VERSION,
        "forgotten": forgotten,
        "sources": {name: repr(about) for name, about in sorted(options.sources.items())},
        "key": sha256(policy.pseudonym_key or b"").hexdigest(),
    }
    return json.dumps(document, sort_keys=True)
