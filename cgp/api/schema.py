"""The API's own table beside the store's: the keys of importers and readers."""

from __future__ import annotations

from sqlalchemy import Column, Float, MetaData, String, Table

api_schema = MetaData()

# ``secret_hash`` is the SHA-256 (hex) of the key's secret part; the secret itself is never kept.
# ``scopes`` are words separated by spaces.
api_keys = Table(
    "api_keys",
    api_schema,
    Column("id", String(16), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),
    Column("revoked_at", Float),
)
