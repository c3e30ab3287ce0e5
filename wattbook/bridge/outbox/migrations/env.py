"""Run by alembic: makes the steps in the connection, and in the transaction, that the database opened."""

from alembic import context

from wattbook.bridge.outbox.tables import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema,
    version_table=context.config.attributes["version_table"],
)
with context.begin_transaction():
    context.run_migrations()
