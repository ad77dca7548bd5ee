"""Tests mirror the tree: `tests/registry/` proves what stands in `services/registry/`."""
