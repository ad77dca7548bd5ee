"""A registry alone, in this process: for what happens at the same instant. A view to tell things to."""

from tests.rosters import roster
from tests.shared.conftest import bus, cluster, databases, street

__all__ = ["bus", "cluster", "databases", "roster", "street"]
