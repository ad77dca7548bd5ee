"""Alembic's entry point; it runs on the connection that `shared.schema` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table="schema_revision")
with context.begin_transaction():
    context.run_migrations()
