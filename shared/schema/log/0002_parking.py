"""Parked facts, stopped subscriptions, and checkpoints that name a view's revision: several may be kept at once."""

from alembic import context, op

revision = "log0002"
down_revision = "log0001"

STEPS = [
    # Changes whenever who is parked does without the checkpoint moving: a reader that remembers wrongly is fenced.
    "ALTER TABLE log.checkpoints ADD COLUMN parkings bigint NOT NULL DEFAULT 0",
    # words: null for a fact of the own log, which is read again from there. error: of the fact that is poison itself.
    """CREATE TABLE log.parked (
         hearer text, source text, key text NOT NULL, number bigint, log_id uuid NOT NULL, event_id uuid NOT NULL,
         recorded_at timestamptz NOT NULL, words text, error text, at timestamptz NOT NULL,
         PRIMARY KEY (hearer, source, number))""",
    "CREATE INDEX parked_key ON log.parked (hearer, source, key, number)",
    # A subscription that goes no further: an unreadable word, or too many people parked within a minute.
    """CREATE TABLE log.stopped (
         hearer text, source text, number bigint NOT NULL, event_id uuid, error text NOT NULL, at timestamptz NOT NULL,
         PRIMARY KEY (hearer, source))""",
    # A view is known by its schema; one that had not come far enough to be read is made anew.
    "DELETE FROM log.checkpoints c USING log.views v WHERE c.hearer = v.name AND v.catching_up IS NOT NULL",
    "UPDATE log.checkpoints c SET hearer = v.name || '_' || v.revision FROM log.views v WHERE c.hearer = v.name",
    "UPDATE log.heard h SET hearer = v.name || '_' || v.revision FROM log.views v WHERE h.hearer = v.name",
    "UPDATE log.went_back w SET hearer = v.name || '_' || v.revision FROM log.views v WHERE w.hearer = v.name",
    "DROP TABLE log.views",
]

GRANTS = {"parked": "SELECT, INSERT, UPDATE, DELETE", "stopped": "SELECT, INSERT, UPDATE, DELETE"}


def upgrade() -> None:
    """Change the tables; grant the service's role no more than it needs."""
    role = context.config.attributes["role"]
    for step in STEPS:
        op.execute(step)
    for table, rights in GRANTS.items():
        op.execute(f'GRANT {rights} ON log.{table} TO "{role}"')
