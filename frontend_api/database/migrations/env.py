"""Run by alembic: makes the steps in the connection, and in the transaction, that the database opened."""

from alembic import context

from frontend_api.database.tables import dealings, facts

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=[facts, dealings],
    version_table=context.config.attributes["version_table"],
)
with context.begin_transaction():
    context.run_migrations()
