"""A registry alone, in this process: for what happens at the same instant."""

from tests.shared.conftest import bus, cluster, databases, street

__all__ = ["bus", "cluster", "databases", "street"]
