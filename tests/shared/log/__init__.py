"""The log, against a real Postgres."""
