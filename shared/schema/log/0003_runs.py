"""Appending in runs: several commands of one caller, each of which may rest on those before it."""

from pathlib import Path

from alembic import op

revision = "log0003"
down_revision = "log0002"


def upgrade() -> None:
    """Make the function anew. The former one, with one parameter less, serves processes that have yet to restart."""
    op.execute((Path(__file__).parent / "append_runs.sql").read_text())
