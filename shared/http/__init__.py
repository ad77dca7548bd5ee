"""HTTP: what every service's routes have in common."""

from shared.http.doors import Body, Paging, Read, Reading, Write, Writing

__all__ = ["Body", "Paging", "Read", "Reading", "Write", "Writing"]
