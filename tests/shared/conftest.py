"""Views to tell things to."""

from tests.rosters import roster

__all__ = ["roster"]
