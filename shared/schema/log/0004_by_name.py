"""Appending by the log's name: a process that has not learnt the present one appends nothing."""

from pathlib import Path

from alembic import op

revision = "log0004"
down_revision = "log0003"


def upgrade() -> None:
    """Make the function anew. The former ones, with fewer parameters, serve processes that have yet to restart."""
    op.execute((Path(__file__).parent / "append_by_name.sql").read_text())
