"""The log: one Postgres database a service, one gapless order, nothing altered (P1, P2, P7)."""
