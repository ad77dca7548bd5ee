"""HTTP: what every service's routes have in common."""

from shared.http.answers import Page, Shown, Written, changes, edits, records, refuses, shows
from shared.http.doors import Body, Paging, Read, Reading, Write, Writing

__all__ = [
    "Body",
    "Page",
    "Paging",
    "Read",
    "Reading",
    "Shown",
    "Write",
    "Writing",
    "Written",
    "changes",
    "edits",
    "records",
    "refuses",
    "shows",
]
