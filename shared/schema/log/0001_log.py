"""The log, what makes its guarantees, and the hearing side's checkpoints."""

from pathlib import Path

from alembic import context, op

revision = "log0001"
down_revision = None

TABLES = [
    "CREATE SCHEMA log",
    # Which log this is, and which it was before a restore: one row for each name, the newest is the current one.
    """CREATE TABLE log.identity (
         ordinal int PRIMARY KEY, log_id uuid NOT NULL UNIQUE,
         begins_after bigint NOT NULL, begins_after_position bigint NOT NULL,
         place text NOT NULL, made_at timestamptz NOT NULL)""",
    # position = commit order, gapless; published = the number under which others hear of it, gapless too.
    """CREATE TABLE log.events (
         position bigint PRIMARY KEY, stream_id uuid NOT NULL, version int NOT NULL, event_id uuid NOT NULL,
         type text NOT NULL, schema_version smallint NOT NULL,
         occurred_on date NOT NULL, occurred_precision text NOT NULL, recorded_at timestamptz NOT NULL,
         person_id uuid, key_id uuid, meta jsonb NOT NULL, data jsonb NOT NULL, published bigint, public text,
         CHECK ((published IS NULL) = (public IS NULL)), UNIQUE (stream_id, version))""",
    "CREATE UNIQUE INDEX events_published ON log.events (published) WHERE published IS NOT NULL",
    "CREATE INDEX events_keys ON log.events (person_id) WHERE key_id IS NOT NULL",
    "CREATE INDEX events_erasing ON log.events (position) WHERE meta ? 'erases'",
    "CREATE INDEX events_caused ON log.events ((meta->'cause'->>'log_id')) WHERE meta ? 'cause'",
    # answer: status, ids, versions, codes; no personal field. Erasure clears the fingerprint.
    """CREATE TABLE log.commands (
         command_id uuid PRIMARY KEY, fingerprint bytea, position bigint NOT NULL, published bigint NOT NULL,
         answer jsonb NOT NULL, person_id uuid, at timestamptz NOT NULL)""",
    "CREATE INDEX commands_person ON log.commands (person_id) WHERE fingerprint IS NOT NULL AND person_id IS NOT NULL",
    """CREATE TABLE log.claims (
         key bytea PRIMARY KEY, kind text NOT NULL, holder uuid NOT NULL, person_id uuid NOT NULL)""",
    "CREATE INDEX claims_holder ON log.claims (holder)",
    "CREATE INDEX claims_person ON log.claims (person_id)",
    # Whose erasure was heard of, so that it can be carried out again.
    "CREATE TABLE log.erased (person_id uuid PRIMARY KEY)",
    # Hearing. number 0 = nothing heard yet; log_id is then null. For a service's own log number is the position.
    """CREATE TABLE log.checkpoints (
         hearer text, source text, log_id uuid, number bigint NOT NULL, event_id uuid, moved_at timestamptz,
         PRIMARY KEY (hearer, source)) WITH (fillfactor = 50)""",
    # One row for each transaction that moved a checkpoint over words: what is needed to say how long they took.
    """CREATE TABLE log.heard (
         hearer text NOT NULL, source text NOT NULL, at timestamptz NOT NULL,
         words text[] NOT NULL, recorded timestamptz[] NOT NULL)""",
    "CREATE INDEX heard_at ON log.heard (at)",
    """CREATE TABLE log.refused_reactions (
         source text, log_id uuid, number bigint, nth int, event_id uuid NOT NULL, slug text NOT NULL,
         at timestamptz NOT NULL, PRIMARY KEY (source, log_id, number, nth))""",
    # Where a source's log went back behind what was heard of it; the lowest number kept under a name is the one.
    """CREATE TABLE log.went_back (
         hearer text, source text, log_id uuid, kept bigint NOT NULL, at timestamptz NOT NULL,
         PRIMARY KEY (hearer, source, log_id, kept))""",
    """CREATE TABLE log.leases (
         name text PRIMARY KEY, holder uuid NOT NULL, until timestamptz NOT NULL) WITH (fillfactor = 50)""",
    # catching_up: the numbers, by source, up to which a made or remade view is not yet fit to be read.
    """CREATE TABLE log.views (name text PRIMARY KEY, revision int NOT NULL, catching_up jsonb)""",
]

GRANTS = {
    "identity": "SELECT, INSERT",
    "events": "SELECT, INSERT",
    "commands": "SELECT, INSERT, UPDATE (fingerprint)",
    "claims": "SELECT, INSERT, DELETE",
    "erased": "SELECT, INSERT",
    "checkpoints": "SELECT, INSERT, UPDATE, DELETE",
    "heard": "SELECT, INSERT, DELETE",
    "refused_reactions": "SELECT, INSERT",
    "went_back": "SELECT, INSERT",
    "leases": "SELECT, INSERT, UPDATE, DELETE",
    "views": "SELECT, INSERT, UPDATE, DELETE",
}


def upgrade() -> None:
    """Make the kernel's tables and its one function; grant the service's role no more than it needs."""
    role = context.config.attributes["role"]
    for table in TABLES:
        op.execute(table)
    op.execute((Path(__file__).parent / "append.sql").read_text())
    op.execute(f'GRANT USAGE ON SCHEMA log TO "{role}"')
    for table, rights in GRANTS.items():
        op.execute(f'GRANT {rights} ON log.{table} TO "{role}"')
    op.execute(f'GRANT SELECT ON schema_revision TO "{role}"')
