"""How appending is planned: once for all calls, with each row looked up by its index.

PostgreSQL would plan it when the log is new and its tables are a page each, to read all of them at every call, and keep
to that while they grow until somebody analyses them; or plan each call anew, which takes as long as a small one.
"""

from alembic import op

revision = "log0005"
down_revision = "log0004"

_APPEND = (
    "log.append(uuid, uuid[], bytea[], jsonb[], uuid[], int[], int[], uuid[], int[], int[], uuid[], uuid[], text[], "
    "smallint[], date[], text[], uuid[], uuid[], jsonb[], jsonb[], text[], int[], text[], bytea[], uuid[], uuid[])"
)


def upgrade() -> None:
    """Tell the planner."""
    op.execute(f"ALTER FUNCTION {_APPEND} SET plan_cache_mode = force_generic_plan")
    op.execute(f"ALTER FUNCTION {_APPEND} SET enable_seqscan = off")
