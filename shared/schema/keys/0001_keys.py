"""Persons' keys, wrapped by the master key; destroyed by deleting the row."""

from alembic import context, op

revision = "keys0001"
down_revision = None


def upgrade() -> None:
    """Make the table of wrapped keys."""
    role = context.config.attributes["role"]
    op.execute("CREATE TABLE keys (key_id uuid PRIMARY KEY, wrapped bytea NOT NULL)")
    op.execute(f'GRANT SELECT, INSERT, DELETE ON keys TO "{role}"')
    op.execute(f'GRANT SELECT ON schema_revision TO "{role}"')
