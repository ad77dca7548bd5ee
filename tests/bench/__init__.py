"""Measurements; nothing here is asserted (see `make bench`)."""
