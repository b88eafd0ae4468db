"""What Alembic runs: the steps that are missing, over the connection and transaction it is given."""

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
