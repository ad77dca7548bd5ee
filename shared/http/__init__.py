"""HTTP: what every service's routes have in common."""

from shared.http.doors import Paging, Read, Reading, Write, Writing

__all__ = ["Paging", "Read", "Reading", "Write", "Writing"]
