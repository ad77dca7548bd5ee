"""Commands that were about several people (a household), found by each one whose erasure clears the fingerprint."""

from alembic import op

revision = "log0006"
down_revision = "log0005"


def upgrade() -> None:
    """The others beside `person_id` stand in the answer that is kept, by their ids."""
    told = "USING gin ((answer->'about')) WHERE fingerprint IS NOT NULL AND answer ? 'about'"
    op.execute(f"CREATE INDEX commands_about ON log.commands {told}")
