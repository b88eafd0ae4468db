"""Entry point of Alembic: runs the missing steps in the caller's connection and transaction."""

from alembic import context

from cgp.store.migrate import VERSION_TABLE
from cgp.store.schema import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
