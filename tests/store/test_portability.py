"""The schema is one for SQLite and PostgreSQL."""

import pytest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from cgp.store.schema import schema


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=lambda d: d.name)
def test_every_table_can_be_made(dialect):
    for table in schema.sorted_tables:
        made = str(CreateTable(table).compile(dialect=dialect))
        assert f"CREATE TABLE {table.name}" in made
        assert "PRIMARY KEY" in made
        for index in table.indexes:
            assert len(index.name) < 64, "PostgreSQL cuts longer names"
            assert str(CreateIndex(index).compile(dialect=dialect))
