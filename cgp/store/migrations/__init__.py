"""The steps from one version of the schema to the next, run by ``cgp.store.migrate`` with Alembic.

A change of ``cgp.store.schema`` comes with one more file in ``versions`` and a higher
``SCHEMA_VERSION``; a step that was published is never edited. ``revision`` is the version it
leads to.
"""
